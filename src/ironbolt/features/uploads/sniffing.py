"""What bytes are, whatever a name says of them: by puremagic's tables, and by what browsers take for pages."""

import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ironbolt.features.uploads.kinds import Kind

HEAD = 2**16
"""How many bytes of the beginning are looked at."""

_PROGRAMS = (
    *(b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf"),
    *(b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"dex\n", b"\0asm", b"!<arch>\n", b"L\0\0\0\x01\x14\x02\0"),
)
_SCRIPTS = (b"#!", b"<?php", b"<?=", b"<%")
_TAGS = (
    rb"!doctype|html|head|body|script|iframe|h[1-6]|div|font|table|a|style|title|b|br|p|img|link|meta|object|embed|form"
)
_PAGE = re.compile(rb"<(?:" + _TAGS + rb")[\s/>]|<!--|<\?xml|<svg[\s/>]", re.IGNORECASE)
_LEADING = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n\f\x0b"


def load_tables() -> None:
    """Have puremagic at hand.

    Raises:
        ImproperlyConfigured: it is not installed.
    """
    try:
        import puremagic
    except ImportError:
        raise ImproperlyConfigured("Uploads want puremagic: pip install 'ironbolt[uploads]'.") from None
    _ = puremagic.magic_string


def danger_in(head: bytes) -> str | None:
    """What a file is that is never taken, by its first bytes: a program, a script, a page; None for anything else."""
    if head.startswith(_PROGRAMS[1:]) or (head.startswith(_PROGRAMS[0]) and b"\0" in head[:64]):
        return "a program"
    text = _plain(head).lstrip(_LEADING)
    if text[:5].lower().startswith(_SCRIPTS):
        return "a script"
    return "a page for browsers" if _PAGE.match(text) else None


def looks_like(kind: Kind, head: bytes) -> bool:
    """Whether the first bytes are those of a type; texts and drawings have none of their own, and are read later."""
    if kind.family in ("text", "drawing"):
        return True
    import puremagic

    try:
        found: list[Any] = puremagic.magic_string(head)  # never its name, which it would open
    except (puremagic.PureError, ValueError):
        return False
    return any(_is(kind, match) for match in found if match.offset >= 0)


def _is(kind: Kind, match: Any) -> bool:
    return match.mime_type == kind.mime or match.extension in kind.extensions


def _plain(head: bytes) -> bytes:
    """Bytes of a text in UTF-16 as if they were ASCII, as far as they are."""
    return head[2:2048].replace(b"\0", b"") if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head[:2048]
