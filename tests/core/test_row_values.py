"""Places among rows that are equal for long: found at once, and by the order that Python would give them."""

import sqlite3
from itertools import product
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, models
from django.db.models import QuerySet
from django.db.models.lookups import GreaterThan

from bookstore.catalog.models import Author, Book
from ironbolt.core.cursors import Cursor
from ironbolt.core.keyset import Keyset, keyset_of
from ironbolt.core.row_values import has_row_values
from tests.project.models import Task

pytestmark = pytest.mark.django_db


def shown(keyset: Keyset, rows: "QuerySet[Any]", place: Any, *, backwards: bool) -> list[Any]:
    """The places of the rows that are behind one."""
    return [keyset.place_of(row) for row in keyset.from_place(rows, Cursor(place, backwards))]


@pytest.mark.parametrize(
    "ordering",
    [
        *(("title",), ("-title",), ("title", "owner_id"), ("-effort", "-title"), ("effort", "title", "owner_id")),
        *(("title", "-owner_id"), ("-title", "effort", "-owner_id"), ("code",)),
    ],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_the_rows_behind_a_place_are_those_of_the_order(ordering: tuple[str, ...], backwards: bool) -> None:
    """From every row on, in both directions, whether all columns go in one direction or not."""
    many = product("ab", "cd", (1, 2))
    Task.objects.bulk_create(
        Task(title=title, owner_id=f"{owner}{at % 3}", code=str(at), effort=effort)
        for at, (title, owner, effort) in enumerate(many)
    )
    keyset = keyset_of(Task, ordering, "here")
    rows = Task.objects.all()
    every = [keyset.place_of(row) for row in rows.order_by(*(term.ordered(backwards=False) for term in keyset.terms))]
    assert len(every) == 8
    wanted = every[::-1] if backwards else every
    for at, place in enumerate(wanted):
        assert shown(keyset, rows, place, backwards=backwards) == wanted[at + 1 :]


def test_columns_of_other_tables_are_joined() -> None:
    """Once, for the order and for the place."""
    authors = [Author.objects.create(first_name="x", last_name=name) for name in "ab"]
    for at in range(6):
        Book.objects.create(title="t", isbn=f"978030640615{at}", author=authors[at % 2], price=at)
    keyset = keyset_of(Book, ("author__last_name", "author_id"), "here")
    assert keyset.is_in_step
    rows = Book.objects.all()
    every = shown(keyset, rows, None, backwards=False)
    assert every == sorted((book.author.last_name, book.author_id, book.pk) for book in rows)
    assert shown(keyset, rows, every[1], backwards=False) == every[2:]
    assert str(keyset.from_place(rows, Cursor(every[1])).query).count("JOIN") == 1


def test_the_condition_may_stand_in_another_query() -> None:
    """Where its tables get other names; and the rows are counted by it."""
    for at in range(4):
        Task.objects.create(title="a", code=str(at), owner_id=str(at))
    keyset = keyset_of(Task, ("title",), "here")
    first, second, *rest = Task.objects.order_by("pk")
    behind = keyset.from_place(Task.objects.all(), Cursor(keyset.place_of(second)))
    assert behind.count() == 2
    assert [*Task.objects.filter(pk__in=behind.values("pk")).order_by("pk")] == rest
    assert [*Task.objects.exclude(pk__in=behind.values("pk")).order_by("pk")] == [first, second]
    assert [*(behind | Task.objects.filter(pk=first.pk)).order_by("pk")] == [first, *rest]


@pytest.mark.parametrize("ordering", [("title",), ("-title",), ("title", "owner_id"), ("-title", "-code")])
def test_equal_rows_before_a_place_are_not_looked_at(ordering: tuple[str, ...]) -> None:
    """An index in the order of the columns is enough; SQLite has the key of a table behind those of every index."""
    on_postgresql = connection.vendor == "postgresql"
    columns = [*(term.removeprefix("-") for term in ordering), *(["id"] if on_postgresql else [])]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX by_place ON testproject_task ({', '.join(columns)})")
    names = [f"{at:05}" for at in range(5_000)]
    Task.objects.bulk_create([Task(title="same", code=name, owner_id=name) for name in names], batch_size=500)
    keyset = keyset_of(Task, ordering, "here")
    place = keyset.place_of(Task.objects.order_by(*ordering, "pk")[2_500])
    page = keyset.page(Task.objects.all(), Cursor(place), 20)
    if on_postgresql:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        assert "Index Cond: (ROW(" in page.explain()
    else:
        assert steps(page) < 5_000


def steps(rows: "QuerySet[Any]") -> int:
    """How many steps SQLite takes to find them."""
    counted = [0]

    def count() -> int:
        counted[0] += 1
        return 0

    driver: sqlite3.Connection = connection.connection
    driver.set_progress_handler(count, 10)
    try:
        assert len(rows) == 21
    finally:
        driver.set_progress_handler(None, 0)
    return 10 * counted[0]


def test_columns_that_are_compared_in_their_own_way_are_compared_one_by_one() -> None:
    """What a project has written for its kind of column counts; Django's own kinds are compared as rows."""

    class Reversed(models.CharField):
        """Texts in another order."""

    @Reversed.register_lookup
    class Behind(GreaterThan):
        """Some other way."""

    assert not has_row_values(Reversed())
    meta: Any = get_user_model()._meta
    assert all(has_row_values(field) for field in (*Task._meta.concrete_fields, *meta.concrete_fields))
    assert keyset_of(Task, ("title",), "here").is_in_step
    assert not keyset_of(Task, ("title", "-owner_id"), "here").is_in_step
    assert not keyset_of(Task, ("code",), "here").is_in_step
