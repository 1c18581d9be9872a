"""The tree that finds the routes of a path."""

from typing import Generic, Protocol, TypeVar

from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.routing.routes import RouteDoc
from ironbolt.bolt.routing.templates import check_template, is_parameter, segments_of


class Findable(Protocol):
    """As much of a route as it is found by."""

    @property
    def method(self) -> str:
        """The HTTP method, or what stands for it."""

    @property
    def path(self) -> str:
        """The template of the path."""

    @property
    def doc(self) -> RouteDoc:
        """What is said of it, with the name of its handler."""


_R = TypeVar("_R", bound=Findable)


class _Node(Generic[_R]):
    __slots__ = ("by_segment", "methods", "parameter")

    def __init__(self) -> None:
        self.by_segment: dict[str, _Node[_R]] = {}
        self.parameter: _Node[_R] | None = None
        self.methods: dict[str, _R] = {}


class Router(Generic[_R]):
    """Finds routes: a fixed segment wins over a parameter, and a trailing slash makes no difference."""

    def __init__(self) -> None:
        self._fixed: dict[str, dict[str, _R]] = {}
        self._below: dict[str, dict[str, _R]] = {}
        self._root: _Node[_R] = _Node()
        self.routes: list[_R] = []

    def add(self, route: _R) -> None:
        """Take in a route.

        Raises:
            ImproperlyConfigured: the same method and path are there already, or no request could match the path.
        """
        check_template(route.path, f"{route.method} {route.path}")
        segments = segments_of(route.path)
        node = self._root
        for segment in segments:
            if is_parameter(segment):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.by_segment.setdefault(segment, _Node())
        if route.method in node.methods:
            other = node.methods[route.method]
            raise ImproperlyConfigured(
                f"{route.method} {route.path} is registered twice (as {other.path} before): "
                f"by {other.doc.handler or other.doc.name} and by {route.doc.handler or route.doc.name}, "
                "which could never answer."
            )
        node.methods[route.method] = route
        *parents, last = segments or [""]
        if "{" not in route.path:
            self._fixed["/" + "/".join(segments)] = node.methods
        elif is_parameter(last) and not any(map(is_parameter, parents)):
            self._below["".join(f"/{segment}" for segment in parents)] = node.methods
        self.routes.append(route)

    def find(self, path: str) -> tuple[dict[str, _R], list[str]] | None:
        """The methods of a path and the values of its parameters, in order; None if there is no such path."""
        # Nearly all paths are one of these two; the tree knows them too.
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, []
        parent, _, last = path.rpartition("/")
        if last and (methods := self._below.get(parent)) is not None:
            return methods, [last]
        values: list[str] = []
        node = _descend(self._root, segments_of(path), 0, values)
        return (node.methods, values) if node else None


def _descend(node: _Node[_R], segments: list[str], depth: int, values: list[str]) -> _Node[_R] | None:
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
