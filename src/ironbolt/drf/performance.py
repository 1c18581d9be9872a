"""How long the actions of this door take: measured around the whole view, which knows nothing of it."""

import re
from collections.abc import Mapping
from functools import lru_cache, wraps
from time import perf_counter
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.http import HttpRequest
from rest_framework.views import APIView

from ironbolt.core.tally import look_on, tallying
from ironbolt.features.observability import Asked, Budget, Measurement, measure_of, tell

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


class Measured:
    """What a view may say of its performance, for ``BaseViewMixin``.

    Attributes:
        LOG_PERFORMANCE: whether a line in the log ``ironbolt.performance`` tells how long each action took and how
            many queries it made; None for what the settings say.
        query_budget: how many queries an action may make before the log warns; a number, or a dict of action → number.
    """

    LOG_PERFORMANCE: bool | None = None
    query_budget: Budget = None

    def after_action(self, measurement: Measurement) -> Any:
        """Called with what was measured, once the answer is made; overriding it is what has a view measured.

        It may be a coroutine function. Nothing that it does or raises changes the answer.
        """


def measured(function: Any, view: type[Any]) -> Any:
    """The function of a view, measured; the same one where nobody asks for that."""
    has_hook = view.after_action is not Measured.after_action
    given = getattr(function, "initkwargs", {})
    measure = measure_of("drf", view, given=given, has_hook=has_hook)
    if measure is None:
        return function

    @wraps(function)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        look_on()
        with tallying() as tally:
            begin = perf_counter()
            response = function(request, *args, **kwargs)
            seconds = perf_counter() - begin
        measurement = measure.taken(_asked(request, response, getattr(function, "actions", None)), seconds, tally)
        if measure.has_hook:
            tell(lambda: _instance(response, request, view), measurement)
        return response

    return answer


def _asked(request: HttpRequest, response: Any, actions: Mapping[str, str] | None) -> Asked:
    method = str(request.method).lower()
    if method not in APIView.http_method_names:  # anybody may send any: a metric for each would never end
        method = "other"
    match = request.resolver_match
    route = _template(match.route) if match is not None else ""
    return Asked((actions or {}).get(method, method), method.upper(), route, response.status_code)


@lru_cache(maxsize=1024)
def _template(route: str) -> str:
    """The template of an address as the schema has it, of what Django's resolver knows."""
    return _PARAMETER.sub(r"{\1}", simplify_regex(route))


def _instance(response: Any, request: HttpRequest, view: type[Any]) -> Any:
    """The view that has answered; of an answer of Django's own, which does not tell, another one with its request."""
    context = getattr(response, "renderer_context", None) or {}
    if "view" in context:
        return context["view"]
    instance = view()
    instance.request = request
    return instance
