"""The order of hooks around a write, once for both doors.

A view offers ``before_perform_*``, ``after_perform_*`` and ``after_commit_*``; the first two run inside
the unit, so that whatever they raise undoes the write, the last one after it is durable.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django.db.models import Model

from ironbolt.core.unit import current_unit

_M = TypeVar("_M", bound=Model)


def create(view: Any, payload: Any, save: Callable[[], _M]) -> _M:
    """before_perform_create(payload) → save → after_perform_create(instance, payload) → commit."""
    view.before_perform_create(payload)
    instance = save()
    view.after_perform_create(instance, payload)
    _after_commit(view.after_commit_create, instance)
    return instance


def update(view: Any, before: tuple[Any, ...], payload: Any, save: Callable[[], _M]) -> _M:
    """before_perform_update(*before) → save → after_perform_update(instance, payload) → commit."""
    view.before_perform_update(*before)
    instance = save()
    view.after_perform_update(instance, payload)
    _after_commit(view.after_commit_update, instance)
    return instance


def destroy(view: Any, instance: Model, delete: Callable[[], Any]) -> None:
    """before_perform_destroy(instance) → delete → after_perform_destroy(instance) → commit.

    The instance keeps its primary key, so that the hooks after the deletion can name it.

    Raises:
        ObjectDoesNotExist: the row has gone since it was read.
    """
    view.before_perform_destroy(instance)
    key = instance.pk
    deleted = delete()
    instance.pk = key
    if isinstance(deleted, tuple) and not deleted[0]:  # as Model.delete() counts
        raise type(instance).DoesNotExist  # type: ignore[attr-defined]  # every model has one
    view.after_perform_destroy(instance)
    _after_commit(view.after_commit_destroy, instance)


def _after_commit(hook: Callable[[Any], Any], instance: Model) -> None:
    unit = current_unit()
    if unit is None:
        hook(instance)
    else:
        unit.after_commit(partial(hook, instance))
