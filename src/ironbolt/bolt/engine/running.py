"""Where a handler runs: on the loop, in a database thread, there inside the pipeline, or not at all."""

from collections.abc import Callable, Sequence
from functools import partial
from inspect import isawaitable
from typing import Any

import msgspec
from django.db import router

from ironbolt import pipeline
from ironbolt.bolt.binding.dependencies import Resolution
from ironbolt.bolt.engine import planned, planned_writes
from ironbolt.bolt.engine.planned import UNPLANNED
from ironbolt.bolt.engine.repeated_queries import without_repeated_queries
from ironbolt.bolt.request import Receive, Request
from ironbolt.bolt.responses import JSON, Response
from ironbolt.bolt.routing import Route
from ironbolt.bolt.structs.shaping import needs_database, shaped
from ironbolt.bolt.views import APIView
from ironbolt.core.envelope import wrap
from ironbolt.core.exchange import Client
from ironbolt.core.handled import Handled
from ironbolt.core.threads import finished, in_database_thread


async def run(route: Route, request: Request, path_values: Sequence[str], receive: Receive) -> Response:
    """Read the arguments and run the handler; what it answers is finished.

    Raises:
        Exception: whatever a dependency or the handler raises, unless its class answers that.
    """
    binder = route.binder
    if binder.plan is None:
        arguments = binder.bind(request, path_values)
        if route.mode == "loop":
            return await _answer_on_loop(route, request, arguments)
        if route.mode == "plan" and (found := await planned.on_the_loop(route, request, arguments)) is not UNPLANNED:
            return planned.shown(route, found)
        if route.planned_write is not None and planned_writes.is_plannable(route):
            return await _write(route, request, arguments, receive)
        return await _hop(receive, _HERE[route.mode], route, request, arguments)
    resolution = binder.resolve(request, path_values)
    if route.mode != "loop" and binder.plan.in_hop:
        return await _hop(receive, _answer_with, resolution, route, request)
    async with resolution as arguments:
        return await _answer(route, request, arguments, receive)


async def _answer(route: Route, request: Request, arguments: list[Any], receive: Receive) -> Response:
    if route.mode == "loop":
        return await _answer_on_loop(route, request, arguments)
    return await _hop(receive, _HERE[route.mode], route, request, arguments)


async def _write(route: Route, request: Request, arguments: list[Any], receive: Receive) -> Response:
    """A write by its plan, or by the handler where the plan has written nothing."""
    found: Any = await planned_writes.on_the_loop(route, request, arguments, partial(planned.shown, route))
    if found is planned_writes.ELSEWHERE:
        return await _hop(receive, _write_by_plan, route, request, arguments)
    return await _hop(receive, _answer_in_unit, route, request, arguments) if found is UNPLANNED else found


async def judge(route: Route, request: Request, error: Exception, receive: Receive) -> Response:
    """What the class of a route answers to an error that came before its handler or around it.

    Raises:
        Exception: what it would rather not answer.
    """
    return await _hop(receive, _judged, route, request, _view_of(route, request), error)


async def _hop(receive: Receive, call: Callable[..., Response], *arguments: Any) -> Response:
    """Go to a database thread, unless the client leaves while there is none free; the body has been read."""
    client = Client(receive, _to_nobody)
    try:
        return await in_database_thread(call, *arguments, give_up_with=client)
    finally:
        client.release()  # an answer that streams watches its client itself


async def _to_nobody(_: Any) -> None:
    """Nothing is sent before there is an answer."""


def _answer_with(resolution: Resolution, route: Route, request: Request) -> Response:
    """A handler and its dependencies in one hop, one thread and one transaction."""
    with resolution as arguments:
        return _HERE[route.mode](route, request, arguments)


async def _answer_on_loop(route: Route, request: Request, arguments: list[Any]) -> Response:
    view = _view_of(route, request)
    try:
        result = await (route.endpoint(*arguments) if view is None else route.endpoint(view, *arguments))
    except Handled as early:
        result = early.answer
    except Exception as error:
        if not route.handles_errors:
            raise
        request.judged = error
        assert view is not None
        result = view.handle_exception(error)
        if isawaitable(result):
            result = await result
    if needs_database(result):
        return await in_database_thread(_finish_rows, route, view, result)
    return _finish(route, view, result)


def _answer_here(route: Route, request: Request, arguments: list[Any]) -> Response:
    view = _view_of(route, request)
    try:
        return _called(route, view, arguments)
    except Exception as error:
        if not route.handles_errors:
            raise
        return _judged(route, request, view, error)


def _called(route: Route, view: APIView | None, arguments: list[Any]) -> Response:
    return without_repeated_queries(route, partial(_answered, route, view, arguments))


def _answered(route: Route, view: APIView | None, arguments: list[Any]) -> Response:
    try:
        result = finished(route.endpoint(*arguments) if view is None else route.endpoint(view, *arguments))
    except Handled as early:
        result = early.answer
    return _finish(route, view, result)


def _judged(route: Route, request: Request, view: Any, error: Exception) -> Response:
    """What a class that has a say in errors answers to one; it is asked once."""
    request.judged = error
    return _finish(route, view, finished(view.handle_exception(error)))


def _answer_by_plan(route: Route, request: Request, arguments: list[Any]) -> Response:
    found = planned.in_a_thread(route, request, arguments)
    return _answer_here(route, request, arguments) if found is UNPLANNED else planned.shown(route, found)


def _write_by_plan(route: Route, request: Request, arguments: list[Any]) -> Response:
    found = planned_writes.in_a_thread(route, arguments, partial(planned.shown, route))
    return _answer_in_unit(route, request, arguments) if found is UNPLANNED else found


def _answer_in_unit(route: Route, request: Request, arguments: list[Any]) -> Response:
    """Run a write through the pipeline, encoding included: an answer that can't be encoded is undone."""
    assert route.operation is not None
    model = route.operation.model
    database = router.db_for_write(model) if model else route.operation.database
    operation = msgspec.structs.replace(route.operation, path=request.path, database=database)
    view = _view_of(route, request)
    try:
        return pipeline.run(operation, lambda: _called(route, view, arguments))
    except Exception as error:
        if not route.handles_errors:
            raise
        # Only now, for what was raised undoes the write, whatever is answered to it.
        return _judged(route, request, view, error)


_HERE: dict[str, Callable[[Route, Request, list[Any]], Response]] = {
    "thread": _answer_here,
    "unit": _answer_in_unit,
    "plan": _answer_by_plan,
}


def _view_of(route: Route, request: Request) -> APIView | None:
    """A fresh instance of the handler's class: nothing leaks from one request into another."""
    if route.view is None:
        return None
    view: APIView = route.view()
    view.request = request
    view.action = route.action
    return view


def _finish_rows(route: Route, view: APIView | None, result: Any) -> Response:
    return without_repeated_queries(route, partial(_finish, route, view, result))


def _finish(route: Route, view: APIView | None, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    result = shaped(result, route.shape, view)
    return JSON(wrap(result) if route.envelope else result, route.status)
