"""Lists of keys that a client sends, such as ``{"ids": [1, 2]}``: read once for both doors."""

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db import models

from ironbolt.core.errors import NON_FIELD_ERRORS, ValidationFailed
from ironbolt.core.validation import (
    NO_ITEMS,
    NOT_A_LIST,
    NOT_A_STRING,
    NOT_A_UUID,
    NOT_AN_INTEGER,
    NOT_AN_OBJECT,
    NULL,
    REQUIRED,
    TOO_MANY,
)

IDS = "ids"
"""The name under which clients send keys."""


def read_keys(body: Any, model: type[models.Model], limit: int) -> list[Any]:
    """The keys under ``ids``, each once, in the order in which they were sent.

    Args:
        body: the JSON object that came, as plain data.
        model: the model that they are keys of.
        limit: the most that are taken.

    Raises:
        ValidationFailed: there are none, too many, or some that can be no key; those are told as ``ids.INDEX``.
    """
    if not isinstance(body, Mapping):
        raise ValidationFailed({NON_FIELD_ERRORS: [NOT_AN_OBJECT]})
    raw = body.get(IDS, msgspec.UNSET)
    if fault := _fault(raw, limit):
        raise ValidationFailed({IDS: [fault]})
    key: Any = model._meta.pk
    faults: dict[str, list[str]] = {}
    keys: dict[Any, None] = {}
    for index, one in enumerate(raw):
        try:
            keys[read_key(key, one)] = None
        except ValueError as fault:
            faults[f"{IDS}.{index}"] = [str(fault)]
    if faults:
        raise ValidationFailed(faults)
    return list(keys)


def possible_keys(model: type[models.Model], keys: list[Any]) -> list[Any]:
    """Those that a row can have: databases stumble over numbers that fit no column of theirs."""
    return [key for key in keys if can_be_stored(model._meta.pk, key)]


def keys_schema(model: type[models.Model], limit: int) -> dict[str, Any]:
    """What :func:`read_keys` takes, in the words of JSON Schema."""
    keys = {"type": "array", "items": key_schema(model), "minItems": 1, "maxItems": limit}
    return {"type": "object", "required": [IDS], "properties": {IDS: keys}}


def key_schema(model: type[models.Model]) -> dict[str, Any]:
    """A key of ``model`` in the words of JSON Schema."""
    field = _target(model._meta.pk)
    if isinstance(field, models.IntegerField):
        return {"type": "integer"}
    return {"type": "string", "format": "uuid"} if isinstance(field, models.UUIDField) else {"type": "string"}


def _fault(raw: Any, limit: int) -> str:
    if raw is msgspec.UNSET:
        return REQUIRED
    if raw is None:
        return NULL
    if not isinstance(raw, list):
        return NOT_A_LIST
    if not raw:
        return NO_ITEMS
    return TOO_MANY.format(limit=limit) if len(raw) > limit else ""


def read_key(field: Any, raw: Any) -> Any:
    """A key that a client sent, in the type of the field that it is compared with.

    Raises:
        ValueError: no key is written like this.
    """
    field = _target(field)
    if isinstance(field, models.IntegerField):
        if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < _MOST_DIGITS:
            return int(raw)
        if type(raw) is int:
            return raw
        raise ValueError(NOT_AN_INTEGER)
    if not isinstance(raw, str) or "\0" in raw:
        raise ValueError(NOT_A_UUID if isinstance(field, models.UUIDField) else NOT_A_STRING)
    if isinstance(field, models.UUIDField):
        try:
            return uuid.UUID(raw)
        except ValueError:
            raise ValueError(NOT_A_UUID) from None
    return raw


_MOST_DIGITS = 30


def can_be_stored(field: Any, key: Any) -> bool:
    """Whether a column can hold a key, so that a database can be asked for it."""
    try:
        _target(field).run_validators(key)
    except ValidationError:
        return False
    return True


def _target(field: Any) -> Any:
    """The field that a key is one of: that of the parent's table, where rows have a parent's row."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field
