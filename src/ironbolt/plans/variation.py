"""Another value of the same type: what a shape is compiled with a second time."""

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from math import isnan
from typing import Any

from ironbolt.plans.refusal import UnfitValuesError

_DAY = datetime.timedelta(days=1)


_EARLIEST = 3
"""The first year with a day before each of its days, in every time zone."""


def _other_time(value: datetime.time) -> datetime.time:
    return value.replace(minute=(value.minute + 1) % 60)


def _other_day(value: Any) -> Any:
    return value - _DAY if value.year >= _EARLIEST else value + _DAY


def _other_text(value: str) -> str:
    """With another last letter or digit, so that an address stays an address."""
    one, other = ("1", "2") if value[-1:].isdigit() else ("a", "b")
    return f"{value[:-1]}{other if value[-1:] == one else one}"


_OTHER: dict[type, Callable[[Any], Any]] = {
    bool: lambda value: not value,
    # Of years the early ones are not whole in every time zone.
    int: lambda value: value - 1 if value > 2000 else value + 1,
    float: lambda value: value / 2 + 1 if value != 2 else 3.0,
    # As many digits, or a column might not take them.
    Decimal: lambda value: -value or Decimal(1),
    str: _other_text,
    uuid.UUID: lambda value: uuid.UUID(int=value.int ^ 1),
    datetime.datetime: _other_day,
    datetime.date: _other_day,
    datetime.time: _other_time,
    datetime.timedelta: lambda value: value + datetime.timedelta(seconds=1 if value < datetime.timedelta() else -1),
}


def other_than(value: Any) -> Any:
    """A value of the same type that is not this one; of several values, the same ones in other places.

    Raises:
        UnfitValuesError: nothing is known of such a value.
    """
    several = isinstance(value, list | tuple)
    if any(map(_is_no_number, value if several else (value,))):
        raise UnfitValuesError(f"of {value!r} no other is known")
    if several:
        turned = len(set(value)) > 1
        return type(value)([*value[1:], value[0]] if turned else [other_than(item) for item in value])
    make = _OTHER.get(type(value))
    other = value if make is None else make(value)
    if other == value:  # infinity, or what nothing is known of
        raise UnfitValuesError(f"of {value!r} no other is known")
    return other


def _is_no_number(value: Any) -> bool:
    """Whether a value differs from itself, so that it would seem to be another one wherever it stands."""
    return value.is_nan() if isinstance(value, Decimal) else isinstance(value, float) and isnan(value)
