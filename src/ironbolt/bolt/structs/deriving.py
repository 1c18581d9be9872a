"""Structs from models: what a client gets or sends where nobody has written it down."""

import datetime
import re
import uuid
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
from django.db import models
from msgspec import UNSET, UnsetType

from ironbolt.bolt.structs.fields import source_of

_SECRET = re.compile(r"password|token|secret|(^|_)(key|hash)($|_)|_digest$").search
"""Names of columns that are not shown unless somebody says so."""

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
    (models.CharField, str),
    (models.TextField, str),
    (models.GenericIPAddressField, str),
)
"""Kind of column → type of its values; anything else is told as it encodes."""


def type_of(field: "models.Field[Any, Any]") -> Any:
    """The Python type of a column's values, ``None`` included where it may be null."""
    while isinstance(field, models.ForeignKey):
        target = field.target_field
        return type_of(target) | None if field.null else type_of(target)
    kind = next((read_as for column, read_as in _TYPES if isinstance(field, column)), Any)
    return kind | None if field.null and kind is not Any else kind


@cache
def read_struct(model: type[models.Model]) -> type[msgspec.Struct]:
    """Every column of ``model`` but secrets, foreign keys as keys."""
    fields = [(field.attname, type_of(field)) for field in model._meta.concrete_fields if not _SECRET(field.name)]
    return msgspec.defstruct(model.__name__, fields, namespace={"__doc__": model.__doc__}, module=model.__module__)


@cache
def write_struct(struct: type[msgspec.Struct], model: type[models.Model]) -> type[msgspec.Struct]:
    """What of a read Struct a client may send: no key, nothing that keeps itself, nothing nested.

    A column with a default may be left out.
    """
    return msgspec.defstruct(
        f"{struct.__name__}In",
        sorted(_writable(struct, model), key=len),
        namespace={"__doc__": struct.__doc__},
        module=struct.__module__,
    )


def _writable(struct: type[msgspec.Struct], model: type[models.Model]) -> Iterator[Any]:
    columns = {name: field for field in model._meta.concrete_fields for name in (field.name, field.attname)}
    for field in msgspec.structs.fields(struct):
        column = columns.get(source_of(field))
        if column is None or column.primary_key or not column.editable or _is_kept(column):
            continue
        if column.has_default() or column.null or column.blank or not field.required:
            yield field.name, field.type | UnsetType, UNSET
        else:
            yield field.name, field.type


def _is_kept(column: "models.Field[Any, Any]") -> bool:
    return bool(getattr(column, "auto_now", False) or getattr(column, "auto_now_add", False))
