"""How the text of a filter becomes a value of its column: chosen at start, and never more than a database takes."""

import datetime
import math
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import DecimalValidator
from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations

from ironbolt.core.filtering.columns import Column, Year
from ironbolt.core.filtering.instants import in_project_zone
from ironbolt.core.spans import is_too_long
from ironbolt.core.validation import (
    NOT_A_BOOLEAN,
    NOT_A_CHOICE,
    NOT_A_DATE,
    NOT_A_DURATION,
    NOT_A_NUMBER,
    NOT_A_TIME,
    NOT_A_UUID,
    NOT_AN_INSTANT,
    NOT_AN_INTEGER,
    OUT_OF_RANGE,
    TOO_LONG,
    TOO_MANY,
    ZONED_TIME,
    check_characters,
    is_plain_number,
)

FromText = Callable[[str], Any]
"""Converts a text; raises ValidationError with the words for the client."""

MOST_LISTED = 100
"""How many values one filter may list: databases limit the parameters of a query."""

MOST_CHARACTERS = 1_000
"""The longest text that is compared: SQLite refuses longer patterns."""

_TYPES: tuple[tuple[type["models.Field[Any, Any]"], Any, str], ...] = (
    (models.BooleanField, bool, NOT_A_BOOLEAN),
    (models.IntegerField, int, NOT_AN_INTEGER),
    (models.FloatField, float, NOT_A_NUMBER),
    (models.DecimalField, Decimal, NOT_A_NUMBER),
    (models.DateTimeField, datetime.datetime, NOT_AN_INSTANT),
    (models.DateField, datetime.date, NOT_A_DATE),
    (models.TimeField, datetime.time, NOT_A_TIME),
    (models.DurationField, datetime.timedelta, NOT_A_DURATION),
    (models.UUIDField, uuid.UUID, NOT_A_UUID),
    (models.CharField, str, ""),
    (models.TextField, str, ""),
    (models.FileField, str, ""),
    (models.GenericIPAddressField, str, ""),
)
"""Kind of column → type of its values, and what is said of a text that is none."""

