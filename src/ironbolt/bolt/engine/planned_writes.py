"""Writes of one statement: at once on the loop where the database allows it, else in a thread.

A write that is not done here was not begun, or was undone: then the handler does all of it, and says what is wrong.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import InterfaceError, OperationalError

from ironbolt import pipeline
from ironbolt.bolt.engine.planned import UNPLANNED
from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import Response
from ironbolt.bolt.routing import Route
from ironbolt.bolt.routing.routes import PlannedWrite
from ironbolt.core.errors import ValidationFailed
from ironbolt.core.threads import at_home
from ironbolt.core.unit import unit_of_work
from ironbolt.plans.inline import Inline
from ironbolt.plans.refusal import NotWritten, TooSlow
from ironbolt.plans.runners import writer_on
from ironbolt.plans.statement import Params, Statement
from ironbolt.plans.steps import fetch_by_django
from ironbolt.plans.watching import refusals

ELSEWHERE: Any = object()
"""Stands for the answer to a write that may be planned, but not on the loop."""

MOST_BYTES = 65_536
"""A longer body is written by a thread."""

Finish = Callable[[Any], Response]
"""Makes the answer of the row that was written."""


def is_plannable(route: Route) -> bool:
    """Whether nobody has to look at an instance, as of now."""
    planned = route.planned_write
    return planned is not None and not at_home() and not pipeline.has_steps() and planned.may_run()


async def on_the_loop(route: Route, request: Request, arguments: Sequence[Any], finish: Finish) -> Any:
    """The answer to a plannable write, or ELSEWHERE where a thread may find it, or UNPLANNED where the handler has to.

    Raises:
        ValidationFailed: something new breaks rules of the model.
        OverloadedError: too many requests wait for a connection.
        django.db.OperationalError: the database can't be reached, or nobody knows whether it has committed.
    """
    planned = route.planned_write
    assert planned is not None
    if not planned.is_for_the_loop or len(request.body) > MOST_BYTES:
        return ELSEWHERE
    using = planned.using  # asked once: routers may say something else the next time
    runner = writer_on(using)
    if runner is None:
        return ELSEWHERE
    try:
        statement, params = _query(planned, arguments, using)
        if isinstance(runner, Inline):
            answer = await runner.writes.write(statement, params, lambda rows: finish(planned.told(rows)))
            runner.look_again()
            return answer
        # Wires commit by themselves: an answer that might not be made of the row is made in a unit of work.
        return finish(planned.told(await runner.write(statement, params))) if statement.is_certain else ELSEWHERE
    except TooSlow:
        return ELSEWHERE
    except NotWritten:
        return UNPLANNED


def _query(planned: PlannedWrite, arguments: Sequence[Any], using: str) -> tuple[Statement, Params]:
    """The statement that writes.

    Raises:
        ValidationFailed: something new breaks rules of the model; of what is changed the handler looks first whether
            it is there.
        NotWritten: the handler comes upon whatever it is again.
        TooSlow: a thread has to make it.
    """
    before = refusals()
    try:
        found = planned.query(arguments, using)
    except (TooSlow, RuntimeError) as error:  # the latter where a function of the project would run a loop of its own
        raise TooSlow from error
    except Exception as error:
        if refusals() != before:
            raise TooSlow from error
        if planned.is_new and isinstance(error, ValidationFailed):
            raise
        raise NotWritten from error
    if refusals() != before:  # a function of the project may have taken the refusal for an answer
        raise TooSlow
    return found


def in_a_thread(route: Route, arguments: Sequence[Any], finish: Finish) -> Any:
    """The answer to a plannable write, on Django's own connection, or UNPLANNED where the handler has to find it.

    Raises:
        django.db.OperationalError: the database can't be reached, or is locked for too long.
    """
    planned = route.planned_write
    assert planned is not None
    using = planned.using
    try:
        statement, params = planned.query(arguments, using)
        with unit_of_work(using):
            return finish(planned.told(fetch_by_django(using)(statement, params)))
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # noqa: BLE001 - it was undone, and the handler comes upon it again
        return UNPLANNED
