"""One object shown by a plan, where nobody asks to see the object itself."""

from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, models
from django.http import Http404
from rest_framework.permissions import BasePermission

from ironbolt.core.rows import AmbiguousLookup
from ironbolt.drf.addresses import check_key
from ironbolt.drf.reading.answering import is_plain
from ironbolt.drf.reading.deciding import Decided, decided_for
from ironbolt.drf.reading.opening import declared_opening
from ironbolt.drf.reading.reader import Reader, Shown
from ironbolt.drf.reading.serializers import reader_for
from ironbolt.drf.reading.showing import shown_to
from ironbolt.plans.refusal import CannotPlan
from ironbolt.plans.relations import column_of

_KEYS = (models.IntegerField, models.CharField, models.UUIDField)
"""Columns by whose values objects are named, whose texts in an address are read as the column itself reads them."""


def retrieved(view: Any) -> Shown | None:
    """What the serializer of a view shows of the object that the address names; None where an instance has to be made.

    Raises:
        Http404: there is no such object.
        AmbiguousLookup: there are several.
    """
    decided = decided_for(view)
    reader = reader_for(view) if decided.retrieves and is_plain(view.request.accepted_renderer) else None
    if reader is None:
        return None
    check_key(view)
    of_features: list[Any] = getattr(view, "get_feature_permissions", list)()
    if any(map(_judges_objects, (*view.get_permissions(), *view.get_action_permissions(), *of_features))):
        return None
    try:
        with shown_to(view.request):
            found = _found(view, decided, reader)
    except (OverflowError, DataError):
        raise Http404 from None
    if found is None:
        return None
    if len(found) > 1:
        raise AmbiguousLookup
    if not found:
        raise Http404
    return found[0]


def _found(view: Any, decided: Decided, reader: Reader) -> list[Shown] | None:
    lookup: str = view.lookup_field
    named: Any = view.kwargs[view.lookup_url_kwarg or lookup]
    column = _key_column(reader.model, lookup)
    if column is None:
        return _looked_up(reader, view.filter_queryset(view.get_queryset()), {lookup: named})
    try:
        value = column.to_python(named)
    except (TypeError, ValueError, ValidationError):  # a key that no row can have
        view.filter_queryset(view.get_queryset())  # may have something to say of the query
        raise Http404 from None
    opening = declared_opening(view, decided, reader)
    try:
        if opening is None:
            opening = reader.opening(view.filter_queryset(view.get_queryset()))
        return reader.some_of(opening, lookup, value)
    except CannotPlan:
        return None


def _looked_up(reader: Reader, rows: Any, lookups: dict[str, Any]) -> list[Shown] | None:
    try:
        rows = rows.filter(**lookups).order_by()
    except (TypeError, ValueError, ValidationError):  # a key that no row can have
        raise Http404 from None
    return reader.rows(rows, (2, 0))


@lru_cache(maxsize=1024)
def _key_column(model: type[models.Model], lookup: str) -> Any:
    """The column that a lookup names, if it is one whose values may be bound to a plan as they are."""
    column = column_of(model, lookup)
    return column if type(column).__module__ == "django.db.models.fields" and isinstance(column, _KEYS) else None


def _judges_objects(permission: Any) -> bool:
    return type(permission).has_object_permission is not BasePermission.has_object_permission
