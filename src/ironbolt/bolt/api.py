"""The typed door: an API is a list of routes, compiled when it is first served."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ironbolt.bolt import docs as documentation
from ironbolt.bolt.auth import Authentication
from ironbolt.bolt.compiling import Defaults, Options, function_route, view_routes, viewset_routes
from ironbolt.bolt.engine import Engine
from ironbolt.bolt.guards import Guard
from ironbolt.bolt.openapi import Info
from ironbolt.bolt.routing import Route, Router
from ironbolt.bolt.views import APIView, ViewSet

_F = TypeVar("_F", bound=Callable[..., Any])
_V = TypeVar("_V", bound=type[APIView])
_S = TypeVar("_S", bound=type[ViewSet])


class BoltAPI:
    """A set of routes that can be served on its own or beside Django.

    Args:
        prefix: the path that all routes lie below, such as ``/api/v2``.
        info: what the API says of itself in its description.
        auth: ways to authenticate, for every route that does not say otherwise.
        guards: who may, for every route that does not say otherwise.
        envelope: whether successes are wrapped as ``{"message", "data"}``.
        docs: whether ``/docs`` and ``/openapi.json`` are served.
    """

    def __init__(
        self,
        prefix: str = "",
        *,
        info: Info | None = None,
        auth: Sequence[Authentication] = (),
        guards: Sequence[Guard] = (),
        envelope: bool = False,
        docs: bool = True,
    ) -> None:
        self.prefix = f"/{prefix.strip('/')}" if prefix.strip("/") else ""
        self.info = info or Info()
        self._defaults = Defaults(tuple(auth), tuple(guards), envelope)
        self._docs = docs
        self._pending: list[Callable[[], Sequence[Route]]] = []
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

    def view(self, path: str) -> Callable[[_V], _V]:
        """Register a class whose methods are named after HTTP methods."""

        def register(view: _V) -> _V:
            self._add(lambda: list(view_routes(self._below(path), view, self._defaults)))
            return view

        return register

    def viewset(self, path: str) -> Callable[[_S], _S]:
        """Register a class of actions: the collection at ``path``, its objects one segment below."""

        def register(view: _S) -> _S:
            self._add(lambda: list(viewset_routes(self._below(path), view, self._defaults)))
            return view

        return register

    def routes(self) -> list[Route]:
        """Every route, compiled.

        Raises:
            ImproperlyConfigured: a route can't work; the message says which and why.
        """
        return self.asgi().router.routes

    def asgi(self) -> Engine:
        """The API as an ASGI application; compiled on the first call, the same one ever after."""
        if self._engine is None:
            router = Router()
            for compile_routes in self._pending:
                for route in compile_routes():
                    router.add(route)
            if self._docs:
                for route in documentation.routes(self.prefix, self.info, list(router.routes)):
                    router.add(route)
            self._engine = Engine(router)
        return self._engine

    def _function(self, method: str, path: str, options: dict[str, Any]) -> Callable[[_F], _F]:
        chosen = Options(**options)

        def register(handler: _F) -> _F:
            self._add(lambda: [function_route(method, self._below(path), handler, chosen, self._defaults)])
            return handler

        return register

    def _below(self, path: str) -> str:
        """A path as registered, below the prefix; how it was written at its ends makes no difference."""
        return f"{self.prefix}/{path.strip('/')}".rstrip("/") or "/"

    def _add(self, compile_routes: Callable[[], Sequence[Route]]) -> None:
        if self._engine is not None:
            raise RuntimeError("This API is being served already; register every route before that.")
        self._pending.append(compile_routes)
