"""What was measured of one action."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ironbolt.core.operation import Door


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One action, as it was answered.

    Attributes:
        door: the door it came through.
        view: the name of the view's class; empty for a function.
        action: the name of the action.
        method: the HTTP method.
        route: the template of the address, such as ``/books/{pk}/``; empty where the request was not routed.
        status: the HTTP status of the answer.
        duration_ms: milliseconds from the first check of the caller until the answer was made.
        queries: how many queries it made, in or out of a transaction; what begins and ends one does not count.
        query_ms: milliseconds that they took; with SQLite without the fetching of rows.
        budget: how many queries it may make; None where nobody has said.
        is_slow: whether it took as long as ``SLOW_ACTION_MS`` or longer.
    """

    door: Door
    view: str
    action: str
    method: str
    route: str
    status: int
    duration_ms: float
    queries: int
    query_ms: float
    budget: int | None = None
    is_slow: bool = False

    @property
    def is_over_budget(self) -> bool:
        """Whether it made more queries than it may."""
        return self.budget is not None and self.queries > self.budget

    def facts(self) -> Mapping[str, Any]:
        """What the log says of it: name → value."""
        facts: dict[str, Any] = {name: getattr(self, name) for name in _TOLD}
        facts |= {"duration_ms": round(self.duration_ms, 3), "query_ms": round(self.query_ms, 3)}
        if self.is_slow:
            facts["slow"] = True
        if self.is_over_budget:
            facts["query_budget"] = self.budget
        return facts


_TOLD = ("door", "view", "action", "method", "route", "status", "duration_ms", "queries", "query_ms")
