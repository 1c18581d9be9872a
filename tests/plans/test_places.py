"""Tests of pages by cursor as plans: the same as by the ORM, and the last page costs what the first does."""

import sqlite3
from typing import Any

import msgspec
import pytest
from django.db import connection

from ironbolt.bolt import ReadOnlyModelViewSet
from ironbolt.bolt.pagination import CursorPagination
from ironbolt.bolt.routing import Route
from ironbolt.core.cursor_pages import audience_of
from ironbolt.core.cursors import CURSOR, Cursor, written
from ironbolt.core.keyset import keyset_of
from tests.plans.reads import assert_same, by_plan, route_of
from tests.project.models import Bag, Label, Task

pytestmark = pytest.mark.django_db


class TaskOut(msgspec.Struct):
    """A task, without the columns that it is ordered by."""

    code: str
    watchers: list[int]


def tasks_by(*ordering: str, **more: Any) -> Route:
    """Pages of two tasks."""
    pages = type("Pages", (CursorPagination,), {"ordering": ordering, "page_size": 2})
    view = {"model": Task, "serializer_class": TaskOut, "pagination_class": pages, **more}
    return route_of(type("Tasks", (ReadOnlyModelViewSet,), view))


def walk(route: Route, link: str | None, direction: str = "next") -> list[str]:
    """The codes on all pages, each compared with that of the ORM."""
    pages = []
    while link is not None:
        status, body = assert_same(route, link.partition("?")[2])
        assert status == 200
        page = msgspec.json.decode(body)
        pages.append("".join(row["code"] for row in page["results"]))
        link = page[direction]
        if link is None and direction == "next" and page["previous"]:
            pages += walk(route, page["previous"], "previous")
    return pages


@pytest.mark.parametrize(
    ("ordering", "first"),
    [
        (("code",), "01"),
        (("-effort", "title"), None),
        (("owner_id", "-effort"), None),
        (("-pk",), None),
        (("state",), None),
    ],
)
def test_pages_go_both_ways_as_by_the_orm(ordering: tuple[str, ...], first: str | None) -> None:
    """Whatever the columns and their directions, and whether the Struct shows them or not."""
    label = Label.objects.create(name="a")
    for at in range(7):
        task = Task.objects.create(title=f"t{at % 3}", code=str(at), owner_id=str(at % 5), effort=at % 2)
        task.watchers.set([label][: at % 2])
    pages = walk(tasks_by(*ordering), "")
    assert sorted("".join(pages[:4])) == [*"0123456"]
    assert first is None or pages[0] == first
    walk(tasks_by(*ordering, get_queryset=lambda _: Task.objects.filter(effort__gte=0)), "")


def test_clients_may_order_and_filter(db: None) -> None:
    """A cursor belongs to its ordering; a switch has two shapes."""
    for at in range(6):
        Task.objects.create(title=f"t{at}", code=str(at), owner_id=str(at), effort=at % 2)
    route = tasks_by("code", ordering_fields=["effort", "title"], filterset_fields={"effort": ["gte"]})
    _, body = assert_same(route, "ordering=-effort&effort__gte=0")
    following = msgspec.json.decode(body)["next"].partition("?")[2]
    assert assert_same(route, following)[0] == 200
    assert assert_same(route, following.replace("ordering=-effort", "ordering=effort"))[0] == 400
    assert assert_same(route, "cursor=forged")[0] == 400


@pytest.mark.skipif(connection.vendor != "sqlite", reason="counts the steps of SQLite's machine")
def test_the_last_page_costs_what_the_first_does() -> None:
    """A hundred thousand rows: the steps that the database takes do not grow with the rows before the page."""
    rows = 100_000
    Bag.objects.bulk_create((Bag(name=f"{at // 2:06}", big=at) for at in range(rows)), batch_size=2_000)
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX by_name ON testproject_bag (name, key)")
    pages = type("Pages", (CursorPagination,), {"ordering": ("name",), "page_size": 20})
    view = {"model": Bag, "serializer_class": msgspec.defstruct("Out", [("big", int)]), "pagination_class": pages}
    route = route_of(type("Bags", (ReadOnlyModelViewSet,), view))

    def steps(query: str) -> tuple[int, dict[str, Any]]:
        counted = [0]

        def count() -> int:
            counted[0] += 1
            return 0

        connection.ensure_connection()
        driver: sqlite3.Connection = connection.connection
        driver.set_progress_handler(count, 10)
        try:
            answer = by_plan(route, query)
        finally:
            driver.set_progress_handler(None, 0)
        assert answer is not None
        return counted[0], msgspec.json.decode(answer[1])

    far = _last_cursor(rows)
    for query in ("", far):
        by_plan(route, query)  # is compiled
    first, page = steps("")
    last, end = steps(far)
    assert (len(page["results"]), len(end["results"]), end["next"] is not None) == (20, 20, True)
    assert last <= first * 2 + 20


def _last_cursor(rows: int) -> str:
    """A cursor that leads to the end of the rows."""
    keyset = keyset_of(Bag, ("name",), "Pages")
    name, key = Bag.objects.order_by("name", "key").values_list("name", "key")[rows - 30]
    return f"{CURSOR}={written(Cursor((name, key)), keyset.label, audience_of(Bag, '/rows'))}"
