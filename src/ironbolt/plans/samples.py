"""Values that stand for those of requests where SQL is compiled: of the right type, and all different."""

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import models

from ironbolt.plans.refusal import CannotPlan

_EPOCH = datetime.datetime(2001, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)

_MAKERS: tuple[tuple[type["models.Field[Any, Any]"], Callable[[int], Any]], ...] = (
    (models.BooleanField, lambda number: number % 2 == 1),
    (models.SmallIntegerField, lambda number: 10_007 + number),
    (models.PositiveSmallIntegerField, lambda number: 10_007 + number),
    (models.IntegerField, lambda number: 1_000_003 + number),
    (models.FloatField, lambda number: 1_000_003.5 + number),
    (models.DecimalField, lambda number: Decimal(number + 1)),
    (models.UUIDField, lambda number: uuid.UUID(int=2**100 + number)),
    (models.DateTimeField, lambda number: _EPOCH + datetime.timedelta(days=number)),
    (models.DateField, lambda number: _EPOCH.date() + datetime.timedelta(days=number)),
    (models.TimeField, lambda number: (_EPOCH + datetime.timedelta(minutes=number)).time()),
    (models.DurationField, lambda number: datetime.timedelta(days=number + 1)),
    (models.GenericIPAddressField, lambda number: f"192.0.{number // 250}.{number % 250}"),
    (models.CharField, lambda number: f"sample{number}"),
    (models.TextField, lambda number: f"sample{number}"),
)


def target_of(field: Any) -> Any:
    """The column that a value of this field is compared with; for a foreign key the one at its other end."""
    while field.is_relation:
        field = field.target_field
    return field


def sample(field: Any, number: int = 0) -> Any:
    """A value that this column can have, another one for every number.

    Raises:
        CannotPlan: nothing is known of such a column.
    """
    column = target_of(field)
    for kind, make in _MAKERS:
        if isinstance(column, kind):
            return make(number)
    raise CannotPlan(f"values of a {type(column).__name__} can't be made up")
