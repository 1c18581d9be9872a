"""Tests of how a socket is refused and how its end is put into words."""

import json

import pytest

from ironbolt.core.errors import Problem
from ironbolt.core.sockets import close_reason, refusal_of, shortened

DENIAL = {"extensions": {"websocket.http.response": {}}, "headers": []}


def test_a_server_without_denial_responses_gets_a_close_code():
    """The status is told as 4000 and itself, the message as the reason."""
    (message,) = refusal_of({"headers": []}, Problem.of_status(404, "No such room."))
    assert message == {"type": "websocket.close", "code": 4404, "reason": "No such room."}


def test_a_server_with_denial_responses_gets_the_answer_that_http_gives():
    """Status, envelope and headers; what belongs to the problem goes before what every answer carries."""
    problem = Problem.of_status(429, headers={"Retry-After": "3"})
    start, body = refusal_of(DENIAL, problem, [(b"x-request-id", b"t"), (b"retry-after", b"9")])
    headers = dict(start["headers"])
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 429)
    assert (headers[b"retry-after"], headers[b"x-request-id"]) == (b"3", b"t")
    assert headers[b"content-length"] == str(len(body["body"])).encode()
    assert json.loads(body["body"])["error"]["code"] == problem.code
    assert (body["type"], body["more_body"]) == ("websocket.http.response.body", False)


def test_no_header_is_sent_twice():
    """Of one name there is one header: granian breaks at a second."""
    problem = Problem.of_status(400, headers={"Vary": "Origin"})
    start, _ = refusal_of(DENIAL, problem, [(b"vary", b"Cookie")])
    names = [name for name, _ in start["headers"]]
    assert len(names) == len(set(names))


def test_no_value_can_forge_a_header():
    """A header with a line break is left out of a refusal."""
    start, _ = refusal_of(DENIAL, Problem.of_status(400, headers={"X-Note": "a\r\nSet-Cookie: b"}))
    assert b"x-note" not in dict(start["headers"])


def test_problem_json_is_negotiated_as_for_http():
    """A client that prefers problem documents gets one."""
    scope = {**DENIAL, "headers": [(b"accept", b"application/problem+json")]}
    start, body = refusal_of(scope, Problem.of_status(404))
    assert dict(start["headers"])[b"content-type"] == b"application/problem+json"
    assert json.loads(body["body"])["status"] == 404


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({}, "Oh no."),
        ({"count": ["Too many."], "name": ["Too long."]}, "count: Too many. name: Too long."),
        ({"non_field_errors": ["Too late."]}, "Too late."),
    ],
)
def test_reason_names_the_fields_at_fault(details, reason):
    """Faults of fields are told by name, others as they are, and without any the message."""
    assert close_reason(Problem.of_status(400, "Oh no.", details=details)) == reason


@pytest.mark.parametrize("text", ["é" * 100, "x" + "é" * 100, "€" * 60, "\ud800" * 200, "a" * 124])
def test_reason_fits_into_a_close_frame(text):
    """However long and in whatever script, it is at most 123 bytes of valid UTF-8."""
    assert 119 < len(shortened(text).encode()) <= 123
