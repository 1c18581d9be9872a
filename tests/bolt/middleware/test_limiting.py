"""Tests of rate limits: exact whoever races, bounded, and said in headers."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.bolt.exceptions import TooManyRequests
from ironbolt.bolt.middleware.limiting import Buckets, Limiter, Limiters, RateLimit
from ironbolt.core.errors import problem_of
from tests.bolt.calls import a_request

pytestmark = pytest.mark.row("B19")

SECOND = 1_000_000_000


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 5 * SECOND

    def __call__(self) -> int:
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += int(seconds * SECOND)


def taken(limiter: Limiter, **options: Any) -> dict[str, str] | None:
    """The headers of a request that was let in, None for one that was not."""
    try:
        return {name.decode(): value.decode() for name, value in limiter.take(a_request(**options))}
    except TooManyRequests:
        return None


def test_bucket_empties_and_fills() -> None:
    """A burst goes at once, then one request for each period, and after a pause the burst again."""
    clock = Clock()
    limiter = Limiter(RateLimit(2, burst=3), clock=clock)
    assert [taken(limiter) is not None for _ in range(4)] == [True, True, True, False]
    clock.wait(0.5)
    assert [taken(limiter) is not None for _ in range(2)] == [True, False]
    clock.wait(60)
    assert [taken(limiter) is not None for _ in range(4)] == [True, True, True, False]


def test_refusals_cost_nothing() -> None:
    """Who keeps asking too early is let in when it is time, and not later."""
    clock = Clock()
    limiter = Limiter(RateLimit(1), clock=clock)
    assert taken(limiter) is not None
    for _ in range(9):
        clock.wait(0.1)
        assert taken(limiter) is None
    clock.wait(0.1)
    assert taken(limiter) is not None


@given(
    st.floats(0.01, 5000, allow_nan=False),
    st.integers(1, 50),
    st.lists(st.integers(0, 3 * SECOND), min_size=1, max_size=60),
)
def test_never_more_than_the_burst_and_what_time_brought(rps: float, burst: int, pauses: list[int]) -> None:
    """Between any two moments no more is granted than burst + rps · t; who has paused long enough is never refused."""
    clock, limit = Clock(), RateLimit(rps, burst)
    buckets = Buckets(limit.period, burst, clock=clock)
    granted: list[int] = []
    for pause in pauses:
        clock.now += pause
        granted.extend(clock.now for _ in range(3) if buckets.take("x").allowed)
    for first in range(len(granted)):
        for last in range(first, len(granted)):
            count = last - first + 1
            assert count <= burst + rps * (granted[last] - granted[first]) / SECOND + 1e-6
    clock.now += limit.period * burst
    assert [buckets.take("x").allowed for _ in range(burst)] == [True] * burst


def test_threads_that_race_get_no_more() -> None:
    """Eight threads at one bucket get its burst and what time brought meanwhile, and not one more."""
    limit = RateLimit(50, burst=100)
    limiter, start = Limiter(limit), threading.Barrier(9)

    def ask() -> int:
        start.wait()
        return sum(taken(limiter) is not None for _ in range(2000))

    with ThreadPoolExecutor(8) as pool:
        counts = [pool.submit(ask) for _ in range(8)]
        start.wait()
        began = time.monotonic()
        granted = sum(count.result() for count in counts)
        passed = time.monotonic() - began
    assert 100 <= granted <= 100 + 50 * (passed + 0.05)


def test_tasks_that_race_get_no_more() -> None:
    """A thousand tasks at once get the burst."""
    limiter = Limiter(RateLimit(0.001, burst=10))

    async def ask() -> bool:
        await asyncio.sleep(0)
        return taken(limiter) is not None

    async def all_at_once() -> list[bool]:
        return await asyncio.gather(*(ask() for _ in range(1000)))

    assert sum(asyncio.run(all_at_once())) == 10


def test_clients_have_buckets_of_their_own() -> None:
    """One client's haste is not another's; one IPv6 network is one client."""
    limiter = Limiter(RateLimit(0.1))
    assert taken(limiter, client=("192.0.2.1", 1)) is not None
    assert taken(limiter, client=("192.0.2.1", 2)) is None
    assert taken(limiter, client=("192.0.2.2", 1)) is not None
    assert taken(limiter, client=("2001:db8::1", 1)) is not None
    assert taken(limiter, client=("2001:db8::2", 1)) is None


def test_users_have_buckets_of_their_own() -> None:
    """Under key="user" the caller counts, by whatever way they came; a stranger counts by address."""
    limiter = Limiter(RateLimit(0.1, key="user"))
    callers: list[Any] = [
        {"user_id": "1", "backend": "jwt"},
        {"user_id": "2", "backend": "jwt"},
        {"user_id": "1", "backend": "api_key"},
        None,
    ]
    for caller in callers:
        for expected in (True, False):
            request = a_request()
            request.auth = caller
            try:
                limiter.take(request)
                allowed = True
            except TooManyRequests:
                allowed = False
            assert allowed is expected


def test_key_of_ones_own() -> None:
    """A function names the client; None is not limited, and no text is too long."""
    limiter = Limiter(RateLimit(0.1, key=lambda request: request.headers.get("x-tenant")))
    assert taken(limiter, headers={"x-tenant": "a"}) is not None
    assert taken(limiter, headers={"x-tenant": "a"}) is None
    assert taken(limiter, headers={"x-tenant": "é" * 10_000}) is not None
    assert taken(limiter, headers={"x-tenant": "é" * 10_000}) is None
    assert [taken(limiter) for _ in range(3)] == [{}, {}, {}]
    assert max(map(len, limiter._buckets._full_at)) <= 128


def test_answers_say_where_one_stands() -> None:
    """RateLimit-Policy and RateLimit as in the IETF's draft, and Retry-After in whole seconds on a 429."""
    clock = Clock()
    limiter = Limiter(RateLimit(0.5, burst=2, name="search"), clock=clock)
    assert taken(limiter) == {"ratelimit-policy": '"search";q=2;w=4', "ratelimit": '"search";r=1;t=2'}
    assert taken(limiter) == {"ratelimit-policy": '"search";q=2;w=4', "ratelimit": '"search";r=0;t=4'}
    clock.wait(0.5)
    with pytest.raises(TooManyRequests) as caught:
        limiter.take(a_request())
    problem = problem_of(caught.value)
    assert (problem.status, problem.code) == (429, "throttled")
    assert problem.headers == {
        "RateLimit-Policy": '"search";q=2;w=4',
        "RateLimit": '"search";r=0;t=4',
        "Retry-After": "2",
    }
    clock.wait(1.5)
    assert taken(limiter) is not None


