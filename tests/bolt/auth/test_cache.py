"""Tests of the memory of verified tokens: fast, bounded, and never wrong."""

import threading
import time
from typing import Any

import pytest

from ironbolt.bolt.auth import JWTAuthentication
from ironbolt.bolt.auth.cache import LONGEST_TOKEN, TokenCache, Verified
from ironbolt.bolt.exceptions import Unauthorized
from tests.bolt.calls import bearer, token

pytestmark = pytest.mark.row("B17")

SECRET = "a secret of this module's own, so that nobody else's tokens are in its memory"


def a_verdict(stamp: object = None) -> Verified:
    """What is remembered of a token."""
    return Verified(stamp, {}, {}, 0, 2**40)


def test_only_verified_tokens_enter() -> None:
    """What was refused is not remembered."""
    way = JWTAuthentication(secret=SECRET, leeway=1)
    for bad in ("a.b.c", token(SECRET) + "x", token("x" * 64), token(SECRET, exp=1)):
        with pytest.raises(Unauthorized):
            way.authenticate(bearer(bad))
    assert len(way._verifier._cache) == 0
    way.authenticate(bearer(token(SECRET)))
    assert len(way._verifier._cache) == 1


def test_expiry_is_exact_for_a_token_that_is_remembered(monkeypatch) -> None:
    """The second in which a token expires is its end, remembered or not; it is forgotten then."""
    way, sent = JWTAuthentication(secret=SECRET), token(SECRET, exp=int(time.time()) + 100)
    assert way.authenticate(bearer(sent)) is not None
    kept = len(way._verifier._cache)
    real = time.time()
    monkeypatch.setattr(time, "time", lambda: int(real) + 99.9)
    assert way.authenticate(bearer(sent)) is not None
    monkeypatch.setattr(time, "time", lambda: int(real) + 100.0)
    with pytest.raises(Unauthorized):
        way.authenticate(bearer(sent))
    assert len(way._verifier._cache) == kept - 1


def test_clock_that_goes_back_is_noticed(monkeypatch) -> None:
    """A token is not valid before its time, even if it was remembered when the clock was ahead."""
    now = int(time.time())
    way, sent = JWTAuthentication(secret=SECRET), token(SECRET, nbf=now)
    assert way.authenticate(bearer(sent)) is not None
    monkeypatch.setattr(time, "time", lambda: now - 10.0)
    with pytest.raises(Unauthorized):
        way.authenticate(bearer(sent))


def test_tokens_end_with_their_key(settings) -> None:
    """After a change of SECRET_KEY what it had signed counts no more, remembered or not."""
    way, sent = JWTAuthentication(), token()
    assert way.authenticate(bearer(sent)) is not None
    settings.SECRET_KEY = "another key for tests only, as long as the one that it replaces has been"
    with pytest.raises(Unauthorized):
        way.authenticate(bearer(sent))
    assert way.authenticate(bearer(token())) is not None


def test_equal_declarations_share_their_memory() -> None:
    """A token seen by one class is known to all others that ask for the same, and only to those."""
    one, two = JWTAuthentication(secret=SECRET), JWTAuthentication(secret=SECRET, header="x-token")
    assert one._verifier is two._verifier
    assert one._verifier is not JWTAuthentication(secret=SECRET, issuer="us")._verifier


def test_memory_is_bounded_and_keeps_what_is_used() -> None:
    """The token not used for longest goes; a long one is never kept."""
    cache = TokenCache(size=3)
    for name in "abc":
        cache.put(name, a_verdict())
    cache.get("a", None)
    cache.put("d", a_verdict())
    assert [cache.get(name, None) is not None for name in "abcd"] == [True, False, True, True]
    cache.put("x" * (LONGEST_TOKEN + 1), a_verdict())
    assert len(cache) == 3


def test_another_stamp_is_another_key() -> None:
    """What was verified with a key before is forgotten once it is asked for under another."""
    cache, before, after = TokenCache(), object(), object()
    cache.put("a", a_verdict(before))
    assert cache.get("a", after) is None
    assert cache.get("a", before) is None


def test_threads_share_it() -> None:
    """Many threads that put, get and forget the same few tokens break nothing and exceed no bound."""
    cache, failures = TokenCache(size=8), list[BaseException]()

    def work(seed: int) -> None:
        try:
            for step in range(3000):
                name = str((seed * 7 + step) % 20)
                cache.put(name, a_verdict(name))
                found = cache.get(name, name)
                cache.forget(str(step % 20))
                assert found is None or found.stamp == name
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(cache) <= 8


def test_a_thousand_tokens_are_cheap() -> None:
    """Over a thousand different tokens a request costs microseconds, not tens of them."""
    way = JWTAuthentication(secret=SECRET)
    requests: list[Any] = [bearer(token(SECRET, user_id=number)) for number in range(1000)]
    for request in requests:
        way.authenticate(request)
    began = time.perf_counter()
    for request in requests:
        way.authenticate(request)
    assert (time.perf_counter() - began) / 1000 < 50e-6  # some 2 µs on an idle machine
