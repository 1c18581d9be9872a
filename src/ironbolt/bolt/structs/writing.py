"""How what a client sent becomes a row: the model's rules, the relations, the columns that were meant."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db import router
from django.db.models import Model

from ironbolt.bolt.structs.cleaning import below, clean
from ironbolt.bolt.structs.fields import declaration_of, public_names
from ironbolt.bolt.structs.forms import whole_form
from ironbolt.bolt.structs.inputs import nested_models
from ironbolt.core import saving
from ironbolt.core.errors import Details, ValidationFailed
from ironbolt.core.unit import current_unit
from ironbolt.core.validation import REQUIRED
from ironbolt.plans.inserting import insert

THERE_ALREADY = "There is one already, which can't be changed from here."


def save(
    instance: Model, data: Any, more: Mapping[str, Any] | None = None, before: Mapping[str, Any] | None = None
) -> Model:
    """Write what was sent to ``instance``: a new row, or those columns of an old one.

    A nested Struct is written first: as a new row, or to the one that ``instance`` refers to already where the ``Meta``
    says ``update_nested``. Lists of keys replace those of a relation to many.

    Args:
        instance: a row that was read, or a new one that was not saved yet.
        data: the form that a client filled in; a field that is ``UNSET`` is not written.
        more: what is written beside it and goes before it: name of the model's field → value, key or object.
        before: the columns as they were read; what a hook has set on ``instance`` since is written too.

    Raises:
        ValidationFailed: with every field that breaks a rule of the model; or something is nested for a relation that
            leads to a row already, which may not be changed from here.
        ObjectDoesNotExist: the row has gone since it was read.
    """
    model = type(instance)
    form: type[msgspec.Struct] = type(data)
    values, references = meant(instance, data, more)
    inner = nested_models(form, model)
    parts = {name: value for name, value in values.items() if name in inner and isinstance(value, msgspec.Struct)}
    # First, so that they go to the rows it refers to, not to any that the client names in the same breath.
    for name, part in parts.items():
        setattr(instance, name, _write_part(instance, name, part, form))
    placed(instance, {name: value for name, value in values.items() if name not in parts})
    if unit := current_unit():
        unit.attempt(instance, references)
    if instance._state.adding:
        if not insert(instance, unit.using if unit else router.db_for_write(model, instance=instance)):
            instance.save(force_insert=True)
    else:
        saving.update(instance, values, before)
    for name, keys in references.items():
        getattr(instance, name).set(keys)
    return instance


def meant(instance: Model, data: Any, more: Mapping[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is to be written to ``instance``: name or attribute → value, and relation to many → keys.

    Raises:
        ValidationFailed: with every field that breaks a rule of the model, or that would give a row another key.
    """
    model = type(instance)
    values = {**clean(data, model), **_keyed(model, more or {})}
    many = {field.name for field in model._meta.many_to_many}
    references = {name: values.pop(name) for name in list(values) if name in many}
    if not instance._state.adding:
        _keep_key(instance, values, type(data))
    return values, references


def placed(instance: Model, values: Mapping[str, Any]) -> None:
    """Set values on an instance, those of relations as keys."""
    for name, value in values.items():
        setattr(instance, _attribute(type(instance), name), value)


def _write_part(instance: Model, name: str, data: msgspec.Struct, form: type[msgspec.Struct]) -> Model:
    """Write a nested Struct to the row that a relation leads to, or to a new one."""
    model = type(instance)
    # What a new object refers to, by default, is others' too.
    is_there = not instance._state.adding and getattr(instance, _attribute(model, name)) is not None
    declared = declaration_of(form)
    if is_there and not (declared and declared.update_nested):
        raise ValidationFailed({public_names(form, model)[name]: [THERE_ALREADY]})
    try:
        if is_there:
            return save(getattr(instance, name), data)
        _require_whole(data)
        return save(nested_models(form, model)[name](), data)
    except ValidationFailed as error:
        raise ValidationFailed(below(public_names(form, model)[name], error.details)) from None


def _require_whole(data: msgspec.Struct) -> None:
    """Some fields of an object can only be changed where there is one; a new one needs all that are required."""
    missing: Details = {
        field.encode_name: [REQUIRED]
        for field in msgspec.structs.fields(whole_form(type(data)))
        if field.required and getattr(data, field.name) is msgspec.UNSET
    }
    if missing:
        raise ValidationFailed(missing)


def _keyed(model: type[Model], more: Mapping[str, Any]) -> dict[str, Any]:
    """Values by name, with the keys of objects in their place.

    Raises:
        ImproperlyConfigured: the model has nothing of a name.
    """
    targets: dict[str, Any] = {
        name: field for field in model._meta.concrete_fields for name in (field.name, field.attname)
    }
    many = {field.name for field in model._meta.many_to_many}
    values: dict[str, Any] = {}
    for name, value in more.items():
        if name in many:
            values[name] = [one.pk if isinstance(one, Model) else one for one in value]
        elif isinstance(value, Model) and name in targets:
            values[name] = getattr(value, targets[name].target_field.attname)
        elif hasattr(model, name):
            values[name] = value
        else:
            raise ImproperlyConfigured(f"{model.__name__} has no {name!r}, which should be saved beside what was sent.")
    return values


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
