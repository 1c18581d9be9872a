"""What a model itself says of a value: its validators and choices, with the words both doors use."""

import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.utils import timezone

from ironbolt.core.errors import Details, ValidationFailed

REQUIRED = "This field is required."
NULL = "This field may not be null."
BLANK = "This field may not be blank."
UNKNOWN = "Unknown field."
NUL_CHARACTER = "Null characters are not allowed."
SURROGATE = "Surrogate characters are not allowed."
NOT_A_NUMBER = "A valid number is required."
NOT_AN_INTEGER = "A valid integer is required."
OUT_OF_RANGE = "This is out of range."
ZONED_TIME = "A time of day has no time zone here."
TOO_MANY = "No more than {limit} items are taken at once."

MOST_KEYS = 10_000
"""How many objects one write may refer to in one field; databases limit the parameters of a query."""

_A_DAY = timedelta(days=1)
_LONGEST_DURATION = timedelta(microseconds=2**63 - 1)


def clean_values(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with strings trimmed, checked against the fields of ``model`` that they are meant for.

    Args:
        model: the model to be written.
        values: attribute name (``title``, ``author_id``) → value. Other names pass untouched.

    Raises:
        ValidationFailed: with every field at fault.
    """
    cleaned: dict[str, Any] = {}
    faults: Details = {}
    for name, value in values.items():
        field = _field(model, name)
        if field is None:
            cleaned[name] = value
            continue
        cleaned[name] = _in_utc(value.strip() if isinstance(value, str) else value)
        try:
            check_value(field, cleaned[name])
        except ValidationError as error:
            faults[name] = error.messages
    if faults:
        raise ValidationFailed(faults)
    return cleaned


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any] | None":
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, models.Field) else None


def check_value(field: "models.Field[Any, Any]", value: Any) -> None:
    """Check one value as the model would, without asking the database.

    Raises:
        ValidationError: with the messages for the client.
    """
    if value is None:
        if not field.null:
            raise ValidationError(NULL)
        return
    if isinstance(value, str):
        _check_text(field, value)
    if isinstance(field, models.ForeignKey):
        _check_plain(field.target_field, value)
    elif isinstance(field, models.ManyToManyField):
        if len(value) > MOST_KEYS:
            raise ValidationError(TOO_MANY.format(limit=MOST_KEYS))
        for key in value:
            _check_plain(field.related_model._meta.pk, key)
    else:
        _check_choice(field, value)
        _check_plain(field, value)


def _check_plain(field: "models.Field[Any, Any]", value: Any) -> None:
    """Check a value that is not a relation, in the type that the column has."""
    if (isinstance(value, float) and not math.isfinite(value)) or (
        isinstance(value, Decimal) and not value.is_finite()
    ):
        raise ValidationError(NOT_A_NUMBER)
    if isinstance(value, time) and value.tzinfo is not None:
        raise ValidationError(ZONED_TIME)
    if isinstance(value, timedelta) and abs(value) > _LONGEST_DURATION:
        raise ValidationError(OUT_OF_RANGE)
    if isinstance(value, datetime):
        _check_instant(value)
    if not isinstance(value, Enum):  # its members are what their values are, in every type of a column
        value = field.to_python(value)
    field.run_validators(value)


def _check_instant(value: datetime) -> None:
    """Refuse what lies so near the first or the last day that some time zone can't tell it."""
    try:
        _ = value.astimezone(UTC) - _A_DAY, value.astimezone(UTC) + _A_DAY
    except (OverflowError, ValueError):
        raise ValidationError(OUT_OF_RANGE) from None


def _in_utc(value: Any) -> Any:
    """``value`` in UTC where it is a date and time; one without a zone is in that of the project.

    Databases know fewer offsets than Python. What can't be told in UTC is left for the check to refuse.
    """
    if not isinstance(value, datetime) or not settings.USE_TZ:
        return value
    with suppress(OverflowError, ValueError):
        return (timezone.make_aware(value) if value.tzinfo is None else value).astimezone(UTC)
    return value


def _check_text(field: "models.Field[Any, Any]", value: str) -> None:
    if not value and not field.blank:
        raise ValidationError(BLANK)
    check_characters(value)


def check_characters(value: str) -> None:
    """Refuse characters that no database column takes: NUL and lone surrogates.

    Raises:
        ValidationError: the text holds one.
    """
    if "\x00" in value:
        raise ValidationError(NUL_CHARACTER)
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise ValidationError(SURROGATE)


def _check_choice(field: "models.Field[Any, Any]", value: Any) -> None:
    choices = field.flatchoices
    if choices and value not in [choice for choice, _ in choices] and not (value == "" and field.blank):
        raise ValidationError(f"“{value}” is not a valid choice.")
