"""What a column holds, as a Python type: what a client gets of it, and what it may send."""

import datetime
import uuid
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from django.db import models

_TYPES: tuple[tuple[type["models.Field[Any, Any]"], Any], ...] = (
    (models.BooleanField, bool),
    (models.IntegerField, int),
    (models.FloatField, float),
    (models.DecimalField, Decimal),
    (models.DateTimeField, datetime.datetime),
    (models.DateField, datetime.date),
    (models.TimeField, datetime.time),
    (models.DurationField, datetime.timedelta),
    (models.UUIDField, uuid.UUID),
    (models.BinaryField, bytes),
    (models.CharField, str),
    (models.TextField, str),
    (models.FilePathField, str),
    (models.GenericIPAddressField, str),
)
"""Kind of column → type of its values; anything else is told as it encodes."""


def type_of(field: "models.Field[Any, Any]") -> Any:
    """The Python type of a column's values, ``None`` included where it may be null.

    A foreign key is its key, a file its address. Bytes are base64 in JSON, durations ISO 8601.
    """
    kind = _type_of_value(field)
    return kind | None if kind is not Any and (field.null or isinstance(field, models.FileField)) else kind


def shown_type(field: "models.Field[Any, Any]") -> Any:
    """The type of a column's values, with its choices for the API description."""
    kind = _type_of_value(field)
    if field.flatchoices and kind in (str, int):
        blank = [""] if field.blank and kind is str else []
        values = list(dict.fromkeys([*blank, *(value for value, _ in field.flatchoices if value is not None)]))
        kind = Annotated[kind, msgspec.Meta(extra_json_schema={"enum": values})]
    if kind is not Any and (field.null or isinstance(field, models.FileField)):
        kind = kind | None
    return kind


def key_type(model: type[models.Model]) -> Any:
    """The type of a model's primary key."""
    return _type_of_value(model._meta.pk)


def _type_of_value(field: "models.Field[Any, Any]") -> Any:
    if isinstance(field, models.ForeignKey):
        return _type_of_value(field.target_field)
    if isinstance(field, models.FileField):
        return str
    if isinstance(field, models.GeneratedField):
        return _type_of_value(field.output_field)  # type: ignore[arg-type]  # checked by Django
    items: Any = getattr(field, "base_field", None)
    if isinstance(items, models.Field) and hasattr(field, "size"):  # PostgreSQL's ArrayField, where it is installed
        return list[type_of(items)]  # type: ignore[misc]  # made at run time
    return next((read_as for column, read_as in _TYPES if isinstance(field, column)), Any)