def test_retry_after_is_never_too_early() -> None:
    """Who waits as long as Retry-After says is let in, and it is never 0."""
    for rps in (0.3, 1, 7, 1000, 1e6):
        clock = Clock()
        limiter = Limiter(RateLimit(rps, burst=1), clock=clock)
        limiter.take(a_request())
        with pytest.raises(TooManyRequests) as caught:
            limiter.take(a_request())
        seconds = int(caught.value.headers["Retry-After"])
        assert seconds >= 1
        clock.wait(seconds)
        assert taken(limiter) is not None


def test_memory_is_bounded_and_full_buckets_go_first() -> None:
    """Under a flood of clients the buckets that are full again are forgotten, and nobody's debt."""
    clock = Clock()
    buckets = Buckets(SECOND, 10, size=100, clock=clock)
    for _ in range(10):
        buckets.take("victim")
    assert not buckets.take("victim").allowed
    for number in range(300):
        clock.wait(1 / 60)
        buckets.take(str(number))
        assert len(buckets) <= 100
    clock.wait(0.001)  # for what was rounded away
    assert [buckets.take("victim").allowed for _ in range(6)] == [True] * 5 + [False]


def test_own_bucket_is_not_reset_by_a_flood() -> None:
    """Among clients that are all in debt the one nearest to full goes, so the deepest in debt stays longest."""
    clock = Clock()
    buckets = Buckets(SECOND, 10, size=10, clock=clock)
    for _ in range(10):
        buckets.take("greedy")
    for number in range(200):
        buckets.take(str(number))
    assert not buckets.take("greedy").allowed
    assert len(buckets) == 10


def test_places_share_a_bucket_by_scope_or_name() -> None:
    """Each place has buckets of its own; one name is one bucket, and can't mean two limits."""
    limiters = Limiters()
    assert limiters.limiter(RateLimit(1), "a") is not limiters.limiter(RateLimit(1), "b")
    assert limiters.limiter(RateLimit(1), "a") is limiters.limiter(RateLimit(1), "a")
    shared = limiters.limiter(RateLimit(1, name="n"), "a")
    assert shared is limiters.limiter(RateLimit(1, name="n"), "b")
    with pytest.raises(ImproperlyConfigured, match="name n differ"):
        limiters.limiter(RateLimit(2, name="n"), "c")


@pytest.mark.parametrize(
    "options",
    [
        {"rps": 0},
        {"rps": -1},
        {"rps": float("inf")},
        {"rps": float("nan")},
        {"rps": True},
        {"rps": 1, "burst": 0},
        {"rps": 1, "burst": 1.5},
        {"rps": 1, "burst": True},
        {"rps": 1, "key": "session"},
        {"rps": 1, "name": 'a"b'},
        {"rps": 1, "name": ""},
    ],
    ids=repr,
)
def test_limit_that_cannot_work_is_refused_at_start(options: dict[str, Any]) -> None:
    """A limit of nothing, of everything, or under a name that no header takes."""
    with pytest.raises(ImproperlyConfigured, match="rate_limit"):
        RateLimit(**options)


@pytest.mark.parametrize(("rps", "burst"), [(0.2, 1), (1, 1), (2.5, 3), (100, 100)])
def test_burst_is_what_a_second_brings(rps: float, burst: int) -> None:
    """By default, and one at least."""
    assert RateLimit(rps).burst == burst


def test_limit_is_data() -> None:
    """A limit is frozen, equal by what it says, and can be printed; it says whether it needs the caller."""
    assert RateLimit(1) == RateLimit(1, 1)
    assert msgspec.json.encode(RateLimit(1, key=len).as_data()) == b'{"rps":1,"burst":1,"key":"len","name":null}'  # type: ignore[arg-type]
    assert [RateLimit(1, key=key).needs_auth for key in ("ip", "user")] == [False, True]
    with pytest.raises(AttributeError):
        RateLimit(1).rps = 2  # type: ignore[misc]
