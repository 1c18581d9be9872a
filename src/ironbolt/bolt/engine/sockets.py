"""Sockets: from a handshake to its handler, and to an end that the client can understand."""

import asyncio
from collections.abc import Sequence

from ironbolt.bolt.engine.admitting import admit
from ironbolt.bolt.engine.hardening import Hardening
from ironbolt.bolt.engine.origins import require_known_origin
from ironbolt.bolt.exceptions import Forbidden, NotFound
from ironbolt.bolt.request import Receive, Scope, Send
from ironbolt.bolt.routing import Router
from ironbolt.bolt.routing.sockets import SocketRoute
from ironbolt.bolt.websockets import InvalidMessage, WebSocket, WebSocketDisconnect
from ironbolt.core import context
from ironbolt.core.errors import ApiError, Problem, log_problem, problem_of
from ironbolt.core.sockets import (
    GOING_AWAY,
    INTERNAL_ERROR,
    METHOD,
    NORMAL,
    close_code,
    close_reason,
    refusal_of,
)
from ironbolt.core.threads import leave_the_lane, use_a_lane


class Sockets:
    """Serves the sockets of one API."""

    def __init__(self, router: Router[SocketRoute], hardening: Hardening) -> None:
        self.router = router
        self._hardening = hardening

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket to its end, whatever that is."""
        if (await receive())["type"] != "websocket.connect":
            return  # the client left before anything was said
        socket = WebSocket(scope, receive, send)
        trace_id = context.trace_id_from(socket.headers.get("x-request-id"))
        socket.extra_headers.append((b"x-request-id", trace_id.encode()))
        token = context.enter(context.Context(trace_id=trace_id))
        lane = use_a_lane()
        try:
            await self._run(socket)
            await self._finish(socket, send)
        except (SystemExit, KeyboardInterrupt) as leaving:
            await self._fail(socket, RuntimeError(f"A handler wanted to leave: {leaving!r}."), send)
        except asyncio.CancelledError:
            await socket.close(GOING_AWAY)
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an end and the log the rest
            await self._fail(socket, error, send)
        finally:
            await socket.wire.stop_reading()
            leave_the_lane(lane)
            context.leave(token)

    async def _run(self, socket: WebSocket) -> None:
        if self._hardening.check(socket):
            raise Forbidden("This socket is open to encrypted connections only (wss).")
        route, path_values = self._found(socket)
        socket.route = route
        if route.max_message_bytes is not None:
            socket.max_message_bytes = route.max_message_bytes
        if not require_known_origin(socket, route.cors):
            socket.drop_cookies()
        socket.present_token(route.token_headers)
        await admit(route, socket)
        if route.binder.plan is None:
            await route.endpoint(*route.binder.bind(socket, path_values))
            return
        async with route.binder.resolve(socket, path_values) as arguments:
            await route.endpoint(*arguments)

    def _found(self, socket: WebSocket) -> tuple[SocketRoute, Sequence[str]]:
        found = self.router.find(socket.path)
        if found is None:
            raise NotFound
        by_method, path_values = found
        return by_method[METHOD], path_values

    async def _finish(self, socket: WebSocket, send: Send) -> None:
        """End a socket that its handler is done with; one that it never accepted is refused."""
        if socket.wire.is_accepted or socket.wire.end:
            await socket.close(NORMAL)
        else:
            await self._fail(socket, Forbidden(), send)

    async def _fail(self, socket: WebSocket, error: Exception, send: Send) -> None:
        """End a socket because of an error; a client that left is none."""
        cause = _cause_of(error)
        if cause is None:
            await self._finish(socket, send)
            return
        problem = problem_of(cause)
        log_problem(problem, cause, method=METHOD, path=socket.path)
        if socket.wire.is_accepted:
            await socket.close(*_ending_of(problem, cause))
        elif not socket.wire.end:
            extra = [*self._hardening.headers(socket), *socket.extra_headers]
            try:
                for message in refusal_of(socket.scope, problem, extra):
                    await send(message)
            except (OSError, RuntimeError):
                return  # nobody is there any more


def _cause_of(error: Exception) -> Exception | None:
    """What ended a handler, None where it was the client's leaving; tasks in a group may tell several of both."""
    if isinstance(error, ExceptionGroup):
        _, rest = error.split(WebSocketDisconnect)
        if rest is None:
            return None
        return _cause_of(rest.exceptions[0]) if len(rest.exceptions) == 1 else rest
    return None if isinstance(error, WebSocketDisconnect) else error


def _ending_of(problem: Problem, error: Exception) -> tuple[int, str]:
    """The close code and reason for an error after the socket was accepted."""
    if isinstance(error, InvalidMessage):
        return error.close_code, close_reason(problem)
    if problem.status == 500 and not isinstance(error, ApiError):
        return INTERNAL_ERROR, ""
    return close_code(problem.status), close_reason(problem)
