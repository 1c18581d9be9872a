"""What a token says: the rules for its claims, and what they mean for this door."""

import time
from functools import cache
from typing import Any

import jwt
import msgspec
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured, ValidationError

from ironbolt.bolt.auth.base import AuthContext, is_text, texts

Claims = dict[str, Any]


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What a token must say to count, beside its signature; a token can choose none of it.

    Attributes:
        algorithms: the algorithms accepted.
        audience: the audiences, one of which it must be meant for; none means that it may name none.
        issuer: the issuers, one of which it must come from; none means any.
        leeway: seconds by which clocks may differ.
    """

    algorithms: tuple[str, ...]
    audience: tuple[str, ...] | None = None
    issuer: tuple[str, ...] | None = None
    leeway: float = 0

    def decode(self, token: str, key: Any) -> Claims:
        """Verify with PyJWT, which has the last word on everything that is not plain.

        Raises:
            Exception: of PyJWT's or, for a few malformed tokens, one of Python's own.
        """
        claims: Claims = jwt.decode(
            token,
            key,
            algorithms=list(self.algorithms),
            audience=self.audience,
            issuer=self.issuer,
            leeway=self.leeway,
            options={"require": ["exp"]},
        )
        return claims

    def check(self, claims: Claims) -> None:
        """The rules that PyJWT has for claims, for a token whose signature was verified without it.

        Raises:
            InvalidTokenError: one of them is broken.
            ValueError, TypeError, OverflowError: a time is none.
        """
        now = time.time()
        starts, expires = lifetime(claims)
        if not (expires > now - self.leeway and starts <= now + self.leeway):
            raise jwt.InvalidTokenError("not now")
        for name in ("sub", "jti"):
            if name in claims and not isinstance(claims[name], str):
                raise jwt.InvalidTokenError(name)
        if self.issuer is not None and not (isinstance(claims.get("iss"), str) and claims["iss"] in self.issuer):
            raise jwt.InvalidTokenError("iss")
        self._check_audience(claims.get("aud"))

    def _check_audience(self, named: Any) -> None:
        if self.audience is None:
            if named:
                raise jwt.InvalidTokenError("aud")
            return
        meant = [named] if isinstance(named, str) else named
        if not isinstance(meant, list) or not all(isinstance(item, str) for item in meant):
            raise jwt.InvalidTokenError("aud")
        if not any(audience in meant for audience in self.audience) or not named:
            raise jwt.InvalidTokenError("aud")


def lifetime(claims: Claims) -> tuple[int, int]:
    """The second from which a token counts, and the one from which it counts no more.

    Raises:
        InvalidTokenError: it never expires.
        ValueError, TypeError, OverflowError: a time is none.
    """
    if claims.get("exp") is None:
        raise jwt.MissingRequiredClaimError("exp")
    times = [int(claims[name]) for name in ("iat", "nbf") if name in claims]
    return max(times, default=0), int(claims["exp"])


def auth_of(claims: Claims) -> AuthContext:
    """What simplejwt's claims, or the registered ones, say of a caller; private claims are there as they are.

    Raises:
        InvalidTokenError: the token is not for access, is nobody's, or names are no names.
    """
    username = claims.get("username")
    if username is not None and not (isinstance(username, str) and is_text(username)):
        raise jwt.InvalidTokenError("username")
    if claims.get("token_type", "access") != "access":
        raise jwt.InvalidTokenError("token_type")
    named = {} if username is None else {"username": username}
    return {
        **{name: value for name, value in claims.items() if name != "username"},
        **named,
        "user_id": _user_id(claims.get("user_id", claims.get("sub"))),
        "is_staff": claims.get("is_staff") is True,
        "is_admin": (claims.get("is_superuser") or claims.get("is_admin")) is True,
        "permissions": texts(claims.get("permissions")),
        "backend": "jwt",
    }


def _user_id(claimed: Any) -> Any:
    """Who it is, in the type of the users' key where it can be one, so that it compares with foreign keys."""
    if isinstance(claimed, bool) or not isinstance(claimed, int | str) or claimed == "":
        raise jwt.InvalidTokenError("user_id")
    if isinstance(claimed, str) and not is_text(claimed):
        raise jwt.InvalidTokenError("user_id")
    key = _user_key()
    if key is None:
        return claimed
    try:
        return key.to_python(claimed)
    except ValidationError:
        return claimed  # of another system's users


@cache
def _user_key() -> Any:
    """The key of the users, None in a project without any."""
    try:
        return get_user_model()._meta.pk
    except (ImproperlyConfigured, LookupError):
        return None
