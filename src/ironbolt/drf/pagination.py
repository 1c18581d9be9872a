"""Pages of this door: by number, by limit and offset, by cursor; the rules are those of ``core``."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.template.loader import render_to_string
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ironbolt.core.counting import UNASKED, Counts, Total, total_estimated, total_seen
from ironbolt.core.cursor_pages import CursorRows, audience_of, cursor_body, cursor_request, cursor_rows
from ironbolt.core.cursors import CURSOR
from ironbolt.core.estimating import estimated
from ironbolt.core.filtering.ordering import without_ties
from ironbolt.core.keyset import Keyset, keyset_of
from ironbolt.core.paging import (
    LARGEST_PAGE,
    PAGE,
    PAGE_SIZE,
    Limits,
    PageRequest,
    check_sizes,
    page_body,
    page_request,
)
from ironbolt.core.slices import LARGEST_OFFSET, LIMIT, OFFSET, SliceRequest, slice_body, slice_request
from ironbolt.drf.reading.reader import Part, Reader
from ironbolt.drf.reading.serializers import reader_for

__all__ = ["AppPageNumberPagination", "CursorPagination", "LimitOffsetPagination"]

Items = QuerySet[Any] | Sequence[Any]


class _Pagination(BasePagination):
    """What all pages have in common.

    Attributes:
        page_size: items on a page when the client does not say; None takes that of the settings.
        max_page_size: the most that a client may ask for; None takes that of the settings.
        counts: how the items of all pages are counted: ``"exact"``; ``"estimated"`` by the statistics of the
            database, which costs the same for any number of rows; or ``"absent"``, and pages have no ``count``.
    """

    page_size: int | None = None
    max_page_size: int | None = None
    counts: Counts = "exact"

    template = "rest_framework/pagination/previous_and_next.html"

    request: Request
    neighbours: dict[str, Any]
    total: Total
    more: bool | None = None

    def __init_subclass__(cls, **more: Any) -> None:
        """See that a class says nothing impossible.

        Raises:
            ImproperlyConfigured: its ``page_size`` is over its ``max_page_size``, or one of them is below 1; or
                nothing is counted as its ``counts`` says.
        """
        super().__init_subclass__(**more)
        check_sizes(cls)

    @property
    def limits(self) -> Limits:
        """How many items a page has."""
        return Limits(self.page_size, self.max_page_size)

    def place(self) -> dict[str, Any]:
        """Where the list is, and what is asked of it, for links to other pages."""
        query = dict(self.request.query_params.lists())
        return {"url": self.request.build_absolute_uri(self.request.path), "query": query}

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The page for the schema of the API."""
        from drf_spectacular.settings import spectacular_settings

        # OpenAPI says "or null" in one way up to 3.0 and in another since.
        modern = not spectacular_settings.OAS_VERSION.startswith("3.0")
        null = {"type": ["string", "null"]} if modern else {"type": "string", "nullable": True}
        properties = {
            **self._count_schema(),
            "next": {**null, "format": "uri", "description": "The address of the next page."},
            "previous": {**null, "format": "uri", "description": "The address of the previous page."},
            "results": schema,
        }
        return {"type": "object", "required": [*properties], "properties": properties}

    def _count_schema(self) -> dict[str, Any]:
        count = {"type": "integer", "minimum": 0, "description": "How many items there are in all."}
        about = "Whether there may be more or fewer."
        estimate = {"count_is_estimate": {"type": "boolean", "description": about}}
        schemas: dict[str, dict[str, Any]] = {"exact": {"count": count}, "estimated": {"count": count, **estimate}}
        return schemas.get(self.counts, {})

    def answer(self, body: dict[str, Any]) -> Response:
        """The page; where it has neighbours, the browsable API leads to them."""
        self.neighbours = {"previous_url": body["previous"], "next_url": body["next"]}
        self.display_page_controls = any(self.neighbours.values())
        return Response(body)

    def to_html(self) -> str:
        """The links to the neighbours, for the browsable API."""
        return render_to_string(self.template, self.neighbours)

    def items(self, items: Items, offset: int, limit: int) -> list[Any]:
        """Some of the items where not all of them are counted, and what they tell of the others."""
        found = list(_ordered(items)[offset : offset + limit + 1])
        self.more = len(found) > limit
        found = found[:limit]
        if self.counts == "absent":
            self.total = UNASKED
        else:
            total = total_seen(offset, len(found), more=self.more)
            self.total = total or total_estimated(_estimated(items), offset, len(found), more=self.more)
        return found

    def size_parameter(self, name: str) -> dict[str, Any]:
        """The size of a page for the schema of the API."""
        limits = self.limits
        size = {"type": "integer", "minimum": 1, "maximum": limits.largest, "default": limits.usual}
        return {"name": name, "in": "query", "schema": size, "description": "How many items on a page."}


