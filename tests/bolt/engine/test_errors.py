"""Tests of a class that has a say in the errors of its handlers, wherever they come from."""

import asyncio
from typing import Annotated, Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import APIView, BoltAPI, Info
from ironbolt.bolt.auth import APIKeyAuthentication
from ironbolt.bolt.guards import IsAuthenticated
from ironbolt.bolt.params import Depends
from ironbolt.bolt.responses import JSON
from ironbolt.testing import TestClient

api = BoltAPI(info=Info(served=False))


async def fails() -> int:
    """A dependency that goes wrong."""
    raise LookupError


class Telling(APIView):
    """Answers every error with its name and the number of times that it was asked."""

    asked = 0

    def handle_exception(self, error: Exception) -> Any:
        """Tell."""
        self.asked += 1
        if isinstance(error, ZeroDivisionError):
            return super().handle_exception(error)
        return JSON({"error": type(error).__name__, "asked": self.asked}, 418)


@api.view("/plain/{number}")
class Plain(Telling):
    """A handler in a thread."""

    def get(self, number: int, size: int = 1) -> int:
        """Divide."""
        if size == 2:
            raise LookupError
        return number // size


@api.view("/loop/{number}")
class OnTheLoop(Telling):
    """A handler on the loop, whose class answers errors asynchronously."""

    async def handle_exception(self, error: Exception) -> Any:
        """Tell."""
        return super().handle_exception(error)

    async def get(self, number: int, size: int = 1) -> int:
        """Divide."""
        if size == 2:
            raise LookupError
        return number // size


@api.view("/depends")
class WithDependency(Telling):
    """A dependency that fails."""

    async def get(self, value: Annotated[int, Depends(fails)]) -> int:
        """Never reached."""
        return value


@api.view("/guarded")
class Guarded(Telling):
    """Nobody may without a key."""

    auth = [APIKeyAuthentication(api_keys={"key": "name"})]
    guards = [IsAuthenticated()]

    def get(self) -> int:
        """One."""
        return 1


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/plain/1?size=2", "LookupError"),
        ("/plain/1?size=x", "ValidationFailed"),
        ("/loop/1?size=2", "LookupError"),
        ("/loop/1?size=x", "ValidationFailed"),
        ("/depends", "LookupError"),
        ("/guarded", "Unauthorized"),
    ],
)
@pytest.mark.django_db
def test_a_class_is_asked_once_about_every_error(path: str, error: str) -> None:
    """Whether the handler, its arguments, a dependency or a guard raised it."""
    answer = TestClient(api).get(path)
    assert answer.status_code == 418
    assert answer.json() == {"error": error, "asked": 1}


@pytest.mark.parametrize("path", ["/plain/1?size=0", "/loop/1?size=0"])
@pytest.mark.django_db
def test_what_a_class_does_not_answer_is_answered_as_ever(path: str) -> None:
    """An error handed on by super() is a 500 in the envelope."""
    answer = TestClient(api).get(path)
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "server_error"


def test_handle_exception_is_asked_once() -> None:
    """What it raises in the place of another error is answered, and it is not asked about that one."""
    api = BoltAPI(info=Info(served=False))
    asked: list[str] = []

    @api.view("/x")
    class X(APIView):
        def get(self, request: Any) -> None:
            raise KeyError

        def handle_exception(self, error: Exception) -> Any:
            asked.append(type(error).__name__)
            raise ImproperlyConfigured from error

    assert TestClient(api).get("/x").status_code == 500
    assert asked == ["KeyError"]


def test_awaiting_what_was_cancelled_is_answered() -> None:
    """A handler that meets a CancelledError of its own is answered with a 500."""
    api = BoltAPI(info=Info(served=False))

    @api.get("/x")
    async def handler() -> None:
        task = asyncio.ensure_future(asyncio.sleep(9))
        task.cancel()
        await task

    assert TestClient(api).get("/x").status_code == 500


def test_one_request_has_one_answer() -> None:
    """What goes wrong while the body is sent is logged, and no second answer begun."""
    api = BoltAPI(info=Info(served=False))

    @api.get("/x")
    async def handler() -> int:
        return 1

    sent: list[str] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message["type"])
        if message["type"] == "http.response.body":
            raise RuntimeError

    scope = {"type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": [(b"host", b"testserver")]}
    asyncio.run(api.asgi()(scope, receive, send))
    assert sent == ["http.response.start", "http.response.body"]
