"""The fields of a serializer's class, made once, of which each serializer gets copies that are its own."""

import copy
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import partial
from types import BuiltinFunctionType, FunctionType
from typing import Any
from uuid import UUID

from django.db.models import Model
from rest_framework import serializers
from rest_framework.relations import ManyRelatedField, RelatedField
from rest_framework.utils.serializer_helpers import BindingDict

from ironbolt.drf.reading.varying import varies

Copy = Callable[[Any], Any]
"""Makes a field for a serializer, bound to it."""

_KEPT_AS = "_ironbolt_fields"
_KNOWN = ("rest_framework.", "ironbolt.")
_CHILDREN = ("child", "child_relation")
_VALUES = ("default", "initial")
"""What becomes a value of the request, and may be changed there at whatever depth."""

_CONSTANTS = (
    str,
    bytes,
    int,
    float,
    Decimal,
    date,
    time,
    timedelta,
    UUID,
    Enum,
    type,
    FunctionType,
    BuiltinFunctionType,
)


def fields_for(serializer: Any, *, leave_out: Callable[[Any], bool]) -> BindingDict | None:
    """The fields of a serializer that nobody else has; None where they may be others each time.

    They are made as REST framework makes them, but once for the class; what a request may change of one (its lists
    and dictionaries, what is inside of it) is copied for each.

    Args:
        serializer: it has no fields yet.
        leave_out: whether it can do without a field.
    """
    kind: Any = type(serializer)
    kept = vars(kind).get(_KEPT_AS)
    if kept is None:  # two threads may come here at once, and make the same twice
        kept = () if _may_vary(serializer) else _copies_of(serializer, leave_out)
        setattr(kind, _KEPT_AS, kept)
    if not kept:
        return None
    fields = BindingDict(serializer)
    fields.fields = {name: make(serializer) for name, make in kept}
    return fields


def _copies_of(serializer: Any, leave_out: Callable[[Any], bool]) -> tuple[tuple[str, Copy], ...]:
    made: Mapping[str, Any] = serializer.get_fields()
    return tuple((name, _copy_of(name, field, serializer)) for name, field in made.items() if not leave_out(field))


def _may_vary(serializer: Any) -> bool:
    """Whether code of somebody's own makes the fields, or asks the model something when they are made."""
    model: type[Model] | None = getattr(getattr(serializer, "Meta", None), "model", None)
    columns = () if model is None else model._meta.get_fields()
    limits = (getattr(getattr(column, "remote_field", None), "limit_choices_to", None) for column in columns)
    return varies(type(serializer)) or any(map(callable, limits))


def _copy_of(name: str, field: Any, serializer: Any) -> Copy:
    if not _is_plain(field):
        return partial(_bound_copy, name, field)
    field.bind(name, serializer)
    return _copier(field)


def _bound_copy(name: str, field: Any, serializer: Any) -> Any:
    made = copy.deepcopy(field)
    made.bind(name, serializer)
    return made


def _copier(field: Any) -> Copy:
    """A copy of all that a plain field has; its validators and messages are shared, the lists of them are not."""
    _ = field.validators  # gathered when somebody asks, and here once for all
    kind, state = type(field), {name: value for name, value in vars(field).items() if name != "parent"}
    inner = {name: state.pop(name) for name in _CHILDREN if isinstance(state.get(name), serializers.Field)}
    children = [(name, _copier(child)) for name, child in inner.items()]
    values = [name for name in _VALUES if not _is_constant(state[name])]
    alone = {"_kwargs", *values}
    apart = [name for name, value in state.items() if type(value) in (list, dict, set) and name not in alone]
    make = object.__new__

    def copied(parent: Any) -> Any:
        new = make(kind)
        own = new.__dict__ = state.copy()
        own["parent"] = parent
        for name in apart:
            own[name] = own[name].copy()
        for name in values:
            own[name] = copy.deepcopy(own[name])
        for name, child in children:
            own[name] = child(new)
        return new

    return copied


def _is_constant(value: Any) -> bool:
    """Whether it is the same for everybody, or a function or class that is asked for a value."""
    return value is None or isinstance(value, _CONSTANTS) or type(value).__module__.startswith(_KNOWN)


def _is_plain(field: Any) -> bool:
    """Whether a field is REST framework's or ours, so that making it anew gives the same one again."""
    if not type(field).__module__.startswith(_KNOWN):
        return False
    if isinstance(field, serializers.BaseSerializer | serializers.FilePathField):
        return False
    if isinstance(field, serializers.ChoiceField):  # others are asked for their choices whenever they are made
        return type(_argument(field, "choices")) in (list, tuple, dict)
    if isinstance(field, ManyRelatedField | RelatedField | serializers.ListField | serializers.DictField):
        return all(_is_plain(child) for name in _CHILDREN if (child := getattr(field, name, None)) is not None)
    return True


def _argument(field: Any, name: str) -> Any:
    given: Mapping[str, Any] = field._kwargs  # noqa: SLF001 - what REST framework would make it anew by
    return given[name] if name in given else (*field._args, None)[0]  # noqa: SLF001 - as above
