"""JSON as it is meant: no value of one type taken for another, no name that means nothing."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from rest_framework import serializers

from ironbolt.core.validation import UNKNOWN

_Check = Callable[[Any, Any], bool]
"""Whether a value is of the JSON type that a field is meant for."""

_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
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
        return _faults_of_items(field.child, value) if isinstance(value, list) else None
    for kind, check in _CHECKS:
        if isinstance(field, kind):
            return None if check(field, value) else _refusal(field, value)
    return None


def _faults_of_items(child: Any, values: list[Any]) -> dict[int, Any]:
    found = ((index, _fault(child, value)) for index, value in enumerate(values))
    return {index: fault for index, fault in found if fault}


def _refusal(field: Any, value: Any) -> Any:
    key = "invalid_choice" if isinstance(field, serializers.ChoiceField) else "invalid"
    try:
        field.fail(key, input=value, format="YYYY-MM-DD")
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
    # Python also takes underscores, blanks and other scripts' digits for a number.
    return type(value) in (int, float) or (type(value) is str and bool(_PLAIN_NUMBER.fullmatch(value)))


def _is_date(field: Any, value: Any) -> bool:
    return type(value) is str and bool(_CALENDAR_DATE.fullmatch(value))


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
