"""Numbered pages, once for both doors: what a client may ask for and how a page is answered."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from ironbolt.core.errors import ApiError, Details, ValidationFailed
from ironbolt.core.settings import get_settings

Query = Mapping[str, str] | Mapping[str, list[str]]
"""A query string, read: each name with its value or values."""

PAGE = "page"
PAGE_SIZE = "page_size"

LARGEST_PAGE = 999_999_999
"""Page numbers above this can't exist, and would overflow an OFFSET."""

_MOST_DIGITS = len(str(LARGEST_PAGE))


class InvalidPage(ApiError):
    """The page asked for lies beyond the last one."""

    status = 404

    def __init__(self, number: int) -> None:
        super().__init__("Invalid page.", details={PAGE: [f"There is no page {number}."]})


class PageRequest(msgspec.Struct, frozen=True):
    """One page as a client asked for it; the first page is number 1."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """How many items come before this page."""
        return (self.number - 1) * self.size

    def check(self, count: int) -> None:
        """Refuse a page beyond the last; the first page may be empty.

        Raises:
            InvalidPage: there are not enough items for this page.
        """
        if self.number > 1 and self.offset >= count:
            raise InvalidPage(self.number)


def page_request(query: Mapping[str, str], *, default_size: int | None = None) -> PageRequest:
    """Read ``page`` and ``page_size`` from a query.

    Raises:
        ValidationFailed: one of them is not a whole number from 1, or the size is over the limit.
    """
    settings = get_settings()
    faults: Details = {}
    number = _read(query, PAGE, 1, None, faults)
    size = _read(query, PAGE_SIZE, default_size or settings.PAGE_SIZE, settings.MAX_PAGE_SIZE, faults)
    if faults:
        raise ValidationFailed(faults)
    return PageRequest(number, size)


def _read(query: Mapping[str, str], name: str, default: int, most: int | None, faults: Details) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) >= 1):
        faults[name] = ["A whole number from 1 is required."]
    elif most and int(text) > most:
        faults[name] = [f"Ensure this value is less than or equal to {most}."]
    else:
        return int(text)
    return default


def page_body(page: PageRequest, count: int, results: Any, *, url: str, query: Query) -> dict[str, Any]:
    """A page as the client gets it; ``url`` is the absolute address of the list, without its query."""

    def link(number: int) -> str:
        return f"{url}?{urlencode({**query, PAGE: str(number)}, doseq=True)}"

    return {
        "count": count,
        "next": link(page.number + 1) if page.offset + page.size < count else None,
        "previous": link(page.number - 1) if page.number > 1 else None,
        "results": results,
    }
