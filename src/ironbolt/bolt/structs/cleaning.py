"""What a client sent, held to the rules of the model it is meant for, nested inputs included."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec
from django.db.models import JSONField, Model

from ironbolt.bolt.structs.fields import nested_struct, public_names, sent, source_of
from ironbolt.bolt.structs.inputs import nested_models
from ironbolt.bolt.structs.relations import column_of
from ironbolt.core.errors import Details, ValidationFailed
from ironbolt.core.validation import clean_values


def clean(data: msgspec.Struct, model: type[Model]) -> dict[str, Any]:
    """What a client sent, checked and trimmed by the rules of ``model``: attribute → value.

    Nested inputs are checked too, and stay as they are.

    Raises:
        ValidationFailed: with every field at fault, under the names the client knows.
    """
    form = type(data)
    inner = nested_models(form, model)
    values = sent(data)
    parts = {name: values.pop(name) for name in inner if isinstance(values.get(name), msgspec.Struct)}
    faults: Details = {}
    cleaned: dict[str, Any] = {}
    try:
        cleaned = clean_values(model, _plain(values, model))
    except ValidationFailed as error:
        faults.update(_in_public(error.details, form, model))
    for name, part in parts.items():
        try:
            clean(part, inner[name])
        except ValidationFailed as error:
            faults.update(below(public_names(form, model)[name], error.details))
    if faults:
        raise ValidationFailed(faults)
    return {**cleaned, **parts}


def faults_of_model(plain: Mapping[str, Any], struct: type[msgspec.Struct], model: type[Model]) -> Details:
    """What the rules of ``model`` say of those fields whose type was right, for an answer that tells all."""
    values: dict[str, Any] = {}
    faults: Details = {}
    inner = nested_models(struct, model)
    for field in msgspec.structs.fields(struct):
        if field.encode_name not in plain:
            continue
        name, value = source_of(field), plain[field.encode_name]
        nested = nested_struct(field.type)
        if name in inner and nested is not None and isinstance(value, Mapping):
            faults.update(below(field.encode_name, faults_of_model(value, nested, inner[name])))
            continue
        with suppress(msgspec.ValidationError):
            values[name] = msgspec.convert(value, field.type)
    try:
        clean_values(model, _plain(values, model))
    except ValidationFailed as error:
        faults.update(_in_public(error.details, struct, model))
    return faults


def _plain(values: dict[str, Any], model: type[Model]) -> dict[str, Any]:
    """``values`` with a Struct that is meant for a JSON column as the plain data that such a column holds."""
    for name, value in values.items():
        if isinstance(value, msgspec.Struct | list) and isinstance(column_of(model, name), JSONField):
            values[name] = msgspec.to_builtins(value)
    return values


def below(name: str, details: Details) -> Details:
    """The faults of a part, told from the whole that it is the field ``name`` of."""
    return {f"{name}.{path}": messages for path, messages in details.items()}


def _in_public(details: Details, struct: type[msgspec.Struct], model: type[Model]) -> Details:
    names = public_names(struct, model)

    def public(path: str) -> str:
        name, dot, rest = path.partition(".")
        return names.get(name, name) + dot + rest

    return {public(path): messages for path, messages in details.items()}
