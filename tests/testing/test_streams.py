"""Tests of answers that are read as they come."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from ironbolt.asgi import get_asgi_application
from ironbolt.testing import AsyncTestClient, TestClient
from tests.testing.apps import Clock, deaf, echo


def test_stream_is_read_as_it_comes() -> None:
    """A stream without an end gives its first lines, and stops when the block is left."""
    clock = Clock()
    with TestClient(clock).stream("GET", "/events") as answer:
        lines = answer.iter_lines()
        assert [next(lines) for _ in range(3)] == ["data: 1", "", "data: 2"]
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream")
        assert clock.stops == 0
    assert clock.stops == 1
    assert clock.ticks < 5


def test_stream_is_read_on_a_loop() -> None:
    """The asynchronous client does the same."""
    clock = Clock()

    async def test() -> None:
        async with AsyncTestClient(clock).stream("GET", "/events") as answer:
            lines = answer.iter_lines()
            assert [await anext(lines) for _ in range(3)] == ["data: 1", "", "data: 2"]
        assert clock.stops == 1

    asyncio.run(test())


async def in_pieces(scope: Any, receive: Any, send: Any) -> None:
    """A text that is cut in the middle of a character, of a line, and of the end of one."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for piece in (b"\xc3", b"\xbcber\r", b"\na", b"b\n\nc"):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


def test_text_and_lines_are_put_together() -> None:
    """Where the application cuts its answer makes no difference; what is read once does not come again."""
    client = TestClient(in_pieces)
    with client.stream("GET", "/") as answer:
        assert list(answer.iter_lines()) == ["über", "ab", "", "c"]
        assert answer.read() == b""
    with client.stream("GET", "/") as answer:
        assert "".join(answer.iter_text()) == "über\r\nab\n\nc"
    with client.stream("GET", "/") as answer:
        assert next(answer.iter_lines()) == "über"
        assert list(answer.iter_lines()) == ["ab", "", "c"]
    with client.stream("GET", "/") as answer:
        assert next(answer.iter_bytes()) == b"\xc3"
        assert answer.read().endswith(b"c")


def test_stream_sends_what_a_request_sends() -> None:
    """A stream may have a body and be the answer to any method."""
    with TestClient(echo).stream("POST", "/", json=1) as answer:
        assert b'"body": "1"' in answer.read()


def test_silence_is_no_endless_wait() -> None:
    """The next part has to come in time, and the application to stop when its client has left."""
    client = TestClient(deaf, timeout=0.1)
    with pytest.raises(TimeoutError, match=r"GET /x gave no further part of its answer within 0\.1 s"):  # noqa: SIM117
        with client.stream("GET", "/x") as answer:
            next(answer.iter_bytes())
    with pytest.raises(TimeoutError, match=r"GET /x was still running 0\.1 s after its client had left"):  # noqa: SIM117
        with client.stream("GET", "/x"):
            pass


def test_error_of_the_test_is_not_hidden() -> None:
    """What fails in the block is what the test fails with, and the application is stopped."""
    clock = Clock()
    with pytest.raises(ZeroDivisionError), TestClient(clock).stream("GET", "/"):
        raise ZeroDivisionError


def from_thread(request: HttpRequest) -> StreamingHttpResponse:
    """A synchronous stream from the thread of the test, with an end or without."""
    return StreamingHttpResponse(numbers("end" in request.GET))


def numbers(has_end: bool) -> Iterator[str]:
    """Numbers, and whether they are made in a transaction."""
    number = 0
    while not has_end or number < 200:
        yield f"{number} {connection.in_atomic_block}\n"
        number += 1


urlpatterns = [path("numbers", from_thread)]


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_synchronous_stream_is_made_in_the_tests_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there as a whole; one without an end is cut, and says so to whoever reads that far."""
    client = TestClient(get_asgi_application())
    with client.stream("GET", "/numbers?end") as answer:
        assert list(answer.iter_lines())[199] == "199 True"
    assert len(client.get("/numbers?end").text.splitlines()) == 200
    monkeypatch.setattr("ironbolt.testing.conversation.MOST_PARTS", 100)
    with client.stream("GET", "/numbers") as answer:
        assert next(answer.iter_lines()) == "0 True"
    with client.stream("GET", "/numbers") as answer, pytest.raises(TimeoutError, match="AsyncTestClient"):
        answer.read()


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_synchronous_stream_is_read_as_it_comes_on_a_loop() -> None:
    """The asynchronous client reads a synchronous stream without an end, part by part."""

    async def test() -> None:
        async with AsyncTestClient(get_asgi_application()).stream("GET", "/numbers") as answer:
            lines = answer.iter_lines()
            assert [await anext(lines) for _ in range(300)][299] == "299 True"

    asyncio.run(test())
