"""What a client may write of a model, and what it may not, with the reason."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from ironbolt.bolt.structs.columns import key_type, shown_type
from ironbolt.bolt.structs.computing import computation_in
from ironbolt.bolt.structs.fields import Unresolved, declaration_of, fields_of, nested_struct, source_of
from ironbolt.plans.relations import column_of, is_many, relation_of

Struct = type[msgspec.Struct]

_AUTOMATIC = (models.AutoField, models.BigAutoField, models.SmallAutoField)


def written_field(model: type[models.Model], name: str) -> Any:
    """The column, or the relation to many with keys of its own, that a client writes under a name; else None."""
    many = next((field for field in model._meta.many_to_many if field.name == name), None)
    return many or column_of(model, name)


def why_not(model: type[models.Model], name: str) -> str | None:
    """Why a client can't send something, None where it can."""
    if "." in name:
        return "it lies beyond a relation; nest a ModelInput, or write it by an endpoint of its own"
    field = written_field(model, name)
    if field is not None:
        return _why_not_many(field) if field.many_to_many else _why_not_column(field)
    if relation_of(model, name) is not None:
        return f"{model.__name__} holds no key of it, the other side does; write it by an endpoint of its own"
    return f"{model.__name__} has no {name!r}. What can be written: {', '.join(writable_names(model))}"


def _why_not_many(field: Any) -> str | None:
    through = field.remote_field.through
    if through._meta.auto_created:
        return None
    return f"{through.__name__}, which joins them, is a table of its own; write to that"


def _why_not_column(field: Any) -> str | None:
    reasons = (
        (isinstance(field, _AUTOMATIC), "the database gives every row its key"),
        (isinstance(field, models.GeneratedField), "the database computes it"),
        (getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False), "it keeps itself"),
        (isinstance(field, models.FileField), "a file comes as a form: take it in a handler, as an UploadFile"),
        (not field.editable, "the model says editable=False"),
        (getattr(field.remote_field, "parent_link", False), "it is the key of the parent's row"),
    )
    return next((reason for holds, reason in reasons if holds), None)


def writable_names(model: type[models.Model]) -> list[str]:
    """What a client may send of a model: attributes of columns, names of relations to many."""
    names = [field.attname for field in model._meta.concrete_fields]
    names += [field.name for field in model._meta.many_to_many]
    return [name for name in names if why_not(model, name) is None]


def input_type(model: type[models.Model], name: str) -> Any:
    """The type of what a client sends for a column, or for a relation to many: a list of keys."""
    field = written_field(model, name)
    return list[key_type(field.related_model)] if field.many_to_many else shown_type(field)  # type: ignore[misc]  # made at run time


def may_be_absent(field: Any) -> bool:
    """Whether a new object can do without: there is a default, or it may be empty."""
    has_default = not field.many_to_many and (field.has_default() or field.has_db_default())
    return bool(has_default or field.null or field.blank)


@cache
def nested_models(struct: Struct, model: type[models.Model]) -> dict[str, type[models.Model]]:
    """Relation to one → its model, for the nested Structs that are written along with the object."""
    return {
        name: relation.related_model
        for name, relation, nested in _nested(struct, model)
        if _why_not_nested(relation, nested, ()) is None
    }


def check_nested(struct: Struct, model: type[models.Model], above: tuple[Struct, ...] = ()) -> None:
    """Refuse nested Structs that nobody could write.

    Raises:
        ImproperlyConfigured: with the field, the reason and a remedy.
    """
    chain = (*above, struct)
    written = [source_of(field) for field in fields_of(struct)]
    for name, relation, nested in _nested(struct, model):
        if {getattr(relation, "attname", name), name} & {other for other in written if other != name}:
            raise ImproperlyConfigured(
                f"{struct.__name__}: {name!r} can't be written beside its key: a client could name any "
                f"{nested.__name__} there and change it; take one of the two."
            )
        if reason := _why_not_nested(relation, nested, chain):
            raise ImproperlyConfigured(f"{struct.__name__}: {name!r} can't be written as {nested.__name__}: {reason}.")
        check_nested(nested, relation.related_model, chain)


def _nested(struct: Struct, model: type[models.Model]) -> Iterator[tuple[str, Any, Struct]]:
    for field in fields_of(struct):
        name, nested = source_of(field), nested_struct(field.type)
        if nested is not None and (relation := relation_of(model, name)) is not None:
            yield name, relation, nested


def _why_not_nested(relation: Any, nested: Struct, chain: tuple[Struct, ...]) -> str | None:
    if is_many(relation) or not relation.concrete:
        return (
            "objects on the other side of a relation are not written along, for nobody could say what becomes of those "
            "left out; give them an endpoint of their own, take a list of keys where they are many-to-many, or write "
            "them in create_object and update_object"
        )
    if nested in chain:
        return f"{nested.__name__} contains itself, and what is written has an end; take its key instead"
    declared = declaration_of(nested)
    if declared and not declared.is_input:
        return f"{nested.__name__} is what clients get; nest a ModelInput"
    if declared and not issubclass(relation.related_model, declared.model):
        return f"{nested.__name__} is about {declared.model.__name__}, not about {relation.related_model.__name__}"
    return None


def check_input(struct: Struct, model: type[models.Model]) -> None:
    """Refuse a declared input with a field that no client can send.

    Raises:
        ImproperlyConfigured: with the field and the reason.
    """
    try:
        fields = fields_of(struct)
    except Unresolved:
        return  # told when it is used, if it is not defined by then
    for field in fields:
        name = source_of(field)
        if computation_in(field.type):
            raise ImproperlyConfigured(f"{struct.__name__}.{field.name}: it is computed, so no client sends it.")
        if relation_of(model, name) is None and not (hasattr(model, name) or "." in name):
            continue  # meant for a hook, such as a password that is to be repeated
        is_nested = nested_struct(field.type) is not None and relation_of(model, name) is not None
        if not is_nested and (reason := why_not(model, name)):
            raise ImproperlyConfigured(f"{struct.__name__}.{field.name}: no client can send it: {reason}.")
