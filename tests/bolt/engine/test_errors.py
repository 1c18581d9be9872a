"""Tests of a class that has a say in the errors of its handlers, wherever they come from."""

from typing import Annotated, Any

import pytest

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