class AppPageNumberPagination(_Pagination):
    """``?page=`` and ``?page_size=``, answered with ``count``, ``next``, ``previous`` and ``results``."""

    page: PageRequest

    def paginate_queryset(self, queryset: Items, request: Request, view: APIView | None = None) -> Any:
        """The items of the page asked for.

        Raises:
            ValidationFailed: the query does not name a page.
            InvalidPage: there is no such page.
        """
        self.request = request
        self.page = page_request(request.query_params, self.limits)
        if self.counts != "exact":
            found = self.items(queryset, self.page.offset, self.page.size)
            self.page.check(self.page.offset + len(found))
            return found
        reader = reader_for(view)
        count = _count(queryset, reader)
        self.total = Total(count)
        self.page.check(count)
        return _part(queryset, self.page.offset, self.page.size, reader)

    def get_paginated_response(self, data: Any) -> Response:
        """The page with links to its neighbours."""
        return self.answer(page_body(self.page, self.total, data, **self.place(), more=self.more))

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """The parameters for the schema of the API."""
        number = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 1}
        return [
            {"name": PAGE, "in": "query", "schema": number, "description": "Which page, counted from 1."},
            self.size_parameter(PAGE_SIZE),
        ]


class LimitOffsetPagination(_Pagination):
    """``?limit=`` and ``?offset=``, answered as pages are; beyond the end there is an empty one."""

    part: SliceRequest

    def paginate_queryset(self, queryset: Items, request: Request, view: APIView | None = None) -> Any:
        """The items asked for.

        Raises:
            ValidationFailed: limit or offset is no number, or out of bounds.
        """
        self.request = request
        self.part = slice_request(request.query_params, self.limits)
        if self.counts != "exact":
            return self.items(queryset, self.part.offset, self.part.limit)
        reader = reader_for(view)
        count = _count(queryset, reader)
        self.total = Total(count)
        if self.part.offset >= count:
            return []
        return _part(queryset, self.part.offset, self.part.limit, reader)

    def get_paginated_response(self, data: Any) -> Response:
        """The items with links to their neighbours."""
        return self.answer(slice_body(self.part, self.total, data, **self.place(), more=self.more))

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """The parameters for the schema of the API."""
        offset = {"type": "integer", "minimum": 0, "maximum": LARGEST_OFFSET, "default": 0}
        return [
            self.size_parameter(LIMIT),
            {"name": OFFSET, "in": "query", "schema": offset, "description": "How many items come before the page."},
        ]


class CursorPagination(_Pagination):
    """``?cursor=``: pages as quick at the end of a long list as at its beginning, and steady while it grows.

    Attributes:
        ordering: the columns that the rows stand in the order of, where neither the client nor the view says.
    """

    ordering: str | Sequence[str] = "-created_at"
    counts = "absent"

    keyset: Keyset
    rows: CursorRows
    model: Any

    def paginate_queryset(self, queryset: Items, request: Request, view: APIView | None = None) -> list[Any]:
        """The items that the cursor leads to, in one query.

        Raises:
            ImproperlyConfigured: there is no queryset, or only a slice of one; or an ordering that is offered is no
                order of all its rows.
            ValidationFailed: the cursor was made by somebody else, or for another list or ordering.
        """
        if not isinstance(queryset, QuerySet):
            raise ImproperlyConfigured(f"{type(self).__name__} needs a queryset.")
        self.request, self.model = request, queryset.model
        self.keyset = keyset_of(self.model, self._ordering(queryset, request, view), type(self).__name__)
        asked = cursor_request(request.query_params, self.keyset, self._audience(), self.limits)
        self.rows = cursor_rows(queryset, self.keyset, asked)
        return list(self.rows.rows)

    def _audience(self) -> str:
        return audience_of(self.model, self.request.path)

    def _ordering(self, queryset: "QuerySet[Any]", request: Request, view: Any) -> tuple[Any, ...]:
        own = (self.ordering,) if isinstance(self.ordering, str) else tuple(self.ordering)
        filters = [backend() for backend in getattr(view, "filter_backends", ()) if hasattr(backend, "get_ordering")]
        for ordering_filter in filters:
            for name, _ in ordering_filter.get_valid_fields(queryset, view, {"request": request}):
                keyset_of(
                    self.model, (name,), type(self).__name__
                )  # a mistake must not wait for a client to ask for it
            if asked := ordering_filter.get_ordering(request, queryset, view):
                return tuple(asked)
        return own

    def get_paginated_response(self, data: Any) -> Response:
        """The page with links to its neighbours."""
        return self.answer(cursor_body(self.rows, data, self.keyset, self._audience(), **self.place()))

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """The parameters for the schema of the API."""
        about = "Where the page begins: what the links of another page say."
        return [
            {
                "name": CURSOR,
                "in": "query",
                "schema": {"type": "string"},
                "description": about,
                "allowEmptyValue": True,
            },
            self.size_parameter(PAGE_SIZE),
        ]


def _count(items: Items, reader: Reader | None) -> int:
    if not isinstance(items, QuerySet):
        return len(items)
    count = reader.count(items) if reader else None
    return items.count() if count is None else count


def _part(items: Items, offset: int, limit: int, reader: Reader | None) -> Sequence[Any]:
    rows = _ordered(items)
    if isinstance(rows, QuerySet) and reader:
        return Part(rows, offset, limit)
    return list(rows[offset : offset + limit])


def _estimated(queryset: Items) -> Total:
    return estimated(queryset) if isinstance(queryset, QuerySet) else Total(len(queryset), is_estimate=False)


def _ordered(queryset: Items) -> Items:
    """Rows in an order without ties; what is no queryset stands as it does."""
    return without_ties(queryset) if isinstance(queryset, QuerySet) else queryset
