"""Tests of pairs of keys, and of sets of public keys from a file or an address."""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.auth import IsAuthenticated, JWTAuthentication, admission_of, jwks
from ironbolt.bolt.auth.base import KeysDue
from ironbolt.bolt.auth.claims import Rules
from ironbolt.bolt.auth.jwks import KeySet
from ironbolt.bolt.exceptions import Unauthorized
from tests.bolt.calls import admit, bearer, token

pytestmark = pytest.mark.row("B17")


def test_public_key_without_cryptography_is_refused_at_start(monkeypatch) -> None:
    """Algorithms with a pair of keys need a package more; the message names it."""
    monkeypatch.setattr("jwt.algorithms.has_crypto", False)
    with pytest.raises(ImproperlyConfigured, match=r"pyjwt\[crypto\]"):
        JWTAuthentication(algorithms=("RS256",), public_key="x")


@pytest.mark.parametrize(
    "address",
    [
        "http://keys.example/jwks",
        "ftp://keys.example/jwks",
        "file:///etc/keys",
        "https://",
        "http://127.0.0.1.evil.example/",
    ],
)
def test_address_that_could_be_forged_is_refused_at_start(address: str) -> None:
    """Keys come by https, or by http from this machine."""
    with pytest.raises(ImproperlyConfigured, match="is not https"):
        KeySet(address, ("ES256",), 60).check()


@pytest.mark.parametrize(
    "address", ["https://keys.example/jwks", "http://127.0.0.1:9/x", "http://[::1]/x", "http://localhost/x"]
)
def test_safe_address_is_not_asked_at_start(address: str) -> None:
    """Who issues the tokens may start after us."""
    KeySet(address, ("ES256",), 60).check()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b'{"keys": 7}',
        b'{"keys": [7, {}, {"kty": ["RSA"]}]}',
        b'{"keys": [{"kty": "oct", "k": "eA"}]}',
        b"\xff",
    ],
)
def test_file_without_keys_is_refused_at_start(tmp_path: Path, content: bytes) -> None:
    """A file that holds no public key, a secret least of all, can't work; nor can one that is not there."""
    path = tmp_path / "keys.json"
    with pytest.raises(ImproperlyConfigured, match="can't be read"):
        KeySet(str(path), ("ES256",), 60).check()
    path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match="can't be read"):
        KeySet(str(path), ("ES256",), 60).check()


def test_too_large_a_file_is_refused(tmp_path: Path) -> None:
    """A set of keys is small; what is not is not read to its end."""
    path = tmp_path / "keys.json"
    path.write_bytes(b" " * (jwks.LARGEST + 1))
    with pytest.raises(ImproperlyConfigured, match="larger"):
        KeySet(str(path), ("ES256",), 60).check()


class Published:
    """A set of keys on a server of this test's own."""

    def __init__(self) -> None:
        self.content = b"{}"
        self.status = 200
        self.headers: dict[str, str] = {}
        self.delay = 0.0
        self.asked = 0
        self.address = ""


@contextmanager
def published() -> Iterator[Published]:
    """Serve a set of keys on loopback."""
    state = Published()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked += 1
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            for byte in state.content if state.delay else [state.content]:
                try:
                    self.wfile.write(bytes([byte]) if isinstance(byte, int) else byte)
                except OSError:
                    return
                time.sleep(state.delay)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    state.address = f"http://127.0.0.1:{server.server_port}/jwks"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "headers", "content"),
    [
        (500, {}, b"{}"),
        (302, {"Location": "http://127.0.0.1:9/elsewhere"}, b""),
        (200, {}, b"no JSON"),
        (200, {}, b" " * (jwks.LARGEST + 10)),
    ],
)
def test_unreadable_set_leaves_a_401(caplog, status: int, headers: dict[str, str], content: bytes) -> None:
    """Whatever the issuer answers instead of keys, the caller gets a 401, and the log the reason."""
    with published() as issuer:
        issuer.status, issuer.headers, issuer.content = status, headers, content
        keys = KeySet(issuer.address, ("ES256",), 60)
        keys.refresh()
        keys.refresh()
        assert issuer.asked == 1
        head = base64.urlsafe_b64encode(b'{"alg":"ES256","kid":"one"}').rstrip(b"=").decode()
        with pytest.raises(jwt.InvalidKeyError):
            keys.verify(f"{head}.e30.e30", Rules(algorithms=("ES256",)))
    assert "can't be read" in caplog.text


