"""Methods that a class has only where another brings one, too: routers serve no more than was asked for."""

from collections.abc import Callable
from types import MethodType
from typing import Any, TypeVar, cast

from ironbolt.drf.owners import has_own_behind

_F = TypeVar("_F", bound=Callable[..., Any])


class OnlyWith:
    """The descriptor of such a method.

    Args:
        mixin: what the class must have among its bases.
        function: the method.
    """

    def __init__(self, mixin: type[Any], function: Callable[..., Any]) -> None:
        self._mixin = mixin
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._owner = owner

    def __get__(self, view: Any, view_class: type[Any]) -> Any:
        name = self._function.__name__
        if not issubclass(view_class, self._mixin) and not has_own_behind(view_class, self._owner, name):
            raise AttributeError(f"{view_class.__name__} has no {name}.")
        return self._function if view is None else MethodType(self._function, view)


def only_with(mixin: type[Any]) -> Callable[[_F], _F]:
    """For a method of a mixin of ours: a class has it beside ``mixin``, or in front of one of a project's own."""

    def decorate(function: _F) -> _F:
        return cast(_F, OnlyWith(mixin, function))

    return decorate
