"""How many items a list has: counted, estimated by what the database knows of its tables, or not asked at all."""

from typing import Any, Literal, get_args

import msgspec
from django.core.exceptions import ImproperlyConfigured

Counts = Literal["exact", "estimated", "absent"]
"""How a list is counted: by a query that visits every row, by the statistics of the database, or not at all."""


class Total(msgspec.Struct, frozen=True):
    """How many items a list has in all.

    Attributes:
        count: how many; None where nobody has asked.
        is_estimate: whether there may be more or fewer; None where the list only knows exact counts.
    """

    count: int | None
    is_estimate: bool | None = None

    def facts(self) -> dict[str, Any]:
        """What the client is told of it: the beginning of a page."""
        if self.is_estimate is None:
            return {} if self.count is None else {"count": self.count}
        return {"count": self.count, "count_is_estimate": self.is_estimate}


UNASKED = Total(None)


def total_seen(offset: int, seen: int, *, more: bool) -> Total | None:
    """How many items there are, where a page tells it: it has some, and none stands behind it.

    Args:
        offset: how many items come before the page.
        seen: how many items the page has.
        more: whether there are items behind it.
    """
    return Total(offset + seen, is_estimate=False) if not more and (seen or not offset) else None


def total_estimated(estimate: Total, offset: int, seen: int, *, more: bool) -> Total:
    """An estimate that does not contradict the page beside it; arguments as those of :func:`total_seen`."""
    count = estimate.count or 0
    if not estimate.is_estimate:
        return estimate
    # An empty page beyond the end says that there are not more than come before it.
    count = max(count, offset + seen + more) if seen else min(count, offset)
    return Total(count, is_estimate=True)


def check_counts(pagination: Any) -> None:
    """Refuse a class that counts in no known way.

    Raises:
        ImproperlyConfigured: its ``counts`` is none of them.
    """
    known = get_args(Counts)
    if pagination.counts not in known:
        raise ImproperlyConfigured(
            f"{pagination.__name__}.counts is one of {', '.join(known)}, not {pagination.counts!r}."
        )
