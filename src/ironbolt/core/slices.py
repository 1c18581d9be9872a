"""Pages by limit and offset, once for both doors."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ironbolt.core.counting import Total
from ironbolt.core.errors import Details, ValidationFailed
from ironbolt.core.paging import BY_SETTINGS, Limits, Query, link, whole_number

LIMIT = "limit"
OFFSET = "offset"

LARGEST_OFFSET = 2**63 - 1
"""No database counts further."""


class SliceRequest(msgspec.Struct, frozen=True):
    """Some items as a client asked for them: at most ``limit``, after the first ``offset``."""

    limit: int
    offset: int


def slice_request(query: Mapping[str, str], limits: Limits = BY_SETTINGS) -> SliceRequest:
    """Read ``limit`` and ``offset`` from a query.

    Raises:
        ValidationFailed: one of them is no number, or out of bounds.
    """
    faults: Details = {}
    limit = whole_number(query, LIMIT, faults, default=limits.usual, most=limits.largest)
    offset = whole_number(query, OFFSET, faults, default=0, least=0, most=LARGEST_OFFSET)
    if faults:
        raise ValidationFailed(faults)
    return SliceRequest(limit, offset)


def slice_body(
    part: SliceRequest, total: Total, results: Any, *, url: str, query: Query, more: bool | None = None
) -> dict[str, Any]:
    """The items as the client gets them; arguments as those of :func:`ironbolt.core.paging.page_body`."""

    def at(offset: int) -> str:
        return link(url, query, limit=str(part.limit), offset=str(offset) if offset > 0 else None)

    following = part.offset + part.limit < (total.count or 0) if more is None else more
    body = total.facts()
    body["next"] = at(part.offset + part.limit) if following else None
    body["previous"] = at(part.offset - part.limit) if part.offset else None
    body["results"] = results
    return body
