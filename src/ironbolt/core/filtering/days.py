"""Ranges of days: ``published_on_after`` and ``published_on_before``, both days included."""

import datetime
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import msgspec
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models

from ironbolt.core.filtering.asked import Condition
from ironbolt.core.filtering.columns import Annotations, column_of
from ironbolt.core.filtering.instants import first_of, in_project_zone, last_of
from ironbolt.core.validation import NOT_A_DATE, NOT_AN_INSTANT

_FORMATS = [{"format": "date"}, {"format": "date-time"}]
_DAY_OR_INSTANT = Annotated[str, msgspec.Meta(extra_json_schema={"anyOf": _FORMATS})]
_EITHER = "Enter a date as YYYY-MM-DD, or a date and time as ISO 8601 has it."


def date_ranges(
    model: type[models.Model], name: str, where: str, annotated: Annotations | None = None
) -> Iterator[Condition]:
    """The two conditions for a column of dates, or of dates and times.

    Of the latter a date means the whole day, in the time zone that is current when the client asks.

    Raises:
        ImproperlyConfigured: there is no such column.
    """
    column = column_of(model, name, where, annotated)
    if column.relation or not isinstance(column.field, models.DateField):
        raise ImproperlyConfigured(f"{where}: {name!r} is no column of dates.")
    timed = isinstance(column.field, models.DateTimeField)
    kind: Any = _DAY_OR_INSTANT if timed else datetime.date
    sides: tuple[tuple[str, str, Callable[[datetime.date], Any], str], ...] = (
        ("after", "gte", first_of, "From then on."),
        ("before", "lte", last_of, "Up to and including then."),
    )
    for suffix, lookup, instant_of, description in sides:
        yield Condition(
            name=f"{name}_{suffix}",
            lookup=f"{column.path}__{lookup}",
            read=_instant_reader(instant_of) if timed else _read_date,
            annotation=kind,
            many=column.many,
            description=description,
        )


def _read_date(text: str) -> Any:
    return _converted(text, datetime.date, NOT_A_DATE)


def _instant_reader(instant_of: Callable[[datetime.date], datetime.datetime]) -> Callable[[str], datetime.datetime]:
    def read(text: str) -> datetime.datetime:
        if len(text) <= len("YYYY-MM-DD"):
            return instant_of(_converted(text, datetime.date, _EITHER))
        return in_project_zone(_converted(text, datetime.datetime, NOT_AN_INSTANT))

    return read


def _converted(text: str, kind: Any, words: str) -> Any:
    try:
        return msgspec.convert(text, kind)
    except msgspec.ValidationError:
        raise ValidationError(words) from None
