"""A list shown by a plan, where nobody asks to see its serializer."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.response import Response

from ironbolt.drf.reading.answering import PlannedResponse, is_plain
from ironbolt.drf.reading.deciding import Decided, decided_for
from ironbolt.drf.reading.opening import declared_opening
from ironbolt.drf.reading.pages import as_shown, shown_in, tell_of_objects
from ironbolt.drf.reading.reader import Reader, shown_of
from ironbolt.drf.reading.serializers import reader_for
from ironbolt.drf.reading.showing import shown_to
from ironbolt.plans.refusal import CannotPlan


def planned_list(view: Any) -> Response | None:
    """A list of the same rows for every request, read by a plan; None where the view has to be asked for its rows."""
    decided = decided_for(view)
    reader = _reader(view, decided) if decided.is_declared and not decided.pages else None
    opening = None if reader is None else declared_opening(view, decided, reader)
    if reader is None or opening is None:
        return None
    try:
        with shown_to(view.request):
            return PlannedResponse(reader.all_of(opening))
    except CannotPlan:
        return None


def listed(view: Any) -> Response | None:
    """What ``ListModelMixin.list`` answers for a view, without a serializer; None where that has to do it."""
    decided = decided_for(view)
    reader = _reader(view, decided)
    return None if reader is None else _of_request(view, decided, reader)


def _reader(view: Any, decided: Decided) -> Reader | None:
    if not decided.lists or not is_plain(view.request.accepted_renderer):
        return None
    reader = reader_for(view)
    return reader if reader is not None and reader.lists_plainly else None


def _of_request(view: Any, decided: Decided, reader: Reader) -> Response:
    """The same as REST framework's own, but that a serializer is made only for instances."""
    rows = view.filter_queryset(view.get_queryset())
    page = _page(view, decided, reader, rows) if decided.pages else None
    if page is None:
        return PlannedResponse(_shown(view, reader, rows))
    shown = shown_in(page)
    paged: Response = view.get_paginated_response(_shown(view, reader, page) if shown is None else shown)
    return paged


def _page(view: Any, decided: Decided, reader: Reader, rows: Any) -> Any:
    if decided.cuts:
        with shown_to(view.request):
            return view.paginate_queryset(as_shown(rows, reader))
    page = view.paginate_queryset(rows)
    if isinstance(page, list) and page and isinstance(rows, QuerySet):
        tell_of_objects(view, decided.told)
    return page


def _shown(view: Any, reader: Reader, rows: Any) -> Any:
    with shown_to(view.request):
        found = shown_of(rows, reader)
    return view.get_serializer(rows, many=True).data if found is None else found
