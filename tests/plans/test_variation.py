"""Tests of other values: never the same, and never one that a column stumbles over."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.plans.refusal import UnfitValuesError
from ironbolt.plans.variation import other_than

VALUES = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(-1e300, 1e300, allow_nan=False)
    | st.decimals("-9999.99", "9999.99", places=2)
    | st.text()
    | st.uuids()
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas(datetime.timedelta(-10_000), datetime.timedelta(10_000))
)


@given(value=VALUES)
def test_another_value_is_of_the_same_type(value: Any) -> None:
    """It differs from the value, whatever that is."""
    other = other_than(value)
    assert type(other) is type(value)
    assert other != value


@pytest.mark.parametrize("value", [2, 1, -1, 0, -32768, 32767, 2000, 2001])
def test_a_small_number_stays_small(value: int) -> None:
    """No column of numbers is too narrow for the other one."""
    assert -32768 <= other_than(value) <= 32767


def test_a_decimal_keeps_its_digits() -> None:
    """A column that takes the one takes the other, even if it has no place before the point."""
    assert other_than(Decimal("0.2500")) == Decimal("-0.2500")


@pytest.mark.parametrize(("value", "other"), [("192.0.2.1", "192.0.2.2"), ("255.255.255.255", "255.255.255.251")])
def test_an_address_stays_an_address(value: str, other: str) -> None:
    """PostgreSQL takes nothing else where it compares addresses."""
    assert other_than(value) == other


@given(values=st.lists(st.integers(-3, 3) | st.text(max_size=2), min_size=1, max_size=6, unique=True))
def test_several_values_stay_several(values: list[Any]) -> None:
    """As many different ones as before, another one in each place."""
    others = other_than(tuple(values))
    assert len({*others}) == len(values)
    assert all(one != other for one, other in zip(values, others, strict=True))


def test_equal_ends_of_a_range_both_change() -> None:
    """They change together."""
    assert other_than([5, 5]) == [6, 6]


def test_a_second_is_no_special_case() -> None:
    """Every duration has another one."""
    assert other_than(datetime.timedelta(seconds=2)) == datetime.timedelta(seconds=1)


def test_the_first_day_has_another_one() -> None:
    """Nothing lies before it."""
    assert other_than(datetime.date.min) == datetime.date(1, 1, 2)


NOTHING = float("nan")


UNKNOWN: list[Any] = [None, object(), {"a": 1}, [uuid, uuid]]
UNLIKE_OTHERS = [float("inf"), NOTHING, (1.0, NOTHING), Decimal("nan"), Decimal("snan")]


@pytest.mark.parametrize("value", [*UNKNOWN, *UNLIKE_OTHERS])
def test_what_is_not_known_has_no_other(value: Any) -> None:
    """It is refused for this once, not for ever."""
    with pytest.raises(UnfitValuesError, match="no other is known"):
        other_than(value)
