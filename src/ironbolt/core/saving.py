"""Writing to a row that was read before: the columns that were meant, and no others."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import DatabaseError
from django.db.models import Model

FIXED_KEY = "The key of an object can't be changed."


def columns_of(instance: Model) -> dict[str, Any]:
    """Attribute → value for every column that was read; for :func:`update` to see what changed since."""
    names = {field.attname for field in instance._meta.concrete_fields}
    return {name: value for name, value in instance.__dict__.items() if name in names}


def update(instance: Model, names: Collection[str], before: Mapping[str, Any] | None = None) -> None:
    """Write the columns that were sent, and the timestamps that keep themselves.

    What another transaction has written to the other columns since the row was read stays. A ``save()``
    of a model that sets further columns adds them to ``update_fields``, as Django asks.

    Args:
        instance: the object, with its new values.
        names: the fields that were sent, by name or by attribute.
        before: what :func:`columns_of` said when the row was read; what differs by now, for a hook set
            it, is written as well.

    Raises:
        ObjectDoesNotExist: the row has gone since it was read.
    """
    columns = [
        field.name
        for field in instance._meta.concrete_fields
        if not field.primary_key
        and (
            not {field.name, field.attname}.isdisjoint(names)
            or getattr(field, "auto_now", False)
            or (before is not None and _has_changed(instance, field.attname, before))
        )
    ]
    if not columns:
        _check_presence(instance)
        return
    try:
        instance.save(update_fields=columns)
    except DatabaseError as error:
        if error.__cause__ is not None:
            raise
        # Not the database but Django says so: the row has gone since it was read.
        raise _gone(instance) from error


def _has_changed(instance: Model, attribute: str, before: Mapping[str, Any]) -> bool:
    values = instance.__dict__
    return attribute in values and (attribute not in before or values[attribute] != before[attribute])


def _check_presence(instance: Model) -> None:
    if not type(instance)._base_manager.using(instance._state.db).filter(pk=instance.pk).exists():
        raise _gone(instance)


def _gone(instance: Model) -> Exception:
    gone: Exception = type(instance).DoesNotExist()  # type: ignore[attr-defined]  # every model has one
    return gone
