"""Tests of the start and the end of an application, and of the loop in between."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.utils import translation

from ironbolt.asgi import get_asgi_application
from ironbolt.core.threads import in_database_thread
from ironbolt.testing import AsyncTestClient, TestClient
from tests.project.models import Label
from tests.testing.apps import answer, echo, labels


class Living:
    """An application that notes its life."""

    def __init__(self, failing: str = "") -> None:
        self.events: list[str] = []
        self.failing = failing
        self.loops: set[Any] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Follow the lifespan, and answer with what it left for the requests."""
        self.loops.add(asyncio.get_running_loop())
        if scope["type"] != "lifespan":
            await answer(send, 200, [scope["state"], translation.get_language()])
            return
        scope["state"]["greeting"] = "hello"
        for phase in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{phase}"
            self.events.append(phase)
            outcome = "failed" if phase == self.failing else "complete"
            await send({"type": f"lifespan.{phase}.{outcome}", "message": "no luck"})


def test_block_is_the_life_of_the_application() -> None:
    """It starts once, serves every request on one loop with what its start left, and ends."""
    app = Living()
    with TestClient(app) as client:
        assert app.events == ["startup"]
        assert [client.get("/").json()[0] for _ in range(2)] == [{"greeting": "hello"}] * 2
    assert (app.events, len(app.loops)) == (["startup", "shutdown"], 1)
    assert client.get("/").json()[0] == {}
    with client:
        assert client.get("/").status_code == 200


def test_block_on_a_loop() -> None:
    """The asynchronous client does the same."""
    app = Living()

    async def test() -> None:
        async with AsyncTestClient(app) as client:
            assert (await client.get("/")).json()[0] == {"greeting": "hello"}
            with pytest.raises(RuntimeError, match="already"):
                await client.__aenter__()

    asyncio.run(test())
    assert app.events == ["startup", "shutdown"]


@pytest.mark.parametrize(("failing", "act"), [("startup", "start"), ("shutdown", "shut down")])
def test_failed_start_or_end_fails_the_test(failing: str, act: str) -> None:
    """With the sentence that the application gave."""
    with pytest.raises(RuntimeError, match=f"could not {act}: no luck"), TestClient(Living(failing)):
        pass


def test_start_that_raises_fails_the_test() -> None:
    """What was raised after the start was asked for is an error; before it is an application without a lifespan."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "http.request"

    with pytest.raises(AssertionError), TestClient(app):
        pass

    async def older(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await echo(scope, receive, send)

    with TestClient(older) as client:
        assert client.get("/").status_code == 200
        with pytest.raises(RuntimeError, match="already"):
            client.__enter__()


@pytest.mark.django_db
def test_block_works_in_the_tests_transaction() -> None:
    """Also the start of an application may use the database, and the test sees what became of it."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await labels(scope, receive, send)
            return
        await receive()
        await in_database_thread(lambda: Label.objects.create(name="start"))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await in_database_thread(lambda: Label.objects.create(name="end"))
        await send({"type": "lifespan.shutdown.complete"})

    with TestClient(app) as client:
        assert client.get("/?a").json() == [2, True]
        Label.objects.create(name="own")
        assert client.get("/?b").json() == [4, True]
    assert Label.objects.count() == 5


@pytest.mark.django_db
def test_application_of_django_lives() -> None:
    """Ironbolt's own application follows the lifespan, and leaves the test's connection alone."""
    with TestClient(get_asgi_application()) as client:
        assert client.get("/nothing-is-here").status_code == 404
    assert not Label.objects.exists()


def test_language_of_the_test_is_the_applications() -> None:
    """What Django keeps for the test's thread reaches the loop."""
    app = Living()
    with translation.override("de"):
        assert TestClient(app).get("/").json()[1] == "de"
        with TestClient(app) as client, translation.override("fr"):
            assert client.get("/").json()[1] == "fr"


def test_every_thread_works_for_itself() -> None:
    """Threads may share a client, also while its application lives; each does the database work it asked for."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await answer(send, 200, await in_database_thread(threading.get_ident))

    def ask(client: TestClient) -> bool:
        return bool(client.get("/").json() == threading.get_ident())

    with TestClient(app) as client, ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, [client] * 8))
        assert ask(client)
