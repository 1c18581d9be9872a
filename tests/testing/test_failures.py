"""Tests of exceptions that were answered as a 500, and are raised in the test that wants them."""

import asyncio
import traceback
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from ironbolt.asgi import get_asgi_application
from ironbolt.core.errors import log_problem, problem_of
from ironbolt.core.threads import OverloadedError, in_database_thread
from ironbolt.testing import AsyncTestClient, TestClient
from tests.testing.apps import answer


class BrokenError(Exception):
    """What nobody expected."""


def breaking(request: HttpRequest) -> HttpResponse:
    """A view that breaks."""
    raise BrokenError(request.path)


urlpatterns = [path("page", breaking), path("api/page", breaking)]


async def careful(scope: Any, receive: Any, send: Any) -> None:
    """Answer what is raised in a database thread as both doors do."""
    error = OverloadedError() if scope["path"] == "/busy" else BrokenError(scope["path"])

    def work() -> None:
        raise error

    try:
        await in_database_thread(work)
    except Exception as caught:  # noqa: BLE001 - as the doors do
        problem = problem_of(caught)
        if scope["type"] == "http":
            log_problem(problem, caught, method=scope["method"], path=scope["path"])
            await answer(send, problem.status, {})
        else:
            await in_database_thread(lambda error: log_problem(problem, error, method="", path=""), caught)
            await send({"type": "websocket.close", "code": 1011})


def test_failure_is_raised_where_asked_for() -> None:
    """With its type and its traceback; otherwise the test gets the 500."""
    assert TestClient(careful).get("/x").status_code == 500
    with pytest.raises(BrokenError, match="/x") as caught:
        TestClient(careful, raise_server_exceptions=True).get("/x")
    assert "in work" in "".join(traceback.format_tb(caught.value.__traceback__))


def test_failure_that_is_foreseen_is_an_answer() -> None:
    """A 503 is what the application wanted to say."""
    assert TestClient(careful, raise_server_exceptions=True).get("/busy").status_code == 503


def test_failure_of_a_stream_and_of_a_socket() -> None:
    """They are raised where the answer would have begun, from whichever thread they were logged."""
    client = TestClient(careful, raise_server_exceptions=True)
    with pytest.raises(BrokenError), client.stream("GET", "/x"):
        raise AssertionError
    with pytest.raises(BrokenError), client.websocket_connect("/x"):
        raise AssertionError


def test_failures_of_concurrent_requests_are_told_apart() -> None:
    """Each request raises its own."""

    async def test() -> Any:
        client = AsyncTestClient(careful, raise_server_exceptions=True)
        paths = ("/a", "/busy", "/b")
        return await asyncio.gather(*(client.get(one) for one in paths), return_exceptions=True)

    first, second, third = asyncio.run(test())
    assert (str(first), second.status_code, str(third)) == ("/a", 503, "/b")


@pytest.mark.parametrize("page", ["/page", "/api/page"])
@override_settings(ROOT_URLCONF=__name__)
def test_failure_of_a_django_view(page: str) -> None:
    """Also where Django answers it, and where the middleware does."""
    application = get_asgi_application()
    assert TestClient(application).get(page).status_code == 500
    with pytest.raises(BrokenError, match=page):
        TestClient(application, raise_server_exceptions=True).get(page)


def test_what_an_application_raises_itself_is_always_raised() -> None:
    """An application that answers nothing has nothing else to give, and one that ends in silence is a mistake."""

    async def raising(scope: Any, receive: Any, send: Any) -> None:
        raise BrokenError

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        return

    with pytest.raises(BrokenError):
        TestClient(raising).get("/")
    with pytest.raises(RuntimeError, match="gave no answer"):
        TestClient(silent).get("/")
