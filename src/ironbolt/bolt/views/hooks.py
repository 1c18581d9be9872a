"""The hooks around reading, and which of them a class has made its own."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import msgspec

from ironbolt.core import lifecycle
from ironbolt.core.rows import checked
from ironbolt.core.threads import finished

_F = TypeVar("_F", bound=Callable[..., Any])

_INERT = "__ironbolt_inert__"


def inert(hook: _F) -> _F:
    """Mark a hook as one that does nothing, so that nobody need call it."""
    setattr(hook, _INERT, True)
    return hook


class Overridden(msgspec.Struct, frozen=True):
    """Which hooks of a class do something.

    Attributes:
        lists: one of those around a list.
        retrieves: one of those around a single object.
        updates: the one before an update.
        after_create: the one after a creation, which may write to the new row.
    """

    lists: bool
    retrieves: bool
    updates: bool
    after_create: bool


def _overridden(view: Any) -> Overridden:
    return Overridden(
        lists=_has_own(view, "before_perform_list", "after_perform_list"),
        retrieves=_has_own(view, "before_perform_retrieve", "after_perform_retrieve"),
        updates=_has_own(view, "before_perform_update"),
        after_create=_has_own(view, "after_perform_create"),
    )


overridden_in: Callable[[Any], Overridden] = cache(_overridden)
"""Which hooks of the class of a view set do something; looked up once for each class."""


def _has_own(view: Any, *names: str) -> bool:
    hooks = [getattr(view, name) for name in names if hasattr(view, name)]
    return any(not hasattr(hook, _INERT) for hook in hooks)


class ReadingHooks:
    """Hooks that do nothing until they are overridden; each may also be a coroutine function."""

    @inert
    def before_perform_list(self, queryset: Any) -> Any:
        """The rows to filter; what this leaves out is not found by its key either."""
        return queryset

    @inert
    def after_perform_list(self, queryset: Any) -> Any:
        """The filtered rows, or those that a single object is looked for in."""
        return queryset

    @inert
    def before_perform_retrieve(self, instance: Any) -> Any:
        """Called with the object that is about to be shown."""

    @inert
    def after_perform_retrieve(self, instance: Any) -> Any:
        """Called with the object after its answer was made."""


def rows_of(view: Any, filter_rows: Callable[[Any], Any] | None = None) -> Any:
    """The rows of ``get_queryset``, between the list hooks of the class where it has any.

    Args:
        view: the view set.
        filter_rows: the filters of a list; None for a single object.

    Raises:
        ImproperlyConfigured: they are no rows, or those of another model.
    """
    rows = checked(finished(view.get_queryset()), view, view.model_class())
    if overridden_in(type(view)).lists:
        return checked(lifecycle.narrow(view, rows, filter_rows), view, view.model_class())
    if filter_rows is None:
        return rows
    return checked(finished(filter_rows(rows)), view, view.model_class())
