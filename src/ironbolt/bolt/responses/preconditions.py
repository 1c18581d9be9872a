"""Conditional requests: whether what a client has, or expects, is what there is (RFC 9110, 13)."""

from collections.abc import Mapping

from django.utils.http import parse_etags, parse_http_date_safe

_SAFE = ("GET", "HEAD")


def outcome(method: str, headers: Mapping[str, str], etag: str | None, modified: int | None) -> int:
    """What the conditions of a request come to: 200 to go on, 304 or 412.

    Args:
        method: the method of the request.
        headers: its headers, under lower-case names.
        etag: the tag of what there is, with its quotes; None where it has none.
        modified: when that last changed, in whole seconds of Unix time; None where nobody knows.
    """
    if "if-match" in headers:
        if not _matches(headers["if-match"], etag, strongly=True):
            return 412
    elif _is_newer(headers.get("if-unmodified-since"), modified):
        return 412
    if "if-none-match" in headers:
        if _matches(headers["if-none-match"], etag, strongly=False):
            return 304 if method in _SAFE else 412
    elif method in _SAFE and _is_no_newer(headers.get("if-modified-since"), modified):
        return 304
    return 200


def may_resume(headers: Mapping[str, str], etag: str | None, modified: int | None) -> bool:
    """Whether a range can be given: the part that the client has is of the same whole (``If-Range``)."""
    condition = headers.get("if-range", "").strip()
    if not condition:
        return True
    if condition.startswith(('"', "W/")):
        return etag is not None and not etag.startswith("W/") and condition == etag
    return modified is not None and parse_http_date_safe(condition) == modified


def _matches(condition: str, etag: str | None, *, strongly: bool) -> bool:
    if condition.strip() == "*":
        return True  # asked of what exists
    if etag is None or (strongly and etag.startswith("W/")):
        return False
    given = parse_etags(condition)
    return etag in given if strongly else _weak(etag) in {_weak(other) for other in given}


def _weak(etag: str) -> str:
    return etag.removeprefix("W/")


def _is_newer(condition: str | None, modified: int | None) -> bool:
    """Whether it changed since; a date that is none, or that nothing can be held against, does not count."""
    since = _date(condition)
    return since is not None and modified is not None and modified > since


def _is_no_newer(condition: str | None, modified: int | None) -> bool:
    since = _date(condition)
    return since is not None and modified is not None and modified <= since


def _date(text: str | None) -> int | None:
    return parse_http_date_safe(text) if text else None
