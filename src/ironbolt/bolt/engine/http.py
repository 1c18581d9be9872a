"""The engine: from an ASGI request to its route, its answer, and never anything but an answer."""

import asyncio

from ironbolt.bolt.binding.forms import close_form, read_form
from ironbolt.bolt.engine import hardening
from ironbolt.bolt.engine.admitting import admit, admit_at_once, admit_later
from ironbolt.bolt.engine.failing import failed
from ironbolt.bolt.engine.measuring import measured
from ironbolt.bolt.engine.planned import answer_at_once
from ironbolt.bolt.engine.request_log import data_of, log_of, told_by
from ironbolt.bolt.engine.running import judge, run
from ironbolt.bolt.engine.sockets import Sockets
from ironbolt.bolt.exceptions import MethodNotAllowed, NotAcceptable, NotFound
from ironbolt.bolt.middleware.cross_origin import cors_headers, preflight, preflight_method
from ironbolt.bolt.request import ClientGone, Receive, Request, Scope, Send
from ironbolt.bolt.responses import Response
from ironbolt.bolt.responses.compression import compress
from ironbolt.bolt.routing import Methods, Route, Router
from ironbolt.bolt.routing.sockets import SocketRoute
from ironbolt.core import context
from ironbolt.core.lifespan import follow_lifespan
from ironbolt.core.negotiation import accepts_json
from ironbolt.core.threads import leave_the_lane, use_a_lane


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
        lane = None
        try:
            response = self._answer_at_once(request)
            if response is None:
                lane = use_a_lane()
                answer = _answer(request, receive)
                measure = request.route.measure
                response = await (answer if measure is None else measured(measure, request.route, request, answer))
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
                await failed(request, error).deliver(request, receive, send, extra)
        except ClientGone:
            return
        finally:
            if request.route and request.route.binder.form is not None:
                close_form(request)
            leave_the_lane(lane)
            context.leave(token)

    def _answer_at_once(self, request: Request) -> Response | None:
        """What needs no waiting: a refusal, a preflight, a planned read; None for the rest, with its route."""
        try:
            if response := self._hardening.check(request) or self._find(request):
                return response
            route: Route = request.route
            if not route.at_once:
                return None
            _require_acceptable(route, request)
            if not route.is_open:
                request.admitted = admit_at_once(route, request)
                if not request.admitted:
                    return None
            return answer_at_once(route, request)
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - as in _answer
            return failed(request, error)

    def _find(self, request: Request) -> Response | None:
        """Give the request its route; the answer, where it has none or wants none.

        Raises:
            NotFound: there is no such path.
            MethodNotAllowed: the path has no such method.
        """
        found = self.router.find(request.path)
        if found is None:
            raise NotFound
        methods, request.path_values = found
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
        return None


async def _answer(request: Request, receive: Receive) -> Response:
    route: Route = request.route
    try:
        try:
            return await _answer_of(route, request, receive)
        except Exception as error:
            if request.log is not None:
                request.log.arrived()
            if not route.handles_errors or request.judged is not None:
                raise
            return await judge(route, request, error, receive)
    except asyncio.CancelledError as cancelled:
        if (task := asyncio.current_task()) is None or task.cancelling():
            raise
        # Nobody cancelled this request: its handler awaited what was.
        return failed(request, RuntimeError(f"A handler awaited what was cancelled: {cancelled!r}."))
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - the client gets an answer, the log the rest
        return failed(request, error)


async def _answer_of(route: Route, request: Request, receive: Receive) -> Response:
    if request.admitted is None:
        _require_acceptable(route, request)
        if not route.is_open:
            await admit(route, request)
    elif not request.admitted:
        await admit_later(route, request)
    if route.binder.form is not None:
        await read_form(route.binder.form, request, receive)
    elif route.binder.body is not None:
        await request.read_body(receive)
    if request.log is not None:
        request.log.arrived(data_of(request))
    return await run(route, request, request.path_values, receive)


def _preflight(request: Request, methods: Methods) -> Response:
    response = Response(status_code=204)
    policies = {method: route.cors for method, route in methods.items()}
    response.headers.extend(preflight(policies, request.headers))
    return response


def _require_acceptable(route: Route, request: Request) -> None:
    if route.answers_json and not accepts_json(request.headers.get("accept")):
        raise NotAcceptable


def _without_handler(request: Request, methods: Methods) -> Response:
    if any(route.logs_requests for route in methods.values()):
        request.log = log_of(request)
    allowed = {*methods, "OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    allow = {"Allow": ", ".join(sorted(allowed))}
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=allow)
    raise MethodNotAllowed(headers=allow)
