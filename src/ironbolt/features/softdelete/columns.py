"""The columns that say of a row whether, when and by whom it was deleted, and which models have them."""

from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import BooleanField, DateTimeField, Model

IS_DELETED = "is_deleted"
DELETED_AT = "deleted_at"
DELETED_BY = "deleted_by"


@cache
def is_soft_deletable(model: type[Model]) -> bool:
    """Whether rows of a model are marked instead of deleted: it has ``is_deleted`` and ``deleted_at``."""
    return _has(model, IS_DELETED, BooleanField) and _has(model, DELETED_AT, DateTimeField)


@cache
def knows_who(model: type[Model]) -> bool:
    """Whether a model records who deleted a row."""
    return _has(model, DELETED_BY, object)


def require_soft_deletable(model: type[Model], name: str) -> None:
    """Refuse a view over rows that can't be marked; ``name`` is that of its class.

    Raises:
        ImproperlyConfigured: the model lacks the columns.
    """
    if not is_soft_deletable(model):
        raise ImproperlyConfigured(
            f"{name} deletes softly, but {model.__name__} has no {IS_DELETED} and {DELETED_AT}; "
            "derive it from ironbolt.models.SoftDeleteModel or BaseModel."
        )


def _has(model: type[Model], name: str, kind: type[Any]) -> bool:
    try:
        return isinstance(model._meta.get_field(name), kind)
    except FieldDoesNotExist:
        return False
