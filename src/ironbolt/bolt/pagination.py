"""Pages of a list: by number, by limit and offset, by cursor."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Generic, Protocol, TypeVar

import msgspec
from django.db.models import Model, QuerySet

from ironbolt.bolt.binding import Parameter
from ironbolt.bolt.binding.forms import lists_of, pairs_of
from ironbolt.bolt.request import Request
from ironbolt.bolt.structs.reading import Reader
from ironbolt.core.counting import UNASKED, Counts, Total, total_estimated, total_seen
from ironbolt.core.cursor_pages import audience_of, cursor_body, cursor_request, cut
from ironbolt.core.cursors import CURSOR, Cursor, Place
from ironbolt.core.errors import Details
from ironbolt.core.estimating import estimated
from ironbolt.core.filtering.ordering import without_ties
from ironbolt.core.keyset import Keyset, keyset_of
from ironbolt.core.paging import (
    LARGEST_PAGE,
    PAGE,
    PAGE_SIZE,
    Limits,
    Query,
    check_sizes,
    faults_of,
    page_body,
    page_request,
)
from ironbolt.core.slices import LARGEST_OFFSET, LIMIT, OFFSET, slice_body, slice_request
from ironbolt.plans.steps import Steps, run

__all__ = [
    "CursorPage",
    "CursorPagination",
    "EstimatedPage",
    "LimitOffsetPagination",
    "Page",
    "PageNumberPagination",
    "Pagination",
]

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T]):
    """One page of a list."""

    count: int
    next: str | None
    previous: str | None
    results: list[T]


class EstimatedPage(msgspec.Struct, Generic[T]):
    """One page of a list of which the database knows roughly how long it is."""

    count: int
    count_is_estimate: bool
    next: str | None
    previous: str | None
    results: list[T]


class CursorPage(msgspec.Struct, Generic[T]):
    """One page of a list that is too long to be counted."""

    next: str | None
    previous: str | None
    results: list[T]


class Rows(Protocol):
    """The rows of a list, which the ORM or a plan finds.

    Attributes:
        model: what they are of.
    """

    model: Any

    def count(self) -> Steps[int]:
        """How many there are."""

    def estimate(self) -> Steps[Total]:
        """How many there are, roughly."""

    def part(self, offset: int, limit: int) -> Steps[list[Any]]:
        """Some of them, as Structs."""

    def from_place(self, keyset: Keyset, cursor: Cursor, size: int) -> Steps[list[tuple[Any, Place]]]:
        """Some of them from a place in their order on, each as a Struct and with the place where it stands."""


class Pagination:
    """How a list is cut into pages; a subclass sets the sizes that its list needs.

    Attributes:
        page_size: items on a page when the client does not say; the ``PAGE_SIZE`` setting by default.
        max_page_size: the most that a client may ask for; the ``MAX_PAGE_SIZE`` setting by default.
        counts: how the rows of all pages are counted: ``"exact"``; ``"estimated"`` by the statistics of the
            database, which costs the same for any number of rows; or ``"absent"``, and pages have no ``count``.
        can_miss: whether a page may be one that is not there.
        asked_ordering: the columns that the client, or else the view set, orders by.
    """

    page_size: ClassVar[int | None] = None
    max_page_size: ClassVar[int | None] = None
    counts: ClassVar[Counts] = "exact"
    can_miss: ClassVar[bool] = False
    asked_ordering: tuple[Any, ...] = ()

    def __init_subclass__(cls, **more: Any) -> None:
        """See that a class says nothing impossible.

        Raises:
            ImproperlyConfigured: its ``page_size`` is over its ``max_page_size``, or one of them is below 1; or
                nothing is counted as its ``counts`` says.
        """
        super().__init_subclass__(**more)
        check_sizes(cls)

    @classmethod
    def limits(cls) -> Limits:
        """How many items a page has."""
        return Limits(cls.page_size, cls.max_page_size)

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """The query parameters, for the API description."""
        return ()

    @classmethod
    def faults(cls, query: Mapping[str, str]) -> Details:
        """What is wrong with the parameters of pages in a query, told beside what is wrong with its filters."""
        return {}

    @classmethod
    def answer(cls, struct: Any) -> Any:
        """The type of a page whose items are ``struct``."""
        pages: dict[str, Any] = {"exact": Page, "estimated": EstimatedPage, "absent": CursorPage}
        return pages[cls.counts][struct]

    @classmethod
    def check(cls, model: type[Model], orderings: Sequence[tuple[Any, ...]]) -> None:
        """Refuse at start what no page could be cut from.

        Args:
            model: the model of the rows.
            orderings: what they may be ordered by, the default first; empty where only the class says.

        Raises:
            ImproperlyConfigured: with the reason and what to do.
        """

    def paginate(self, queryset: "QuerySet[Any]", request: Request, read: Reader) -> dict[str, Any]:
        """Read one page of ``queryset``; override it, or :meth:`page`, for pages of a kind of one's own."""
        return run(self.page(_Found(without_ties(queryset), read), request), _no_queries)

    def page(self, rows: Rows, request: Request) -> Steps[dict[str, Any]]:
        """One page of rows, wherever they come from.

        Raises:
            ValidationFailed: the query does not name a page.
        """
        raise NotImplementedError