def test_slow_issuer_is_given_up(monkeypatch, caplog) -> None:
    """A server that sends a byte now and then does not hold the thread for ever."""
    monkeypatch.setattr(jwks, "PATIENCE", 0.2)
    with published() as issuer:
        issuer.content, issuer.delay = b" " * 1000, 0.05
        began = time.monotonic()
        KeySet(issuer.address, ("ES256",), 60).refresh()
        assert time.monotonic() - began < 5
        issuer.delay = 0
    assert "took more than" in caplog.text


# --- with cryptography ------------------------------------------------------------------------------


class Pair:
    """A pair of keys, and tokens signed with it."""

    def __init__(self, algorithm: str, kid: str | None = None) -> None:
        ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec")
        rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
        ed = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
        self.algorithm, self.kid = algorithm, kid
        makers: dict[str, Any] = {
            "RS": lambda: rsa.generate_private_key(65537, 2048),
            "PS": lambda: rsa.generate_private_key(65537, 2048),
            "ES": lambda: ec.generate_private_key(ec.SECP384R1() if algorithm == "ES384" else ec.SECP256R1()),
            "Ed": ed.Ed25519PrivateKey.generate,
        }
        self.private = makers[algorithm[:2]]()

    def public(self) -> str:
        """The public key in PEM."""
        forms = pytest.importorskip("cryptography.hazmat.primitives.serialization")
        pem: bytes = self.private.public_key().public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo)
        return pem.decode()

    def jwk(self, **more: Any) -> dict[str, Any]:
        """The public key as in a set."""
        data = jwt.get_algorithm_by_name(self.algorithm).to_jwk(self.private.public_key(), as_dict=True)
        data.pop("key_ops", None)
        return {**data, **({"kid": self.kid} if self.kid else {}), **more}

    def token(self, **claims: Any) -> str:
        """A token that counts for a minute."""
        headers = {"kid": self.kid} if self.kid else None
        return jwt.encode({"sub": "7", "exp": int(time.time()) + 60, **claims}, self.private, self.algorithm, headers)


def key_set(*keys: dict[str, Any]) -> bytes:
    """A set as it is published."""
    return json.dumps({"keys": keys}).encode()


@pytest.mark.parametrize("algorithm", ["RS256", "PS512", "ES256", "ES384", "EdDSA"])
def test_pair_of_keys_verifies_its_own_tokens(algorithm: str) -> None:
    """A token counts for the public half of the key that signed it, and for no other."""
    ours, other = Pair(algorithm), Pair(algorithm)
    way = JWTAuthentication(algorithms=(algorithm,), public_key=ours.public())
    for _ in range(2):
        assert (way.authenticate(bearer(ours.token())) or {})["user_id"] == 7
        for bad in (other.token(), ours.token(exp=1), ours.token() + "A", ours.token(sub=7)):
            with pytest.raises(Unauthorized):
                way.authenticate(bearer(bad))


def test_public_key_is_never_a_secret() -> None:
    """A token signed with the text of the public key, as if it were a secret, is refused."""
    pair = Pair("RS256")
    way = JWTAuthentication(algorithms=("RS256",), public_key=pair.public())
    for algorithm in ("HS256", "RS256"):
        parts = [{"alg": algorithm}, {"sub": "7", "exp": int(time.time()) + 60}]
        body = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
        signature = hmac.new(pair.public().encode(), body, hashlib.sha256).digest()
        with pytest.raises(Unauthorized):
            way.authenticate(bearer((body + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()))
    with pytest.raises(Unauthorized):
        way.authenticate(bearer(token()))


def test_key_of_another_kind_is_refused_at_start() -> None:
    """A key for elliptic curves can't verify RSA, and a secret is no public key."""
    for key in (Pair("ES256").public(), "a secret"):
        with pytest.raises(ImproperlyConfigured, match="does not fit RS256"):
            JWTAuthentication(algorithms=("RS256",), public_key=key)


def test_set_in_a_file_is_read_at_start_and_again_for_an_unknown_key(tmp_path: Path) -> None:
    """A key that is added to the file counts with the first token signed with it; one taken away counts no more."""
    one, two, path = Pair("ES256", "one"), Pair("ES256", "two"), tmp_path / "keys.json"
    path.write_bytes(key_set(one.jwk()))
    way = JWTAuthentication(algorithms=("ES256",), jwks=str(path), jwks_interval=0)
    assert admit(bearer(one.token()), [way], [IsAuthenticated]).auth is not None
    path.write_bytes(key_set(two.jwk()))
    assert admit(bearer(two.token()), [way]).auth is not None
    with pytest.raises(Unauthorized):
        admit(bearer(one.token()), [way])


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"kty": "oct", "k": "eA"},
        {"alg": "ES384"},
        {"crv": "P-384"},
        {"x": 7},
        {"kid": 7},
        {"kid": "other"},
    ],
    ids=repr,
)
def test_key_that_is_not_meant_for_it_verifies_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    """A key to encrypt with, of another algorithm, or broken, is as good as none; the others still count."""
    one, two, path = Pair("ES256", "one"), Pair("ES256", "two"), tmp_path / "keys.json"
    path.write_bytes(key_set(one.jwk(**change), two.jwk()))
    way = JWTAuthentication(algorithms=("ES256",), jwks=str(path))
    assert admit(bearer(two.token()), [way]).auth is not None
    with pytest.raises(Unauthorized):
        admit(bearer(one.token()), [way])


