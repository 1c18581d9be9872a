"""JSON as it is meant: no value of one type taken for another, no name that means nothing."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from rest_framework import serializers

from ironbolt.core.validation import NOT_A_DATE, NOT_A_LIST, NOT_A_STRING, UNKNOWN, is_plain_number

_Check = Callable[[Any, Any], bool]
"""Whether a value is of the JSON type that a field is meant for."""

_CALENDAR_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def faults(serializer: "serializers.Serializer[Any]", data: Mapping[Any, Any]) -> dict[str, Any]:
    """Field → messages for every unknown name and every value of the wrong type."""
    fields = {name: field for name, field in serializer.fields.items() if not field.read_only}
    found: dict[str, Any] = {str(name): [UNKNOWN] for name in data if name not in fields}
    for name, field in fields.items():
        fault = _fault(field, data.get(name))
        if fault:
            found[name] = fault
    return found


def _fault(field: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(field, serializers.ListField):
        return _faults_of_items(field, value) if isinstance(value, list) else [NOT_A_LIST]
    if isinstance(field, serializers.DecimalField) and field.max_digits and _is_endless(field, value):
        return [field.error_messages["max_digits"].format(max_digits=field.max_digits)]
    for kind, check in _CHECKS:
        if isinstance(field, kind):
            return None if check(field, value) else _refusal(field, value)
    return None


def _is_endless(field: Any, value: Any) -> bool:
    """Whether a number is so long that REST framework would not read it, though it is one."""
    return isinstance(value, str) and len(value) > field.MAX_STRING_LENGTH and is_plain_number(value)


def _faults_of_items(field: Any, values: list[Any]) -> dict[int, Any]:
    if field.max_length is not None and len(values) > field.max_length:
        return {}  # the field says so, and looks at no more of them than we
    found = ((index, _fault(field.child, value)) for index, value in enumerate(values))
    return {index: fault for index, fault in found if fault}


def _refusal(field: Any, value: Any) -> Any:
    if isinstance(field, serializers.DateField):
        return [NOT_A_DATE]
    if isinstance(field, serializers.ChoiceField) and all(type(choice) is str for choice in field.choices):
        return [NOT_A_STRING]
    key = "invalid_choice" if isinstance(field, serializers.ChoiceField) else "invalid"
    try:
        field.fail(key, input=value, format="ISO 8601")
    except serializers.ValidationError as error:
        return error.detail


def _exactly(*types: type) -> _Check:
    # Not isinstance(): to Python, true is an integer.
    return lambda field, value: type(value) in types


def _is_integer(field: Any, value: Any) -> bool:
    # To JSON, 1.0 is the integer 1.
    return type(value) is int or (type(value) is float and value.is_integer())


def _is_choice_type(field: Any, value: Any) -> bool:
    return type(value) in {type(choice) for choice in field.choices} | {str}


def _is_decimal(field: Any, value: Any) -> bool:
    return is_plain_number(value)


def _is_date(field: Any, value: Any) -> bool:
    if type(value) is not str or not _CALENDAR_DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


_CHECKS: tuple[tuple[type, _Check], ...] = (
    (serializers.BooleanField, _exactly(bool)),
    (serializers.CharField, _exactly(str)),
    (serializers.UUIDField, _exactly(str)),
    (serializers.DurationField, _exactly(str)),
    (serializers.IntegerField, _is_integer),
    (serializers.FloatField, _exactly(int, float)),
    (serializers.DecimalField, _is_decimal),
    (serializers.DateField, _is_date),
    (serializers.MultipleChoiceField, _exactly(list)),
    (serializers.ChoiceField, _is_choice_type),
)
