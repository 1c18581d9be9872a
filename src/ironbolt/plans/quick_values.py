"""Python values of what SQLite stores, quicker than by its driver and Django: the same values, fewer calls.

Made for a connection that leaves dates and the like as texts. Whatever is not quite as Django writes it goes
through Django's own converters.
"""

import datetime
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

Convert = Callable[[Any], Any]

_UTC = "+00:00"

_PARSED = ("bool", "date", "datetime", "time", "timestamp")
"""The types of columns whose values the driver converts, by how they are declared."""

_CONVERTED = ("BooleanField", "DateField", "DateTimeField", "TimeField")
"""The fields of such columns that Django converts as well."""

KEPT = 4096
"""How many numbers of a column are remembered: prices and the like are mostly the same few."""


def needs_driver(field: Any, connection: BaseDatabaseWrapper) -> bool:
    """Whether values of a column are only right if the driver converts them: by its type, and without its field."""
    if field.get_internal_type() in _CONVERTED:
        return False
    declared = (field.db_type(connection) or "").lower().split("(")[0].split(" ")[0]
    return declared in _PARSED


def quick_value(kind: str, by_django: Convert, connection: BaseDatabaseWrapper) -> Convert:
    """What makes the value of a column.

    Args:
        kind: the internal type of its field.
        by_django: Django's converter for it, the only one that it has.
        connection: for the time zone of the database.
    """
    if kind == "BooleanField":
        return _truth
    if kind == "DateField":
        return _parsed(datetime.date.fromisoformat, by_django)
    if kind == "TimeField":
        return _parsed(_time, by_django)
    if kind == "DateTimeField" and settings.USE_TZ and connection.timezone == datetime.UTC:
        return _instant(by_django)
    if kind in ("DecimalField", "UUIDField"):
        return lru_cache(KEPT)(by_django)
    return by_django


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
