"""Routes registered inside the body of a class, by ``@api.post("/x/{id}/y")`` above a method."""

from collections.abc import Callable
from typing import Any

from ironbolt.bolt.views.actions import Options


class Member:
    """A handler and its address; it counts as a route of its class once that is registered."""

    def __init__(self, method: str, path: str, fn: Callable[..., Any], options: Options) -> None:
        self.method = method
        self.path = path
        self.fn = fn
        self.options = options
        self.__name__ = fn.__name__
        self.__doc__ = fn.__doc__

    def __get__(self, view: Any, owner: type) -> Any:
        """On an instance the method itself."""
        return self if view is None else self.fn.__get__(view, owner)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """A function stays callable after it was registered."""
        return self.fn(*args, **kwargs)
