"""What the driver wants for a value of a column: as Django prepares it, and by shorter ways for usual values."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

Prepare = Callable[[Any], Any]

_TEXTS = (models.CharField, models.TextField, models.SlugField, models.EmailField, models.URLField)

_KEPT: dict[Any, type] = {
    models.AutoField: int,
    models.BigAutoField: int,
    models.BigIntegerField: int,
    models.BooleanField: bool,
    models.FloatField: float,
    models.IntegerField: int,
    models.PositiveBigIntegerField: int,
    models.PositiveIntegerField: int,
    models.PositiveSmallIntegerField: int,
    models.SmallAutoField: int,
    models.SmallIntegerField: int,
}
"""What SQLite takes as it is."""

_OTHERS: dict[Any, tuple[type, Prepare]] = {
    models.DateField: (datetime.date, datetime.date.isoformat),
    models.UUIDField: (UUID, attrgetter("hex")),
}

_UTC_OFFSET = "+00:00"

_SAMPLE = Decimal("0.5")


class Preparation(NamedTuple):
    """What makes parameters of the values of one column.

    Attributes:
        prepare: of any value.
        kind: the type of nearly all of them; None where no type tells enough.
        quick: of a value of just this type; None where that is its own parameter.
    """

    prepare: Prepare
    kind: type | None = None
    quick: Prepare | None = None


def preparation(field: Any, connection: BaseDatabaseWrapper) -> Prepare:
    """What makes the parameter of a value that is saved in ``field``; values may be expressions of SQL only for Django.

    Args:
        field: the column.
        connection: one to the database.
    """
    return preparation_of(field, connection).prepare


def preparation_of(field: Any, connection: BaseDatabaseWrapper) -> Preparation:
    """The same in its parts."""
    by_django = _by_django(field, connection)
    column = field.target_field if type(field) in (models.ForeignKey, models.OneToOneField) else field
    kind = type(column)
    if kind in _TEXTS and column is field:
        return _kept(str, by_django)
    if connection.vendor != "sqlite":
        return Preparation(by_django)
    if kind in _KEPT:
        return _kept(_KEPT[kind], by_django)
    if kind is models.DateTimeField and column is field and _is_in_utc(connection):
        return Preparation(_instant(by_django))
    if kind is models.DecimalField and by_django(_SAMPLE) is _SAMPLE:
        # What Django leaves to the driver, which it has told to take the text.
        return _by_type(Decimal, str, by_django)
    return _by_type(*_OTHERS[kind], by_django) if kind in _OTHERS else Preparation(by_django)


def _by_django(field: Any, connection: BaseDatabaseWrapper) -> Prepare:
    return lambda value: field.get_db_prep_save(value, connection)


def _kept(kind: type, otherwise: Prepare) -> Preparation:
    """Values of one type as they are."""
    return Preparation(lambda value: value if type(value) is kind else otherwise(value), kind)


def _by_type(kind: type, quick: Prepare, otherwise: Prepare) -> Preparation:
    return Preparation(lambda value: quick(value) if type(value) is kind else otherwise(value), kind, quick)


def _is_in_utc(connection: BaseDatabaseWrapper) -> bool:
    return settings.USE_TZ and connection.timezone == datetime.UTC


def _instant(otherwise: Prepare) -> Prepare:
    def prepare(value: Any) -> Any:
        if type(value) is datetime.datetime and value.tzinfo is datetime.UTC:
            return value.isoformat(" ").removesuffix(_UTC_OFFSET)
        return otherwise(value)

    return prepare
