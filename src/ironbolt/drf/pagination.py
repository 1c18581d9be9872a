"""Numbered pages of this door: the rules are those of ``core.paging``."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ironbolt.core.paging import LARGEST_PAGE, PAGE, PAGE_SIZE, PageRequest, page_body, page_request
from ironbolt.core.settings import get_settings


class AppPageNumberPagination(BasePagination):
    """``?page=`` and ``?page_size=``, answered with ``count``, ``next``, ``previous`` and ``results``.

    ``page_size`` sets the size for a client that does not say; None takes that of the settings.
    """

    page_size: int | None = None

    page: PageRequest
    count: int
    request: Request

    def paginate_queryset(
        self, queryset: "QuerySet[Any] | Sequence[Any]", request: Request, view: APIView | None = None
    ) -> list[Any]:
        """The items of the page asked for.

        Raises:
            ValidationFailed: the query does not name a page.
            InvalidPage: there is no such page.
        """
        self.request = request
        self.page = page_request(request.query_params, default_size=self.page_size)
        self.count = queryset.count() if isinstance(queryset, QuerySet) else len(queryset)
        self.page.check(self.count)
        return list(queryset[self.page.offset : self.page.offset + self.page.size])

    def get_paginated_response(self, data: Any) -> Response:
        """The page with links to its neighbours."""
        url = self.request.build_absolute_uri(self.request.path)
        query = dict(self.request.query_params.lists())
        return Response(page_body(self.page, self.count, data, url=url, query=query))

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The page for the schema of the API."""
        from drf_spectacular.settings import spectacular_settings

        # OpenAPI says "or null" in one way up to 3.0 and in another since.
        modern = not spectacular_settings.OAS_VERSION.startswith("3.0")
        null = {"type": ["string", "null"]} if modern else {"type": "string", "nullable": True}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "minimum": 0, "description": "How many items there are in all."},
                "next": {**null, "format": "uri", "description": "The address of the next page."},
                "previous": {**null, "format": "uri", "description": "The address of the previous page."},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """The parameters for the schema of the API."""
        settings = get_settings()
        size = {"type": "integer", "minimum": 1, "maximum": settings.MAX_PAGE_SIZE}
        size["default"] = self.page_size or settings.PAGE_SIZE
        number = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 1}
        return [
            {"name": PAGE, "in": "query", "schema": number, "description": "Which page, counted from 1."},
            {"name": PAGE_SIZE, "in": "query", "schema": size, "description": "How many items on a page."},
        ]
