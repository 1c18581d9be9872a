"""What a model itself says of a value: its validators and choices, with the words both doors use."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models

from ironbolt.core.errors import Details, ValidationFailed

REQUIRED = "This field is required."
NULL = "This field may not be null."
BLANK = "This field may not be blank."
UNKNOWN = "Unknown field."
NUL_CHARACTER = "Null characters are not allowed."
SURROGATE = "Surrogate characters are not allowed."
NOT_A_NUMBER = "A valid number is required."


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
        cleaned[name] = value.strip() if isinstance(value, str) else value
        if field is None:
            continue
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
    if isinstance(field, models.DecimalField) and not value.is_finite():
        raise ValidationError(NOT_A_NUMBER)
    if isinstance(field, models.ForeignKey):
        field.target_field.run_validators(value)
        return
    if isinstance(field, models.ManyToManyField):
        for key in value:
            field.related_model._meta.pk.run_validators(key)
        return
    _check_choice(field, value)
    field.run_validators(value)


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
    if choices and value not in {choice for choice, _ in choices} and not (value == "" and field.blank):
        raise ValidationError(f"“{value}” is not a valid choice.")
