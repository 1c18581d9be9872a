"""Methods that a class has only beside a mixin of REST framework's: routers serve no more than was asked for."""

from collections.abc import Callable
from types import MethodType
from typing import Any, TypeVar, cast

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

    def __get__(self, view: Any, view_class: type[Any]) -> Any:
        if not issubclass(view_class, self._mixin):
            raise AttributeError(f"{view_class.__name__} has no {self._function.__name__}.")  # noqa: TRY004 - so that hasattr() is False
        return self._function if view is None else MethodType(self._function, view)


def only_with(mixin: type[Any]) -> Callable[[_F], _F]:
    """For a method of a mixin of ours: without ``mixin`` beside it a class does not have it."""

    def decorate(function: _F) -> _F:
        return cast(_F, OnlyWith(mixin, function))

    return decorate
