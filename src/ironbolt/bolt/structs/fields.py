"""Fields of Structs: which attribute of the model each stands for, and the names that clients know."""

import types
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Union, cast, get_args, get_origin

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model


class Declaration(msgspec.Struct, frozen=True):
    """What the ``Meta`` of a declared Struct says.

    Attributes:
        model: the model it is about.
        is_input: whether clients send it, instead of getting it.
        update_nested: whether what is nested in it changes the row that is there already.
    """

    model: type[Model]
    is_input: bool
    update_nested: bool = False


class Unresolved(ImproperlyConfigured):
    """An annotation names a type that is not defined, or not yet."""


def source(name: str) -> msgspec.Meta:
    """Say which attribute of the model a field stands for, where the names differ.

    ``category_ids: Annotated[list[int], source("categories")]``; a dotted name leads through relations to
    one, ``writer: Annotated[str, source("author.name")]``. An annotation of the queryset is named this way too.
    """
    return msgspec.Meta(extra={"source": name})


def source_of(field: msgspec.structs.FieldInfo) -> str:
    """The attribute of the model that a field stands for."""
    return source_in(field.type) or field.name


def source_in(annotation: Any) -> str | None:
    """What an annotation says by ``source``, if anything."""
    for meta in _metas(annotation):
        if meta.extra and "source" in meta.extra:
            return str(meta.extra["source"])
    return None


def _metas(annotation: Any) -> Iterator[msgspec.Meta]:
    if get_origin(annotation) is Annotated:
        yield from (meta for meta in annotation.__metadata__ if isinstance(meta, msgspec.Meta))
        yield from _metas(annotation.__origin__)
    elif get_origin(annotation) in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _metas(member)


def fields_of(struct: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of a Struct, their types resolved.

    Raises:
        Unresolved: a type is named that is not defined where the Struct stands.
    """
    try:
        return msgspec.structs.fields(struct)
    except NameError as error:
        raise Unresolved(
            f"{struct.__name__}: {error}. What an annotation names in quotes is looked up in the module."
        ) from error


def declaration_of(struct: type[msgspec.Struct]) -> Declaration | None:
    """What a Struct was declared with, None for one that is written out by hand."""
    return getattr(struct, "__declaration__", None)


def is_struct(kind: Any) -> bool:
    """Whether a type is a Struct."""
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def nested_struct(annotation: Any) -> type[msgspec.Struct] | None:
    """The Struct inside an annotation, if there is one."""
    if is_struct(annotation):
        return cast(type[msgspec.Struct], annotation)
    for member in get_args(annotation):
        if found := nested_struct(member):
            return found
    return None


def takes(annotation: Any, kind: Any) -> bool:
    """Whether a value of a type may be of another one too, such as ``None`` or ``UnsetType``."""
    if annotation in (Any, kind):
        return True
    if get_origin(annotation) is Annotated:
        return takes(annotation.__origin__, kind)
    return get_origin(annotation) in (Union, types.UnionType) and any(
        takes(member, kind) for member in get_args(annotation)
    )


def sent(data: msgspec.Struct) -> dict[str, Any]:
    """What a client sent: attribute of the model → value."""
    return {
        source: value for name, source in sources_of(type(data)) if (value := getattr(data, name)) is not msgspec.UNSET
    }


@cache
def sources_of(struct: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """For every field its name, and the attribute of the model that it stands for."""
    return tuple((field.name, source_of(field)) for field in msgspec.structs.fields(struct))


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
