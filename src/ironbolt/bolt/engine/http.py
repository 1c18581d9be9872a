"""The engine: from an ASGI request to its route, its answer, and never anything but an answer."""

import asyncio
from collections.abc import Callable
from inspect import isawaitable
from typing import Any

import msgspec
from django.db import router

from ironbolt import pipeline
from ironbolt.bolt.binding.dependencies import Resolution
from ironbolt.bolt.binding.forms import close_form, read_form
from ironbolt.bolt.engine import hardening, planned
from ironbolt.bolt.engine.admitting import admit
from ironbolt.bolt.engine.planned import UNPLANNED
from ironbolt.bolt.engine.request_log import data_of, log_of, told_by
from ironbolt.bolt.engine.sockets import Sockets
from ironbolt.bolt.exceptions import MethodNotAllowed, NotAcceptable, NotFound
from ironbolt.bolt.middleware.cross_origin import cors_headers, preflight, preflight_method
from ironbolt.bolt.request import ClientGone, Receive, Request, Scope, Send
from ironbolt.bolt.responses import JSON, Response
from ironbolt.bolt.responses.compression import compress
from ironbolt.bolt.routing import Methods, Route, Router
from ironbolt.bolt.routing.sockets import SocketRoute
from ironbolt.bolt.structs.shaping import needs_database, shaped
from ironbolt.bolt.views import APIView
from ironbolt.core import context
from ironbolt.core.envelope import wrap
from ironbolt.core.errors import Problem, body_of, log_problem, problem_of, rendered
from ironbolt.core.exchange import Client
from ironbolt.core.lifespan import follow_lifespan
from ironbolt.core.negotiation import accepts_json
from ironbolt.core.threads import finished, in_database_thread, use_a_lane


