"""What is a secret, by its name or its look; and what may stand in a log of what others sent."""

import re
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ironbolt.core.settings import get_settings

MASK = "***"
"""What stands in the place of a secret."""

MOST_CHARACTERS = 1000
"""Where a shown value is cut."""

_MOST_OF_A_TEXT = 200
_MOST_ITEMS = 50
_MOST_LEVELS = 8
_MOST_BITS = 128
_CUT = "…"

_SECRET_PARTS = (
    *("password", "passwd", "passphrase", "passcode", "secret", "token", "authorization", "credential"),
    *("apikey", "accesskey", "privatekey", "sessionid", "cardnumber", "creditcard", "securitycode"),
)
"""Whatever name holds one of these, written in whatever way, is that of a secret."""

_SECRET_WORDS = frozenset(
    {"bearer", "cookie", "cookies", "csrf", "cvc", "cvv", "digest", "hash", "jwt", "key", "keys", "otp", "pass"}
    | {"pin", "pwd", "signature", "ssn", "totp"}
)
"""So is one in which one of these stands as a word."""

_SECRET_NAMES = frozenset({"access", "auth", "refresh", "session"})
"""And one that is nothing but one of these."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LONGEST_NAME = 100

_NAMED_IN_TEXT = r"(?:pass(?:word|wd|phrase)|secret|token|api[-_]?key)[\w\]-]{0,20}[\"']?\s{0,3}[:=]\s{0,3}[\"']?"
_IN_TEXT = re.compile(
    r"(?P<scheme>\b(?:bearer|basic|digest|token|apikey)\s+)[\w.~+/=-]{16,}"
    r"|eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*"  # a JSON Web Token
    rf"|(?P<named>{_NAMED_IN_TEXT})[^\s\"'&,;}}]+"
    r"|(?P<user>://[^/\s:@]{0,100}:)[^/\s@]{1,200}(?=@)",
    re.IGNORECASE,
)


def on_one_line(text: str) -> str:
    """``text`` with line breaks and the like escaped, so that it can't forge a line."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def is_secret(name: str) -> bool:
    """Whether what a client sends under ``name``, or a column keeps, is a secret, however it is written.

    The setting ``REDACTED_NAMES`` adds names.
    """
    name = name[:_LONGEST_NAME]
    plain = _plain(name)
    if plain in _SECRET_NAMES or any(part in plain for part in _SECRET_PARTS):
        return True
    if not _SECRET_WORDS.isdisjoint(word.lower() for word in _WORD.findall(name)):
        return True
    return any(plain == _plain(more) for more in get_settings().REDACTED_NAMES)


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def masked(text: str) -> str:
    """``text`` without the tokens and passwords that can be told by their look."""
    return _IN_TEXT.sub(_mask, text)


def _mask(found: "re.Match[str]") -> str:
    return (found["scheme"] or found["named"] or found["user"] or "") + MASK


def shown(value: Any) -> str:
    """Plain data as a log shows it: on one line, without secrets, cut where it is long."""
    text = on_one_line(repr(_redacted(value)))
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + _CUT


def shown_query(query: str) -> str:
    """A query string, still encoded, without secrets and cut where it is long."""
    pairs = parse_qsl(query[:MOST_CHARACTERS], keep_blank_values=True)
    safe = [(name, MASK if is_secret(name) else masked(value)) for name, value in pairs]
    return urlencode(safe, safe="*", errors="surrogateescape") + (_CUT if len(query) > MOST_CHARACTERS else "")


def _redacted(value: Any, level: int = 0) -> Any:
    if isinstance(value, dict | list | tuple):
        return _CUT if level == _MOST_LEVELS else _members(value, level)
    if isinstance(value, str):
        # Masked before it is cut, for half a token no longer looks like one.
        text = masked(value[: 3 * _MOST_OF_A_TEXT])
        return text if len(text) <= _MOST_OF_A_TEXT else text[:_MOST_OF_A_TEXT] + _CUT
    if isinstance(value, int):
        return value if value.bit_length() <= _MOST_BITS else "<a large number>"
    return value if value is None or isinstance(value, float) else f"<{type(value).__name__}>"


def _members(value: dict[Any, Any] | list[Any] | tuple[Any, ...], level: int) -> Any:
    is_cut = len(value) > _MOST_ITEMS
    if isinstance(value, dict):
        safe = {_name(key): _member(key, item, level) for key, item in islice(value.items(), _MOST_ITEMS)}
        return safe | {_CUT: _CUT} if is_cut else safe
    items = [_redacted(item, level + 1) for item in value[:_MOST_ITEMS]]
    return [*items, _CUT] if is_cut else items


def _name(key: Any) -> str:
    return masked(str(key)[:_LONGEST_NAME])


def _member(key: Any, item: Any, level: int) -> Any:
    return MASK if is_secret(str(key)) else _redacted(item, level + 1)
