"""Another value of the same type: what a shape is compiled with a second time."""

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ironbolt.plans.refusal import CannotPlan

_DAY = datetime.timedelta(days=1)


def _other_time(value: datetime.time) -> datetime.time:
    return value.replace(minute=(value.minute + 1) % 60)


def _other_day(value: Any) -> Any:
    return value - _DAY if value.year > datetime.MINYEAR + 1 else value + _DAY


_OTHER: dict[type, Callable[[Any], Any]] = {
    bool: lambda value: not value,
    int: lambda value: value - 1 if value > 0 else value + 1,
    float: lambda value: value / 2 + 1 if value != 2 else 3.0,
    Decimal: lambda value: value + 1 if value < 1 else value - 1,
    str: lambda value: f"{value[:-1]}{'b' if value[-1:] == 'a' else 'a'}",
    uuid.UUID: lambda value: uuid.UUID(int=value.int ^ 1),
    datetime.datetime: _other_day,
    datetime.date: _other_day,
    datetime.time: _other_time,
    datetime.timedelta: lambda value: value / 2 + datetime.timedelta(seconds=1),
}


def other_than(value: Any) -> Any:
    """A value of the same type that is not this one; of several values, each another one.

    Raises:
        CannotPlan: nothing is known of such a value.
    """
    if isinstance(value, list | tuple):
        return type(value)(other_than(item) for item in value)
    make = _OTHER.get(type(value))
    if make is None:
        raise CannotPlan(f"of a {type(value).__name__} no other is known")
    return make(value)
