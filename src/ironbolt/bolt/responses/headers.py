"""Headers of answers: no value can forge a further one, and what is set replaces what was there."""

import re
from functools import lru_cache

RawHeader = tuple[bytes, bytes]
RawHeaders = list[RawHeader]

_is_name = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
_is_value = re.compile(r"[\t\x20-\x7e\x80-\xff]*").fullmatch

_OF_THE_CONNECTION = frozenset({b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade"})

SEVERAL = frozenset({b"link", b"set-cookie", b"vary", b"www-authenticate"})
"""Headers of which one answer may well carry several."""


@lru_cache(maxsize=1024)
def _raw_name(name: str) -> bytes:
    if not _is_name(name):
        raise ValueError(f"{name!r} is no name of a header: it holds a line break or another character of no name.")
    raw = name.lower().encode("ascii")
    if raw in _OF_THE_CONNECTION:
        raise ValueError(f"The header {name!r} belongs to the connection, and that to the server.")
    return raw


def raw_header(name: str, value: str) -> RawHeader:
    """A header as it is sent.

    Raises:
        ValueError: a line break or another control character would let it forge further headers, it
            is beyond Latin-1, or it is the server's to send.
    """
    raw = _raw_name(name)
    if not _is_value(value):
        raise ValueError(f"The header {name!r} holds a line break, or another character that no header may hold.")
    return raw, value.encode("latin-1")


def value_of(headers: RawHeaders, name: bytes) -> str | None:
    """The value of a header, None where it is missing."""
    return next((value.decode("latin-1") for key, value in headers if key == name), None)


def put(headers: RawHeaders, header: RawHeader) -> None:
    """Add a header in the place of any other of its name; of the few that may repeat, another one."""
    if header[0] not in SEVERAL:
        headers[:] = [other for other in headers if other[0] != header[0]]
    headers.append(header)


def combined(own: RawHeaders, extra: RawHeaders) -> RawHeaders:
    """An answer's own headers and those that every answer carries; its own word counts."""
    names = {name for name, _ in own} - SEVERAL
    return [*own, *(header for header in extra if header[0] not in names)]


def add_vary(headers: RawHeaders, name: str) -> None:
    """Say that the answer depends on this header of the request too."""
    varies = [value.decode("latin-1") for key, value in headers if key == b"vary"]
    named = {part.strip().lower() for value in varies for part in value.split(",")}
    if name.lower() not in named and "*" not in named:
        headers.append((b"vary", name.encode("ascii")))


@lru_cache(maxsize=256)
def content_type(media_type: str) -> RawHeader:
    """The header for a media type; what is text is UTF-8 unless it says otherwise."""
    is_text = media_type.startswith("text/") and media_type != "text/event-stream"
    suffix = "; charset=utf-8" if is_text and "charset=" not in media_type.lower() else ""
    return raw_header("content-type", media_type + suffix)