_TEXTUAL = frozenset({"contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "iexact"})
_STALLING = frozenset({"regex", "iregex"})
_WHOLE_NUMBER = re.compile(r"-?[0-9]+").fullmatch
_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_WIDEST = (-(2**63), 2**63 - 1)


class ValueReader(msgspec.Struct, frozen=True):
    """How the text of one filter is read.

    Attributes:
        annotation: the type of the value, for the description of an API.
        read: text → value; a tuple where several stand in one text.
        listed: whether they do, separated by commas.
        switch: whether the value decides what is asked instead of being compared.
    """

    annotation: Any
    read: FromText
    listed: bool = False
    switch: bool = False


def type_of_column(field: Any) -> Any:
    """The Python type of a column's values, None for one that no text stands for."""
    return next((read_as for kind, read_as, _ in _TYPES if isinstance(field, kind)), None)


def compared_with(column: Column) -> Any:
    """The Python type that a column is compared with by its lookup, of each value where it is several; None if any."""
    if column.lookup == "isnull":
        return bool
    if column.lookup in _TEXTUAL or column.lookup in _STALLING:
        return str
    return None if isinstance(column.field, models.JSONField) else type_of_column(column.field)


def check_bounded(column: Column, where: str) -> None:
    """Refuse a lookup that a client could keep a database busy with.

    Raises:
        ImproperlyConfigured: it takes regular expressions.
    """
    if column.lookup in _STALLING:
        raise ImproperlyConfigured(
            f"{where}: a client's regular expression can keep the database busy for ever; "
            "offer startswith or icontains, or write the filter yourself."
        )


def reader_for(column: Column, where: str) -> ValueReader:
    """How the values are read that a column is compared with.

    Raises:
        ImproperlyConfigured: no text can be such a value, or the lookup would let clients stall the database.
    """
    if column.lookup == "isnull":
        return ValueReader(bool, read_boolean, switch=True)
    check_bounded(column, where)
    if column.lookup in _TEXTUAL:
        return ValueReader(Annotated[str, msgspec.Meta(max_length=MOST_CHARACTERS)], _text)
    kind = compared_with(column)
    if kind is None:
        name = type(column.field).__name__
        raise ImproperlyConfigured(f"{where}: no text stands for a value of a {name}; only isnull can be asked of it.")
    one = _checked(column.field, kind)
    annotation = _annotation(column.field, kind)
    if column.lookup == "in":
        return ValueReader(_list_of(annotation, 1, MOST_LISTED), _listed(one), listed=True)
    if column.lookup == "range":
        return ValueReader(_list_of(annotation, 2, 2), _two(_listed(one)), listed=True)
    return ValueReader(annotation, one)


def check_fits(field: Any, value: Any) -> Any:
    """``value`` in the form that a column takes; for values whose type somebody else has seen to.

    Raises:
        ValidationError: no row could ever have it, or a database would stumble over it.
    """
    if isinstance(value, list | tuple | set | frozenset):
        if len(value) > MOST_LISTED:
            raise ValidationError(TOO_MANY.format(limit=MOST_LISTED))
        return tuple(check_fits(field, item) for item in value)
    for kind, check in _FITS:
        if isinstance(value, kind) and not isinstance(value, bool):
            return check(field, value)
    return value


def _list_of(annotation: Any, least: int, most: int) -> Any:
    return Annotated[list[annotation], msgspec.Meta(min_length=least, max_length=most)]


def _annotation(field: Any, kind: Any) -> Any:
    choices = tuple(choice for choice, _ in field.flatchoices)
    if choices and kind in (int, str) and all(type(choice) is kind for choice in choices):
        return Literal[choices]
    if kind is int:
        least, most = _integer_range(field)
        return Annotated[int, msgspec.Meta(ge=least, le=most)]
    if kind is Decimal and field.max_digits is not None:  # that of an expression need not say
        whole, places = field.max_digits - field.decimal_places, field.decimal_places
        number = rf"^-?[0-9]{{1,{max(whole, 1)}}}" + (rf"(\.[0-9]{{1,{places}}})?$" if places else "$")
        return Annotated[Decimal, msgspec.Meta(extra_json_schema={"pattern": number})]
    return Annotated[str, msgspec.Meta(max_length=MOST_CHARACTERS)] if kind is str else kind


def _checked(field: Any, kind: Any) -> FromText:
    """The reader of one value: its type, whether it fits the column, whether it is a choice."""
    convert = _CONVERTERS.get(kind) or _converter(kind, next(words for _, read_as, words in _TYPES if read_as is kind))
    choices = frozenset(choice for choice, _ in field.flatchoices)
    if kind is int and not choices:
        return _whole_number_within(*(_integer_range(field) if isinstance(field, models.IntegerField) else _WIDEST))

    def read(text: str) -> Any:
        value = check_fits(field, convert(text))
        if choices and value not in choices:
            raise ValidationError(NOT_A_CHOICE.format(value=text[:50]))
        return value

    return read


def _whole_number_within(least: int, most: int) -> FromText:
    def read(text: str) -> int:
        value = _integer(text)
        if not least <= value <= most:
            raise ValidationError(OUT_OF_RANGE)
        return value

    return read


def _text(text: str) -> str:
    check_characters(text)
    if len(text) > MOST_CHARACTERS:
        raise ValidationError(TOO_LONG.format(limit=MOST_CHARACTERS))
    return text


def read_boolean(text: str) -> bool:
    """A switch, as both doors read it from a query: ``true``, ``1``, ``yes``, ``on`` and their contraries.

    Raises:
        ValidationError: it is none of these.
    """
    return bool(_converter(bool, NOT_A_BOOLEAN)(_WORDS.get(text.lower(), text)))


def _integer(text: str) -> int:
    if not _WHOLE_NUMBER(text):
        raise ValidationError(NOT_AN_INTEGER)
    if len(text) > 20:  # beyond every column, and Python refuses to read the longest
        raise ValidationError(OUT_OF_RANGE)
    return int(text)


def _decimal(text: str) -> Decimal:
    if not is_plain_number(text):
        raise ValidationError(NOT_A_NUMBER)
    return Decimal(text)


def _converter(kind: Any, words: str) -> FromText:
    def convert(text: str) -> Any:
        check_characters(text)
        try:
            return msgspec.convert(text, kind, strict=kind not in (bool, float))  # 5 is no date, nor a duration
        except msgspec.ValidationError:
            raise ValidationError(words) from None
        except OverflowError:  # an instant that Python's calendar does not have
            raise ValidationError(OUT_OF_RANGE) from None

    return convert


_CONVERTERS: dict[Any, FromText] = {str: _text, bool: read_boolean, int: _integer, Decimal: _decimal}


def _listed(one: FromText) -> FromText:
    def read(text: str) -> tuple[Any, ...]:
        texts = text.split(",")
        if len(texts) > MOST_LISTED:
            raise ValidationError(TOO_MANY.format(limit=MOST_LISTED))
        values, messages = [], dict[str, None]()
        for item in texts:
            try:
                values.append(one(item.strip()))
            except ValidationError as error:
                messages.update(dict.fromkeys(error.messages))
        if messages:
            raise ValidationError([*messages])
        return tuple(values)

    return read


def _two(several: FromText) -> FromText:
    def read(text: str) -> Any:
        values = several(text)
        if len(values) != 2:
            raise ValidationError("Two values are required, separated by a comma.")
        return values

    return read


def _integer_range(field: Any) -> tuple[int, int]:
    if isinstance(field, Year):
        return datetime.MINYEAR + 1, datetime.MAXYEAR - 1  # the first and the last are not whole in every time zone
    # Django answers a comparison beyond the column without looking at the rows, those with NULL included.
    return BaseDatabaseOperations.integer_field_ranges.get(field.get_internal_type(), _WIDEST)


def _fits_integer(field: Any, value: int) -> int:
    least, most = _integer_range(field) if isinstance(field, models.IntegerField) else _WIDEST
    if not least <= value <= most:
        raise ValidationError(OUT_OF_RANGE)
    return value


def _fits_decimal(field: Any, value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValidationError(NOT_A_NUMBER)
    if isinstance(field, models.DecimalField) and value:
        DecimalValidator(field.max_digits, field.decimal_places)(value.normalize())
    return value


def _fits_float(field: Any, value: float) -> float:
    if not math.isfinite(value):
        raise ValidationError(NOT_A_NUMBER)
    return value


def _fits_text(field: Any, value: str) -> str:
    if isinstance(field, models.GenericIPAddressField):
        field.run_validators(value)
    return _text(value)


def _fits_time(field: Any, value: datetime.time) -> datetime.time:
    if value.tzinfo is not None:
        raise ValidationError(ZONED_TIME)
    return value


def _fits_duration(field: Any, value: datetime.timedelta) -> datetime.timedelta:
    if is_too_long(value):
        raise ValidationError(OUT_OF_RANGE)
    return value


_FITS: tuple[tuple[type, Callable[[Any, Any], Any]], ...] = (
    (int, _fits_integer),
    (Decimal, _fits_decimal),
    (float, _fits_float),
    (str, _fits_text),
    (datetime.datetime, lambda field, value: in_project_zone(value)),
    (datetime.time, _fits_time),
    (datetime.timedelta, _fits_duration),
)
