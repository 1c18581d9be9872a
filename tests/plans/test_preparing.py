"""Tests of what the driver gets for a value: by every way what Django would give it."""

import datetime
import sqlite3
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from ironbolt.plans.preparing import preparation
from tests.project.models import Article, Bag, Label, Relic, Task, Ticket

FIELDS: list[Any] = [
    field for model in (Article, Bag, Label, Relic, Task, Ticket) for field in model._meta.concrete_fields
]

VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.sampled_from(["", "1", "2020-01-01", "red"]),
    st.integers(-(2**65), 2**65),
    st.booleans(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-10_000, max_value=10_000),
    st.sampled_from([Decimal("1.5"), Decimal("1.50"), Decimal("1.500"), Decimal("1E+2"), Decimal("0.00")]),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([datetime.UTC, datetime.timezone(datetime.timedelta(hours=14))])),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    st.binary(max_size=3),
)

PREPARED = {field: preparation(field, connection) for field in FIELDS}


def outcome(prepare: Any, value: Any) -> Any:
    """What comes of it, of what type."""
    try:
        found = prepare(value)
    except Exception as error:  # noqa: BLE001 - compared
        return type(error)
    if connection.vendor == "sqlite":
        found = sqlite3.adapt(found, sqlite3.PrepareProtocol, found)  # as the driver does
    return type(found), repr(found) if not isinstance(found, memoryview) else bytes(found)


@settings(max_examples=2000, deadline=None)
@given(field=st.sampled_from(FIELDS), value=VALUES)
def test_every_value_is_prepared_as_by_django(field: Any, value: Any) -> None:
    """To the letter, and where Django refuses one it is refused."""
    if connection.vendor != "sqlite" and not isinstance(value, str):
        pytest.skip("only texts have a way of their own")
    for _ in range(2):
        assert outcome(PREPARED[field], value) == outcome(
            lambda given: field.get_db_prep_save(given, connection), value
        )
