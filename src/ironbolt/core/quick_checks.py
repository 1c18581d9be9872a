"""Values that are certainly fine by the rules of their field, seen at a glance; the whole check decides on the rest.

Worked out once for a field: which type of value, which limits. Nobody is refused here, so that what a client is told
of a fault is said in one place, ``core.validation``.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import date, time
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from ironbolt.core.validation import cleaned_value

DOUBT: Any = object()
"""Stands for a value that the whole check has to look at."""

QuickCheck = Callable[[Any], Any]
"""Gives a value as ``clean_values`` would, or DOUBT."""

_KINDS: dict[type["models.Field[Any, Any]"], type] = {
    models.AutoField: int,
    models.BigAutoField: int,
    models.BigIntegerField: int,
    models.BooleanField: bool,
    models.CharField: str,
    models.DateField: date,
    models.DecimalField: Decimal,
    models.EmailField: str,
    models.FloatField: float,
    models.IntegerField: int,
    models.PositiveBigIntegerField: int,
    models.PositiveIntegerField: int,
    models.PositiveSmallIntegerField: int,
    models.SlugField: str,
    models.SmallAutoField: int,
    models.SmallIntegerField: int,
    models.TextField: str,
    models.TimeField: time,
    models.URLField: str,
    models.UUIDField: UUID,
}
"""Django's own columns, and the type of those of their values that ``to_python`` leaves as they are."""

_LIMITS = (MinValueValidator, MaxValueValidator)


class Glance(NamedTuple):
    """What looks at the values of one field.

    Attributes:
        check: at any value.
        kind: the type of nearly all of them; None where no type tells enough.
        fits: at a value of just this type; None where there is no ``kind``.
    """

    check: QuickCheck
    kind: type | None = None
    fits: QuickCheck | None = None


def quick_check(field: Any) -> QuickCheck:
    """What looks at values that are meant for ``field``, one of the fields of a model."""
    return glance(field).check


@cache
def glance(field: Any) -> Glance:
    """The same in its parts."""
    column = field.target_field if type(field) in (models.ForeignKey, models.OneToOneField) else field
    kind = _KINDS.get(type(column))
    whole = _whole(field)
    if kind is None:
        return Glance(whole)
    choices = _choices(field) if column is field else frozenset()
    if choices is None:
        return Glance(whole)
    fits = _text(field, column, choices) if kind is str else _plain(kind, column, choices, whole)

    def check(value: Any) -> Any:
        if type(value) is kind:
            return fits(value)
        if value is None:
            return None if field.null else DOUBT
        return whole(value)

    return Glance(check, kind, fits)


def _whole(field: "models.Field[Any, Any]") -> QuickCheck:
    """The whole check, whose faults are told by somebody else."""

    def check(value: Any) -> Any:
        try:
            return cleaned_value(field, value)
        except ValidationError:
            return DOUBT

    return check


def _text(field: "models.Field[Any, Any]", column: Any, choices: Collection[Any]) -> QuickCheck:
    most, validators = _longest(column.validators)
    is_valid = _all_of(validators)
    may_be_empty = field.blank
    strips = not field.flatchoices

    def fits(value: str) -> Any:
        if strips:
            value = value.strip()
        if not value:
            return value if may_be_empty else DOUBT
        if len(value) > most or "\0" in value or not (value.isascii() or _is_encodable(value)):
            return DOUBT
        if choices and value not in choices:
            return DOUBT
        return value if is_valid is None or is_valid(value) else DOUBT

    return fits


def _plain(kind: type, column: Any, choices: Collection[Any], whole: QuickCheck) -> QuickCheck:
    limits = [validator for validator in column.validators if _is_limit(validator)] if kind is int else []
    least = max((one.limit_value for one in limits if type(one) is MinValueValidator), default=float("-inf"))
    most = min((one.limit_value for one in limits if type(one) is MaxValueValidator), default=float("inf"))
    is_valid = _all_of([validator for validator in column.validators if validator not in limits])

    def fits(value: Any) -> Any:
        if (choices and value not in choices) or (is_valid is not None and not is_valid(value)):
            return DOUBT
        return value

    def fits_between(value: Any) -> Any:
        return fits(value) if least <= value <= most else DOUBT

    def fits_number(value: Any) -> Any:
        return fits(value) if value.is_finite() and value else whole(value)  # which takes the sign from a zero

    def fits_float(value: Any) -> Any:
        return fits(value) if isfinite(value) else DOUBT

    def fits_clock(value: Any) -> Any:
        return fits(value) if value.tzinfo is None else DOUBT

    if not choices and is_valid is None and kind is int:
        return lambda value: value if least <= value <= most else DOUBT
    return {int: fits_between, float: fits_float, Decimal: fits_number, time: fits_clock}.get(kind, fits)


def _is_limit(validator: Any) -> bool:
    return type(validator) in _LIMITS and isinstance(validator.limit_value, int)


def has_changing_choices(field: "models.Field[Any, Any]") -> bool:
    """Whether a function is asked for the choices each time."""
    return field.choices is not None and not isinstance(field.choices, list | tuple)


def _choices(field: "models.Field[Any, Any]") -> Collection[Any] | None:
    """The values to choose from; None where they can't be looked up, or may be others tomorrow."""
    if has_changing_choices(field):
        return None
    try:
        return frozenset(value for value, _ in field.flatchoices)
    except TypeError:
        return None


def _longest(validators: Iterable[Any]) -> tuple[float, list[Any]]:
    """How long a text may be, and the validators that say something else."""
    most, others = float("inf"), []
    for validator in validators:
        if type(validator) is MaxLengthValidator and isinstance(validator.limit_value, int):
            most = min(most, validator.limit_value)
        else:
            others.append(validator)
    return most, others


def _all_of(validators: Collection[Any]) -> Callable[[Any], bool] | None:
    """Whether all validators let a value pass; None where there is none."""
    if not validators:
        return None
    tests = [_test(validator) for validator in validators]
    return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)


def _test(validator: Any) -> Callable[[Any], bool]:
    if type(validator) is RegexValidator and not validator.inverse_match:
        pattern: Any = validator.regex
        search = pattern.search
        return lambda value: search(str(value)) is not None

    def passes(value: Any) -> bool:
        try:
            validator(value)
        except ValidationError:
            return False
        return True

    return passes


def _is_encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
