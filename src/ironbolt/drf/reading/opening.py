"""Where a planned read of a view begins: with rows that are the same for every request, or with those of this one."""

from typing import Any

from ironbolt.drf.reading.deciding import MOST_OPENINGS, Decided
from ironbolt.drf.reading.reader import Reader
from ironbolt.drf.request import has_query
from ironbolt.plans.own_rows import Opening
from ironbolt.plans.refusal import CannotPlan


def declared_opening(view: Any, decided: Decided, reader: Reader) -> Opening | None:
    """Where all requests without a query begin; None where the view has to be asked for its rows.

    They are asked for once, and looked at as the rows of any request.
    """
    if not decided.is_declared or has_query(view.request):
        return None
    key = (getattr(view, "action", None), reader, reader.using)
    openings = decided.openings
    if key not in openings:
        if len(openings) >= MOST_OPENINGS:
            openings.clear()
        openings[key] = _opened(view, reader)
    return openings.get(key)


def _opened(view: Any, reader: Reader) -> Opening | None:
    try:
        return reader.opening(view.filter_queryset(view.get_queryset()))
    except CannotPlan:
        return None
