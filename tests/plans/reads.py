"""One read answered by its plan, on Django's connection and on one that leaves values alone, and by the ORM."""

import os
import sqlite3
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from django.db import connections

from ironbolt.bolt import BoltAPI, Info
from ironbolt.bolt.engine.planned import UNPLANNED, in_a_thread
from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import encode_json
from ironbolt.bolt.routing import Route
from ironbolt.bolt.structs.shaping import shaped
from ironbolt.bolt.views import ViewSet
from ironbolt.core.errors import problem_of
from ironbolt.core.threads import finished
from ironbolt.plans.refusal import CannotPlan, TooSlow
from ironbolt.plans.statement import Params, Rows, Statement
from ironbolt.plans.steps import Fetch, run

EXAMPLES = int(os.environ.get("PROOF_EXAMPLES", "200"))
"""How many random examples plan and ORM are compared with in all; ``make proof`` asks for more."""

Outcome = tuple[int, bytes]
"""Status and body."""


def route_of(view: type[ViewSet], action: str = "list") -> Route:
    """The route of a default read."""
    api = BoltAPI(info=Info(served=False))
    api.viewset("/rows")(view)
    return next(route for route in api.routes() if route.action == action)


def request_of(query: str | dict[str, Any] = "") -> Request:
    """A request with this query string."""
    text = query if isinstance(query, str) else urlencode(query, doseq=True)
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/rows", "headers": [(b"host", b"testserver")]}
    return Request({**scope, "query_string": text.encode()})


def by_plan(route: Route, query: str | dict[str, Any] = "", *lookup: Any) -> Outcome | None:
    """What the plan answers in a thread; None where it leaves that to the ORM."""
    request = request_of(query)
    try:
        found = in_a_thread(route, request, [request, *lookup])
    except Exception as error:  # noqa: BLE001 - compared with that of the ORM
        return _told(error)
    return None if found is UNPLANNED else _shown(route, None, found)


def by_bare_plan(route: Route, query: str | dict[str, Any] = "", *lookup: Any) -> Outcome | None:
    """What the plan makes of what SQLite stores; None where that is left to a thread, and on another database."""
    request = request_of(query)
    planned = route.planned
    assert planned is not None
    using = planned.using
    if connections[using].vendor != "sqlite":
        return None
    try:
        found = run(planned.steps(request, [request, *lookup], using), fetch_bare(using))
    except (CannotPlan, TooSlow, sqlite3.Error, OverflowError, UnicodeError):
        return None
    except Exception as error:  # noqa: BLE001 - compared with that of the ORM
        return _told(error)
    return _shown(route, None, found)


def fetch_bare(using: str) -> Fetch:
    """Queries on Django's SQLite connection, in its transaction, whose driver converts nothing."""

    def fetch(statement: Statement, params: Params) -> Rows:
        connections[using].ensure_connection()
        with patch.dict(sqlite3.converters, clear=True):
            rows = connections[using].connection.execute(statement.quick_sql, params).fetchall()
        return statement.convert_quickly(rows)

    return fetch


def by_orm(route: Route, query: str | dict[str, Any] = "", *lookup: Any) -> Outcome:
    """What the ORM answers to the same."""
    request = request_of(query)
    assert route.view is not None
    view = route.view()
    view.request, view.action = request, route.action
    try:
        found = finished(route.endpoint(view, request, *lookup))
    except Exception as error:  # noqa: BLE001 - compared with that of the plan
        return _told(error)
    return _shown(route, view, found)


def assert_same(route: Route, query: str | dict[str, Any] = "", *lookup: Any, planned: bool = True) -> Outcome:
    """The answer, which is the same by both ways; ``planned`` says that the plan has to have one."""
    expected = by_orm(route, query, *lookup)
    found = by_plan(route, query, *lookup)
    PLANNED[found is not None] += 1
    again = by_plan(route, query, *lookup)
    assert found == again
    if planned:
        assert found is not None
    assert found in (None, expected), f"{found!r} by plan, {expected!r} by the ORM, for {query!r} and {lookup!r}"
    bare = by_bare_plan(route, query, *lookup)
    BARE[bare is not None] += 1
    assert bare in (None, expected), f"{bare!r} of stored values, {expected!r} by the ORM, for {query!r} and {lookup!r}"
    return expected


PLANNED, BARE = {True: 0, False: 0}, {True: 0, False: 0}


def _shown(route: Route, view: Any, found: Any) -> Outcome:
    return 200, encode_json(shaped(found, route.shape, view))


def _told(error: Exception) -> Outcome:
    problem = problem_of(error)
    assert problem.status < 500, repr(error)
    return problem.status, encode_json([problem.message, problem.details])
