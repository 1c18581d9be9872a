"""Ending a handler early in the Bolt door."""

from typing import Any

import pytest

from ironbolt.bolt import APIView, BoltAPI, Info, ViewSet
from ironbolt.bolt.responses import JSON
from ironbolt.testing import TestClient


@pytest.mark.parametrize("answer", [{"done": True}, JSON({"done": True})], ids=["data", "response"])
@pytest.mark.parametrize("asynchronous", [True, False], ids=["async", "sync"])
def test_what_is_handled_is_the_answer(answer: Any, asynchronous: bool) -> None:
    """From however deep, in handlers of both kinds; nothing behind it runs."""

    def deep(view: APIView) -> None:
        view.handled(answer)

    class Later(APIView):
        async def get(self) -> Any:
            deep(self)
            raise AssertionError

    class Now(APIView):
        def get(self) -> Any:
            deep(self)
            raise AssertionError

    api = BoltAPI(info=Info(served=False))
    api.view("/x")(Later if asynchronous else Now)
    found = TestClient(api).get("/x")
    assert (found.status_code, found.json()) == (200, {"done": True})


def test_the_class_is_not_asked_about_it() -> None:
    """It is no error that ``handle_exception`` could take for one."""

    class Tasks(ViewSet):
        async def list(self, request: Any) -> Any:
            self.handled([])

        def handle_exception(self, error: Exception) -> Any:
            raise AssertionError from error

    api = BoltAPI(info=Info(served=False))
    api.viewset("/x")(Tasks)
    assert TestClient(api).get("/x").json() == []
