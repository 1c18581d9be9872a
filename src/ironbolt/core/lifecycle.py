"""The order of hooks around what a view does, once for both doors.

Around a write a view offers ``before_perform_*``, ``after_perform_*`` and ``after_commit_*``; the first two run
inside the unit, so that whatever they raise undoes the write, the last one after it is durable. Reading has
the first two. Any hook may be a coroutine function.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from ironbolt.core.threads import finished
from ironbolt.core.unit import current_unit

_M = TypeVar("_M", bound=Model)
_T = TypeVar("_T")


def create(view: Any, payload: Any, save: Callable[[], _T]) -> _T:
    """before_perform_create(payload) → save → after_perform_create(instance, payload) → commit.

    Where a project's own way to save has made nothing, the hooks after it have nothing to be called with.
    """
    finished(view.before_perform_create(payload))
    instance = save()
    if instance is None:
        return instance
    finished(view.after_perform_create(instance, payload))
    _after_commit(view.after_commit_create, instance)
    return instance


def update(view: Any, before: tuple[Any, ...], payload: Any, save: Callable[[], _M]) -> _M:
    """before_perform_update(*before) → save → after_perform_update(instance, payload) → commit."""
    finished(view.before_perform_update(*before))
    instance = save()
    finished(view.after_perform_update(instance, payload))
    _after_commit(view.after_commit_update, instance)
    return instance


def destroy(view: Any, instance: Model, delete: Callable[[], Any]) -> None:
    """before_perform_destroy(instance) → delete → after_perform_destroy(instance) → commit.

    The instance keeps its primary key, so that the hooks after the deletion can name it.

    Raises:
        ObjectDoesNotExist: the row has gone since it was read.
    """
    finished(view.before_perform_destroy(instance))
    is_row = isinstance(instance, Model)
    key = instance.pk if is_row else None
    deleted = delete()
    if is_row:
        instance.pk = key
        if isinstance(deleted, tuple) and not deleted[0]:  # as Model.delete() counts
            raise type(instance).DoesNotExist  # type: ignore[attr-defined]  # every model has one
    finished(view.after_perform_destroy(instance))
    _after_commit(view.after_commit_destroy, instance)


def perform(view: Any, name: str, instance: Any, do: Callable[[], _T], *more: Any) -> _T:
    """before_perform_NAME(instance, *more) → do → after_perform_NAME(instance, *more) → after_commit_NAME(instance).

    For what features do to an object: to restore it, to publish it, to rate it.
    """
    finished(getattr(view, f"before_perform_{name}")(instance, *more))
    done = do()
    finished(getattr(view, f"after_perform_{name}")(instance, *more))
    _after_commit(getattr(view, f"after_commit_{name}"), instance)
    return done


def perform_all(view: Any, name: str, instances: Sequence[Any], do: Callable[[], _T]) -> _T:
    """The same for several objects that are done at once: before each → do → after each → the commit."""
    for instance in instances:
        finished(getattr(view, f"before_perform_{name}")(instance))
    done = do()
    for instance in instances:
        finished(getattr(view, f"after_perform_{name}")(instance))
        _after_commit(getattr(view, f"after_commit_{name}"), instance)
    return done


def retrieve(view: Any, found: Any, show: Callable[[], _T]) -> _T:
    """before_perform_retrieve(found) → show → after_perform_retrieve(found)."""
    finished(view.before_perform_retrieve(found))
    answer = show()
    finished(view.after_perform_retrieve(found))
    return answer


def narrow(view: Any, rows: Any, filter_rows: Callable[[Any], Any] | None = None) -> Any:
    """before_perform_list(rows) → filter → after_perform_list(rows); each gets what the one before it gave.

    Args:
        view: the view whose hooks they are.
        rows: a queryset, or whatever else the view lists.
        filter_rows: the filters of a list; None for a single object, which only the hooks guard.

    Raises:
        ImproperlyConfigured: a hook gave nothing back.
    """
    rows = _given(view, "before_perform_list", finished(view.before_perform_list(rows)))
    if filter_rows is not None:
        rows = finished(filter_rows(rows))
    return _given(view, "after_perform_list", finished(view.after_perform_list(rows)))


def more_values(view: Any, hook: str, *args: Any) -> dict[str, Any]:
    """What ``get_create_kwargs`` or ``get_update_kwargs`` wants to be saved beside what the client sent.

    Raises:
        ImproperlyConfigured: the hook gave no mapping.
    """
    values = finished(getattr(view, hook)(*args))
    if not isinstance(values, Mapping):
        raise ImproperlyConfigured(f"{type(view).__name__}.{hook} must return a dict, not {values!r}.")
    return dict(values)


def _given(view: Any, hook: str, rows: Any) -> Any:
    if rows is None:
        raise ImproperlyConfigured(f"{type(view).__name__}.{hook} must return the rows, and returned None.")
    return rows


def _after_commit(hook: Callable[[Any], Any], instance: Any) -> None:
    unit = current_unit()
    if unit is None:
        finished(hook(instance))
    else:
        unit.after_commit(partial(_finish, hook, instance))


def _finish(hook: Callable[[Any], Any], instance: Model) -> None:
    finished(hook(instance))
