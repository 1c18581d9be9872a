"""Python values of what SQLite stores, quicker than by its driver and Django: the same values, fewer calls.

Made for a connection that leaves dates and the like as texts. Whatever is not quite as Django writes it goes
through Django's own converters.
"""

import datetime
from collections.abc import Callable
from typing import Any

import msgspec
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Col

Convert = Callable[[Any], Any]

_UTC = "+00:00"

_PARSED = ("bool", "date", "datetime", "time", "timestamp")
"""The types of columns whose values the driver converts, by how they are declared."""

_CONVERTED = ("BooleanField", "DateField", "DateTimeField", "TimeField")
"""The fields of such columns that Django converts as well."""

KEPT = 16_384
"""How many values of a column are remembered, and then all forgotten: prices and the like are mostly the same few."""

BY_CALL = "{helper}({value})"
_BY_LOOKUP = "{helper}[{value}]"
_PARSED_DAY = "(None if {value} is None else {helper}({value}))"
_PARSED_INSTANT = "(None if {value} is None else {helper}({value} + 'Z'))"
"""With its sign of UTC, and not with +00:00: after a bare day that would be read as a time."""

_TRUTHS = {None: None, 0: False, 1: True}


class Spelling(msgspec.Struct, frozen=True):
    """How Python text makes the value of a column, without a call where it can do without.

    Attributes:
        text: with ``{value}`` for what is stored, and ``{helper}``.
        helper: what it needs for that.
    """

    text: str
    helper: Any


class Remembered(dict[Any, Any]):
    """Stored value → what is made of it, for as many of them as are kept."""

    __slots__ = ("_make",)

    def __init__(self, make: Convert) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, stored: Any) -> Any:
        made = self._make(stored)
        if len(self) >= KEPT:
            self.clear()
        self[stored] = made
        return made


def needs_driver(field: Any, connection: BaseDatabaseWrapper) -> bool:
    """Whether values of a column are only right if the driver converts them: by its type, and without its field."""
    if field.get_internal_type() in _CONVERTED:
        return False
    declared = (field.db_type(connection) or "").lower().split("(")[0].split(" ")[0]
    return declared in _PARSED


class Quick(msgspec.Struct, frozen=True):
    """What makes the values of one column.

    Attributes:
        careful: of whatever is stored.
        spelling: of what is stored as Django stores it; what is not makes it raise, or is made carefully.
        shown: how the text is spelt that JSON has for a value, where that costs less than the value itself.
    """

    careful: Convert
    spelling: Spelling
    shown: Spelling | None = None


def quick(expression: Any, kind: str, by_django: Convert, connection: BaseDatabaseWrapper) -> Quick:
    """What makes the values of a column.

    Args:
        expression: the column.
        kind: the internal type of its field; empty where more than Django's own converter makes its values.
        by_django: what makes them of what Django's cursor gives.
        connection: for the time zone of the database.
    """
    if kind == "BooleanField":
        return Quick(_truth, Spelling(_BY_LOOKUP, _TRUTHS))
    if kind == "DateField":
        parse = datetime.date.fromisoformat
        return Quick(_parsed(parse, by_django), Spelling(_PARSED_DAY, parse))
    if kind == "TimeField":
        return _called(_parsed(_time, by_django))
    if kind == "DateTimeField" and settings.USE_TZ and connection.timezone == datetime.UTC:
        return Quick(_instant(by_django), Spelling(_PARSED_INSTANT, datetime.datetime.fromisoformat))
    if kind in ("DecimalField", "UUIDField") and isinstance(expression, Col):  # others may be zero below zero
        return _remembered(expression, by_django)
    return _called(by_django)


def _called(convert: Convert) -> Quick:
    return Quick(convert, Spelling(BY_CALL, convert))


_shared: dict[Any, Quick] = {}


def _remembered(expression: Any, by_django: Convert) -> Quick:
    """Values and texts that all columns share whose values are made alike: by their digits, if they are numbers."""
    field = expression.output_field
    digits = getattr(field, "max_digits", None), getattr(field, "decimal_places", None)
    key = (type(field), *digits)
    if key not in _shared:
        values = Remembered(by_django)
        texts = Remembered(lambda stored: None if stored is None else str(values[stored]))
        _shared[key] = Quick(values.__getitem__, Spelling(_BY_LOOKUP, values), Spelling(_BY_LOOKUP, texts))
    return _shared[key]


def _parsed(parse: Callable[[str], Any], by_django: Convert) -> Convert:
    def convert(value: Any) -> Any:
        try:
            return parse(value)
        except (TypeError, ValueError):  # nothing there, or not quite as Django writes it
            return by_django(value)

    return convert


def _instant(by_django: Convert) -> Convert:
    parse = datetime.datetime.fromisoformat

    def convert(value: Any) -> Any:
        try:
            found = parse(value + _UTC)
        except (TypeError, ValueError):
            return by_django(value)
        return by_django(value) if found.tzinfo is None else found  # after a bare day the zone was read as a time

    return convert


def _truth(value: Any) -> bool | None:
    if value is None or value in (0, 1):
        return None if value is None else bool(value)
    raise ValueError(value)  # the driver makes something of it, as long as it is no expression


def _time(text: str) -> datetime.time:
    found = datetime.time.fromisoformat(text)
    return found.replace(tzinfo=None) if found.tzinfo else found
