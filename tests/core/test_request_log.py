"""The two lines of a request."""

import logging

import pytest

from ironbolt.core import context
from ironbolt.core.request_log import MOST_BYTES, RequestLog, shown_body, unread_body


def test_lines_of_a_request(caplog) -> None:
    """The arrival is logged once, with the caller; a request that leaves has arrived."""
    with caplog.at_level(logging.INFO, "ironbolt.requests"), context.using(context.Context(trace_id="-", user_id="7")):
        log = RequestLog.of("POST", "/a/", "b=1")
        assert log
        log.arrived("{'c': 1}")
        log.arrived()
        log.left(201)
        refused = RequestLog.of("GET", "/a/")
        assert refused
        refused.left(404)
    assert [record.getMessage() for record in caplog.records] == [
        "→ POST /a/?b=1 | user=7 | data={'c': 1}",
        "← POST /a/?b=1 | status=201",
        "→ GET /a/ | user=7 | data=<not read>",
        "← GET /a/ | status=404",
    ]


def test_nobody_listens(caplog) -> None:
    """Where the level is higher nothing is made up."""
    with caplog.at_level(logging.WARNING, "ironbolt.requests"):
        assert RequestLog.of("GET", "/") is None


def test_caller_and_path_forge_nothing(caplog) -> None:
    """Neither an id out of a token nor a decoded path can begin a line; a token in a path is masked."""
    with (
        caplog.at_level(logging.INFO, "ironbolt.requests"),
        context.using(context.Context(trace_id="-", user_id="a\nb")),
    ):
        log = RequestLog.of("GET", "/reset/eyJhbGciOiJub25lIn0.eyJzdWIiOjF9.c2ln/\r\n")
        assert log
        log.arrived()
    assert caplog.messages == ["→ GET /reset/***/\\r\\n | user=a\\nb | data=<not read>"]


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (b"", "application/json", "{}"),
        (b'{"a": 1, "password": "x"}', "application/json", "{'a': 1, 'password': '***'}"),
        (b'{"a": 1}', "Application/Merge-Patch+JSON; charset=utf-8", "{'a': 1}"),
        (b"[1]", "application/json", "[1]"),
        (b"a=1&token=x&a=2", "application/x-www-form-urlencoded", "{'a': ['1', '2'], 'token': '***'}"),
        (
            b"&".join(b"a=1" for _ in range(200)),
            "application/x-www-form-urlencoded",
            "<799 bytes of application/x-www-form-urlencoded>",
        ),
        (b'{"password": "x"', "application/json", "<16 bytes of application/json>"),
        (b"password=x", "text/plain", "<10 bytes of text/plain>"),
        (b"x", "", "<1 bytes of no type>"),
        (b"x", "a\nb", "<1 bytes of a\\nb>"),
        (b" " * MOST_BYTES + b"1", "application/json", "<65537 bytes of application/json>"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_bodies(body: bytes, content_type: str, text: str) -> None:
    """JSON and forms are shown without their secrets; of what is anything else, or broken, the size is."""
    assert shown_body(body, content_type) == text


def test_length_that_is_none() -> None:
    """What a client says of the length is shown where it is a number."""
    assert unread_body("12", "text/plain") == "<12 bytes of text/plain>"
    assert unread_body("a\nb", "text/plain") == unread_body("", "text/plain") == "<a body of text/plain>"
