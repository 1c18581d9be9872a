"""What is read past Django's connection, from a file of SQLite's, is shown as REST framework shows it."""

import datetime
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.drf.reading.reader import reader_of
from ironbolt.drf.reading.showing import shown_to
from ironbolt.plans.inline import inline_on
from ironbolt.plans.quick_values import KEPT
from tests.drf.reading.test_equivalence import DECLARED, assert_same, both, declarations, proof, read_only
from tests.plans.files import file_database
from tests.plans.test_equivalence import LABELS, bags
from tests.project.models import Bag, Label, Task


@pytest.fixture(scope="module")
def alias(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[str]:
    """A database in a file."""
    with django_db_blocker.unblock(), file_database(tmp_path_factory.mktemp("file")) as alias:
        yield alias
        if inline := inline_on(alias):
            inline.close()


def refill(alias: str, rows: list[dict[str, Any]]) -> None:
    """These bags, and no others."""
    Bag.objects.using(alias).all().delete()
    Label.objects.using(alias).all().delete()
    Label.objects.using(alias).bulk_create(Label(name=name) for name in LABELS)
    Bag.objects.using(alias).bulk_create(Bag(**row) for row in rows)


@proof
@given(rows=bags(), declared=declarations(DECLARED), zone=st.sampled_from(("UTC", "Europe/Berlin", "Pacific/Niue")))
def test_columns_of_every_type(
    alias: str, rows: list[dict[str, Any]], declared: tuple[list[str], dict[str, Any]], zone: str
) -> None:
    """Whatever a field is told of formats, places, zones and choices, and twice: what is remembered is the same."""
    names, fields = declared
    pair = both("Shown", Bag, names, **{name: read_only(make) for name, make in fields.items()})
    with timezone.override(ZoneInfo(zone)):
        refill(alias, rows)
        for _ in range(2):
            assert_same(pair, Bag.objects.using(alias).order_by("key"))


def test_it_is_read_past_django(alias: str) -> None:
    """Django's connection sees nothing of it, unless its driver has to tell what a column holds."""
    refill(alias, [{"name": "ant", "amount": "1.50", "day": "2024-02-29", "instant": "2024-03-10T12:00:00Z"}])
    pair = both("Shown", Bag, ["name", "amount", "day", "instant"])
    reader = reader_of(pair[0])
    assert reader is not None
    rows = Bag.objects.using(alias)
    asked: list[str] = []

    def look(execute: Any, sql: str, *more: Any) -> Any:
        asked.append(sql)
        return execute(sql, *more)

    setattr(look, "minds_plans", False)  # noqa: B010 - a function has no such attribute
    with shown_to(None), connections[alias].execute_wrapper(look):
        expected = {"name": "ant", "amount": "1.50", "day": "2024-02-29", "instant": "2024-03-10T12:00:00Z"}
        assert reader.rows(rows) == [expected]
        assert reader.count(rows) == 1
    assert not asked


def test_what_is_stored_in_other_ways_is_shown_as_ever(alias: str) -> None:
    """Days with a time, instants with an offset, numbers with more digits: what others have written."""
    refill(alias, [{"name": name} for name in "abcde"])
    stored: list[tuple[Any, ...]] = [
        ("2024-02-29 10:00:00", "2024-03-10 12:00:00.500000", 1.5),
        ("2024-02-29", "2024-03-10T12:00:00", "2.50"),
        ("2024-02-29", "2024-03-10 12:00", 3),
        (None, None, None),
        ("0001-01-01", "9999-12-31 23:59:59.999999", -0.01),
    ]
    with connections[alias].cursor() as cursor:
        for name, values in zip("abcde", stored, strict=True):
            cursor.execute(
                f"UPDATE {Bag._meta.db_table} SET day = %s, instant = %s, amount = %s WHERE name = %s",
                [*values, name],
            )
    pair = both("Shown", Bag, ["day", "instant", "amount"])
    for zone in ("UTC", "Europe/Berlin"):
        rows = Bag.objects.using(alias).order_by("name")
        with timezone.override(ZoneInfo(zone)):
            assert_same(pair, rows[:4] if zone != "UTC" else rows)


def test_no_more_is_remembered_than_is_kept(alias: str) -> None:
    """However many prices and days there are, each is shown as itself."""
    first = datetime.date(1900, 1, 1)
    days = [first + datetime.timedelta(days=at) for at in range(KEPT + 10)]
    refill(alias, [])
    Bag.objects.using(alias).bulk_create(Bag(name="x", small=0, day=day) for day in days)

    fast, _ = both("Shown", Bag, ["day"])
    for _ in range(2):
        found = fast(Bag.objects.using(alias).order_by("day"), many=True).data
        assert [one["day"] for one in found] == [day.isoformat() for day in days]


def test_relations_are_read_there_too(alias: str) -> None:
    """Keys and lists of what is nested, by further queries."""
    refill(alias, [])
    Task.objects.using(alias).all().delete()
    labels = list(Label.objects.using(alias).order_by("id"))
    for at in range(3):
        task = Task.objects.using(alias).create(title=f"t{at}", code=str(at), label=labels[at])
        task.watchers.set(labels[:at])
    label = both("LabelShown", Label, ["id", "name"])
    pair = both(
        "TaskShown",
        Task,
        ["title", "label", "watchers"],
        label=(lambda: label[0](allow_null=True), lambda: label[1](read_only=True, allow_null=True)),
    )
    assert_same(pair, Task.objects.using(alias).order_by("id"))
    Task.objects.using(alias).all().delete()
