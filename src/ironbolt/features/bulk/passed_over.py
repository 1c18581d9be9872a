"""Methods of a project around a single action, which a bulk write of its kind would pass over."""

import dis
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any

from ironbolt.core.origins import home_of

SINGLE: Mapping[str, tuple[str, ...]] = {
    "bulk_create": ("create",),
    "bulk_update": ("update", "partial_update"),
    "bulk_delete": ("destroy",),
}
"""Bulk action → the single ones of which it does many."""

_HOOKS = {"create": "create", "update": "update", "partial_update": "update", "destroy": "destroy"}
_HARMLESS = frozenset({"super", "type"})


def own_single(view_class: type[Any], bulk: str, owners: tuple[str, ...]) -> tuple[type[Any], str] | None:
    """A class of a project with a single action that does something by itself, and the name of that; None for none.

    Args:
        view_class: the view set.
        bulk: the bulk action, which does not call it.
        owners: where the modules lie whose methods and decorators a bulk write takes into account.
    """
    for name in SINGLE[bulk]:
        for kind in own_of(view_class, name, owners):
            return kind, name
    return None


def own_of(view_class: type[Any], name: str, owners: tuple[str, ...]) -> Iterator[type[Any]]:
    """The classes whose method of this name is neither of these modules nor calls the next one and nothing else."""
    for kind in view_class.__mro__:
        method = vars(kind).get(name)
        if method is not None and not _is_known(method, name, view_class, owners):
            yield kind


def words_against(view_class: type[Any], bulk: str, own: tuple[type[Any], str], saving: Mapping[str, str]) -> str:
    """Why a view set can't have such a bulk action, and what to write instead.

    Args:
        view_class: the view set.
        bulk: the bulk action.
        own: what :func:`own_single` found.
        saving: create, update or destroy → the method of this door that does it to one row.
    """
    kind, name = own
    hook = _HOOKS[name]
    return (
        f"{view_class.__name__} writes in bulk, and {bulk} does not call {kind.__name__}.{name}: what that refuses or "
        f"does would be passed over. Write it as a hook (before_perform_{hook}, after_perform_{hook}) or as "
        f"{saving[hook]}, which are called for each item; or say {bulk} = None in {view_class.__name__} to do "
        f"without; or write a {bulk} of your own."
    )


def _is_known(method: Any, name: str, view_class: type[Any], owners: tuple[str, ...]) -> bool:
    """Whether a method is of known modules under all its decorators, or hands on what it gets."""
    while (home_of(method) or type(method).__module__).startswith(owners):
        if not hasattr(method, "__wrapped__"):
            return True
        method = method.__wrapped__
    return (
        isinstance(method, FunctionType) and not hasattr(method, "__wrapped__") and _hands_on(method, name, view_class)
    )


def _hands_on(function: FunctionType, name: str, view_class: type[Any]) -> bool:
    """Whether all that a function can do is to call the next one: it names nothing else."""
    code = function.__code__
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    classes = {one.__name__ for one in view_class.__mro__}
    if name not in code.co_names or not set(cells) <= {"__class__"} | classes:
        return False
    if not set(code.co_names) <= _HARMLESS | {name} | classes:
        return False
    if any("JUMP" in one.opname for one in dis.get_instructions(code)):  # an assert, say: it may refuse
        return False
    # None, the docstring, and names of arguments; anything else is a value that it puts somewhere.
    return all(one is None or one == function.__doc__ or _are_names(one) for one in code.co_consts)


def _are_names(constant: Any) -> bool:
    return isinstance(constant, tuple) and all(isinstance(one, str) for one in constant)
