"""Decimals in a body, wherever its type has them: read from JSON they may be what only Python would call a number."""

import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass
from decimal import Decimal
from functools import cache
from typing import Any, get_args, get_origin

import msgspec

from ironbolt.bolt.params import bare, members_of
from ironbolt.core.validation import is_plain_number

Check = Callable[[Any, str], Iterator[str]]
"""Takes plain data and the dotted path of it; gives the path of each decimal that is none."""

_ARRAYS = (list, set, frozenset, tuple)


@cache
def decimals_of(annotation: Any) -> Check | None:
    """How the decimals of a type are checked: plain notation only, without ``NaN``; None where there are none."""
    return _check_of(annotation, {}) if _mentions(annotation, frozenset()) else None


def _mentions(annotation: Any, seen: frozenset[Any]) -> bool:
    for member in map(bare, members_of(annotation)):
        if member is Decimal:
            return True
        inside = () if member in seen else (*get_args(member), *_fields_of(member).values())
        if any(_mentions(part, seen | {member}) for part in inside):
            return True
    return False


def _fields_of(kind: Any) -> dict[str, Any]:
    """The name in JSON of every field of a type → its type."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    if is_dataclass(kind) or typing.is_typeddict(kind):
        return typing.get_type_hints(kind, include_extras=True)
    return {}


def _check_of(annotation: Any, known: dict[Any, Check]) -> Check | None:
    found = [check for member in members_of(annotation) if (check := _check_of_member(bare(member), known))]
    if len(found) < 2:
        return found[0] if found else None

    def check_all(value: Any, path: str) -> Iterator[str]:
        for check in found:
            yield from check(value, path)

    return check_all


def _check_of_member(kind: Any, known: dict[Any, Check]) -> Check | None:
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Decimal:
        return _check_number
    if origin in _ARRAYS:
        checks = [_check_of(item, known) for item in arguments if item is not ...]
        fixed = origin is tuple and ... not in arguments
        return _in_array(checks, fixed=fixed) if any(checks) else None
    if isinstance(origin, type) and issubclass(origin, Mapping):
        check = _check_of(arguments[1], known)
        return _in_mapping(check) if check else None
    if kind in known:
        return known[kind]
    fields = _fields_of(kind)
    return _in_fields(kind, fields, known) if fields else None


def _check_number(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, str) and not is_plain_number(value):
        yield path


def _in_array(checks: list[Check | None], *, fixed: bool) -> Check:
    def check_items(value: Any, path: str) -> Iterator[str]:
        if isinstance(value, list):
            for index, item in enumerate(value):
                check = checks[min(index, len(checks) - 1) if fixed else 0]
                if check:
                    yield from check(item, _below(path, index))

    return check_items


def _in_mapping(check: Check) -> Check:
    def check_values(value: Any, path: str) -> Iterator[str]:
        if isinstance(value, dict):
            for name, item in value.items():
                yield from check(item, _below(path, name))

    return check_values


def _in_fields(kind: Any, fields: dict[str, Any], known: dict[Any, Check]) -> Check:
    parts: dict[str, Check] = {}
    config = getattr(kind, "__struct_config__", None)
    tag_field, tag = (config.tag_field, config.tag) if config else (None, None)

    def check_fields(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict) or (tag_field and value.get(tag_field) != tag):
            return
        for name, check in parts.items():
            if name in value:
                yield from check(value[name], _below(path, name))

    known[kind] = check_fields  # before its fields, one of which may be of the same type
    for name, annotation in fields.items():
        if check := _check_of(annotation, known):
            parts[name] = check
    return check_fields


def _below(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)
