"""Where this door's lists are watched for a query per row, and what the readers' frames tell of the row."""

from collections.abc import Callable, Sized
from types import FrameType
from typing import Any, TypeVar

from django.db.models import QuerySet

from ironbolt.bolt.routing import Route
from ironbolt.bolt.structs import reading, shaping
from ironbolt.features.nplusone import Spot, watched

_T = TypeVar("_T")


def without_repeated_queries(route: Route, call: Callable[[], _T]) -> _T:
    """What ``call`` answers to a request for a route.

    Raises:
        NPlusOne: it is a list that asks the database for each of its rows, and the settings would have it refused.
    """
    return watched(call, route.kind, place=lambda: _place_of(route), spot_in=spot_in)


def _place_of(route: Route) -> str:
    return f"{route.view.__name__}.{route.action}" if route.view and route.action else route.doc.handler


def spot_in(frame: FrameType) -> Spot | None:
    """The Struct that is being filled and from which row, or how many rows there are."""
    file = frame.f_code.co_filename
    if file == reading.__file__:
        values = frame.f_locals
        return Spot(getattr(values.get("struct"), "__name__", ""), values.get("row"))
    if file == shaping.__file__ and "rows" in frame.f_locals:
        return Spot(size=_size_of(frame.f_locals["rows"]))
    return None


def _size_of(rows: Any) -> int | None:
    if isinstance(rows, QuerySet):
        rows = rows._result_cache  # noqa: SLF001 - Django has no other way to ask without asking the database
    return len(rows) if isinstance(rows, Sized) else None
