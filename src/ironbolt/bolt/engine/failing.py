"""The answer to an error, and never anything but an answer."""

from typing import Any

import msgspec
from django.db import IntegrityError

from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import JSON, Response
from ironbolt.bolt.structs.fields import public_names
from ironbolt.core import integrity
from ironbolt.core.errors import Problem, body_of, log_problem, problem_of, rendered


def failed(request: Request, error: Exception | SystemExit | KeyboardInterrupt) -> Response:
    """The answer to an error; one that can't be rendered, whatever it holds, is answered as a 500.

    A handler that wants to leave the whole program has failed like any other.
    """
    if not isinstance(error, Exception):
        error = RuntimeError(f"A handler wanted to leave: {error!r}.")
    try:
        return _answer_to(request, error)
    except Exception as failure:  # noqa: BLE001 - nothing is left behind this to answer
        problem = Problem.of_status(500)
        log_problem(problem, failure, method=request.method, path=request.path)
        return JSON(body_of(problem), problem.status)


def _answer_to(request: Request, error: Exception) -> Response:
    if isinstance(error, IntegrityError) and request.route:
        _explain(error, request.route)
    problem = problem_of(error, safe=request.route.safe_db_errors if request.route else None)
    log_problem(problem, error, method=request.method, path=request.path)
    body, content_type, headers = rendered(problem, request.headers.get("accept"))
    return Response(body, problem.status, headers, content_type)


def _explain(error: IntegrityError, route: Any) -> None:
    """Tell a violation by the fields of the view set's Struct, where no unit of work has done so."""
    model_class = getattr(route.view, "model_class", None)
    model = None if integrity.is_explained(error) or model_class is None else model_class()
    if model is None:
        return
    sent = route.binder.body.annotation if route.binder.body else None
    struct = sent if isinstance(sent, type) and issubclass(sent, msgspec.Struct) else route.view.serializer_class
    integrity.explain(error, model, public_names=public_names(struct, model) if struct else None)
