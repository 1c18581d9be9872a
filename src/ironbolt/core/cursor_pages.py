"""Pages by cursor, once for both doors: from a query to rows, and from rows to links."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from django.db.models import Model, QuerySet

from ironbolt.core.cursors import CURSOR, FIRST, Cursor, Place, read, written
from ironbolt.core.errors import Details, ValidationFailed
from ironbolt.core.keyset import Keyset
from ironbolt.core.paging import BY_SETTINGS, PAGE_SIZE, Limits, Query, link, whole_number


class CursorRequest(msgspec.Struct, frozen=True):
    """Some items as a client asked for them: at most ``size``, from ``cursor`` on."""

    cursor: Cursor
    size: int


class CursorRows(msgspec.Struct, frozen=True):
    """The items of a page, and where its neighbours begin; None where there are none.

    A neighbour before may turn out empty: whether its rows have been deleted since is not asked.
    """

    rows: Sequence[Any]
    next: Cursor | None
    previous: Cursor | None


def audience_of(model: type[Model], path: str) -> str:
    """Whom a cursor is for: the rows of a model, as the list at a path shows them."""
    return f"{model._meta.label_lower} {path.rstrip('/')}"


def cursor_request(
    query: Mapping[str, str], keyset: Keyset, audience: str, limits: Limits = BY_SETTINGS
) -> CursorRequest:
    """Read ``cursor`` and ``page_size`` from a query.

    Args:
        query: the query.
        keyset: the ordering.
        audience: the list, by :func:`audience_of`.
        limits: how many items a page has.

    Raises:
        ValidationFailed: the cursor was made for something else or by somebody else, or the size is no number.
    """
    faults: Details = {}
    size = whole_number(query, PAGE_SIZE, faults, default=limits.usual, most=limits.largest)
    cursor, text = FIRST, query.get(CURSOR)
    try:
        cursor = read(text, keyset.label, audience, keyset.values) if text else FIRST
    except ValidationFailed as error:
        faults.update(error.details)
    if faults:
        raise ValidationFailed(faults)
    return CursorRequest(cursor, size)


def cursor_rows(queryset: "QuerySet[Any]", keyset: Keyset, asked: CursorRequest) -> CursorRows:
    """The items of a page in one query, which is as quick for the last page as for the first."""
    found = list(keyset.page(queryset, asked.cursor, asked.size))
    return cut(found, lambda at: keyset.place_of(found[at]), asked)


def cut(found: Sequence[Any], place_at: Callable[[int], Place], asked: CursorRequest) -> CursorRows:
    """A page of what was found from the cursor on.

    Args:
        found: the items in the direction of the cursor, one more than the page has if there are as many.
        place_at: where one of them stands.
        asked: the page.
    """
    cursor, more = asked.cursor, len(found) > asked.size
    rows = list(found[: asked.size])
    if not rows:
        # Where nothing is left before a place, what follows it is the list from its beginning.
        if cursor.backwards:
            return CursorRows(rows, FIRST, None)
        return CursorRows(rows, None, Cursor(None, backwards=True) if cursor.place is not None else None)
    begin, end = place_at(0), place_at(len(rows) - 1)
    if cursor.backwards:
        rows.reverse()
        following = Cursor(begin) if cursor.place is not None else None
        return CursorRows(rows, following, Cursor(end, backwards=True) if more else None)
    before = Cursor(begin, backwards=True) if cursor.place is not None else None
    return CursorRows(rows, Cursor(end) if more else None, before)


def cursor_body(
    page: CursorRows, results: Any, keyset: Keyset, audience: str, *, url: str, query: Query
) -> dict[str, Any]:
    """A page as the client gets it; ``url`` is the absolute address of the list, without its query."""

    def at(cursor: Cursor | None) -> str | None:
        if cursor is None:
            return None
        text = None if cursor == FIRST else written(cursor, keyset.label, audience)
        return link(url, query, cursor=text)

    return {"next": at(page.next), "previous": at(page.previous), "results": results}
