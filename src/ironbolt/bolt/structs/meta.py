"""The ``Meta`` of a declared Struct: read, checked, and turned into fields."""

import typing
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from ironbolt.bolt.structs.columns import key_type, shown_type
from ironbolt.bolt.structs.deriving import is_hidden
from ironbolt.bolt.structs.inputs import input_type, may_be_absent, why_not, writable_names, written_field
from ironbolt.plans.relations import column_of, is_many, names_of, relation_of

Derived = dict[str, tuple[Any, bool]]
"""Field → its type, and whether it may be left out."""

_ALL = "__all__"
_OPTIONS = ("model", "fields", "exclude", "rename", "depth", "select_related", "prefetch_related", "update_nested")


class Meta(msgspec.Struct, frozen=True):
    """What a ``Meta`` says.

    Attributes:
        model: what the Struct is about.
        fields: the names it lists, None for all.
        exclude: of all, those left out.
        bare: whether it leaves the fields to the body alone.
        rename: how clients know the fields, as msgspec takes it.
        update_nested: whether what is nested changes the row that is there already.
    """

    model: type[models.Model]
    fields: tuple[str, ...] | None
    exclude: frozenset[str]
    bare: bool
    rename: Any
    update_nested: bool


def read_meta(struct: str, declared: Any, inherited: type[models.Model] | None) -> Meta | None:
    """Read the class ``Meta`` of a Struct, None where it has none of its own.

    Raises:
        ImproperlyConfigured: it can't be as it says.
    """
    if declared is None:
        return None
    options = {name: getattr(declared, name) for name in dir(declared) if not name.startswith("_")}
    if unknown := sorted(options.keys() - set(_OPTIONS)):
        raise ImproperlyConfigured(f"{struct}.Meta has {', '.join(unknown)}. It takes: {', '.join(_OPTIONS)}.")
    model = options.get("model", inherited)
    if not (isinstance(model, type) and issubclass(model, models.Model)):
        raise ImproperlyConfigured(f"{struct}.Meta.model must be a model.")
    fields, exclude = options.get("fields"), options.get("exclude")
    if fields is not None and exclude is not None:
        raise ImproperlyConfigured(f"{struct}.Meta has fields and exclude; one of them says it all.")
    if not isinstance(options.get("update_nested", False), bool):
        raise ImproperlyConfigured(f"{struct}.Meta.update_nested is True or False.")
    return Meta(
        model,
        None if fields in (None, _ALL) else _names(f"{struct}.Meta.fields", fields),
        frozenset(() if exclude is None else _names(f"{struct}.Meta.exclude", exclude)),
        fields is None and exclude is None,
        options.get("rename"),
        options.get("update_nested", False) is True,
    )


def _names(place: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple | set | frozenset) or not all(isinstance(name, str) for name in value):
        raise ImproperlyConfigured(f"{place} must be a list of names.")
    return tuple(value)


def derived_outputs(struct: str, meta: Meta, known: set[str], named: set[str]) -> Derived:
    """The fields that clients get and the body does not have.

    Args:
        struct: the name of the Struct.
        meta: what its ``Meta`` says.
        known: the fields of the body and of the bases.
        named: those, and what they stand for.

    Raises:
        ImproperlyConfigured: a name is none of the model's.
    """
    columns = [field for field in meta.model._meta.concrete_fields if field.name not in named and not is_hidden(field)]
    every = [field.attname for field in columns if field.attname not in named]
    every += [field.name for field in meta.model._meta.many_to_many if field.name not in named]
    return {
        name: (_shown(struct, meta.model, name), False) for name in _wanted(struct, meta, every) if name not in known
    }


def derived_inputs(struct: str, meta: Meta, known: set[str], named: set[str]) -> Derived:
    """The fields that clients send and the body does not have; arguments and errors as :func:`derived_outputs`."""
    model = meta.model
    every = []
    for name in writable_names(model):
        field = written_field(model, name)
        if not named & {name, field.name} and not is_hidden(field):
            every.append(name)
    return {name: _taken(struct, model, name) for name in _wanted(struct, meta, every) if name not in known}


def _wanted(struct: str, meta: Meta, every: list[str]) -> list[str]:
    if meta.bare:
        return []
    if meta.fields is not None:
        return list(meta.fields)
    model = meta.model
    if unknown := [
        name for name in meta.exclude if column_of(model, name) is None and relation_of(model, name) is None
    ]:
        raise ImproperlyConfigured(f"{struct}.Meta.exclude: {_unknown(model, sorted(unknown))}")
    excluded = {
        name for one in meta.exclude if (field := written_field(model, one)) for name in (field.name, field.attname)
    }
    return [name for name in every if name not in excluded]


def _unknown(model: type[models.Model], names: list[str]) -> str:
    return f"{model.__name__} has no {', '.join(map(repr, names))}. It has: {names_of(model)}."


def _shown(struct: str, model: type[models.Model], name: str) -> Any:
    if (column := column_of(model, name)) is not None:
        return shown_type(column)
    relation = relation_of(model, name)
    if relation is not None and relation.related_model is not None:
        key = key_type(relation.related_model)
        return list[key] if is_many(relation) else key | None  # type: ignore[valid-type]  # made at run time
    found = getattr(model, name, None)
    function = found.fget if isinstance(found, property) else found
    if not callable(function):
        raise ImproperlyConfigured(f"{struct}.Meta.fields: {_unknown(model, [name])}")
    answer = typing.get_type_hints(function).get("return")
    if answer is None:
        raise ImproperlyConfigured(f"{struct}.Meta.fields: of what type is {name!r}? Say so in the body: {name}: str.")
    return answer


def _taken(struct: str, model: type[models.Model], name: str) -> tuple[Any, bool]:
    if reason := why_not(model, name):
        raise ImproperlyConfigured(f"{struct}.Meta.fields: no client can send {name!r}: {reason}.")
    is_optional = may_be_absent(written_field(model, name))
    kind = input_type(model, name)
    return kind | msgspec.UnsetType if is_optional else kind, is_optional
