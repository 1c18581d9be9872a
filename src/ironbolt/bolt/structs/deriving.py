"""Structs from models: what a client gets or sends where nobody has written it down."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
from django.db import models
from msgspec import UNSET, UnsetType

from ironbolt.bolt.structs.columns import shown_type
from ironbolt.bolt.structs.computing import computation_in
from ironbolt.bolt.structs.fields import fields_of, nested_struct, source_of
from ironbolt.bolt.structs.inputs import may_be_absent, why_not, written_field
from ironbolt.core.redaction import is_secret


def is_hidden(column: "models.Field[Any, Any]") -> bool:
    """Whether a column is not shown unless somebody says so: a secret by its name, or the key of one that is."""
    if isinstance(column, models.ForeignKey):
        return is_hidden(column.target_field)
    return is_secret(column.name)


@cache
def read_struct(model: type[models.Model]) -> type[msgspec.Struct]:
    """Every column of ``model`` but secrets, foreign keys as keys."""
    fields = [(field.attname, shown_type(field)) for field in model._meta.concrete_fields if not is_hidden(field)]
    return msgspec.defstruct(model.__name__, fields, namespace={"__doc__": model.__doc__}, module=model.__module__)


@cache
def write_struct(struct: type[msgspec.Struct], model: type[models.Model]) -> type[msgspec.Struct]:
    """What of a read Struct a client may send: no key, nothing that keeps itself, nothing nested or computed.

    A column with a default may be left out.
    """
    return msgspec.defstruct(
        f"{struct.__name__}In",
        list(_writable(struct, model)),
        namespace={"__doc__": struct.__doc__},
        module=struct.__module__,
        kw_only=True,
        forbid_unknown_fields=struct.__struct_config__.forbid_unknown_fields,
    )


def _writable(struct: type[msgspec.Struct], model: type[models.Model]) -> Iterator[Any]:
    for field in fields_of(struct):
        name = source_of(field)
        if computation_in(field.type) or why_not(model, name):
            continue
        column = written_field(model, name)
        if (column.is_relation and nested_struct(field.type)) or (not column.many_to_many and column.primary_key):
            continue
        if may_be_absent(column) or not field.required:
            yield field.name, field.type | UnsetType, msgspec.field(default=UNSET, name=field.encode_name)
        else:
            yield field.name, field.type, msgspec.field(name=field.encode_name)
