"""Structs and models: which attribute a field stands for, and what a client may send."""

import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from django.db.models import Model

from ironbolt.core.errors import Details, ValidationFailed
from ironbolt.core.validation import clean_values


def source(name: str) -> msgspec.Meta:
    """Say which attribute of the model a field stands for, where the names differ.

    ``category_ids: Annotated[list[int], source("categories")]``
    """
    return msgspec.Meta(extra={"source": name})


def source_of(field: msgspec.structs.FieldInfo) -> str:
    """The attribute of the model that a field stands for."""
    for meta in _metas(field.type):
        if meta.extra and "source" in meta.extra:
            return str(meta.extra["source"])
    return field.name


def _metas(annotation: Any) -> Iterator[msgspec.Meta]:
    if get_origin(annotation) is Annotated:
        yield from (meta for meta in annotation.__metadata__ if isinstance(meta, msgspec.Meta))
        yield from _metas(annotation.__origin__)
    elif get_origin(annotation) in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _metas(member)


@cache
def put_form(struct: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """``struct`` as PUT takes it: required fields stay required, of the others only those sent count."""
    return _form(struct, "Put", lambda field: not field.required)


@cache
def patch_form(struct: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """``struct`` as PATCH takes it: only what was sent counts."""
    return _form(struct, "Patch", lambda field: True)


def _form(
    struct: type[msgspec.Struct], verb: str, optional: Callable[[msgspec.structs.FieldInfo], bool]
) -> type[msgspec.Struct]:
    changed = [
        (field.name, field.type | msgspec.UnsetType, msgspec.field(default=msgspec.UNSET, name=field.encode_name))
        for field in msgspec.structs.fields(struct)
        if optional(field) and field.default is not msgspec.UNSET
    ]
    if not changed:
        return struct
    return msgspec.defstruct(
        f"{struct.__name__}{verb}",
        changed,
        bases=(struct,),
        namespace={"__doc__": struct.__doc__},
        module=struct.__module__,
        kw_only=True,
        forbid_unknown_fields=struct.__struct_config__.forbid_unknown_fields,
    )


def sent(data: msgspec.Struct) -> dict[str, Any]:
    """What a client sent: attribute of the model → value."""
    return {
        source_of(field): value
        for field in msgspec.structs.fields(data)
        if (value := getattr(data, field.name)) is not msgspec.UNSET
    }


def clean(data: msgspec.Struct, model: type[Model]) -> dict[str, Any]:
    """What a client sent, checked and trimmed by the rules of ``model``: attribute → value.

    Raises:
        ValidationFailed: with every field at fault, under the names the client knows.
    """
    try:
        return clean_values(model, sent(data))
    except ValidationFailed as error:
        raise ValidationFailed(_in_public(error.details, type(data), model)) from None


def faults_of_model(plain: Mapping[str, Any], struct: type[msgspec.Struct], model: type[Model]) -> Details:
    """What the rules of ``model`` say of those fields whose type was right, for an answer that tells all."""
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        if field.encode_name in plain:
            with suppress(msgspec.ValidationError):
                values[source_of(field)] = msgspec.convert(plain[field.encode_name], field.type)
    try:
        clean_values(model, values)
    except ValidationFailed as error:
        return _in_public(error.details, struct, model)
    return {}


def _in_public(details: Details, struct: type[msgspec.Struct], model: type[Model]) -> Details:
    names = public_names(struct, model)

    def public(path: str) -> str:
        name, dot, rest = path.partition(".")
        return names.get(name, name) + dot + rest

    return {public(path): messages for path, messages in details.items()}


@cache
def public_names(struct: type[msgspec.Struct], model: type[Model]) -> dict[str, str]:
    """Name and attribute name of a model's field → the name the client knows it by."""
    names: dict[str, str] = {}
    for field in msgspec.structs.fields(struct):
        attribute = source_of(field)
        names[attribute] = field.encode_name
        for column in model._meta.concrete_fields:
            if column.attname == attribute:
                names[column.name] = field.encode_name
    return names