def _size(cls: type[Pagination], name: str) -> Parameter:
    limits = cls.limits()
    size = msgspec.Meta(ge=1, le=limits.largest, description="How many items a page holds.")
    return Parameter(name, "query", Annotated[int, size], limits.usual)


class PageNumberPagination(Pagination):
    """``?page=2&page_size=50``."""

    can_miss = True

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """The query parameters, for the API description."""
        number = msgspec.Meta(ge=1, le=LARGEST_PAGE, description="The number of the page, from 1.")
        return (Parameter(PAGE, "query", Annotated[int, number], 1), _size(cls, PAGE_SIZE))

    @classmethod
    def faults(cls, query: Mapping[str, str]) -> Details:
        """What is wrong with number and size."""
        return faults_of(page_request, query, cls.limits())

    def page(self, rows: Rows, request: Request) -> Steps[dict[str, Any]]:
        """One page in two queries, or in one where it is the last.

        Raises:
            ValidationFailed: the page asked for is no page number.
            InvalidPage: it lies beyond the last.
        """
        page = page_request(request.query, self.limits())
        url, query = request.url, _query_of(request)
        results, more = yield from _one_more(rows, page.offset, page.size)
        page.check(page.offset + len(results))
        total = yield from _total(self.counts, rows, page.offset, len(results), more)
        return page_body(page, total, results, url=url, query=query, more=more)


class LimitOffsetPagination(Pagination):
    """``?limit=50&offset=100``; beyond the end there is an empty page."""

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """The query parameters, for the API description."""
        offset = msgspec.Meta(ge=0, le=LARGEST_OFFSET, description="How many items come before the page.")
        return (_size(cls, LIMIT), Parameter(OFFSET, "query", Annotated[int, offset], 0))

    @classmethod
    def faults(cls, query: Mapping[str, str]) -> Details:
        """What is wrong with limit and offset."""
        return faults_of(slice_request, query, cls.limits())

    def page(self, rows: Rows, request: Request) -> Steps[dict[str, Any]]:
        """Some items in two queries, or in one where they are the last.

        Raises:
            ValidationFailed: limit or offset is no number, or out of bounds.
        """
        part = slice_request(request.query, self.limits())
        url, query = request.url, _query_of(request)
        results, more = yield from _one_more(rows, part.offset, part.limit)
        total = yield from _total(self.counts, rows, part.offset, len(results), more)
        return slice_body(part, total, results, url=url, query=query, more=more)


