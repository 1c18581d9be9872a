"""Tokens: a bearer token in a header, or in a cookie."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import jwt
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.auth import csrf
from ironbolt.bolt.auth.base import FAILED, AuthContext, as_tuple
from ironbolt.bolt.auth.claims import Rules
from ironbolt.bolt.auth.verifier import Source, Verifier, verifier_of
from ironbolt.bolt.exceptions import Unauthorized
from ironbolt.bolt.request import Request

LONGEST = 8 * 1024

# PyJWT and cryptography let a few malformed tokens escape as plain Python errors.
_REFUSALS = (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True, kw_only=True)
class JWTAuthentication:
    """A bearer token (RFC 6750, RFC 7519), as simplejwt issues them; the database is not asked.

    A token in a cookie is sent by the browser whoever made the request, so with a method that changes
    something it counts only where the request comes from this site or one of ``CSRF_TRUSTED_ORIGINS``:
    by ``Sec-Fetch-Site`` or ``Origin``, or, where a client sends neither, by Django's CSRF token.

    Attributes:
        secret: the key; Django's ``SECRET_KEY`` by default.
        algorithms: the algorithms accepted; a token cannot choose another.
        audience: the audience a token must be meant for, if any, or several.
        issuer: the issuer it must come from, if any, or several.
        leeway: seconds by which clocks may differ.
        header: the header that carries it, after the word ``Bearer``.
        cookie: the cookie that may carry it too.
        public_key: the public key in PEM, for algorithms with a pair of keys.
        jwks: the path or the https address of a set of public keys instead.
        jwks_interval: seconds between two attempts to find a key that is not in the set.
        revoked: takes the claims of every token, each time, and says whether it was revoked.
        reads_database: whether ``revoked`` reads the database, and so has to run in a database thread.
    """

    secret: str | None = field(default=None, repr=False)
    algorithms: Iterable[str] = ("HS256",)
    audience: str | Iterable[str] | None = None
    issuer: str | Iterable[str] | None = None
    leeway: float = 0
    header: str = "authorization"
    cookie: str | None = None
    public_key: str | bytes | None = field(default=None, repr=False)
    jwks: str | None = None
    jwks_interval: float = 60
    revoked: Callable[[Mapping[str, Any]], bool] | None = None
    reads_database: bool = False
    _verifier: Verifier = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        settle = object.__setattr__
        settle(self, "algorithms", as_tuple(self.algorithms))
        settle(self, "header", self.header.lower())
        for name in ("audience", "issuer"):
            if getattr(self, name) is not None:
                settle(self, name, as_tuple(getattr(self, name)))
        self._require_one_source()
        settle(self, "_verifier", verifier_of(self._source()))

    @property
    def challenge(self) -> str:
        """RFC 6750, section 3."""
        return 'Bearer realm="api"'

    @property
    def security_scheme(self) -> tuple[str, dict[str, Any]]:
        """A bearer token in OpenAPI's words, which know one only in its usual header."""
        elsewhere = f" The cookie `{self.cookie}` may carry it too." if self.cookie else ""
        if self.header == "authorization":
            told = {"description": elsewhere.strip()} if elsewhere else {}
            return "bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", **told}
        about = f"`Bearer` and a token.{elsewhere}"
        return f"bearer_{self.header}", {"type": "apiKey", "in": "header", "name": self.header, "description": about}

    def check(self) -> None:
        """Refuse at start what can't work.

        Raises:
            ImproperlyConfigured: the keys can't be used.
        """
        self._verifier.check()

    def as_data(self) -> dict[str, Any]:
        """What is asked of a token as JSON-able data, without any key."""
        own = ("algorithms", "audience", "issuer", "leeway", "header", "cookie", "jwks")
        data = {name: getattr(self, name) for name in own}
        return {"way": "jwt", **data, "revocable": self.revoked is not None}

    def authenticate(self, request: Request) -> AuthContext | None:
        """Verify the token of the request, if it has one.

        Raises:
            Unauthorized: there is one, and it can't be believed.
            Forbidden: it came in a cookie, with a request from another site.
        """
        kind, _, token = request.headers.get(self.header, "").partition(" ")
        if kind.lower() == "bearer":
            return self._identify(token.strip())
        if self.cookie is None or not (token := csrf.cookies_of(request).get(self.cookie, "")):
            return None
        auth = self._identify(token)
        csrf.require_same_site(request)
        return auth

    def _identify(self, token: str) -> AuthContext:
        if not token or len(token) > LONGEST:
            raise Unauthorized(FAILED)
        try:
            verified = self._verifier.verify(token)
        except _REFUSALS:
            raise Unauthorized(FAILED) from None
        if self.revoked is not None and self.revoked(MappingProxyType(verified.claims)):
            raise Unauthorized(FAILED)
        # A copy all through, since a handler may write in it.
        auth = verified.auth.copy()
        auth["permissions"] = auth["permissions"].copy()
        for name in verified.nested:
            auth[name] = deepcopy(auth[name])
        return auth

    def _require_one_source(self) -> None:
        given = [name for name in ("secret", "public_key", "jwks") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ImproperlyConfigured(f"JWTAuthentication: {' and '.join(given)} exclude each other.")
        if self.secret is not None and not self.secret:
            raise ImproperlyConfigured("JWTAuthentication: the secret is empty.")
        if inspect.iscoroutinefunction(self.revoked):
            # What a coroutine function gives back is true: every token would be revoked.
            raise ImproperlyConfigured("JWTAuthentication: revoked is asynchronous: write it with def.")

    def _source(self) -> Source:
        rules = Rules(
            algorithms=as_tuple(self.algorithms),
            audience=None if self.audience is None else as_tuple(self.audience),
            issuer=None if self.issuer is None else as_tuple(self.issuer),
            leeway=self.leeway,
        )
        pem = self.public_key.decode("ascii") if isinstance(self.public_key, bytes) else self.public_key
        return Source(rules=rules, secret=self.secret, public_key=pem, jwks=self.jwks, jwks_interval=self.jwks_interval)
