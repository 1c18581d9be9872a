"""One read answered twice: by its plan, and by the ORM."""

import os
from typing import Any
from urllib.parse import urlencode

from ironbolt.bolt import BoltAPI, Info
from ironbolt.bolt.engine.planned import UNPLANNED, in_a_thread
from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import encode_json
from ironbolt.bolt.routing import Route
from ironbolt.bolt.structs.shaping import shaped
from ironbolt.bolt.views import ViewSet
from ironbolt.core.errors import problem_of
from ironbolt.core.threads import finished

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
    return expected


PLANNED = {True: 0, False: 0}


def _shown(route: Route, view: Any, found: Any) -> Outcome:
    return 200, encode_json(shaped(found, route.shape, view))


def _told(error: Exception) -> Outcome:
    problem = problem_of(error)
    assert problem.status < 500, repr(error)
    return problem.status, encode_json([problem.message, problem.details])
