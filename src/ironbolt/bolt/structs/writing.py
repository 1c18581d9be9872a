"""How what a client sent becomes a row: the model's rules, the relations, the columns that were meant."""

from typing import Any

import msgspec
from django.db.models import Model

from ironbolt.bolt.structs.fields import clean, public_names
from ironbolt.core import saving
from ironbolt.core.errors import ValidationFailed
from ironbolt.core.unit import current_unit


def save(instance: Model, data: Any) -> Model:
    """Write what was sent to ``instance``: a new row, or those columns of an old one.

    Args:
        instance: a row that was read, or a new one that was not saved yet.
        data: the form that a client filled in; a field that is ``UNSET`` is not written.

    Raises:
        ValidationFailed: with every field that breaks a rule of the model.
        ObjectDoesNotExist: the row has gone since it was read.
    """
    model = type(instance)
    values = clean(data, model)
    many = {field.name for field in model._meta.many_to_many}
    references = {name: values.pop(name) for name in list(values) if name in many}
    if not instance._state.adding:
        _keep_key(instance, values, type(data))
    for name, value in values.items():
        setattr(instance, _attribute(model, name), value)
    if unit := current_unit():
        unit.attempt(instance, references)
    if instance._state.adding:
        instance.save(force_insert=True)
    else:
        saving.update(instance, values)
    for name, keys in references.items():
        getattr(instance, name).set(keys)
    return instance


def _attribute(model: type[Model], name: str) -> str:
    """Where a value belongs: a relation is written by its key, whichever of its two names a Struct uses."""
    for field in model._meta.concrete_fields:
        if field.name == name:
            return field.attname
    return name


def _keep_key(instance: Model, values: dict[str, Any], struct: type[msgspec.Struct]) -> None:
    """An update can't move an object to another key, which would make a second one of it."""
    for field in instance._meta.pk_fields:
        for name in {"pk", field.name, field.attname} & values.keys():
            if field.to_python(values.pop(name)) != getattr(instance, field.attname):
                public = public_names(struct, type(instance)).get(name, name)
                raise ValidationFailed({public: [saving.FIXED_KEY]})
