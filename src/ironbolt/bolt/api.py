"""The typed door: an API is a list of routes, compiled when it is first served."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar, cast

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.auth import Authentication
from ironbolt.bolt.engine import Engine
from ironbolt.bolt.guards import Guard
from ironbolt.bolt.middleware.decorators import around_of
from ironbolt.bolt.middleware.limiting import Limiters
from ironbolt.bolt.openapi import Info
from ironbolt.bolt.openapi import pages as documentation
from ironbolt.bolt.routing import Route, Router
from ironbolt.bolt.routing.compiling import handler_route, member_routes, view_routes, viewset_routes
from ironbolt.bolt.routing.dead import check_function
from ironbolt.bolt.routing.members import Member
from ironbolt.bolt.routing.sites import Defaults, Site
from ironbolt.bolt.routing.sockets import SocketOptions, SocketRoute, socket_route
from ironbolt.bolt.views import APIView, ViewSet
from ironbolt.bolt.views.actions import Options, chosen_of

_F = TypeVar("_F", bound=Callable[..., Any])
_V = TypeVar("_V", bound=type[APIView])
_S = TypeVar("_S", bound=type[ViewSet])
_R = TypeVar("_R", Route, SocketRoute)


class BoltAPI:
    """A set of routes that can be served on its own or beside Django.

    Args:
        prefix: the path that all routes lie below, such as ``/api/v2``.
        info: what the API says of itself in its description.
        auth: ways to authenticate, for every route that does not say otherwise.
        guards: who may, for every route that does not say otherwise.
        middleware: ``cors(…)``, ``rate_limit(…)`` and ``compress(…)`` for every route that does not skip them.
        envelope: whether successes are wrapped as ``{"message", "data"}``.
    """

    def __init__(
        self,
        prefix: str = "",
        *,
        info: Info | None = None,
        auth: Sequence[Authentication] = (),
        guards: Sequence[Guard] = (),
        middleware: Sequence[Callable[[Any], Any]] = (),
        envelope: bool = False,
    ) -> None:
        self.prefix = f"/{prefix.strip('/')}" if prefix.strip("/") else ""
        self.info = info or Info()
        self._defaults = Defaults(tuple(auth), tuple(guards), envelope, around_of(middleware), Limiters())
        self.dependency_overrides: dict[Callable[..., Any], Callable[..., Any]] = {}
        """Dependency → what stands in for it, in tests; say it before the first request."""
        self._pending: list[Callable[[], Iterable[Route]]] = []
        self._pending_sockets: list[Callable[[], SocketRoute]] = []
        self._exposed: dict[Member, Route] = {}
        self._engine: Engine | None = None

    def get(self, path: str, **options: Any) -> Callable[[_F], _F]:
        """Register a function for GET; see :class:`Options` for what can be said beside the path."""
        return self._function("GET", path, options)

    def post(self, path: str, **options: Any) -> Callable[[_F], _F]:
        """Register a function for POST."""
        return self._function("POST", path, options)

    def put(self, path: str, **options: Any) -> Callable[[_F], _F]:
        """Register a function for PUT."""
        return self._function("PUT", path, options)

    def patch(self, path: str, **options: Any) -> Callable[[_F], _F]:
        """Register a function for PATCH."""
        return self._function("PATCH", path, options)

    def delete(self, path: str, **options: Any) -> Callable[[_F], _F]:
        """Register a function for DELETE."""
        return self._function("DELETE", path, options)

    def head(self, path: str, **options: Any) -> Callable[[_F], _F]:
        """Register a function for HEAD, instead of the GET without its body."""
        return self._function("HEAD", path, options)

    def options(self, path: str, **options: Any) -> Callable[[_F], _F]:
        """Register a function for OPTIONS, instead of the plain list of methods."""
        return self._function("OPTIONS", path, options)

    def websocket(self, path: str, **options: Any) -> Callable[[_F], _F]:
        """Register an asynchronous function for WebSockets; see :class:`SocketOptions` for what else can be said.

        It takes its :class:`~ironbolt.bolt.WebSocket` by annotation, or as ``socket``, ``websocket`` or ``ws``, and
        other parameters as handlers of HTTP do, but for those of a body. The same path may answer HTTP too.

        Raises:
            ImproperlyConfigured: the function belongs to a class.
        """
        chosen = chosen_of(SocketOptions, options)

        def register(handler: _F) -> _F:
            check_function(handler, f"WEBSOCKET {self._below(path)}")
            if _stands_in_a_class(handler):
                raise ImproperlyConfigured(f"{handler.__qualname__}: a socket is a function, not a method of a class.")
            self._require_unserved()
            self._pending_sockets.append(lambda: socket_route(self._below(path), handler, chosen, self._defaults))
            return handler

        return register

    def view(self, path: str, *, methods: Sequence[str] | None = None) -> Callable[[_V], _V]:
        """Register a class whose methods are named after HTTP methods.

        Args:
            path: where it answers; other paths may be given to the same class.
            methods: those that answer there, if not all that it has.
        """
        wanted = None if methods is None else list(methods)

        def register(view: _V) -> _V:
            self._add_class(view, lambda: view_routes(self._below(path), view, self._defaults, methods=wanted))
            return view

        return register

    def viewset(self, path: str) -> Callable[[_S], _S]:
        """Register a class of actions: the collection at ``path``, its objects one segment below."""

        def register(view: _S) -> _S:
            self._add_class(view, lambda: viewset_routes(self._below(path), view, self._defaults))
            return view

        return register

    def routes(self) -> list[Route]:
        """Every route, compiled.

        Raises:
            ImproperlyConfigured: a route can't work; the message says which and why.
        """
        return self.asgi().router.routes

    def sockets(self) -> list[SocketRoute]:
        """The route of every WebSocket, compiled.

        Raises:
            ImproperlyConfigured: a route can't work; the message says which and why.
        """
        return self.asgi().sockets.routes

    def asgi(self) -> Engine:
        """The API as an ASGI application; compiled on the first call, the same one ever after."""
        if self._engine is None:
            router = Router[Route]()
            sockets = Router[SocketRoute]()
            for compile_routes in self._pending:
                for route in compile_routes():
                    router.add(self._with_overrides(route))
            if self.info.served:
                for route in documentation.routes(self.prefix, self.info, list(router.routes), self._defaults.auth):
                    router.add(route)
            for compile_socket in self._pending_sockets:
                sockets.add(self._with_overrides(compile_socket()))
            self._engine = Engine(router, sockets)
        return self._engine

    def _function(self, method: str, path: str, options: dict[str, Any]) -> Callable[[_F], _F]:
        chosen = chosen_of(Options, options)

        def register(handler: _F) -> _F:
            check_function(handler, f"{method} {self._below(path)}")
            if _stands_in_a_class(handler):
                return cast(_F, Member(method, self._below(path), handler, chosen))
            site = Site(method=method, path=self._below(path))
            self._add(lambda: [handler_route(site, handler, chosen, self._defaults)])
            return handler

        return register

    def _add_class(self, view: type[APIView], compile_routes: Callable[[], Iterable[Route]]) -> None:
        def compile_all() -> Iterator[Route]:
            yield from compile_routes()
            for member, route in member_routes(view, self._defaults):
                if member not in self._exposed:
                    self._exposed[member] = route
                    yield route
                elif self._exposed[member].admission != route.admission:
                    # The first would decide who may, whatever the second says.
                    raise ImproperlyConfigured(
                        f"{route.method} {route.path} belongs to {self._exposed[member].doc.handler} and to "
                        f"{route.doc.handler}, which let in different callers; give it auth and guards of its own."
                    )

        self._add(compile_all)

    def _with_overrides(self, route: _R) -> _R:
        if not self.dependency_overrides or route.binder.plan is None:
            return route
        return msgspec.structs.replace(route, binder=route.binder.overridden(self.dependency_overrides))

    def _below(self, path: str) -> str:
        """A path as registered, below the prefix; how it was written at its ends makes no difference."""
        return f"{self.prefix}/{path.strip('/')}".rstrip("/") or "/"

    def _add(self, compile_routes: Callable[[], Iterable[Route]]) -> None:
        self._require_unserved()
        self._pending.append(compile_routes)

    def _require_unserved(self) -> None:
        if self._engine is not None:
            raise RuntimeError("This API is being served already; register every route before that.")


def _stands_in_a_class(handler: Callable[..., Any]) -> bool:
    """Whether a function is being defined in the body of a class, and so becomes a route of that class."""
    outside, _, _ = handler.__qualname__.rpartition(".")
    return bool(outside) and not outside.endswith("<locals>")
