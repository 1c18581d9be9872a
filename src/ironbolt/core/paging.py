"""Pages by number, once for both doors: what a client may ask for and how a page is answered."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.core.counting import Total, check_counts
from ironbolt.core.errors import ApiError, Details, ValidationFailed
from ironbolt.core.settings import get_settings

Query = Mapping[str, str] | Mapping[str, list[str]]
"""A query string, read: each name with its value or values."""

PAGE = "page"
PAGE_SIZE = "page_size"

LARGEST_PAGE = 999_999_999
"""Page numbers above this can't exist, and would overflow an OFFSET."""

_MOST_DIGITS = len(str(LARGEST_PAGE))

_NEEDS_NO_QUOTES = re.compile(r"[\w.~=&-]*", re.ASCII).fullmatch


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


class Limits(msgspec.Struct, frozen=True):
    """How many items a page of one list has; None takes what the settings say.

    Attributes:
        default: for a client that does not say.
        most: the most that a client may ask for.
    """

    default: int | None = None
    most: int | None = None

    @property
    def largest(self) -> int:
        """The most items of a page."""
        return self.most or max(get_settings().MAX_PAGE_SIZE, self.default or 0)

    @property
    def usual(self) -> int:
        """The items of a page of which the client does not say it."""
        return self.default or min(get_settings().PAGE_SIZE, self.largest)


BY_SETTINGS = Limits()


def check_sizes(pagination: Any) -> None:
    """Refuse a class whose ``page_size`` and ``max_page_size`` contradict each other, or with unknown ``counts``.

    Raises:
        ImproperlyConfigured: one is below 1, or the first over the second; or nothing counts like that.
    """
    check_counts(pagination)
    usual, most = pagination.page_size, pagination.max_page_size
    sizes = {"page_size": usual, "max_page_size": most}
    for name, size in sizes.items():
        if isinstance(size, int) and size < 1:
            raise ImproperlyConfigured(f"{pagination.__name__}.{name} is at least 1, not {size}.")
    if isinstance(usual, int) and isinstance(most, int) and usual > most:
        raise ImproperlyConfigured(
            f"{pagination.__name__}: page_size is {usual}, and clients may not ask for more than max_page_size, {most}."
        )


def page_request(query: Mapping[str, str], limits: Limits = BY_SETTINGS) -> PageRequest:
    """Read ``page`` and ``page_size`` from a query.

    Raises:
        ValidationFailed: one of them is not a whole number from 1, or the size is over the limit.
    """
    faults: Details = {}
    number = whole_number(query, PAGE, faults, default=1)
    size = whole_number(query, PAGE_SIZE, faults, default=limits.usual, most=limits.largest)
    if faults:
        raise ValidationFailed(faults)
    return PageRequest(number, size)


def faults_of(read: Callable[[Mapping[str, str], Limits], object], query: Mapping[str, str], limits: Limits) -> Details:
    """What a reader of pages finds wrong with a query."""
    try:
        read(query, limits)
    except ValidationFailed as error:
        return error.details
    return {}


def whole_number(
    query: Mapping[str, str], name: str, faults: Details, *, default: int, least: int = 1, most: int | None = None
) -> int:
    """Read one number from a query; what is wrong with it goes to the faults."""
    text = query.get(name)
    if text is None:
        return default
    digits = len(str(most)) if most and most > LARGEST_PAGE else _MOST_DIGITS
    if not (text.isascii() and text.isdigit() and len(text) <= digits and int(text) >= least):
        faults[name] = [f"A whole number from {least} is required."]
    elif most and int(text) > most:
        faults[name] = [f"Ensure this value is less than or equal to {most}."]
    else:
        return int(text)
    return default


def link(url: str, query: Query, **changes: str | None) -> str:
    """The address of another page: parameters with another value, or without one that is None."""
    wanted = {name: value for name, value in {**query, **changes}.items() if value is not None}
    return f"{url}?{_spelled(wanted)}" if wanted else url


def _spelled(query: Mapping[str, Any]) -> str:
    """A query as it stands in an address; nearly none has anything that must be quoted."""
    plain = "&".join([f"{name}={value}" for name, value in query.items()])
    if _NEEDS_NO_QUOTES(plain) and plain.count("=") == len(query) == plain.count("&") + 1:
        return plain
    return urlencode(query, doseq=True)


def page_body(
    page: PageRequest, total: Total, results: Any, *, url: str, query: Query, more: bool | None = None
) -> dict[str, Any]:
    """A page as the client gets it.

    Args:
        page: the page.
        total: how many items there are in all.
        results: the items of the page.
        url: the absolute address of the list, without its query.
        query: that query.
        more: whether there are items behind the page; None for what the total says.
    """
    following = page.offset + page.size < (total.count or 0) if more is None else more
    body = total.facts()
    body["next"] = link(url, query, page=str(page.number + 1)) if following else None
    body["previous"] = link(url, query, page=str(page.number - 1)) if page.number > 1 else None
    body["results"] = results
    return body