class CursorPagination(Pagination):
    """``?cursor=…``: pages as quick at the end of a long list as at its beginning, and steady while it grows.

    Attributes:
        ordering: the columns that the rows stand in the order of, where neither the client nor the view set says;
            the key decides between those that are equal.
    """

    ordering: ClassVar[str | Sequence[str]] = "-created_at"

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """The query parameters, for the API description."""
        about = "Where the page begins: what the links of another page say."
        return (Parameter(CURSOR, "query", str, None, description=about, may_be_empty=True), _size(cls, PAGE_SIZE))

    @classmethod
    def faults(cls, query: Mapping[str, str]) -> Details:
        """What is wrong with the size; a cursor is believed only for an ordering that was understood."""
        return faults_of(page_request, {name: text for name, text in query.items() if name != PAGE}, cls.limits())

    @classmethod
    def answer(cls, struct: Any) -> Any:
        """The type of a page whose items are ``struct``."""
        return CursorPage[struct]

    @classmethod
    def check(cls, model: type[Model], orderings: Sequence[tuple[Any, ...]]) -> None:
        """As above: a column that may be null, or that rows can't be found again by, is refused."""
        rows: Any = model
        for ordering in orderings or [()]:
            keyset_of(rows, ordering or cls._own_ordering(), cls.__name__)

    @classmethod
    def _own_ordering(cls) -> tuple[str, ...]:
        return (cls.ordering,) if isinstance(cls.ordering, str) else tuple(cls.ordering)

    def page(self, rows: Rows, request: Request) -> Steps[dict[str, Any]]:
        """One page in one query.

        Raises:
            ImproperlyConfigured: the rows are a slice.
            ValidationFailed: the cursor was made by somebody else, or for another list or ordering.
        """
        keyset = keyset_of(rows.model, self.asked_ordering or self._own_ordering(), type(self).__name__)
        audience = audience_of(rows.model, request.path)
        asked = cursor_request(request.query, keyset, audience, self.limits())
        found = yield from rows.from_place(keyset, asked.cursor, asked.size + 1)
        page = cut(found, lambda at: found[at][1], asked)
        results = [item for item, _ in page.rows]
        return cursor_body(page, results, keyset, audience, url=request.url, query=_query_of(request))


def _one_more(rows: Rows, offset: int, limit: int) -> Steps[tuple[list[Any], bool]]:
    """Some rows, and whether there are more behind them."""
    found = yield from rows.part(offset, limit + 1)
    return found[:limit], len(found) > limit


def _total(counts: Counts, rows: Rows, offset: int, seen: int, more: bool) -> Steps[Total]:
    """How many rows there are, as far as somebody wants to know."""
    if counts == "absent":
        return UNASKED
    total = total_seen(offset, seen, more=more)
    if counts == "estimated":
        return total or total_estimated((yield from rows.estimate()), offset, seen, more=more)
    return Total((yield from rows.count()) if total is None else total.count)


class _Found:
    """Rows that the ORM finds."""

    def __init__(self, queryset: "QuerySet[Any]", read: Reader) -> None:
        self.model: Any = queryset.model
        self._queryset = queryset
        self._read = read

    def count(self) -> Steps[int]:
        yield from ()
        return self._queryset.count()

    def part(self, offset: int, limit: int) -> Steps[list[Any]]:
        yield from ()
        return [self._read(row) for row in self._queryset[offset : offset + limit]]

    def estimate(self) -> Steps[Total]:
        yield from ()
        return estimated(self._queryset)

    def from_place(self, keyset: Keyset, cursor: Cursor, size: int) -> Steps[list[tuple[Any, Place]]]:
        yield from ()
        rows = keyset.page(self._queryset, cursor, size - 1)
        return [(self._read(row), keyset.place_of(row)) for row in rows]


def _no_queries(*_: Any) -> Any:
    raise AssertionError("The ORM makes its queries by itself.")


def _query_of(request: Request) -> Query:
    """The query for the links of a page; a name may have been given several times."""
    raw: bytes = request.scope.get("query_string", b"")
    return request.query if raw.count(b"&") < len(request.query) else lists_of(pairs_of(raw, "query string"))
