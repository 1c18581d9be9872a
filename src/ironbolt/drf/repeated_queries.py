"""Where this door's lists are watched for a query per row, and what REST framework's frames tell of the field."""

from collections.abc import Callable, Sized
from types import FrameType
from typing import Any, TypeVar

from django.db.models import QuerySet
from rest_framework.serializers import ListSerializer, Serializer

from ironbolt.features.nplusone import Spot, watched
from ironbolt.features.nplusone.watching import Kind

_T = TypeVar("_T")

_OF_ONE = Serializer.to_representation.__code__
_OF_MANY = ListSerializer.to_representation.__code__


def without_repeated_queries(view: Any, call: Callable[[], _T]) -> _T:
    """What ``call`` answers to the request of a view.

    Raises:
        NPlusOne: it is a list that asks the database for each of its rows, and the settings would have it refused.
    """
    return watched(call, _kind_of(view), place=lambda: _place_of(view), spot_in=spot_in)


def _kind_of(view: Any) -> Kind:
    if view.request.method not in ("GET", "HEAD"):
        return "write"
    return "single" if getattr(view, "action", None) == "retrieve" else "list"


def _place_of(view: Any) -> str:
    return f"{type(view).__name__}.{getattr(view, 'action', None) or view.request.method.lower()}"


def spot_in(frame: FrameType) -> Spot | None:
    """The field and the row that a serializer is reading, or how many rows there are."""
    if frame.f_code is _OF_ONE:
        values = frame.f_locals
        field = getattr(values.get("field"), "field_name", None)
        name = type(values["self"]).__name__
        return Spot(f"{name}.{field}" if field else name, values.get("instance"))
    if frame.f_code is _OF_MANY:
        return Spot(size=_size_of(frame.f_locals.get("iterable")))
    return None


def _size_of(rows: Any) -> int | None:
    if isinstance(rows, QuerySet):
        rows = rows._result_cache  # noqa: SLF001 - Django has no other way to ask without asking the database
    return len(rows) if isinstance(rows, Sized) else None
