"""Pages of a list."""

from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec
from django.db.models import QuerySet

from ironbolt.bolt.binding import Parameter
from ironbolt.bolt.request import Request
from ironbolt.bolt.structs.reading import Reader
from ironbolt.core.paging import LARGEST_PAGE, PAGE, PAGE_SIZE, page_body, page_request
from ironbolt.core.settings import get_settings

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T]):
    """One page of a list."""

    count: int
    next: str | None
    previous: str | None
    results: list[T]


class PageNumberPagination:
    """``?page=2&page_size=50``; subclass it to give a list a page size of its own."""

    page_size: ClassVar[int | None] = None
    """Items on a page when the client does not say; the ``PAGE_SIZE`` setting by default."""

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """The query parameters, for the API description."""
        settings = get_settings()
        number = msgspec.Meta(ge=1, le=LARGEST_PAGE, description="The number of the page, from 1.")
        size = msgspec.Meta(ge=1, le=settings.MAX_PAGE_SIZE, description="How many items a page holds.")
        return (
            Parameter(PAGE, "query", Annotated[int, number], 1),
            Parameter(PAGE_SIZE, "query", Annotated[int, size], cls.page_size or settings.PAGE_SIZE),
        )

    def paginate(self, queryset: "QuerySet[Any]", request: Request, read: Reader) -> dict[str, Any]:
        """Read one page of ``queryset`` in two queries.

        Raises:
            ValidationFailed: the page asked for is no page number.
            InvalidPage: it lies beyond the last.
        """
        page = page_request(request.query, default_size=self.page_size)
        if not queryset.ordered:
            queryset = queryset.order_by("pk")  # or a row could stand on two pages, and another on none
        count = queryset.count()
        page.check(count)
        rows = queryset[page.offset : page.offset + page.size]
        return page_body(page, count, [read(row) for row in rows], url=request.url, query=request.query)
