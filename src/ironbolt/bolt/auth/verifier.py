"""From the text of a token to what it means: the keys, the rules and the tokens seen before, shared where equal."""

import threading
import time
from weakref import WeakValueDictionary

import msgspec
from django.conf import settings

from ironbolt.bolt.auth.cache import TokenCache, Verified
from ironbolt.bolt.auth.claims import Rules, auth_of, lifetime
from ironbolt.bolt.auth.jwks import KeySet
from ironbolt.bolt.auth.keys import Keys, PublicKey, SharedSecret, require_algorithms


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where the keys come from, and what a token must say; ``secret=None`` is Django's ``SECRET_KEY``."""

    rules: Rules
    secret: str | None = None
    public_key: str | None = None
    jwks: str | None = None
    jwks_interval: float = 60


class Verifier:
    """Verifies tokens; equal declarations share one, and so the tokens that it has seen."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._cache = TokenCache()
        self._lock = threading.Lock()
        self._secret: str | None = None
        self._keys: Keys | None = None
        self._is_djangos = source.secret is None and source.public_key is None and source.jwks is None
        require_algorithms(source.rules.algorithms, shared=source.jwks is None and source.public_key is None)
        if source.jwks is not None:
            self._keys = KeySet(source.jwks, source.rules.algorithms, source.jwks_interval)
        elif source.public_key is not None:
            self._keys = PublicKey(source.public_key, source.rules.algorithms)
        elif source.secret is not None:
            self._keys = SharedSecret(source.secret, source.rules.algorithms)

    def check(self) -> None:
        """Refuse at start what can't work.

        Raises:
            ImproperlyConfigured: the keys can't be used.
        """
        keys = self._current_keys()
        if isinstance(keys, KeySet):
            keys.check()

    def verify(self, token: str) -> Verified:
        """What a token means, from memory where it was verified before.

        Raises:
            KeysDue: keys have to be fetched first.
            Exception: it can't be believed.
        """
        keys = self._current_keys()
        verified = self._cache.get(token, keys.stamp)
        if verified is None:
            return self._verify(token, keys)
        if not verified.counts_at(time.time(), self._source.rules.leeway):
            self._cache.forget(token)
            raise ValueError("not now")
        return verified

    def _verify(self, token: str, keys: Keys) -> Verified:
        # Taken before: should the keys change meanwhile, what comes of the old ones is not kept.
        stamp = keys.stamp
        claims = keys.verify(token, self._source.rules)
        starts, expires = lifetime(claims)
        # What JSON can carry but no answer and no log can is no claim: half a character, for one.
        msgspec.json.encode(claims)
        auth = auth_of(claims)
        nested = tuple(name for name, value in auth.items() if isinstance(value, list | dict) and name != "permissions")
        verified = Verified(stamp, claims, auth, starts, expires, nested)
        self._cache.put(token, verified)
        return verified

    def _current_keys(self) -> Keys:
        """The keys; Django's own secret may change while the process runs, at least in tests."""
        source = self._source
        if self._is_djangos and self._secret is not settings.SECRET_KEY:
            with self._lock:
                secret = settings.SECRET_KEY
                self._keys = SharedSecret(secret, source.rules.algorithms)
                self._secret = secret
        assert self._keys is not None
        return self._keys


_verifiers: WeakValueDictionary[Source, Verifier] = WeakValueDictionary()


def verifier_of(source: Source) -> Verifier:
    """The verifier for a declaration, the same one for equal ones.

    Raises:
        ImproperlyConfigured: the declaration can't work.
    """
    verifier = _verifiers.get(source)
    if verifier is None:
        verifier = _verifiers.setdefault(source, Verifier(source))
    return verifier