class Engine:
    """An ASGI application over compiled routes."""

    def __init__(self, router: Router[Route], sockets: Router[SocketRoute] | None = None) -> None:
        self.router = router
        self.sockets = Router[SocketRoute]() if sockets is None else sockets
        self._hardening = hardening.Hardening()
        self._sockets = Sockets(self.sockets, self._hardening)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve one WebSocket; a lifespan is followed."""
        if scope["type"] == "http":
            await self._serve(Request(scope), receive, send)
        elif scope["type"] == "lifespan":
            await follow_lifespan(receive, send)
        else:
            await self._sockets.serve(scope, receive, send)

    async def _serve(self, request: Request, receive: Receive, send: Send) -> None:
        trace_id = context.trace_id_from(request.headers.get("x-request-id"))
        token = context.enter(context.Context(trace_id=trace_id))
        use_a_lane()
        try:
            response = await self._response_to(request, receive)
            if request.log is not None:
                send = told_by(request.log, send)
            compression = request.route.compression if request.route else None
            if compression is not None and compression.concerns(response):
                response = await compress(response, request, compression)
            extra = [*self._hardening.headers(request), (b"x-request-id", trace_id.encode()), *request.extra_headers]
            try:
                await response.deliver(request, receive, send, extra)
            except OSError:
                return  # nobody is there any more
            except Exception as error:  # noqa: BLE001 - nothing was sent yet, so another answer can take its place
                await _error(request, error).deliver(request, receive, send, extra)
        except ClientGone:
            return
        finally:
            if request.route and request.route.binder.form is not None:
                close_form(request)
            context.leave(token)

    async def _response_to(self, request: Request, receive: Receive) -> Response:
        try:
            return await self._answer(request, receive)
        except (SystemExit, KeyboardInterrupt) as leaving:
            return _error(request, RuntimeError(f"A handler wanted to leave: {leaving!r}."))
        except asyncio.CancelledError as cancelled:
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            # Nobody cancelled this request: its handler awaited what was.
            return _error(request, RuntimeError(f"A handler awaited what was cancelled: {cancelled!r}."))
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer and the log the rest
            return _error(request, error)

    async def _answer(self, request: Request, receive: Receive) -> Response:
        if redirect := self._hardening.check(request):
            return redirect
        found = self.router.find(request.path)
        if found is None:
            raise NotFound
        methods, path_values = found
        if preflight_method(request.method, request.headers) and any(route.cors for route in methods.values()):
            return _preflight(request, methods)
        route = methods.get("GET" if request.method == "HEAD" and "HEAD" not in methods else request.method)
        if route is None:
            return _without_handler(request, methods)
        request.route = route
        if route.logs_requests:
            request.log = log_of(request)
        if route.cors:
            request.extra_headers.extend(cors_headers(route.cors, request.headers))
        try:
            return await _answer_of(route, request, path_values, receive)
        except Exception as error:
            if request.log is not None:
                request.log.arrived()
            if not route.handles_errors or request.judged is not None:
                raise
            return await _hop(receive, _judged, route, request, _view_of(route, request), error)


async def _answer_of(route: Route, request: Request, path_values: list[str], receive: Receive) -> Response:
    _require_acceptable(route, request)
    if not route.is_open:
        await admit(route, request)
    if route.binder.form is not None:
        await read_form(route.binder.form, request, receive)
    elif route.binder.body is not None:
        await request.read_body(receive)
    if request.log is not None:
        request.log.arrived(data_of(request))
    return await _run(route, request, path_values, receive)


def _preflight(request: Request, methods: Methods) -> Response:
    response = Response(status_code=204)
    policies = {method: route.cors for method, route in methods.items()}
    response.headers.extend(preflight(policies, request.headers))
    return response


def _require_acceptable(route: Route, request: Request) -> None:
    """A route that finishes its own answers may send what is no JSON."""
    answer = route.doc.answer
    is_finished = answer is Any or (isinstance(answer, type) and issubclass(answer, Response))
    if not is_finished and not accepts_json(request.headers.get("accept")):
        raise NotAcceptable


async def _run(route: Route, request: Request, path_values: list[str], receive: Receive) -> Response:
    binder = route.binder
    if binder.plan is None:
        arguments = binder.bind(request, path_values)
        if route.mode == "loop":
            return await _answer_on_loop(route, request, arguments)
        if route.mode == "plan" and (found := await planned.on_the_loop(route, request, arguments)) is not UNPLANNED:
            return _finish(route, None, found)
        return await _hop(receive, _HERE[route.mode], route, request, arguments)
    resolution = binder.resolve(request, path_values)
    if route.mode != "loop" and binder.plan.in_hop:
        return await _hop(receive, _answer_with, resolution, route, request)
    async with resolution as arguments:
        if route.mode == "loop":
            return await _answer_on_loop(route, request, arguments)
        return await _hop(receive, _HERE[route.mode], route, request, arguments)


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
    except Exception as error:
        if not route.handles_errors:
            raise
        request.judged = error
        assert view is not None
        result = view.handle_exception(error)
        if isawaitable(result):
            result = await result
    if needs_database(result):
        return await in_database_thread(_finish, route, view, result)
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
    result = finished(route.endpoint(*arguments) if view is None else route.endpoint(view, *arguments))
    return _finish(route, view, result)


def _judged(route: Route, request: Request, view: Any, error: Exception) -> Response:
    """What a class that has a say in errors answers to one; it is asked once."""
    request.judged = error
    return _finish(route, view, finished(view.handle_exception(error)))


def _answer_by_plan(route: Route, request: Request, arguments: list[Any]) -> Response:
    found = planned.in_a_thread(route, request, arguments)
    return _answer_here(route, request, arguments) if found is UNPLANNED else _finish(route, None, found)


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


def _finish(route: Route, view: APIView | None, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    result = shaped(result, route.shape, view)
    return JSON(wrap(result) if route.envelope else result, route.status)


def _without_handler(request: Request, methods: Methods) -> Response:
    if any(route.logs_requests for route in methods.values()):
        request.log = log_of(request)
    allowed = {*methods, "OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    allow = {"Allow": ", ".join(sorted(allowed))}
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=allow)
    raise MethodNotAllowed(headers=allow)


def _error(request: Request, error: Exception) -> Response:
    """The answer to an error; one that can't be rendered, whatever it holds, is answered as a 500."""
    try:
        return _answer_to(request, error)
    except Exception as failure:  # noqa: BLE001 - nothing is left behind this to answer
        problem = Problem.of_status(500)
        log_problem(problem, failure, method=request.method, path=request.path)
        return JSON(body_of(problem), problem.status)


def _answer_to(request: Request, error: Exception) -> Response:
    problem = problem_of(error, safe=request.route.safe_db_errors if request.route else None)
    log_problem(problem, error, method=request.method, path=request.path)
    body, content_type, headers = rendered(problem, request.headers.get("accept"))
    return Response(body, problem.status, headers, content_type)
