"""Names in the description: short where they are alone, longer where several things would share one, never shared."""

import re
import types
from collections import Counter
from collections.abc import Hashable
from typing import Any, TypeVar, Union, get_args, get_origin

_T = TypeVar("_T", bound=Hashable)


def distinct(spellings: dict[_T, tuple[str, ...]]) -> dict[_T, str]:
    """A name for each thing: the shortest of its spellings that no other thing has, else a numbered one.

    Args:
        spellings: thing → its spellings, the best first; the order decides who gets which number.
    """
    counts = [Counter(levels) for levels in zip(*map(_filled(spellings), spellings.values()), strict=True)]
    names: dict[_T, str] = {}
    taken: set[str] = set()
    for thing, levels in spellings.items():
        filled = _filled(spellings)(levels)
        alone = (name for name, count in zip(filled, counts, strict=True) if count[name] == 1 and name not in taken)
        name = next(alone, None) or _numbered(filled[-1], taken)
        names[thing] = name
        taken.add(name)
    return names


def _filled(spellings: dict[_T, tuple[str, ...]]) -> Any:
    most = max(map(len, spellings.values()), default=0)
    return lambda levels: (*levels, *levels[-1:] * (most - len(levels)))


def _numbered(name: str, taken: set[str]) -> str:
    number = 1
    while (candidate := name if number == 1 else f"{name}_{number}") in taken:
        number += 1
    return candidate


def spellings_of(kind: Any) -> tuple[str, str]:
    """A type by its own name, and with its module: ``PageOfBookOut``, ``PageOfshop.api.BookOut``."""
    return _spelled(kind, qualified=False), _spelled(kind, qualified=True)


def _spelled(kind: Any, *, qualified: bool) -> str:
    if kind is types.NoneType:
        return "None"
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return "Or".join(_spelled(argument, qualified=qualified) for argument in arguments)
    if origin is not None and arguments:
        inner = "And".join(_spelled(argument, qualified=qualified) for argument in arguments)
        return f"{_capital(_spelled(origin, qualified=False))}Of{inner if qualified else _capital(inner)}"
    name = getattr(kind, "__qualname__" if qualified else "__name__", None) or repr(kind)
    module = getattr(kind, "__module__", "")
    if qualified and module not in ("", "builtins"):
        name = f"{module}.{name}"
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name.replace(".<locals>", ""))


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def slug_of(path: str) -> str:
    """The words of a path, joined: ``/books/{id}`` → ``books_id``."""
    return "_".join(re.findall(r"[A-Za-z0-9]+", path)) or "root"
