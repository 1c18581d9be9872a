"""Safe access to the rows of a view: what is no queryset, is of another model or can't be looked up is told clearly."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured, MultipleObjectsReturned, ValidationError
from django.db.models import Manager, Model, QuerySet
from django.db.utils import DataError

from ironbolt.core.errors import ApiError


class AmbiguousLookup(ApiError):
    """409: several objects answer to what should name one."""

    status = 409

    def __init__(self) -> None:
        super().__init__("Several objects have this name; it does not say which one is meant.")


def are_related(one: type[Model], other: type[Model]) -> bool:
    """Whether rows of one model can stand for those of another: the same, a proxy, a parent or a child."""
    one, other = one._meta.concrete_model or one, other._meta.concrete_model or other
    return issubclass(one, other) or issubclass(other, one)


def checked(rows: Any, view: Any, model: type[Model] | None) -> Any:
    """``rows`` as ``get_queryset`` gave them; a manager becomes a queryset, plain data stays what it is.

    Args:
        rows: what it gave.
        view: the view, which errors name.
        model: what the rows should be of, None where nobody has said.

    Raises:
        ImproperlyConfigured: they are None, a model, or rows of another model; the message says what to do.
    """
    if isinstance(rows, QuerySet) and (model is None or rows.model is model):
        return rows
    name = type(view).__name__
    if isinstance(rows, Manager):
        rows = rows.all()
    if rows is None:
        raise ImproperlyConfigured(f"{name} has no rows: set queryset, or return a queryset from get_queryset().")
    if isinstance(rows, type) and issubclass(rows, Model):
        raise ImproperlyConfigured(
            f"{name} has the model {rows.__name__} where a queryset belongs; say {rows.__name__}.objects.all()."
        )
    if isinstance(rows, QuerySet) and model is not None and not are_related(rows.model, model):
        raise ImproperlyConfigured(
            f"{name} is about {model.__name__}, but its queryset is one of {rows.model.__name__}; "
            "use a queryset and a serializer of the same model."
        )
    return rows


def searchable(rows: Any, view: Any) -> "QuerySet[Any]":
    """``rows`` as a queryset that one can be looked for in.

    Raises:
        ImproperlyConfigured: they are plain data, or a slice.
    """
    name = type(view).__name__
    if not isinstance(rows, QuerySet):
        raise ImproperlyConfigured(
            f"{name} finds its objects in {type(rows).__name__}, which is no queryset; override get_object()."
        )
    if rows.query.is_sliced:
        raise ImproperlyConfigured(f"{name} finds its objects in a slice, which can't be searched.")
    return rows


def find(rows: "QuerySet[Any]", lookups: Mapping[str, Any]) -> Any:
    """The one row that the lookups name; a value that no row can have names none.

    Raises:
        ObjectDoesNotExist: there is none.
        AmbiguousLookup: there are several.
        FieldError: rows have nothing of such a name.
    """
    missing = rows.model.DoesNotExist
    if any(isinstance(value, str) and "\0" in value for value in lookups.values()):
        raise missing  # databases refuse it, each in its own way
    try:
        return rows.get(**lookups)
    except MultipleObjectsReturned:
        raise AmbiguousLookup from None
    except (OverflowError, DataError):
        raise missing from None
    except (TypeError, ValueError, ValidationError):
        if _can_be(rows, lookups):
            raise  # the fault lies in what is stored, or in the code that reads it
        raise missing from None


def _can_be(rows: "QuerySet[Any]", lookups: Mapping[str, Any]) -> bool:
    try:
        rows.filter(**lookups)
    except (TypeError, ValueError, ValidationError):
        return False
    return True
