"""Pages of this door."""

from typing import Any

import pytest
from rest_framework.decorators import action
from rest_framework.test import APIRequestFactory

from ironbolt.drf.pagination import AppPageNumberPagination, LimitOffsetPagination
from tests.drf.shop import TaskSerializer, TaskViewSet, body_of
from tests.project.models import Task

LIST = TaskViewSet.as_view({"get": "list"})


@pytest.fixture
def tasks(db: None) -> list[Task]:
    """Five tasks."""
    return [Task.objects.create(title=str(number), code=str(number)) for number in range(5)]


def page(query: str) -> tuple[int, dict[str, object]]:
    """Ask for a page."""
    response = LIST(APIRequestFactory().get(f"/api/tasks/?{query}"))
    return response.status_code, body_of(response)


def test_page_has_links_to_its_neighbours(tasks) -> None:
    """A page counts everything and links to its neighbours, with every parameter kept."""
    status, body = page("page_size=2&page=2&tag=a&tag=b")
    assert status == 200
    assert body["count"] == 5
    address = "http://testserver/api/tasks/?page_size=2&page={}&tag=a&tag=b"
    assert (body["next"], body["previous"]) == (address.format(3), address.format(1))
    assert page("page_size=2&page=3")[1]["next"] is None
    assert page("")[1]["previous"] is None


def test_page_costs_few_queries(tasks, django_assert_num_queries) -> None:
    """A page is one count, one query for its rows, and one for what was to be prefetched."""
    with django_assert_num_queries(3):
        page("page_size=3")


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=", "page=1e3", f"page={10**30}", "page_size=101"]
)
def test_bad_page_is_invalid(tasks, query) -> None:
    """What is no page number is a 400 with the parameter named."""
    status, body = page(query)
    assert status == 400
    assert list(body["error"]["details"]) == [query.split("=")[0]]  # type: ignore[index]


def test_page_beyond_the_last_is_not_found(tasks) -> None:
    """A page beyond the last one is a 404; the first page may be empty."""
    assert page("page=2")[0] == 404
    Task.objects.all().delete()
    assert page("page=1")[0] == 200


def test_size_of_ones_own(tasks, settings) -> None:
    """The size comes from the class, else from the settings."""
    settings.IRONBOLT = {"PAGE_SIZE": 3}
    assert len(page("")[1]["results"]) == 3  # type: ignore[arg-type]
    small = type("Small", (AppPageNumberPagination,), {"page_size": 1})
    view = type("View", (TaskViewSet,), {"pagination_class": small}).as_view({"get": "list"})  # type: ignore[attr-defined]
    assert len(body_of(view(APIRequestFactory().get("/")))["results"]) == 1


def test_a_view_that_makes_its_serializers_itself_has_pages(tasks) -> None:
    """Nothing asks for a class that it does not have."""

    def get_serializer(self, *args, **kwargs) -> TaskSerializer:
        return TaskSerializer(*args, **kwargs)

    view: Any = type("Tasks", (TaskViewSet,), {"serializer_class": None, "get_serializer": get_serializer})
    response = view.as_view({"get": "list"})(APIRequestFactory().get("/api/tasks/"))
    assert (response.status_code, body_of(response)["count"]) == (200, 5)


@pytest.mark.parametrize("pages", [AppPageNumberPagination, LimitOffsetPagination])
def test_an_action_that_shows_its_rows_itself_has_pages(tasks, pages) -> None:
    """A class that knows no serializer for it is not asked in vain, nor is what it raises the answer."""

    class Titles(TaskViewSet):
        pagination_class = pages

        def get_serializer_class(self) -> Any:
            return {"list": TaskSerializer}[self.action]

        @action(detail=False)
        def titles(self, request: Any) -> Any:
            page: Any = self.paginate_queryset(Task.objects.order_by("title"))
            return self.get_paginated_response([task.title for task in page])

    response = Titles.as_view({"get": "titles"})(APIRequestFactory().get("/api/tasks/"))
    assert (response.status_code, body_of(response)["results"]) == (200, ["0", "1", "2", "3", "4"])
    assert body_of(Titles.as_view({"get": "list"})(APIRequestFactory().get("/api/tasks/")))["count"] == 5
