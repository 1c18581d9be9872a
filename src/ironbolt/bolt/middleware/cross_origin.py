"""Which other sites' scripts may read our answers (CORS, by the Fetch standard): data and pure functions."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.responses.headers import RawHeader, RawHeaders

Headers = Mapping[str, str]
"""The headers of a request, under lower-case names."""

USUAL_HEADERS = (
    "accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match",
    "x-api-key", "x-csrftoken", "x-request-id", "x-requested-with",
)  # fmt: skip
"""The request headers that are allowed where nothing else is said: those that this library reads."""

_is_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch

_VARY: RawHeader = (b"vary", b"Origin")
_VARY_PREFLIGHT: RawHeader = (
    b"vary",
    b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network",
)
_CREDENTIALS: RawHeader = (b"access-control-allow-credentials", b"true")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class Cors:
    """Which origins may read answers, and what they may send.

    Attributes:
        origins: what is allowed: ``https://shop.example``, ``https://*.shop.example`` for any subdomain (the
            domain itself not), a compiled pattern that has to match as a whole, ``"null"``, or ``"*"``.
        methods: the methods that may be sent; None for all that a path has.
        headers: the request headers that may be sent; None for :data:`USUAL_HEADERS`, ``("*",)`` for any.
        credentials: whether cookies and the like may go along; never under ``"*"``.
        max_age: seconds for which a browser may remember the answer to a preflight.
        expose: the headers of answers that scripts may read beside the few they always may.
        private_network: whether a public site may reach this API in a private network.
    """

    origins: str | re.Pattern[str] | Iterable[str | re.Pattern[str]]
    methods: Iterable[str] | None = None
    headers: Iterable[str] | None = None
    credentials: bool = False
    max_age: int = 600
    expose: Iterable[str] = ()
    private_network: bool = False
    _exact: dict[str, RawHeaders] = field(init=False, repr=False, compare=False)
    _patterns: tuple[re.Pattern[str], ...] = field(init=False, repr=False, compare=False)
    _any: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        settle = object.__setattr__
        origins = (self.origins,) if isinstance(self.origins, str | re.Pattern) else tuple(self.origins)
        settle(self, "expose", _names("expose", self.expose))
        for name in ("methods", "headers"):
            if getattr(self, name) is not None:
                settle(self, name, _names(name, getattr(self, name)))
        if self.methods is not None:
            settle(self, "methods", tuple(method.upper() for method in self.methods))
        listed = tuple(map(_normal, origins))
        settle(self, "origins", listed)
        settle(self, "_any", "*" in listed)
        settle(self, "_patterns", tuple(filter(None, map(_pattern, listed))))
        self._refuse_what_cannot_work()
        plain = [origin for origin in listed if isinstance(origin, str) and "*" not in origin]
        settle(self, "_exact", {origin: self._answer(origin) for origin in ["*", *plain]})

    def allows(self, origin: str) -> bool:
        """Whether scripts of an origin may read answers; ``"null"`` is nobody in particular, and has to be listed."""
        if origin in self._exact and origin != "*":
            return True
        return (self._any and origin != "*") or any(pattern.fullmatch(origin) for pattern in self._patterns)

    def answer_headers(self, origin: str | None) -> RawHeaders:
        """What an answer carries, an error's too, to a request from this origin; None for one that names none."""
        if self._any:
            return self._exact["*"]
        if origin is None:
            return [_VARY]
        known = self._exact.get(origin) if origin != "*" else None
        if known is not None:
            return known
        return self._answer(origin) if self.allows(origin) else [_VARY]

    @property
    def answers_everybody(self) -> bool:
        """Whether one answer is for all origins."""
        return self._any

    def as_data(self) -> dict[str, Any]:
        """This policy as JSON-able data; a pattern begins with a caret."""
        listed: Any = self.origins
        origins = [f"^{item.pattern}" if isinstance(item, re.Pattern) else item for item in listed]
        names = ("methods", "headers", "expose")
        lists = {name: None if (value := getattr(self, name)) is None else list(value) for name in names}
        flags = {name: getattr(self, name) for name in ("credentials", "max_age", "private_network")}
        return {"origins": origins, **lists, **flags}

    def _answer(self, origin: str) -> RawHeaders:
        headers: RawHeaders = [(b"access-control-allow-origin", origin.encode("latin-1"))]
        if origin != "*":
            headers.append(_VARY)
        if self.credentials:
            headers.append(_CREDENTIALS)
        if self.expose:
            headers.append((b"access-control-expose-headers", ", ".join(self.expose).encode("ascii")))
        return headers

    def _refuse_what_cannot_work(self) -> None:
        if not self.origins:
            raise ImproperlyConfigured("cors: origins is empty; leave cors away where no other site may read.")
        if self._any and self.credentials:
            raise ImproperlyConfigured(
                "cors: origins='*' with credentials would let every site act as your users; name the origins."
            )
        if self.max_age < 0:
            raise ImproperlyConfigured(f"cors: max_age is a number of seconds, not {self.max_age!r}.")


