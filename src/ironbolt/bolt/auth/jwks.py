"""Sets of public keys (RFC 7517) from a file or from whoever issues the tokens, kept and refreshed with restraint."""

import http.client
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import jwt
import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.auth.base import KeysDue
from ironbolt.bolt.auth.claims import Claims, Rules

logger = logging.getLogger("ironbolt.auth")

LARGEST = 512 * 1024
MOST_KEYS = 100
PATIENCE = 5.0
"""Seconds within which the whole set has to arrive."""
SHORTEST_INTERVAL = 1.0
"""Seconds between two requests for a set, whatever is declared."""
KEEP = 600.0
"""Seconds after which a set is read anew, so that a key that was withdrawn stops counting."""

_FAMILIES = {"RSA": ("RS", "PS"), "EC": ("ES",), "OKP": ("EdDSA",)}

_UNREADABLE = (OSError, ValueError, http.client.HTTPException, msgspec.MsgspecError)

_Found = dict[tuple[str | None, str], jwt.PyJWK]


class KeySet:
    """The keys under an address or a path, each for one algorithm.

    A key that is not known is looked for at most once in ``interval`` seconds, whoever asks for it.
    A set that can't be read leaves the one before in force.
    """

    def __init__(self, place: str, algorithms: Iterable[str], interval: float) -> None:
        self._place = place
        self._algorithms = tuple(algorithms)
        self._is_remote = is_address(place)
        self._interval = max(interval, SHORTEST_INTERVAL) if self._is_remote else interval
        self._read: Callable[[str], bytes] = _fetch if self._is_remote else _read_file
        self._lock = threading.Lock()
        self._keys: _Found = {}
        self._published: Any = None
        self._tried = self._loaded = float("-inf")
        self.stamp: object = object()

    def check(self) -> None:
        """Refuse at start a place that can't work; only a file is read, since another service may start later.

        Raises:
            ImproperlyConfigured: the file can't be read or holds no key, or the address is not safe.
        """
        if self._is_remote:
            require_safe(self._place)
            return
        try:
            self._load()
        except _UNREADABLE as error:
            raise ImproperlyConfigured(f"JWTAuthentication: the keys in {self._place} can't be read: {error}") from None

    def verify(self, token: str, rules: Rules) -> Claims:
        """What the token says.

        Raises:
            KeysDue: the set has to be read first, with :meth:`refresh`.
            InvalidTokenError: it can't be believed.
        """
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in self._algorithms:
            raise jwt.InvalidAlgorithmError("The specified alg value is not allowed")
        self._look(header.get("kid"), algorithm)
        key = self._find(header.get("kid"), algorithm)
        if key is None:
            raise jwt.InvalidKeyError("no such key")
        return rules.decode(token, key)

    def refresh(self) -> None:
        """Read the set anew, unless that was tried a moment ago; waits, so it is for threads that may."""
        with self._lock:
            if time.monotonic() - self._tried < self._interval:
                return
            self._tried = time.monotonic()
            try:
                self._load()
            except _UNREADABLE as error:
                # One outage of the issuer must not shut out everybody whose key is known.
                logger.warning("The keys of %s can't be read: %s", self._place, error)

    def _look(self, kid: str | None, algorithm: str) -> None:
        """See to it that the set is read where it is due."""
        now = time.monotonic()
        known = self._find(kid, algorithm) is not None
        if known and now - self._loaded < KEEP:
            return
        under_way = self._lock.locked()
        is_due = not under_way and now - self._tried >= self._interval
        if not self._is_remote:
            if is_due:
                self.refresh()
        elif known and is_due:
            # The key is good until one knows better, so nobody waits for that.
            threading.Thread(target=self.refresh, name="ironbolt-jwks", daemon=True).start()
        elif not known and (is_due or under_way):
            raise KeysDue(self)

    def _find(self, kid: str | None, algorithm: str) -> jwt.PyJWK | None:
        """The key of this id; without an id the only one there is."""
        if kid is not None:
            return self._keys.get((kid, algorithm))
        fitting = [key for (_, name), key in self._keys.items() if name == algorithm]
        return fitting[0] if len(fitting) == 1 else None

    def _load(self) -> None:
        published = msgspec.json.decode(self._read(self._place))
        listed = published.get("keys") if isinstance(published, dict) else None
        keys = _usable(listed if isinstance(listed, list) else [], self._algorithms)
        if not keys:
            raise ValueError(f"it holds no key for {', '.join(self._algorithms)}")
        self._loaded = self._tried = time.monotonic()
        if published != self._published:
            # What was verified with the keys before is verified anew.
            self._keys, self._published, self.stamp = keys, published, object()


def is_address(place: str) -> bool:
    """Whether a place is an address, and not a path."""
    return "://" in place


def require_safe(address: str) -> None:
    """Refuse an address whose answer anybody on the way could forge.

    Raises:
        ImproperlyConfigured: it is neither https nor http on this machine.
    """
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and _is_here(parts.hostname or ""):
        return
    raise ImproperlyConfigured(f"JWTAuthentication: jwks={address!r} is not https; http is for this machine only.")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _usable(listed: list[Any], algorithms: tuple[str, ...]) -> _Found:
    """The public keys for these algorithms; secrets, keys to encrypt with, and what is no key are left out."""
    keys: _Found = {}
    for data in listed[:MOST_KEYS]:
        if not isinstance(data, dict) or data.get("use", "sig") != "sig":
            continue
        kid, kind = data.get("kid"), data.get("kty")
        families = _FAMILIES.get(kind, ()) if isinstance(kind, str) else ()
        for algorithm in algorithms:
            if algorithm.startswith(families) and data.get("alg", algorithm) == algorithm and _is_id(kid):
                try:
                    keys[kid, algorithm] = jwt.PyJWK({**data, "alg": algorithm}, algorithm)
                except (jwt.PyJWTError, ValueError, TypeError, KeyError):
                    continue  # such as another curve than that of the algorithm
    return keys


def _is_id(kid: Any) -> bool:
    return kid is None or isinstance(kid, str)


def _read_file(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return _bounded(file.read(LARGEST + 1))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An address elsewhere was not the one that was judged safe."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _fetch(address: str) -> bytes:
    require_safe(address)
    opener = urllib.request.build_opener(_NoRedirect)
    request = urllib.request.Request(address, headers={"Accept": "application/json"})  # noqa: S310 - judged above
    until = time.monotonic() + PATIENCE
    try:
        with opener.open(request, timeout=PATIENCE) as answer:
            return _whole(answer, until)
    except urllib.error.HTTPError as error:
        error.close()
        raise


def _whole(answer: IO[bytes], until: float) -> bytes:
    """The whole body in time; a server that sends a byte now and then would wait for ever otherwise."""
    parts: list[bytes] = []
    size = 0
    while part := answer.read1(64 * 1024):  # type: ignore[attr-defined]  # an HTTPResponse
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            break
        if time.monotonic() > until:
            raise TimeoutError(f"it took more than {PATIENCE:g} seconds")
    return _bounded(b"".join(parts))


def _bounded(content: bytes) -> bytes:
    if len(content) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST} bytes")
    return content
