"""What JSON has words for: facts that it can't tell are left out of a description, instead of failing all of it."""

import math
from typing import Any

import msgspec

_LEAST, _MOST = -(2**63), 2**64 - 1
"""Integers that are written as JSON here."""

_EACH = frozenset({"examples"})
"""Keywords whose items stand for themselves; of others, such as ``enum``, all are true or none."""


def told(node: Any) -> Any:
    """The same as plain data, without the members that can't be told; ``UNSET`` where that is all of it."""
    if node is None or isinstance(node, str | int | float):
        return node if _is_told(node) else msgspec.UNSET
    if isinstance(node, dict):
        return _members(node)
    if isinstance(node, list | tuple):
        items = [told(item) for item in node]
        return msgspec.UNSET if _holds_nothing(items) else items
    try:
        return told(msgspec.to_builtins(node, str_keys=True))
    except (TypeError, RecursionError):
        return msgspec.UNSET


def _is_told(plain: Any) -> bool:
    if isinstance(plain, int):
        return _LEAST <= plain <= _MOST
    return not isinstance(plain, float) or math.isfinite(plain)


def _members(node: dict[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in node.items():
        if name in _EACH and isinstance(value, list | tuple):
            items = [item for one in value if (item := told(one)) is not msgspec.UNSET]
            found |= {name: items} if items else {}
        elif (item := told(value)) is not msgspec.UNSET:
            found[str(name)] = item
    return found


def _holds_nothing(items: list[Any]) -> bool:
    return any(item is msgspec.UNSET for item in items)
