"""Which serializers may show other fields from one request to the next, so that no plan can be made of them."""

from typing import Any

from rest_framework import serializers

_MAKING = frozenset({"__init__", "__new__", "__getattribute__", "__getattr__", "__deepcopy__"})
_WRITING = frozenset(
    {
        *("create", "update", "save", "is_valid", "errors", "validated_data", "to_internal_value", "get_value"),
        *("validate", "validators", "get_validators", "run_validation", "run_validators", "run_child_validation"),
        *("get_unique_together_validators", "get_unique_for_date_validators", "get_initial"),
        *("to_representation", "data"),  # refused by name, where fields are traced
    }
)
"""What a serializer may have of its own and still show the same fields to everybody."""

_BINDING = ("bind", "__new__", "__deepcopy__", "write_only", "source", "root", "context", "parent")
"""By these a field would learn what it is a part of, and may be shown to some and not to others."""

_TOUCHED = frozenset({"fields", "_readable_fields", "_declared_fields", "Meta", "get_fields", "to_representation"})


def varies(serializer_class: type) -> bool:
    """Whether a class has code of its own that makes its fields, as by ``get_fields`` or ``__init__``."""
    return any(
        _makes_fields(name, value)
        for kind in serializer_class.__mro__
        if kind is not object and not kind.__module__.startswith(("rest_framework.", "ironbolt."))
        for name, value in vars(kind).items()
    )


def varies_within(serializer: Any) -> bool:
    """Whether anything that is nested in a serializer has such code, at whatever depth."""
    for field in serializer.fields.values():
        if any(not _is_theirs(getattr(type(field), name, None)) for name in _BINDING):
            return True
        child = field.child if isinstance(field, serializers.ListSerializer) else field
        if not isinstance(child, serializers.BaseSerializer):
            continue
        if varies(type(field)) or varies(type(child)):
            return True
        if isinstance(child, serializers.Serializer) and varies_within(child):
            return True
    return False


def is_touched(serializer: Any) -> bool:
    """Whether somebody has had this instance's fields in hand, and may have taken one away or changed it."""
    return not _TOUCHED.isdisjoint(vars(serializer))


def _is_theirs(value: Any) -> bool:
    """Whether REST framework, we or Python wrote it; what is no code is set for each field."""
    code = getattr(value, "fget", value)
    module = getattr(code, "__module__", None)
    return module is None or str(module).startswith(("rest_framework.", "ironbolt.", "builtins"))


def _makes_fields(name: str, value: Any) -> bool:
    if name.startswith("__"):
        return name in _MAKING
    is_code = hasattr(type(value), "__get__")
    return is_code and name not in _WRITING and _is_known(name)


def _is_known(name: str) -> bool:
    return hasattr(serializers.ModelSerializer, name) or hasattr(serializers.ListSerializer, name)
