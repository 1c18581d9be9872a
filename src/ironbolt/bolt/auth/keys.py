"""Keys that verify tokens: a shared secret, or a public key. Each is of one kind, and verifies that kind only."""

import base64
import hmac
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Protocol

import jwt
import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.auth.claims import Claims, Rules

HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
"""The algorithms of a shared secret, and the hash of each."""

PUBLIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA")
"""The algorithms of a pair of keys; PyJWT needs ``cryptography`` for them."""

_MOST_HEADERS = 16


class Keys(Protocol):
    """What verifies tokens."""

    @property
    def stamp(self) -> object:
        """Another object whenever the keys have changed."""

    def verify(self, token: str, rules: Rules) -> Claims:
        """What the token says.

        Raises:
            Exception: it can't be believed.
        """


class SharedSecret:
    """A secret that signs and verifies.

    PyJWT decides. Yet of a token under a header that PyJWT accepted before, only the signature and
    the claims are left to judge; for plain ones that is done here, at a third of the time, and what
    is not plain goes to PyJWT after all.
    """

    def __init__(self, secret: str | bytes, algorithms: Iterable[str]) -> None:
        self._key = prepared(secret, algorithms)
        self._hash_by_header: OrderedDict[str, str] = OrderedDict()
        self.stamp: object = object()

    def verify(self, token: str, rules: Rules) -> Claims:
        """What the token says."""
        signed, _, signature = token.rpartition(".")
        header, _, payload = signed.partition(".")
        hashed_with = self._hash_by_header.get(header)
        if hashed_with is None:
            accepted = rules.decode(token, self._key)
            self._remember(header, token)
            return accepted
        if not _is_signature(signature, hmac.digest(self._key, signed.encode("ascii"), hashed_with)):
            # PyJWT takes a padded signature for the same one; any other text can't be right.
            if "=" in signature:
                return rules.decode(token, self._key)
            raise jwt.InvalidSignatureError("Signature verification failed")
        claims = _plain(payload)
        if claims is None:
            return rules.decode(token, self._key)
        rules.check(claims)
        return claims

    def _remember(self, header: str, token: str) -> None:
        """Keep the header of a token that was just accepted: nobody without the secret can add one."""
        self._hash_by_header[header] = HASHES[jwt.get_unverified_header(token)["alg"]]
        if len(self._hash_by_header) > _MOST_HEADERS:
            self._hash_by_header.popitem(last=False)


_decode_claims = msgspec.json.Decoder(dict[str, Any]).decode


def _is_signature(text: str, digest: bytes) -> bool:
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(expected, text.encode("latin-1", "replace"))


def _plain(payload: str) -> Claims | None:
    """The claims in a payload that is plain: canonical base64url without padding, and strict JSON; else None."""
    raw = payload.encode("ascii")
    try:
        text = base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
        if base64.urlsafe_b64encode(text).rstrip(b"=") != raw:
            return None
        return _decode_claims(text)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return None


class PublicKey:
    """The public half of a pair of keys."""

    def __init__(self, pem: str | bytes, algorithms: Iterable[str]) -> None:
        self._key = prepared(pem, algorithms)
        self.stamp: object = object()

    def verify(self, token: str, rules: Rules) -> Claims:
        """What the token says."""
        return rules.decode(token, self._key)


def prepared(key: Any, algorithms: Iterable[str]) -> Any:
    """A key as PyJWT's algorithms want it.

    Raises:
        ImproperlyConfigured: it is none of theirs: a public key as a secret, a secret as a public key.
    """
    ready = None
    for algorithm in algorithms:
        try:
            ready = jwt.get_algorithm_by_name(algorithm).prepare_key(key)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise ImproperlyConfigured(f"JWTAuthentication: the key does not fit {algorithm}: {error}") from None
    return ready


def require_algorithms(algorithms: tuple[str, ...], *, shared: bool) -> None:
    """Refuse algorithms that nobody can verify with this kind of key.

    Raises:
        ImproperlyConfigured: one is unknown or ``none``, is of the other kind, or needs ``cryptography``.
    """
    if not algorithms:
        raise ImproperlyConfigured("JWTAuthentication: algorithms is empty, so that no token could be accepted.")
    for algorithm in algorithms:
        if algorithm not in HASHES and algorithm not in PUBLIC:
            known = ", ".join([*HASHES, *PUBLIC])
            raise ImproperlyConfigured(f"JWTAuthentication: {algorithm!r} is none of the algorithms {known}.")
        if shared != (algorithm in HASHES):
            wanted = "a secret" if algorithm in HASHES else "a public_key or jwks"
            # Under a list of both kinds a public key, which everybody has, could pass for a secret.
            raise ImproperlyConfigured(f"JWTAuthentication: {algorithm} is verified with {wanted}, and nothing else.")
    if not shared and not _has_cryptography():
        raise ImproperlyConfigured(
            f"JWTAuthentication: {algorithms[0]} needs the package cryptography: pip install 'pyjwt[crypto]'."
        )


def _has_cryptography() -> bool:
    from jwt.algorithms import has_crypto

    return bool(has_crypto)
