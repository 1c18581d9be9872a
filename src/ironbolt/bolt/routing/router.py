"""The tree that finds the routes of a path."""

from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.routing.routes import Methods, Route


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
