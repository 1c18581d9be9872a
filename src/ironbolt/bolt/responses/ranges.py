"""Ranges of bytes: what a ``Range`` header asks for, and what an answer to it is made of (RFC 9110, 14)."""

import re
import secrets

_MOST_RANGES = 16
"""More than these, or a header longer than that, are asked for by nobody in good faith."""
_LONGEST_HEADER = 1000

_is_range = re.compile(r"(\d{0,19})-(\d{0,19})", re.ASCII).fullmatch

Range = tuple[int, int]
"""The first byte, and the one behind the last."""

Segment = bytes | Range
"""A piece of a body: bytes as they are, or a range of a file."""


class UnsatisfiableError(Exception):
    """None of the ranges holds a byte of what there is."""


def ranges_of(header: str | None, size: int) -> list[Range] | None:
    """The ranges that a header asks for, in order and joined where they touch; None to give the whole.

    What is malformed, of another unit or excessive is ignored, as the RFC has it.

    Raises:
        UnsatisfiableError: no range reaches into the ``size`` bytes that there are.
    """
    if not size:  # there is no range of nothing, and an answer of nothing is whole
        return None
    unit, _, specified = (header or "").partition("=")
    if unit.strip().lower() != "bytes" or len(specified) > _LONGEST_HEADER:
        return None
    wanted = [part.strip(" \t") for part in specified.split(",")]
    parsed = [_parsed(part, size) for part in wanted if part]
    if not parsed or len(parsed) > _MOST_RANGES or any(found is None for found in parsed):
        return None
    satisfiable = sorted(found for found in parsed if found is not None and found[0] < found[1])
    if not satisfiable:
        raise UnsatisfiableError
    return _joined(satisfiable)


def _parsed(part: str, size: int) -> Range | None:
    """One range, an empty one if it can't be satisfied; None if it is none."""
    match = _is_range(part)
    if match is None:
        return None
    first, last = match.groups()
    if not first:
        return (max(size - int(last), 0), size) if last else None
    if last and int(last) < int(first):
        return None
    begin = int(first)
    end = min(int(last) + 1, size) if last else size
    return (begin, end) if begin < size else (size, size)


def _joined(ranges: list[Range]) -> list[Range]:
    joined = [ranges[0]]
    for begin, end in ranges[1:]:
        previous_begin, previous_end = joined[-1]
        if begin <= previous_end:
            joined[-1] = (previous_begin, max(previous_end, end))
        else:
            joined.append((begin, end))
    return joined


def multipart(ranges: list[Range], size: int, media_type: str) -> tuple[str, list[Segment]]:
    """Several ranges as one body: its media type and its segments."""
    boundary = secrets.token_hex(16)
    segments: list[Segment] = []
    for found in ranges:
        head = f"--{boundary}\r\nContent-Type: {media_type}\r\nContent-Range: {content_range(found, size)}\r\n\r\n"
        segments += [head.encode("latin-1"), found, b"\r\n"]
    segments.append(f"--{boundary}--\r\n".encode())
    return f"multipart/byteranges; boundary={boundary}", segments


def content_range(found: Range, size: int) -> str:
    """The value of ``Content-Range``."""
    return f"bytes {found[0]}-{found[1] - 1}/{size}"


def length_of(segments: list[Segment]) -> int:
    """How many bytes a body of these segments has."""
    return sum(len(part) if isinstance(part, bytes) else part[1] - part[0] for part in segments)