def test_token_without_key_id_takes_the_only_key(tmp_path: Path) -> None:
    """Where a set has one key for an algorithm, a token need not name it; where it has two, it must."""
    one, two, path = Pair("ES256"), Pair("ES256", "two"), tmp_path / "keys.json"
    path.write_bytes(key_set(one.jwk()))
    assert admit(bearer(one.token()), [JWTAuthentication(algorithms=("ES256",), jwks=str(path))]).auth is not None
    path.write_bytes(key_set(one.jwk(), two.jwk()))
    with pytest.raises(Unauthorized):
        admit(bearer(one.token()), [JWTAuthentication(algorithms=("ES256",), jwks=str(path), leeway=1)])


def test_set_at_an_address_is_fetched_away_from_the_loop_and_with_restraint() -> None:
    """The first token fetches the keys in a thread; unknown keys ask again once in an interval, known ones never."""
    one, stranger = Pair("ES256", "one"), Pair("ES256", "stranger")
    with published() as issuer:
        issuer.content = key_set(one.jwk())
        way = JWTAuthentication(algorithms=("ES256",), jwks=issuer.address)
        with pytest.raises(KeysDue):
            way.authenticate(bearer(one.token()))
        for _ in range(3):
            assert admit(bearer(one.token()), [way]).auth is not None
            with pytest.raises(Unauthorized):
                admit(bearer(stranger.token()), [way])
        assert issuer.asked == 1


def test_requests_that_come_together_fetch_once() -> None:
    """Twenty callers at a cold start wait for one fetch, and all of them count."""
    one = Pair("ES256", "one")
    with published() as issuer:
        issuer.content, issuer.delay = key_set(one.jwk()), 0.0005
        way = JWTAuthentication(algorithms=("ES256",), jwks=issuer.address)

        async def all_at_once() -> list[Any]:
            admission = admission_of("GET", [way], [IsAuthenticated], "a test")
            requests = [bearer(one.token()) for _ in range(20)]
            later = [request for request in requests if not admission.admit(request)]
            await asyncio.gather(*(admission.admit_later(request) for request in later))
            return [request.auth for request in requests]

        assert all(asyncio.run(all_at_once()))
        assert issuer.asked == 1


def test_outage_of_the_issuer_leaves_known_keys_in_force(monkeypatch, caplog) -> None:
    """When it is time to read the set anew and the issuer is down, callers with known keys notice nothing."""
    one = Pair("ES256", "one")
    with published() as issuer:
        issuer.content = key_set(one.jwk())
        way = JWTAuthentication(algorithms=("ES256",), jwks=issuer.address)
        assert admit(bearer(one.token()), [way]).auth is not None
        monkeypatch.setattr(jwks, "KEEP", 0)
        keys: Any = way._verifier._keys
        keys._tried -= 61
        issuer.status = 500
        assert way.authenticate(bearer(one.token(nonce=1))) is not None
        for thread in threading.enumerate():
            if thread.name == "ironbolt-jwks":
                thread.join()
        assert way.authenticate(bearer(one.token(nonce=2))) is not None
        assert issuer.asked == 2
    assert "can't be read" in caplog.text
