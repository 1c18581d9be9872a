"""Where the code of a function lies, whatever the function says of itself."""

from types import FunctionType
from typing import Any


def home_of(function: Any) -> str:
    """The module in which a function was written; empty for what is no function.

    ``__module__`` would not do: ``functools.wraps`` gives a wrapper that of what it wraps.
    """
    return str(function.__globals__.get("__name__", "")) if isinstance(function, FunctionType) else ""
