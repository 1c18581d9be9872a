"""The answer to an error, and never anything but an answer."""

from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import JSON, Response
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
    problem = problem_of(error, safe=request.route.safe_db_errors if request.route else None)
    log_problem(problem, error, method=request.method, path=request.path)
    body, content_type, headers = rendered(problem, request.headers.get("accept"))
    return Response(body, problem.status, headers, content_type)
