"""Methods of ours that some classes have and others have not: routers serve no more than was asked for."""

from collections.abc import Callable
from types import MethodType
from typing import Any, Protocol, TypeVar, cast
from weakref import WeakKeyDictionary

from rest_framework.views import APIView

from ironbolt.drf.owners import has_own_behind

_F = TypeVar("_F", bound=Callable[..., Any])

IsThere = Callable[[type[Any], type[Any]], bool]
"""Whether a class has a method; told the class and the one of ours that the method stands in."""


class Decorator(Protocol):
    """Leaves a method what it is."""

    def __call__(self, function: _F, /) -> _F:
        """The method."""


class OnlyWhere:
    """The descriptor of a method that some classes have and others have not.

    A class is asked at start, by routers and ``as_view``; what it said then counts for its requests.

    Args:
        is_there: whether a class has it.
        function: the method.
    """

    def __init__(self, is_there: IsThere, function: Callable[..., Any]) -> None:
        self._is_there = is_there
        self._function = function
        self._found: WeakKeyDictionary[type[Any], bool] = WeakKeyDictionary()
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._owner = owner

    def __get__(self, view: Any, view_class: type[Any]) -> Any:
        found = None if view is None else self._found.get(view_class)
        if found is None:
            # A mixin has it, whatever it will stand in front of.
            found = not issubclass(view_class, APIView) or self._is_there(view_class, self._owner)
            self._found[view_class] = found
        if not found:
            raise AttributeError(f"{view_class.__name__} has no {self._function.__name__}.")
        return self._function if view is None else MethodType(self._function, view)


def only_where(is_there: IsThere) -> Decorator:
    """For such a method."""

    def decorate(function: _F) -> _F:
        return cast(_F, OnlyWhere(is_there, function))

    return decorate


def only_with(mixin: type[Any], name: str) -> Decorator:
    """For a method of this name: a class has it beside ``mixin``, or in front of one of a project's own."""
    return only_where(lambda view, owner: issubclass(view, mixin) or has_own_behind(view, owner, name))


def only_in_front_of(name: str) -> Decorator:
    """For a method that calls the next one of its name: a class has it where there is one."""

    def is_there(view_class: type[Any], owner: type[Any]) -> bool:
        behind = view_class.__mro__[view_class.__mro__.index(owner) + 1 :]
        return next((vars(kind)[name] for kind in behind if name in vars(kind)), None) is not None

    return only_where(is_there)
