"""What a model itself says of a value: its validators and choices, with the words both doors use."""

import math
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils import timezone

from ironbolt.core.errors import Details, ValidationFailed
from ironbolt.core.spans import is_beyond_calendars, is_too_long

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
TOO_LONG = "Ensure this field has no more than {limit} characters."
NO_ITEMS = "Send at least one item."
TOO_SHORT = "Ensure this field has at least {limit} characters."
TOO_FEW_ITEMS = "Ensure this field has at least {limit} elements."
TOO_MANY_ITEMS = "Ensure this field has no more than {limit} elements."
NOT_SO_MANY_ITEMS = "Ensure this field has exactly {limit} elements."
AT_LEAST = "Ensure this value is greater than or equal to {limit}."
AT_MOST = "Ensure this value is less than or equal to {limit}."
ABOVE = "Ensure this value is greater than {limit}."
BELOW = "Ensure this value is less than {limit}."
NOT_A_MULTIPLE = "Ensure this value is a multiple of {limit}."
NO_MATCH = "This value does not match the required pattern."
NOT_A_CHOICE = '"{value}" is not a valid choice.'
NOT_A_STRING = "Not a valid string."
NOT_AN_OBJECT = "Expected an object."
NOT_A_LIST = "Expected a list of items."
NOT_A_DATE = "Enter a date as YYYY-MM-DD."
NOT_AN_INSTANT = "Enter a date and time as ISO 8601 has it."
NOT_A_TIME = "Enter a time as HH:MM:SS."
NOT_A_DURATION = "Enter a duration as ISO 8601 has it, such as P1DT2H."
NOT_A_BOOLEAN = "Must be a valid boolean."
NOT_A_UUID = "Must be a valid UUID."

MOST_KEYS = 1_000
"""How many objects one write may refer to in one field; databases limit the parameters of a query."""

NOT_BLANK = r"[^\s\x1c-\x1f\x85]"
"""What ``str.strip`` leaves, for schemas: some characters are blanks to Python and not to JSON Schema."""

PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
"""How a number is written that comes as text: Python also takes exponents, underscores, blanks and other digits."""


def is_plain_number(value: Any) -> bool:
    """Whether a value may be taken for a decimal: a number of JSON's, or a text in plain notation."""
    if isinstance(value, str):
        return PLAIN_NUMBER.fullmatch(value) is not None
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def without_negative_zero(value: Any) -> Any:
    """``value`` with a decimal zero as it would come back from the database, which knows no sign of it."""
    return abs(value) if isinstance(value, Decimal) and value.is_zero() else value


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
        field = field_named(model, name)
        if field is None:
            cleaned[name] = value
            continue
        try:
            cleaned[name] = cleaned_value(field, value)
        except ValidationError as error:
            faults.update(_placed(name, error))
    if faults:
        raise ValidationFailed(faults)
    return cleaned


def cleaned_value(field: "models.Field[Any, Any]", value: Any) -> Any:
    """One value trimmed and checked as the model would, without asking the database.

    Raises:
        ValidationError: with the messages for the client.
    """
    value = _tidy(field, value)
    check_value(field, value)
    return value


def _tidy(field: "models.Field[Any, Any]", value: Any) -> Any:
    """``value`` in the one form of several that mean the same; a choice is what it is, to the letter."""
    if isinstance(value, str) and not field.flatchoices:
        return value.strip()
    return without_negative_zero(_in_utc(value))


def _placed(name: str, error: ValidationError) -> Details:
    """The faults of one value under its name, those of the items of a list under ``name.index``."""
    if not hasattr(error, "error_dict"):
        return {name: error.messages}
    return {f"{name}.{index}": messages for index, messages in error.message_dict.items()}


def field_named(model: type[models.Model], name: str) -> "models.Field[Any, Any] | None":
    """The field that a name or an attribute of ``model`` stands for, None for anything else."""
    if name == "pk":
        return model._meta.pk
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
        _check_keys(field.related_model._meta.pk, value)
    else:
        _check_choice(field, value)
        _check_plain(field, value)


def _check_keys(field: "models.Field[Any, Any]", keys: Collection[Any]) -> None:
    """Check the keys of a relation to many, their number first: the rest takes its time."""
    if len(keys) > MOST_KEYS:
        raise ValidationError(TOO_MANY.format(limit=MOST_KEYS))
    faults: dict[str, Any] = {}
    for index, key in enumerate(keys):
        try:
            _check_plain(field, key)
        except ValidationError as error:
            faults[str(index)] = error.error_list
    if faults:
        raise ValidationError(faults)


def _run_validators(field: "models.Field[Any, Any]", value: Any) -> None:
    """Run the field's validators, whose own words for a length give way to those of both doors."""
    try:
        field.run_validators(value)
    except ValidationError as error:
        raise ValidationError([_in_our_words(item) for item in error.error_list]) from None


def _in_our_words(fault: ValidationError) -> ValidationError:
    if fault.message is MaxLengthValidator.message and fault.params:
        return ValidationError(TOO_LONG.format(limit=fault.params["limit_value"]), code=fault.code)
    return fault


def _check_plain(field: "models.Field[Any, Any]", value: Any) -> None:
    """Check a value that is not a relation, in the type that the column has."""
    if (isinstance(value, float) and not math.isfinite(value)) or (
        isinstance(value, Decimal) and not value.is_finite()
    ):
        raise ValidationError(NOT_A_NUMBER)
    if isinstance(value, time) and value.tzinfo is not None:
        raise ValidationError(ZONED_TIME)
    if isinstance(value, timedelta) and is_too_long(value):
        raise ValidationError(OUT_OF_RANGE)
    if isinstance(value, datetime) and is_beyond_calendars(value):
        raise ValidationError(OUT_OF_RANGE)
    if not isinstance(value, Enum):  # its members are what their values are, in every type of a column
        value = field.to_python(value)
    _run_validators(field, value)


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
    if not value and not field.blank and not field.flatchoices:
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
        raise ValidationError(NOT_A_CHOICE.format(value=value))
