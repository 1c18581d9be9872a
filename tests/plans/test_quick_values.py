"""Tests of quick values: those of Django's driver and converters, whatever is stored."""

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connections, models
from django.db.models import DecimalField, Value
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.bolt.responses import encode_json
from ironbolt.plans.inline import Inline
from ironbolt.plans.making import Template
from ironbolt.plans.quick_values import KEPT, Remembered
from ironbolt.plans.refusal import TooSlow
from ironbolt.plans.statement import compiled
from tests.plans.files import file_database
from tests.project.models import Bag

COLUMNS = ("real", "amount", "flag", "day", "instant", "clock", "span", "token", "facts", "small", "name")

STORED: tuple[Any, ...] = (
    None,
    *("2024-03-10", "20240310", "2024-W10", "2024-W10-7", "2024-3-1", "0001-01-01", "9999-12-31", "10.03.2024"),
    *(
        "2024-03-10 12:00:00",
        "2024-03-10T12:00",
        "2024-03-10 12:00:00.5",
        "2024-03-10 12:00:00.1234567",
        "2024-03-10 12",
    ),
    *(
        "2024-03-10 12:00:00+02:00",
        "2024-03-10T12:00:00Z",
        "2024-03-10 12:00:00 ",
        "2024-03-10 24:00:00",
        "20240310T12",
    ),
    *("12:00", "12:00:00", "12:00:00.000001", "12:00:00+02:00", "12", "24:00", "T12:00", "1200"),
    *("", "x", "\0", "1", "1.50", "-0.0", "nan", "1e400", "true", "null", '"a"', "[1", '{"a": 1}'),
    *(0, 1, 2, -1, 2**62, 0.0, -0.0, 0.5, 1.25, 1e300, float("inf"), b"", b"\0\xff", b"1"),
    *("00000000000000000000000000000001", "00000000-0000-0000-0000-000000000001", "7" * 33),
)


@pytest.fixture(scope="module")
def alias(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[str]:
    """A database in a file."""
    with django_db_blocker.unblock(), file_database(tmp_path_factory.mktemp("file")) as alias:
        yield alias


def _outcome(read: Any) -> Any:
    """What comes out, in a form that tells 0 from -0 and naive times from others; an error by its kind alone."""
    try:
        return [repr(value) for value in read()]
    except Exception:  # noqa: BLE001 - any error is as good as another
        return "error"


def _store(alias: str, column: str, value: Any) -> None:
    table = Bag._meta.db_table
    with connections[alias].cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
        cursor.execute(
            f"INSERT INTO {table} (key, name, slug, {column}) VALUES ('1', 'n', 's', NULL)"
            if column != "name"
            else f"INSERT INTO {table} (key, name, slug) VALUES ('1', 'n', 's')"
        )
        cursor.execute(f"UPDATE {table} SET {column} = %s", [value])


def _check(alias: str, column: str, value: Any) -> None:
    try:
        _store(alias, column, value)
    except (DatabaseError, OverflowError):
        return  # the column refuses it, so that it is never read
    queryset = Bag.objects.using(alias).values_list(column)
    statement = compiled(queryset, alias)
    bare = sqlite3.connect(connections[alias].settings_dict["NAME"])
    try:
        rows = bare.execute(statement.quick_sql, statement.params).fetchall()
    finally:
        bare.close()
    expected = _outcome(lambda: [row[0] for row in queryset])
    try:
        found = [repr(row[0]) for row in statement.convert_quickly(rows)]
    except TooSlow:
        return  # a thread asks Django instead
    assert found == expected, (column, value)
    for text in ("{v0}", "{v0} if {v0} is not None else None", "{t0}"):
        made = compiled(queryset, alias, template=Template(text, {}, 1)).convert_quickly(rows).made(())
        assert encode_json(made) == encode_json([row[0] for row in queryset]), (column, value, text)
        assert "t0" in text or [repr(one) for one in made] == expected, (column, value, text)


@pytest.mark.parametrize("column", COLUMNS)
def test_whatever_is_stored_is_read_as_django_reads_it(alias: str, column: str) -> None:
    """Well-formed or not; what is beyond it goes to a thread and to Django."""
    for value in STORED:
        _check(alias, column, value)


@given(
    column=st.sampled_from(COLUMNS),
    value=st.text(alphabet="0123456789-:+TZ. W") | st.integers(-(2**62), 2**62) | st.floats(),
)
def test_random_texts_are_read_as_django_reads_them(alias: str, column: str, value: Any) -> None:
    """Texts of the characters that dates and numbers are made of."""
    _check(alias, column, value)


@isolate_apps("tests.project")
def test_a_column_that_only_the_driver_knows_is_left_to_it(alias: str) -> None:
    """A field of somebody's own with the type of a date: without the driver its value would stay a text."""

    class DriversDay(models.Field):
        def db_type(self, connection: Any) -> str:
            return "date"

    class Event(models.Model):  # noqa: DJ008 - nobody prints it
        day = DriversDay()

        class Meta:
            app_label = "testproject"

    statement = compiled(Event._default_manager.using(alias).values_list("day"), alias)
    assert statement.quick is None
    inline = Inline(alias)
    inline.take(inline.opened())
    with connections[alias].schema_editor() as editor:
        editor.create_model(Event)
    with pytest.raises(TooSlow):
        inline.fetch(statement, ())
    inline.close()


@pytest.mark.parametrize("zero", [0, 0.0, -0.0])
@pytest.mark.parametrize("before", [0, 0.0, -0.0, None])
def test_a_zero_below_zero_keeps_its_sign(alias: str, zero: Any, before: Any) -> None:
    """A remembered zero would be equal to it; a column stores none, but an expression may give one."""
    shown: Any = Value(Decimal(0), output_field=DecimalField(max_digits=5, decimal_places=2))
    queryset = Bag.objects.using(alias).annotate(shown=shown).values_list("shown")
    statement = compiled(queryset, alias, template=Template("({v0}, {t0})", {}, 1))
    statement.convert_quickly([(before,)]).made(())
    ((value, text),) = statement.convert_quickly([(zero,)]).made(())
    sign = "-" if str(zero).startswith("-") else ""
    assert (str(value), str(text)) == (f"{sign}0", f"{sign}0")


def test_values_are_remembered_within_bounds() -> None:
    """All are forgotten when there are too many, and made again."""
    made: list[int] = []

    def negative(stored: int) -> int:
        made.append(stored)
        return -stored

    remembered = Remembered(negative)
    assert [remembered[at] for at in (1, 1, 2)] == [-1, -1, -2]
    assert made == [1, 2]
    for at in range(KEPT + 5):
        assert remembered[at] == -at
    assert len(remembered) <= KEPT
    assert remembered[1] == -1


def test_columns_of_the_same_digits_share_what_is_remembered(alias: str) -> None:
    """However many shapes a plan has."""
    one, other = (
        compiled(Bag.objects.using(alias).filter(small=small).values_list("amount"), alias) for small in (1, None)
    )
    assert one.quick is not None
    assert one.quick == other.quick
