"""The routes of WebSockets: everything that can be decided at start is decided here."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.auth import Admission, Authentication, JWTAuthentication, admission_of
from ironbolt.bolt.binding import Binder, binder_of
from ironbolt.bolt.guards import Guard
from ironbolt.bolt.middleware.cross_origin import Cors
from ironbolt.bolt.middleware.decorators import settle
from ironbolt.bolt.middleware.limiting import Limiter
from ironbolt.bolt.routing.routes import RouteDoc
from ironbolt.bolt.routing.sites import Defaults
from ironbolt.bolt.routing.templates import check_template
from ironbolt.core.sockets import METHOD


class SocketOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a registration may decide for one socket; None leaves it to the API.

    Attributes:
        auth: ways to authenticate.
        guards: who may open it.
        max_message_bytes: the largest message it takes; by default what a JSON body may have.
        tags: headings in a list of routes.
        summary: a line there.
    """

    auth: Sequence[Authentication] | None = None
    guards: Sequence[Guard] | None = None
    max_message_bytes: int | None = None
    tags: Sequence[str] | None = None
    summary: str | None = None


class SocketRoute(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the engine needs to serve the sockets on one path, worked out at start.

    Attributes:
        path: the template, such as ``/rooms/{name}``.
        endpoint: the asynchronous function to call.
        binder: how the arguments are read from the handshake.
        admission: the ways to authenticate, and the guards that a caller must pass.
        limiter: how often a client may open it, None for as often as it likes.
        cors: which other sites' scripts may open it, None for none.
        token_headers: the headers that a token offered as a subprotocol stands for.
        max_message_bytes: the largest message it takes, None for what a JSON body may have.
        doc: what a list of routes says.
        method: always ``WEBSOCKET``.
    """

    path: str
    endpoint: Callable[..., Any]
    binder: Binder
    doc: RouteDoc
    admission: Admission = Admission()
    limiter: Limiter | None = None
    cors: Cors | None = None
    token_headers: tuple[str, ...] = ("authorization",)
    max_message_bytes: int | None = None
    method: str = METHOD

    @property
    def auth(self) -> tuple[Authentication, ...]:
        """The ways to authenticate, in the order in which they are tried."""
        return self.admission.ways

    @property
    def guards(self) -> tuple[Guard, ...]:
        """The guards that a caller must pass, all of them."""
        return (*self.admission.guards, *self.admission.database_guards)


def socket_route(path: str, handler: Callable[..., Any], options: SocketOptions, defaults: Defaults) -> SocketRoute:
    """The route of a handler of sockets.

    Raises:
        ImproperlyConfigured: the handler is not ``async def``, takes no socket, or wants what a handshake has not.
    """
    where = f"{METHOD} {path}"
    if not inspect.iscoroutinefunction(handler):
        raise ImproperlyConfigured(
            f"{where}: {_name(handler)} has to be written with async def, and without yield: a socket lives on the "
            "event loop. Its database work goes through Django's asynchronous methods or in_database_thread."
        )
    if options.max_message_bytes is not None and options.max_message_bytes < 1:
        raise ImproperlyConfigured(f"{where}: max_message_bytes is at least 1, not {options.max_message_bytes}.")
    check_template(path, where)
    binder = binder_of(handler, path, method=METHOD)
    if binder.plan is None and all(parameter.place != "request" for parameter in binder.parameters):
        raise ImproperlyConfigured(f"{where}: {_name(handler)} takes no socket: async def …(socket: WebSocket).")
    auth = defaults.auth if options.auth is None else tuple(options.auth)
    guards = defaults.guards if options.guards is None else tuple(options.guards)
    settled = settle(where, handler, None, defaults.around)
    limit = settled.rate_limit
    return SocketRoute(
        path=path,
        endpoint=binder.endpoint(handler),
        binder=binder,
        doc=_doc(handler, options),
        admission=admission_of(METHOD, auth, guards, path),
        limiter=defaults.limiters.limiter(limit, settled.limit_scope) if limit else None,
        cors=settled.cors,
        token_headers=_token_headers(auth),
        max_message_bytes=options.max_message_bytes,
    )


def _token_headers(ways: Sequence[Authentication]) -> tuple[str, ...]:
    return tuple({"authorization": None, **{way.header: None for way in ways if isinstance(way, JWTAuthentication)}})


def _doc(handler: Callable[..., Any], options: SocketOptions) -> RouteDoc:
    first, _, rest = inspect.cleandoc(handler.__doc__ or "").partition("\n")
    summary = options.summary or first.rstrip(".")
    return RouteDoc(name=_name(handler), summary=summary, description=rest.strip(), tags=tuple(options.tags or ()))


def _name(handler: Any) -> str:
    return str(getattr(handler, "__name__", None) or repr(handler))
