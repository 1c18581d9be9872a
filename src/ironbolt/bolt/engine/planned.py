"""Reads that a plan answers: at once on the loop where the database allows it, else in a thread.

What is found on the loop counts only if Django has refused nobody the database meanwhile: a function of the project
that asks it there may have hidden the refusal, and taken it for an answer.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import JSON, Response
from ironbolt.bolt.routing import Route
from ironbolt.core.envelope import wrap
from ironbolt.core.threads import at_home, in_database_thread
from ironbolt.plans.at_length import fetch_at_length
from ironbolt.plans.inline import Inline, inline_on
from ironbolt.plans.refusal import CannotPlan, TooSlow
from ironbolt.plans.runners import runner_on
from ironbolt.plans.steps import Steps, fetch_by_django, run
from ironbolt.plans.watching import refusals

if TYPE_CHECKING:
    from ironbolt.plans.wires import Wires

UNPLANNED: Any = object()
"""Stands for the answer that the ORM has to give."""

_DECLINED = (TooSlow, CannotPlan, RuntimeError)
"""What sends a read to a thread; the last one is raised where a function of the project would run a loop of its own."""


def answer_at_once(route: Route, request: Request) -> Response | None:
    """The answer of a planned read where the loop may wait for the database; None where it takes the longer way."""
    planned = route.planned
    assert planned is not None
    using = planned.using
    inline = None if at_home() else inline_on(using)
    if inline is None or not inline.is_open:
        return None
    before = refusals()
    try:
        found = run(planned.steps(request, route.binder.bind(request, request.path_values), using), inline.fetch)
    except _DECLINED:
        return None
    except Exception:
        if refusals() == before:
            raise
        return None
    return shown(route, found) if refusals() == before else None


async def on_the_loop(route: Route, request: Request, arguments: Sequence[Any]) -> Any:
    """What the route answers, or UNPLANNED where a thread has to find out."""
    planned = route.planned
    assert planned is not None
    using = planned.using
    runner = None if at_home() else runner_on(using)
    if runner is None:
        return UNPLANNED
    before = refusals()
    try:
        found = await _found(runner, planned.steps(request, arguments, using))
    except _DECLINED:
        return UNPLANNED
    except Exception:
        if refusals() == before:
            raise
        return UNPLANNED
    return found if refusals() == before else UNPLANNED


async def _found(runner: "Inline | Wires", steps: Steps[Any]) -> Any:
    if not isinstance(runner, Inline):
        return await runner.answer(steps)
    if not runner.is_open:
        runner.take(await in_database_thread(runner.opened))
    return run(steps, runner.fetch)


def in_a_thread(route: Route, request: Request, arguments: Sequence[Any]) -> Any:
    """What the route answers, or UNPLANNED where the ORM has to answer."""
    planned = route.planned
    assert planned is not None
    using = planned.using
    try:
        if (fetch := fetch_at_length(using)) is not None:
            with suppress(TooSlow):
                return run(planned.steps(request, arguments, using), fetch)
        return run(planned.steps(request, arguments, using), fetch_by_django(using))
    except CannotPlan:
        return UNPLANNED


def shown(route: Route, found: Any) -> Response:
    """The answer of what a plan has made, which is of the right type already."""
    return JSON(wrap(found) if route.envelope else found, route.status)
