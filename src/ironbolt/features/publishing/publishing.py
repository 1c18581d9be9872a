"""Publishing a row and taking it back: who and when, once each, whoever else tries at the same time."""

from functools import cache
from typing import Any, TypeVar

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import connections, router
from django.db.models import BooleanField, Model, QuerySet
from django.utils import timezone

from ironbolt.core import saving
from ironbolt.core.scope import Scope
from ironbolt.core.unit import unit_of_work
from ironbolt.core.users import stored_user

IS_PUBLISHED = "is_published"
PUBLISHED_AT = "published_at"
PUBLISHED_BY = "published_by"

_M = TypeVar("_M", bound=Model)


def _true(_: Any) -> tuple[bool]:
    return (True,)


PUBLISHED = Scope((IS_PUBLISHED,), _true)
"""Rows that are published; a fixed shape, so that queries with it are compiled once."""


def published(rows: "QuerySet[_M]") -> "QuerySet[_M]":
    """Those of the rows that are published."""
    return rows.filter(**{IS_PUBLISHED: True})


def publish(instance: Model, *, by: Any = None) -> bool:
    """Publish one object. What is published already stays as it was: by whom, and since when.

    Args:
        instance: an object with the columns of ``PublishableModel``; it has the new values afterwards.
        by: who publishes it, as a request calls its user; whoever has no row among the users is nobody.

    Returns:
        Whether it was not published before.

    Raises:
        ObjectDoesNotExist: the row has gone since it was read.
    """
    who = stored_user(by) if _has(type(instance), PUBLISHED_BY) else None
    return _change(instance, {IS_PUBLISHED: True, PUBLISHED_AT: timezone.now(), PUBLISHED_BY: who})


def unpublish(instance: Model) -> bool:
    """Take one object back; nothing is done where it is not published.

    Returns:
        Whether it was published before.

    Raises:
        ObjectDoesNotExist: the row has gone since it was read.
    """
    return _change(instance, {IS_PUBLISHED: False, PUBLISHED_AT: None, PUBLISHED_BY: None})


def _change(instance: Model, values: dict[str, Any]) -> bool:
    model = type(instance)
    alias = router.db_for_write(model, instance=instance)
    columns = [name for name in values if _has(model, name)]
    with unit_of_work(alias):
        rows = model._base_manager.using(alias)
        if connections[alias].features.has_select_for_update:
            # Whoever comes at the same time waits here, and then sees what was done.
            rows = rows.select_for_update(of=("self",))
        now: Any = rows.get(pk=instance.pk)
        changes = getattr(now, IS_PUBLISHED) is not values[IS_PUBLISHED]
        for name in columns:
            setattr(instance, name, values[name] if changes else getattr(now, name))
        if changes:
            saving.update(instance, columns)
        return changes


@cache
def is_publishable(model: type[Model]) -> bool:
    """Whether rows of a model can be published: it has ``is_published``, and perhaps when and by whom."""
    return _has(model, IS_PUBLISHED) and isinstance(model._meta.get_field(IS_PUBLISHED), BooleanField)


def require_publishable(model: type[Model], name: str) -> None:
    """Refuse a view over rows that can't be published; ``name`` is that of its class.

    Raises:
        ImproperlyConfigured: the model lacks the column.
    """
    if not is_publishable(model):
        raise ImproperlyConfigured(
            f"{name} publishes, but {model.__name__} has no {IS_PUBLISHED}; "
            "derive it from ironbolt.models.PublishableModel."
        )


@cache
def _has(model: type[Model], name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True
