"""One object shown by a plan, where nobody asks to see the object itself."""

from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.http import Http404
from rest_framework.permissions import BasePermission

from ironbolt.core.rows import AmbiguousLookup
from ironbolt.drf.reading.reader import Shown
from ironbolt.drf.reading.serializers import reader_for
from ironbolt.drf.reading.showing import shown_to

_MINE = (
    *("get_object", "get_serializer", "get_serializer_context", "check_object_permissions"),
    *("before_perform_retrieve", "after_perform_retrieve"),
)
"""What a view may not have made its own for its object to be shown without an instance."""


def retrieved(view: Any) -> Shown | None:
    """What the serializer of a view shows of the object that the address names; None where an instance has to be made.

    Raises:
        Http404: there is no such object.
        AmbiguousLookup: there are several.
    """
    view_class: Any = type(view)
    reader = reader_for(view)
    if reader is None or not _shows_alone(view_class):
        return None
    if any(map(_judges_objects, view.get_permissions())):
        return None
    rows = view.filter_queryset(view.get_queryset())
    named = {view.lookup_field: view.kwargs[view.lookup_url_kwarg or view.lookup_field]}
    try:
        rows = rows.filter(**named).order_by()
    except (TypeError, ValueError, ValidationError):  # a key that no row can have
        raise Http404 from None
    try:
        with shown_to(view.request):
            found = reader.rows(rows, (2, 0))
    except (OverflowError, DataError):
        raise Http404 from None
    if found is None:
        return None
    if len(found) > 1:
        raise AmbiguousLookup
    if not found:
        raise Http404
    return found[0]


@cache
def _shows_alone(view_class: Any) -> bool:
    """Whether a class leaves to us all that an instance is needed for."""
    return all(_is_ours(getattr(view_class, name)) for name in _MINE)


def _judges_objects(permission: Any) -> bool:
    return type(permission).has_object_permission is not BasePermission.has_object_permission


def _is_ours(method: Any) -> bool:
    return str(method.__module__).startswith(("rest_framework.", "ironbolt."))
