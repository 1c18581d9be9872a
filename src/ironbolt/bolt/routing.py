"""Routes as immutable records, and the tree that finds the one for a path."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.auth import Admission, Authentication
from ironbolt.bolt.binding import Binder
from ironbolt.bolt.cors import Cors
from ironbolt.bolt.guards import Guard
from ironbolt.bolt.limits import Limiter
from ironbolt.bolt.shaping import Shape
from ironbolt.core.operation import Operation

Mode = Literal["loop", "thread", "unit"]
"""Where a handler runs: on the event loop, in a database thread, or there inside the pipeline."""


class RouteDoc(msgspec.Struct, frozen=True, kw_only=True):
    """What the API description says of a route; never read while a request is answered."""

    name: str
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    answer: Any = Any
    can_conflict: bool = False
    can_miss: bool = False


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the engine needs to answer one method on one path, worked out at start.

    Attributes:
        method: the HTTP method.
        path: the template, such as ``/books/{id}``.
        endpoint: what to call: a function, or the plain function of a view's method.
        view: the class to make a fresh instance of for each request, None for a function.
        action: the name of the view's action.
        binder: how the arguments are read from the request.
        admission: the ways to authenticate, and the guards that a caller must pass.
        limiter: how often a client may call, None for as often as it likes.
        cors: which other sites' scripts may read its answers, None for none.
        mode: where the handler runs.
        status: the status of a success.
        shape: what its answers are held to, and which Struct rows are read into.
        envelope: whether a success is wrapped as ``{"message", "data"}``.
        safe_db_errors: whether database texts are kept back; None for what the setting says.
        operation: what enters the pipeline, in mode ``unit``.
        doc: what the API description says.
    """

    method: str
    path: str
    endpoint: Callable[..., Any]
    binder: Binder
    mode: Mode
    doc: RouteDoc
    view: type[Any] | None = None
    action: str = ""
    admission: Admission = Admission()
    limiter: Limiter | None = None
    cors: Cors | None = None
    status: int = 200
    shape: Shape = Shape()
    envelope: bool = False
    safe_db_errors: bool | None = None
    operation: Operation | None = None

    @property
    def auth(self) -> tuple[Authentication, ...]:
        """The ways to authenticate, in the order in which they are tried."""
        return self.admission.ways

    @property
    def guards(self) -> tuple[Guard, ...]:
        """The guards that a caller must pass, all of them."""
        return (*self.admission.guards, *self.admission.database_guards)


Methods = dict[str, Route]


class _Node:
    __slots__ = ("by_segment", "methods", "parameter")

    def __init__(self) -> None:
        self.by_segment: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.methods: Methods = {}


class Router:
    """Finds routes: a fixed segment wins over a parameter, and a trailing slash makes no difference."""

    def __init__(self) -> None:
        self._fixed: dict[str, Methods] = {}
        self._root = _Node()
        self.routes: list[Route] = []

    def add(self, route: Route) -> None:
        """Take in a route.

        Raises:
            ImproperlyConfigured: the same method and path are there already.
        """
        segments = _segments(route.path)
        node = self._root
        for segment in segments:
            if segment.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.by_segment.setdefault(segment, _Node())
        if route.method in node.methods:
            other = node.methods[route.method].path
            raise ImproperlyConfigured(f"{route.method} {route.path} is registered twice (as {other} before).")
        node.methods[route.method] = route
        if "{" not in route.path:
            self._fixed["/" + "/".join(segments)] = node.methods
        self.routes.append(route)

    def find(self, path: str) -> tuple[Methods, list[str]] | None:
        """The methods of a path and the values of its parameters, in order; None if there is no such path."""
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, []
        values: list[str] = []
        node = _descend(self._root, _segments(path), 0, values)
        return (node.methods, values) if node else None


def _segments(path: str) -> list[str]:
    trimmed = path.removeprefix("/").removesuffix("/")
    return trimmed.split("/") if trimmed else []


def _descend(node: _Node, segments: list[str], depth: int, values: list[str]) -> _Node | None:
    if depth == len(segments):
        return node if node.methods else None
    segment = segments[depth]
    fixed = node.by_segment.get(segment)
    if fixed and (found := _descend(fixed, segments, depth + 1, values)):
        return found
    if node.parameter and segment:
        values.append(segment)
        if found := _descend(node.parameter, segments, depth + 1, values):
            return found
        values.pop()
    return None
