"""The routes of a project as rows: those of the Bolt APIs it serves, and Django's own URL patterns."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

from ironbolt.bolt.openapi.access import words_of
from ironbolt.bolt.routing import Route
from ironbolt.bolt.routing.sockets import SocketRoute

Data = dict[str, Any]

DJANGO = "django"

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One route, as JSON-able data.

    Attributes:
        method: the HTTP method, ``WEBSOCKET``, several of Django's, or ``*`` where only the view knows.
        path: the template of the path.
        handler: the dotted name of what answers.
        runs: ``plan`` (a compiled query), ``loop``, ``thread`` or ``unit`` (in a thread, inside the pipeline of
            writes); ``django`` for Django's.
        unplanned: why the ORM answers one of Ironbolt's own reads.
        auth: the ways to authenticate.
        guards: who may.
        requires: the same in words.
        limit: how often, None for as often as one likes.
        cors: which other sites' scripts, None for none.
    """

    method: str
    path: str
    handler: str
    runs: str
    auth: list[Data] = []
    guards: list[Data] = []
    requires: str = ""
    unplanned: str = ""
    limit: Data | None = None
    cors: Data | None = None


def row_of(route: Route | SocketRoute) -> Row:
    """A route of a Bolt API as a row."""
    return Row(
        method=route.method,
        path=route.path,
        handler=route.doc.handler or route.doc.name,
        runs=route.mode if isinstance(route, Route) else "loop",
        unplanned=_why_no_plan(route) if isinstance(route, Route) else "",
        auth=[_way(way) for way in route.auth],
        guards=[guard.as_data() for guard in route.guards],
        requires=words_of(route.guards),
        limit=route.limiter.limit.as_data() if route.limiter else None,
        cors=route.cors.as_data() if route.cors else None,
    )


def _why_no_plan(route: Route) -> str:
    return route.unplanned if route.planned is None else route.planned.refusal


def _way(way: Any) -> Data:
    """A way to authenticate; one of somebody's own need not tell more than its name."""
    data: Data = way.as_data() if hasattr(way, "as_data") else {}
    return {"way": type(way).__name__, **data}


def django_rows(patterns: Iterable[Any] | None = None, above: str = "/") -> Iterator[Row]:
    """Django's own URL patterns, those of DRF included, in the order in which they are tried."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        place = above + _template(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from django_rows(pattern.url_patterns, place)
        elif isinstance(pattern, URLPattern):
            yield Row(method=_methods(pattern.callback), path=place, handler=pattern.lookup_str, runs=DJANGO)


def _template(pattern: Any) -> str:
    """A pattern as a path; one that is a regular expression without what only machines want to read."""
    text = str(pattern)
    if not isinstance(pattern, RegexPattern):
        return text
    named = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", text)
    return re.sub(r"\\([^\w])|[\^$?]|\\Z", r"\1", named)


def _methods(view: Any) -> str:
    """The methods of a class-based view, or those that a router of DRF gave it; ``*`` for a function."""
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if cls is None:
        return "*"
    allowed = {name.lower() for name in getattr(cls, "http_method_names", _METHODS)}
    named = getattr(view, "actions", None) or [name for name in _METHODS if hasattr(cls, name)]
    found = [name.upper() for name in _METHODS if name in named and name in allowed and name not in ("head", "options")]
    return ",".join(found) or "*"


def as_table(rows: Iterable[Row]) -> Iterator[str]:
    """The lines of an aligned table, the headings first; columns that would be empty are left out."""
    lines = [_HEADINGS, *map(_cells, rows)]
    used = [index for index in range(len(_HEADINGS)) if any(line[index] for line in lines[1:])]
    widths = {index: max(len(line[index]) for line in lines) for index in used}
    for line in lines:
        yield "  ".join((line[index] or "-").ljust(widths[index]) for index in used).rstrip()


_HEADINGS = ("METHOD", "PATH", "HANDLER", "RUNS", "AUTH", "REQUIRES", "LIMIT", "CORS", "WHY NO PLAN")


def _cells(row: Row) -> tuple[str, ...]:
    ways = ", ".join(way["way"] for way in row.auth)
    origins = ", ".join(row.cors["origins"]) if row.cors else ""
    return row.method, row.path, row.handler, row.runs, ways, row.requires, _limit(row.limit), origins, row.unplanned


def _limit(limit: Data | None) -> str:
    if limit is None:
        return ""
    shared = f" ({limit['name']})" if limit["name"] else ""
    return f"{limit['rps']:g}/s, {limit['burst']} at once, by {limit['key']}{shared}"
