"""What a route answers: its success in each of its forms, and every error it can come to."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from msgspec import UNSET

from ironbolt.bolt.openapi.components import Components, answers_of
from ironbolt.bolt.responses import (
    HTML,
    JSON,
    EventStream,
    FileResponse,
    NoContent,
    PlainText,
    Redirect,
    Response,
    StreamingResponse,
)
from ironbolt.bolt.routing import Route
from ironbolt.core.answer_schema import enveloped, error_content, open_text, request_id
from ironbolt.core.context import REQUEST_ID_HEADER
from ironbolt.core.envelope import wrap
from ironbolt.core.errors import Problem, validation_problem
from ironbolt.core.negotiation import JSON as JSON_TYPE
from ironbolt.core.settings import get_settings
from ironbolt.core.status import STATUS_MEANINGS

Schema = dict[str, Any]

WITHOUT_CONTENT = (204, 205, 304)

_TEXT: Schema = {"type": "string"}
_BYTES: Schema = {"type": "string", "format": "binary"}

_FINISHED: tuple[tuple[type[Response], int | str, Schema], ...] = (
    (HTML, 200, {"text/html": {"schema": _TEXT}}),
    (PlainText, 200, {"text/plain": {"schema": _TEXT}}),
    (EventStream, 200, {"text/event-stream": {"schema": _TEXT}}),
    (FileResponse, 200, {"*/*": {"schema": _BYTES}}),
    (StreamingResponse, 200, {"application/octet-stream": {"schema": _BYTES}}),
    (JSON, 200, {JSON_TYPE: {"schema": {}}}),
    (Redirect, "3XX", {}),
    (NoContent, 204, {}),
    (Response, 200, {"*/*": {"schema": {}}}),
)
"""Kind of finished answer → its status and content; the first that fits counts."""

HEADERS: dict[str, Schema] = {
    "RequestId": request_id(),
    "RateLimit": open_text("`r`: how many requests are left at once; `t`: in how many seconds all are back."),
    "RateLimitPolicy": open_text("`q`: how many requests may come at once; `w`: in how many seconds all are back."),
    "RetryAfter": {"description": "How many seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "WWWAuthenticate": open_text("How to authenticate."),
    "ETag": open_text("What tells this state of the file from any other."),
    "LastModified": open_text("When the file last changed."),
    "AcceptRanges": open_text("`bytes`: a part of it may be asked for by `Range`."),
    "ContentRange": open_text("Which part this is, and of how many bytes."),
    "Location": {"description": "Where to go on.", "schema": {"type": "string", "format": "uri-reference"}},
}
"""The headers that answers refer to, by the name of their component."""

_ALWAYS = {REQUEST_ID_HEADER: "RequestId"}
_LIMITED = {"RateLimit": "RateLimit", "RateLimit-Policy": "RateLimitPolicy"}
_VALIDATORS = {"ETag": "ETag", "Last-Modified": "LastModified"}
_OF_ERROR = {401: {"WWW-Authenticate": "WWWAuthenticate"}, 429: {**_LIMITED, "Retry-After": "RetryAfter"}}
_OF_FINISHED: dict[type[Response], dict[str, str]] = {
    Redirect: {"Location": "Location"},
    FileResponse: {**_VALIDATORS, "Accept-Ranges": "AcceptRanges"},
}


def responses_of(route: Route, components: Components) -> Schema:
    """Every answer of a route, by status."""
    found: Schema = {}
    data, finished = answers_of(route.doc.answer)
    if data is not UNSET:
        found[str(route.status)] = _success(route, route.status, components, data)
    for status, other in route.doc.others.items():
        found[str(status)] = _success(route, status, components, other)
    for kind in finished:
        _add_finished(found, route, kind)
    for status in sorted({*_failures(route)}):
        found.setdefault(str(status), {"$ref": f"#/components/responses/{_name(status)}"})
    return found


def error_responses(routes: list[Route], components: Components) -> dict[str, Schema]:
    """The errors that these routes refer to, by the name of their component."""
    statuses = sorted({status for route in routes for status in _failures(route)})
    return {_name(status): _error(status, components) for status in statuses}


def _name(status: int) -> str:
    return f"Error{status}"


def _references(*named: dict[str, str]) -> Schema:
    headers = {header: name for names in named for header, name in names.items()}
    return {header: {"$ref": f"#/components/headers/{name}"} for header, name in headers.items()}


def _success(route: Route, status: int, components: Components, data: Any) -> Schema:
    answer: Schema = {
        "description": HTTPStatus(status).phrase,
        "headers": _references(_ALWAYS, _LIMITED if route.limiter else {}),
    }
    if status in WITHOUT_CONTENT:
        return answer
    schema, example = components.of(data), components.example(data)
    content: Schema = {"schema": enveloped(schema) if route.envelope else schema}
    if example is not UNSET:
        content["example"] = wrap(example) if route.envelope else example
    return {**answer, "content": {JSON_TYPE: content}}


def _add_finished(found: Schema, route: Route, kind: type[Response]) -> None:
    base, status, content = next(known for known in _FINISHED if issubclass(kind, known[0]))
    headers = _references(_ALWAYS, _LIMITED if route.limiter else {}, _OF_FINISHED.get(base, {}))
    phrase = HTTPStatus(status).phrase if isinstance(status, int) else "Redirect"
    answer = found.setdefault(str(status), {"description": phrase, "headers": headers})
    if content:
        answer["content"] = {**answer.get("content", {}), **content}
    if base is FileResponse and route.method == "GET":
        found["206"] = {
            "description": "Part of the file",
            "headers": {**headers, **_references({"Content-Range": "ContentRange"})},
            "content": content,
        }
        found["304"] = {"description": "Not modified", "headers": _references(_ALWAYS, _VALIDATORS)}


def _error(status: int, components: Components) -> Schema:
    example = Problem.of_status(status)
    if status == get_settings().VALIDATION_STATUS:
        example = validation_problem({"field": ["What is wrong with it."]})
    return {
        "description": STATUS_MEANINGS[status][1] if status in STATUS_MEANINGS else HTTPStatus(status).phrase,
        "headers": _references(_ALWAYS, _OF_ERROR.get(status, {})),
        "content": error_content(components.error, components.problem, example),
    }


def _failures(route: Route) -> Iterator[int]:
    """The statuses of errors that a route can come to by itself; what its handler raises, nobody knows."""
    binder = route.binder
    places = {parameter.place for parameter in (*binder.parameters, *binder.documented)}
    data, finished = answers_of(route.doc.answer)
    yield from (400, 500, 503)
    if binder.body is not None or places & {"query", "header", "cookie", "form", "file"}:
        yield get_settings().VALIDATION_STATUS
    if route.auth:
        yield 401
    if route.guards:
        yield 403
    if "path" in places or route.doc.can_miss or FileResponse in finished:
        yield 404
    if data is not UNSET and data is not Any:
        yield 406
    if route.doc.can_conflict:
        yield 409
    if binder.body is not None or binder.form is not None:
        yield from (413, 415)
    if FileResponse in finished and route.method == "GET":
        yield from (412, 416)
    if route.limiter is not None:
        yield 429
