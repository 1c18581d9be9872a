"""How long the routes take that somebody asks about: the whole way from the first check to the answer."""

import logging
from collections.abc import Awaitable
from functools import partial
from time import perf_counter
from typing import Any

from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import Response
from ironbolt.bolt.routing import Route
from ironbolt.core.tally import tallying
from ironbolt.core.threads import OverloadedError, in_database_thread
from ironbolt.features.observability import Asked, Measure, tell

logger = logging.getLogger("ironbolt.performance")


async def measured(measure: Measure, route: Route, request: Request, answer: Awaitable[Response]) -> Response:
    """The answer of a route, after it was measured."""
    with tallying() as tally:
        begin = perf_counter()
        response = await answer
        seconds = perf_counter() - begin
    asked = Asked(route.action or route.endpoint.__name__, request.method, route.path, response.status_code)
    measurement = measure.taken(asked, seconds, tally)
    if measure.has_hook:
        try:
            await in_database_thread(tell, partial(_view_of, route, request), measurement)
        except OverloadedError:
            logger.warning("An after_action was left out: too many requests wait for a thread.")
    return response


def _view_of(route: Route, request: Request) -> Any:
    assert route.view is not None
    view = route.view()
    view.request, view.action = request, route.action
    return view
