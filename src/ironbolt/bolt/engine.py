"""The engine: from an ASGI request to its route, its answer, and never anything but an answer."""

from typing import Any

import msgspec
from django.db import router

from ironbolt import pipeline
from ironbolt.bolt import hardening
from ironbolt.bolt.exceptions import Forbidden, MethodNotAllowed, NotAcceptable, NotFound, Unauthorized
from ironbolt.bolt.request import ClientGone, Receive, Request, Scope, Send
from ironbolt.bolt.responses import JSON, Response
from ironbolt.bolt.routing import Methods, Route, Router
from ironbolt.bolt.views import APIView
from ironbolt.core import context
from ironbolt.core.envelope import wrap
from ironbolt.core.errors import Problem, body_of, log_problem, problem_json_of, problem_of
from ironbolt.core.negotiation import PROBLEM_JSON, accepts_json, prefers_problem_json
from ironbolt.core.threads import in_database_thread


class Engine:
    """An ASGI application over compiled routes."""

    def __init__(self, router: Router) -> None:
        self.router = router
        self._hardening = hardening.Hardening()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a lifespan is followed, a WebSocket refused."""
        if scope["type"] == "http":
            await self._serve(Request(scope), receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 4404})

    async def _serve(self, request: Request, receive: Receive, send: Send) -> None:
        trace_id = context.trace_id_from(request.headers.get("x-request-id"))
        token = context.enter(context.Context(trace_id=trace_id))
        try:
            response = await self._answer(request, receive)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer and the log the rest
            response = _error(request, error)
        finally:
            context.leave(token)
        headers = [*response.headers, *self._hardening.headers(request), (b"x-request-id", trace_id.encode())]
        await _send(send, request.method, response, headers)

    async def _answer(self, request: Request, receive: Receive) -> Response:
        if redirect := self._hardening.check(request):
            return redirect
        found = self.router.find(request.path)
        if found is None:
            raise NotFound
        methods, path_values = found
        route = methods.get("GET" if request.method == "HEAD" and "HEAD" not in methods else request.method)
        if route is None:
            return _without_handler(request, methods)
        if not accepts_json(request.headers.get("accept")) and route.doc.answer is not Response:
            raise NotAcceptable
        request.route = route
        _admit(route, request)
        if route.binder.body is not None:
            await request.read_body(receive)
        arguments = route.binder.bind(request, path_values)
        return await _run(route, request, arguments)


def _admit(route: Route, request: Request) -> None:
    """Authenticate, then ask the guards.

    Raises:
        Unauthorized: credentials are wrong, or missing where a guard wants some.
        Forbidden: the caller is known and may not.
    """
    for authentication in route.auth:
        try:
            request.auth = authentication.authenticate(request)
        except Unauthorized as error:
            error.headers.setdefault("WWW-Authenticate", authentication.challenge)
            raise
        if request.auth is not None:
            context.identify(request.auth.get("user_id"))
            break
    for guard in route.guards:
        if not guard.allows(request.auth):
            if request.auth is None:
                raise Unauthorized(headers={"WWW-Authenticate": route.auth[0].challenge})
            raise Forbidden


async def _run(route: Route, request: Request, arguments: list[Any]) -> Response:
    if route.mode == "loop":
        return await _answer_on_loop(route, request, arguments)
    if route.mode == "thread":
        return await in_database_thread(_answer_here, route, request, arguments)
    return await in_database_thread(_answer_in_unit, route, request, arguments)


async def _answer_on_loop(route: Route, request: Request, arguments: list[Any]) -> Response:
    view = _view_of(route, request)
    try:
        result = await (route.endpoint(*arguments) if view is None else route.endpoint(view, *arguments))
    except Exception as error:
        if view is None:
            raise
        result = view.handle_exception(error)
    return _finish(route, result)


def _answer_here(route: Route, request: Request, arguments: list[Any]) -> Response:
    view = _view_of(route, request)
    try:
        result = route.endpoint(*arguments) if view is None else route.endpoint(view, *arguments)
    except Exception as error:
        if view is None:
            raise
        result = view.handle_exception(error)
    return _finish(route, result)


def _answer_in_unit(route: Route, request: Request, arguments: list[Any]) -> Response:
    """Run a write through the pipeline, encoding included: an answer that can't be encoded is undone."""
    assert route.operation is not None
    model = route.operation.model
    database = router.db_for_write(model) if model else route.operation.database
    operation = msgspec.structs.replace(route.operation, path=request.path, database=database)
    return pipeline.run(operation, lambda: _answer_here(route, request, arguments))


def _view_of(route: Route, request: Request) -> APIView | None:
    """A fresh instance of the handler's class: nothing leaks from one request into another."""
    if route.view is None:
        return None
    view: APIView = route.view()
    view.request = request
    view.action = route.action
    return view


def _finish(route: Route, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    return JSON(wrap(result) if route.envelope else result, route.status)


def _without_handler(request: Request, methods: Methods) -> Response:
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
    if prefers_problem_json(request.headers.get("accept")):
        return JSON(problem_json_of(problem), problem.status, problem.headers, PROBLEM_JSON)
    return JSON(body_of(problem), problem.status, problem.headers)


async def _send(send: Send, method: str, response: Response, headers: list[tuple[bytes, bytes]]) -> None:
    without_body = response.status_code in (204, 304)
    if not without_body:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if without_body or method == "HEAD" else response.body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
