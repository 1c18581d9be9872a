"""Reads that a plan answers: at once on the loop where the database allows it, else in a thread."""

from collections.abc import Sequence
from typing import Any

from ironbolt.bolt.request import Request
from ironbolt.bolt.routing import Route
from ironbolt.core.threads import at_home, in_database_thread
from ironbolt.plans.inline import inline_on
from ironbolt.plans.refusal import CannotPlan, TooSlow
from ironbolt.plans.steps import fetch_by_django, run

UNPLANNED: Any = object()
"""Stands for the answer that the ORM has to give."""


async def on_the_loop(route: Route, request: Request, arguments: Sequence[Any]) -> Any:
    """What the route answers, or UNPLANNED where a thread has to find out."""
    planned = route.planned
    assert planned is not None
    inline = None if at_home() else inline_on(planned.using)
    if inline is None:
        return UNPLANNED
    if not inline.is_open:
        inline.take(await in_database_thread(inline.opened))
    try:
        return run(planned.steps(request, arguments), inline.fetch)
    except (TooSlow, CannotPlan):
        return UNPLANNED


def in_a_thread(route: Route, request: Request, arguments: Sequence[Any]) -> Any:
    """What the route answers, on Django's own connection, or UNPLANNED where the ORM has to answer."""
    planned = route.planned
    assert planned is not None
    try:
        return run(planned.steps(request, arguments), fetch_by_django(planned.using))
    except CannotPlan:
        return UNPLANNED
