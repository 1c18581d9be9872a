"""Who is calling: authentication as frozen data, so that a request costs no lookups of options."""

from typing import Any, Protocol

import jwt
import msgspec
from django.conf import settings

from ironbolt.bolt.exceptions import Unauthorized
from ironbolt.bolt.guards import (
    AllowAny,
    HasAllPermissions,
    HasAnyPermission,
    HasPermission,
    IsAdminUser,
    IsAuthenticated,
    IsStaff,
    ReadOnly,
)
from ironbolt.bolt.request import Request

__all__ = [
    "AllowAny",
    "Authentication",
    "HasAllPermissions",
    "HasAnyPermission",
    "HasPermission",
    "IsAdminUser",
    "IsAuthenticated",
    "IsStaff",
    "JWTAuthentication",
    "ReadOnly",
]

_LONGEST_TOKEN = 8 * 1024
_FAILED = "Given token is not valid."


class Authentication(Protocol):
    """What the door asks of a way to authenticate."""

    @property
    def challenge(self) -> str:
        """The value of ``WWW-Authenticate`` (RFC 9110, 11.6.1)."""

    @property
    def security_scheme(self) -> tuple[str, dict[str, Any]]:
        """Name and description for OpenAPI."""

    def authenticate(self, request: Request) -> dict[str, Any] | None:
        """What the credentials say of the caller, None where there are none of this kind.

        Raises:
            Unauthorized: there are some, and they are wrong.
        """


class JWTAuthentication(msgspec.Struct, frozen=True, kw_only=True):
    """A bearer token (RFC 6750, RFC 7519), as simplejwt issues them; the database is not asked.

    Attributes:
        secret: the key; Django's ``SECRET_KEY`` by default.
        algorithms: the algorithms accepted; a token cannot choose another.
        audience: the audience a token must be meant for, if any.
        issuer: the issuer it must come from, if any.
        leeway: seconds by which clocks may differ.
        header: the header that carries it, after the word ``Bearer``.
    """

    secret: str | None = None
    algorithms: tuple[str, ...] = ("HS256",)
    audience: str | None = None
    issuer: str | None = None
    leeway: float = 0
    header: str = "authorization"

    @property
    def challenge(self) -> str:
        """RFC 6750, section 3."""
        return 'Bearer realm="api"'

    @property
    def security_scheme(self) -> tuple[str, dict[str, Any]]:
        """A bearer token in OpenAPI's words."""
        return "bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}

    def authenticate(self, request: Request) -> dict[str, Any] | None:
        """Verify the token of the request, if it has one."""
        kind, _, token = request.headers.get(self.header.lower(), "").partition(" ")
        if kind.lower() != "bearer":
            return None
        claims = self._verify(token.strip())
        user_id = claims.get("user_id", claims.get("sub"))
        if user_id is None or claims.get("token_type", "access") != "access":
            raise Unauthorized(_FAILED)
        return {
            "user_id": str(user_id),
            "username": claims.get("username"),
            "is_staff": claims.get("is_staff") is True,
            "is_admin": (claims.get("is_superuser") or claims.get("is_admin")) is True,
            "permissions": _texts(claims.get("permissions")),
            "backend": "jwt",
        }

    def _verify(self, token: str) -> dict[str, Any]:
        if not token or len(token) > _LONGEST_TOKEN:
            raise Unauthorized(_FAILED)
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self.secret or settings.SECRET_KEY,
                algorithms=list(self.algorithms),
                audience=self.audience,
                issuer=self.issuer,
                leeway=self.leeway,
                options={"require": ["exp"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            # PyJWT lets a few malformed tokens escape as plain Python errors.
            raise Unauthorized(_FAILED) from None
        return claims


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