def cors_headers(cors: Cors | None, headers: Headers) -> RawHeaders:
    """What the answer to a request carries under a policy, whatever its status."""
    return [] if cors is None else cors.answer_headers(headers.get("origin"))


def preflight_method(method: str, headers: Headers) -> str | None:
    """The method that a preflight asks for, None where a request is no preflight."""
    if method != "OPTIONS" or "origin" not in headers:
        return None
    return headers.get("access-control-request-method") or None


def preflight(policies: Mapping[str, Cors | None], headers: Headers) -> RawHeaders:
    """What the answer to a preflight carries, a 204 in any case; without a word of consent where there is none.

    Args:
        policies: the methods of the path, each with its policy, None where it has none.
        headers: those of the request.
    """
    wanted, origin = headers.get("access-control-request-method", ""), headers.get("origin", "")
    policy = policies.get("GET" if wanted == "HEAD" and "HEAD" not in policies else wanted)
    if policy is None or not policy.allows(origin):
        return [_VARY_PREFLIGHT]
    # A browser remembers all methods that are named here, so one under another policy is not.
    methods = [method for method, other in policies.items() if other == policy]
    methods = [method for method in methods if policy.methods is None or method in policy.methods]
    answer: RawHeaders = [
        (b"access-control-allow-origin", b"*" if policy.answers_everybody else origin.encode("latin-1")),
        (b"access-control-allow-methods", ", ".join(_with_head(methods)).encode("ascii")),
        (b"access-control-max-age", str(policy.max_age).encode("ascii")),
        _VARY_PREFLIGHT,
    ]
    if allowed := _allowed_headers(policy, headers.get("access-control-request-headers", "")):
        answer.append((b"access-control-allow-headers", allowed.encode("ascii")))
    if policy.credentials:
        answer.append(_CREDENTIALS)
    if policy.private_network and headers.get("access-control-request-private-network") == "true":
        answer.append((b"access-control-allow-private-network", b"true"))
    return answer


def _with_head(methods: list[str]) -> list[str]:
    return sorted({*methods, "HEAD"} if "GET" in methods else methods)


def _allowed_headers(policy: Cors, asked: str) -> str:
    """The headers that may be sent; for ``*`` those that were asked for, since a star would not mean Authorization."""
    if policy.headers is None:
        return ", ".join(USUAL_HEADERS)
    if "*" in policy.headers:
        names = [name.strip().lower() for name in asked.split(",")]
        return ", ".join(name for name in names if _is_token(name))
    return ", ".join(policy.headers)


def _names(what: str, given: Iterable[str]) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    for name in names:
        if not _is_token(name):
            raise ImproperlyConfigured(f"cors: {name!r} among {what} is no name.")
    return names


def _normal(origin: str | re.Pattern[str]) -> str | re.Pattern[str]:
    """An origin as browsers write it: in small letters, without the port that goes without saying."""
    if isinstance(origin, re.Pattern) or origin in ("*", "null"):
        return origin
    try:
        parts = urlsplit(origin.lower())
        port = parts.port
    except (ValueError, AttributeError):
        raise ImproperlyConfigured(f"cors: {origin!r} is no origin.") from None
    rest = parts.path or parts.query or parts.fragment or parts.username or parts.password
    host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc.removesuffix(":")
    starred = "*" in host and not (host.startswith("*.") and "*" not in host[2:] and "." in host[2:])
    if not parts.scheme or not host or rest or starred or not host.isascii():
        raise ImproperlyConfigured(
            f"cors: {origin!r} is no origin: it is a scheme, a host and perhaps a port, such as "
            "https://shop.example or https://*.shop.example, without a path or a slash at its end."
        )
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, _DEFAULT_PORTS.get(parts.scheme)) else "")


def _pattern(origin: str | re.Pattern[str]) -> re.Pattern[str] | None:
    if isinstance(origin, re.Pattern):
        return origin
    if "*" not in origin or origin == "*":
        return None
    before, _, after = origin.partition("*")
    # One label or several, of what may stand in the name of a host.
    return re.compile(re.escape(before) + r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*" + re.escape(after))
