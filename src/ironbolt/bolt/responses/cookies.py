"""Cookies of answers, as ``Set-Cookie`` headers (RFC 6265bis)."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.cookies import SimpleCookie
from typing import Literal, TypedDict

_is_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
_is_text = re.compile(r"[\x20-\x7e\x80-\xff]*").fullmatch
_is_attribute = re.compile(r"[\x20-\x3a\x3c-\x7e]*").fullmatch

_encode = SimpleCookie().value_encode
_PAST = datetime(1970, 1, 1, tzinfo=UTC)


class CookieAttributes(TypedDict, total=False):
    """What a cookie may say beside its name and value; the names are those of Django's ``set_cookie``."""

    max_age: int | timedelta | None
    expires: datetime | None
    path: str
    domain: str | None
    secure: bool
    httponly: bool
    samesite: Literal["Lax", "Strict", "None", "lax", "strict", "none"] | None
    partitioned: bool


def cookie_header(name: str, value: str, attributes: CookieAttributes) -> str:
    """The value of ``Set-Cookie``.

    Raises:
        ValueError: name, value or an attribute holds what a cookie can't hold, or browsers would
            throw the cookie away.
    """
    if not _is_token(name):
        raise ValueError(f"{name!r} is no name of a cookie.")
    if not _is_text(value):
        raise ValueError(f"The cookie {name!r} holds a line break, another control character, or text beyond Latin-1.")
    _refuse_what_browsers_refuse(name, attributes)
    encoded = _encode(value)[1] if value else ""
    return "; ".join([f"{name}={encoded}", *_attributes(attributes)])


def past(attributes: CookieAttributes) -> CookieAttributes:
    """The attributes of a cookie that browsers forget at once."""
    return {**attributes, "max_age": 0, "expires": _PAST}


def _attributes(attributes: CookieAttributes) -> list[str]:
    path, domain = attributes.get("path", "/"), attributes.get("domain")
    if not _is_attribute(f"{path}{domain or ''}"):
        raise ValueError("The path or the domain of a cookie holds a semicolon or a control character.")
    parts = [f"Path={path}"] if path else []
    if domain:
        parts.append(f"Domain={domain}")
    max_age = attributes.get("max_age")
    if max_age is not None:
        seconds = max_age.total_seconds() if isinstance(max_age, timedelta) else max_age
        parts.append(f"Max-Age={int(seconds)}")
    if expires := attributes.get("expires"):
        # A moment without a zone is one of this machine, as everywhere in Python.
        parts.append(f"Expires={format_datetime(expires.astimezone(UTC), usegmt=True)}")
    if samesite := attributes.get("samesite", "Lax"):
        parts.append(f"SameSite={samesite.capitalize()}")
    flags = {
        "Secure": attributes.get("secure"),
        "HttpOnly": attributes.get("httponly"),
        "Partitioned": attributes.get("partitioned"),
    }
    return parts + [name for name, wanted in flags.items() if wanted]


def _refuse_what_browsers_refuse(name: str, attributes: CookieAttributes) -> None:
    samesite = attributes.get("samesite", "Lax")
    if samesite is not None and samesite.lower() not in ("lax", "strict", "none"):
        raise ValueError(f"SameSite is Lax, Strict or None, not {samesite!r}.")
    needs_secure = {
        "SameSite=None": (samesite or "").lower() == "none",
        "Partitioned": bool(attributes.get("partitioned")),
        "A name with the prefix __Secure- or __Host-": name.lower().startswith(("__secure-", "__host-")),
    }
    for cause, present in needs_secure.items():
        if present and not attributes.get("secure"):
            raise ValueError(f"{cause} needs secure=True, or browsers throw the cookie {name!r} away.")
    if name.lower().startswith("__host-") and (attributes.get("domain") or attributes.get("path", "/") != "/"):
        raise ValueError(f"The prefix __Host- wants path='/' and no domain, or browsers throw {name!r} away.")
