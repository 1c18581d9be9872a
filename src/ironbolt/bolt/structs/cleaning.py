"""What a client sent, held to the rules of the model it is meant for, nested inputs included."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

import msgspec
from django.db.models import JSONField, Model

from ironbolt.bolt.structs.fields import nested_struct, public_names, sent, source_of, sources_of
from ironbolt.bolt.structs.inputs import nested_models
from ironbolt.core.errors import Details, ValidationFailed
from ironbolt.core.quick_checks import DOUBT, Glance, glance
from ironbolt.core.validation import clean_values, field_named
from ironbolt.plans.relations import column_of


def clean(data: msgspec.Struct, model: type[Model]) -> dict[str, Any]:
    """What a client sent, checked and trimmed by the rules of ``model``: attribute → value.

    Nested inputs are checked too, and stay as they are.

    Raises:
        ValidationFailed: with every field at fault, under the names the client knows.
    """
    glances = glances_of(type(data), model)
    cleaned = None if glances is None else _cleaned_at_a_glance(data, glances)
    return _cleaned_in_full(data, model) if cleaned is None else cleaned


Glances = tuple[tuple[str, str, Glance | None], ...]
"""For each field of a form its name, the attribute of the model, and what looks at its values; None for no column."""


@cache
def glances_of(form: type[msgspec.Struct], model: type[Model]) -> Glances | None:
    """What looks at the values of a form; None where something is nested, which has faults of its own."""
    if nested_models(form, model):
        return None
    return tuple((name, source, _glance(model, source)) for name, source in sources_of(form))


def _glance(model: type[Model], source: str) -> Glance | None:
    field = field_named(model, source)
    if field is None:
        return None
    found = glance(field)
    if not isinstance(column_of(model, source), JSONField):
        return found
    return Glance(lambda value: found.check(_plain_json(value)))


def _cleaned_at_a_glance(data: msgspec.Struct, glances: Glances) -> dict[str, Any] | None:
    """None where a value might be at fault."""
    cleaned: dict[str, Any] = {}
    for name, source, found in glances:
        value = getattr(data, name)
        if value is not msgspec.UNSET:
            if found is not None and (value := found.check(value)) is DOUBT:
                return None
            cleaned[source] = value
    return cleaned


def _cleaned_in_full(data: msgspec.Struct, model: type[Model]) -> dict[str, Any]:
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
        if isinstance(column_of(model, name), JSONField):
            values[name] = _plain_json(value)
    return values


def _plain_json(value: Any) -> Any:
    return msgspec.to_builtins(value) if isinstance(value, msgspec.Struct | list) else value


def below(name: str, details: Details) -> Details:
    """The faults of a part, told from the whole that it is the field ``name`` of."""
    return {f"{name}.{path}": messages for path, messages in details.items()}


def _in_public(details: Details, struct: type[msgspec.Struct], model: type[Model]) -> Details:
    names = public_names(struct, model)

    def public(path: str) -> str:
        name, dot, rest = path.partition(".")
        return names.get(name, name) + dot + rest

    return {public(path): messages for path, messages in details.items()}
