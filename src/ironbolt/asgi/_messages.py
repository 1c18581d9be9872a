"""Django's responses as ASGI messages."""

from functools import lru_cache
from typing import Any

import msgspec
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from ironbolt.core import context
from ironbolt.core.errors import ApiError, Problem, body_of, log_problem, problem_json_of
from ironbolt.core.exchange import Message, Scope
from ironbolt.core.negotiation import JSON, PROBLEM_JSON, prefers_problem_json


def start_of(response: HttpResponseBase) -> Message:
    """Status and headers; each cookie is a header of its own."""
    headers = [(_name(name), value.encode("latin-1")) for name, value in response.items()]
    cookies = response.cookies.values()
    headers += [(b"set-cookie", cookie.OutputString().encode("latin-1")) for cookie in cookies]
    return {"type": "http.response.start", "status": response.status_code, "headers": headers}


def body_part(content: bytes, *, more: bool = False) -> Message:
    """A part of the body, the last one by default."""
    return {"type": "http.response.body", "body": content, "more_body": more}


def emergency(status: int, **headers: str) -> HttpResponse:
    """An answer where no view and no middleware can give one any more."""
    content: Any = msgspec.json.encode(body_of(Problem.of_status(status)))
    return HttpResponse(content, status=status, content_type=JSON, headers=headers)


def refusal(scope: Scope, error: ApiError) -> tuple[Message, ...]:
    """The answer to a request that never came as far as Django and its middleware."""
    problem = error.problem()
    trace_id = context.trace_id_from(_header(scope, b"x-request-id"))
    with context.using(context.Context(trace_id=trace_id)):
        log_problem(problem, None, method=scope["method"], path=scope["path"])
    answer = emergency(problem.status, **problem.headers, **{context.REQUEST_ID_HEADER: trace_id, "Vary": "Accept"})
    document = body_of(problem)
    if prefers_problem_json(_header(scope, b"accept")):
        document, answer["Content-Type"] = problem_json_of(problem), PROBLEM_JSON
    return start_of(answer), body_part(msgspec.json.encode(document))


def _header(scope: Scope, wanted: bytes) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), None)


@lru_cache(maxsize=1024)
def _name(name: str) -> bytes:
    return name.lower().encode("ascii")
