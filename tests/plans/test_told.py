"""Tests of what writes give back: which answers can be made of whatever the database says."""

from typing import Any

import msgspec
import pytest
from django.db import connection

from ironbolt.bolt.structs.planning import plan_of
from ironbolt.plans.new_rows import NewRows
from ironbolt.plans.told import Told
from tests.project.models import Bag, Label, Relic

pytestmark = pytest.mark.django_db

PLAIN = msgspec.defstruct("Plain", [("id", int), ("name", str)])


class Looking(msgspec.Struct):
    """Looks at what it is filled with."""

    name: str

    def __post_init__(self) -> None:
        """Nothing, as it happens."""


def is_certain(struct: Any, model: Any, **values: Any) -> bool:
    """Whether the answer to an insert of a row can't fail."""
    statement, _ = NewRows(Told(plan_of(struct, model), "default")).query(values)
    return statement.is_certain


def test_plain_columns_can_always_be_shown() -> None:
    """By a Struct that is filled and no more."""
    assert is_certain(PLAIN, Label, name="a")


@pytest.mark.parametrize(
    ("struct", "model"),
    [
        (Looking, Label),
        (msgspec.defstruct("Given", [("id", int), ("found", str)]), Relic),
        pytest.param(
            msgspec.defstruct("Json", [("name", str), ("facts", Any)]),
            Bag,
            marks=pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL refuses such texts"),
        ),
    ],
    ids=["a Struct that looks", "a value of the database's own", "JSON of SQLite's"],
)
def test_what_may_fail_to_be_shown_is_known(struct: Any, model: Any) -> None:
    """Code of the project, and values that Python does not have."""
    assert not is_certain(struct, model, name="a")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="its triggers")
def test_a_trigger_may_have_written_anything() -> None:
    """Columns of SQLite's take values of any type."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TRIGGER t AFTER INSERT ON {Label._meta.db_table} BEGIN SELECT 1; END")
    assert not is_certain(PLAIN, Label, name="a")
