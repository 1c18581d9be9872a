"""What PUT and PATCH take of the Struct that POST takes."""

import operator
import types
from collections.abc import Callable
from functools import cache, reduce
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from ironbolt.bolt.structs.fields import declaration_of

Struct = type[msgspec.Struct]


@cache
def put_form(struct: Struct) -> Struct:
    """``struct`` as PUT takes it: required fields stay required, of the others only those sent count."""
    return _form(struct, "Put", put_form, lambda field: not field.required)


@cache
def patch_form(struct: Struct) -> Struct:
    """``struct`` as PATCH takes it: only what was sent counts."""
    return _form(struct, "Patch", patch_form, lambda field: True)


def whole_form(struct: Struct) -> Struct:
    """What a form was made of: the Struct that says which fields a new object needs."""
    whole: Struct = getattr(struct, "__whole__", struct)
    return whole


def _form(
    struct: Struct, verb: str, form: Callable[[Struct], Struct], optional: Callable[[msgspec.structs.FieldInfo], bool]
) -> Struct:
    annotations: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        inner = _with_forms(field.type, form)
        absent = field.default is msgspec.UNSET
        if not absent and not optional(field):
            if inner is not field.type:
                annotations[field.name] = inner
                values[field.name] = msgspec.field(name=field.encode_name)
        elif not absent or inner is not field.type:
            annotations[field.name] = inner | msgspec.UnsetType
            values[field.name] = msgspec.field(default=msgspec.UNSET, name=field.encode_name)
    if not annotations:
        return struct
    namespace = {"__doc__": struct.__doc__, "__module__": struct.__module__, "__whole__": struct}
    metaclass: Any = type(struct)
    made: Struct = metaclass(
        f"{struct.__name__}{verb}",
        (struct,),
        {**namespace, **values, "__annotations__": annotations},
        kw_only=True,
        forbid_unknown_fields=struct.__struct_config__.forbid_unknown_fields,
    )
    return made


def _with_forms(annotation: Any, form: Callable[[Struct], Struct]) -> Any:
    """A type in which nested inputs are taken as their forms."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        declared = declaration_of(annotation)
        return form(annotation) if declared and declared.is_input else annotation
    if get_origin(annotation) is Annotated:
        inner = _with_forms(annotation.__origin__, form)
        return annotation if inner is annotation.__origin__ else Annotated[(inner, *annotation.__metadata__)]
    if get_origin(annotation) in (Union, types.UnionType):
        members = get_args(annotation)
        changed = [_with_forms(member, form) for member in members]
        unchanged = all(new is old for new, old in zip(changed, members, strict=True))
        return annotation if unchanged else reduce(operator.or_, changed)
    return annotation
