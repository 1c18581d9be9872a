"""Functions that are marked: what is said of one of Ironbolt's own counts for the class that says it, not for all."""

from types import FunctionType
from typing import Any

DEFAULT = "__ironbolt_default__"
"""Where an action of Ironbolt's own keeps whether it reads or writes."""


def markable(target: Any) -> Any:
    """What may be marked in the place of a function or class: itself, or a copy where every view set shares it."""
    if hasattr(target, "copied"):
        return target.copied()
    return copy_of(target) if hasattr(target, DEFAULT) else target


def copy_of(function: Any) -> Any:
    """A function that does the same and can be marked without the other."""
    copy = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__dict__.update(function.__dict__)
    for name in ("__kwdefaults__", "__doc__", "__qualname__", "__module__", "__annotations__"):
        setattr(copy, name, getattr(function, name))
    return copy
