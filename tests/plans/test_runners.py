"""Where the queries of a plan run: on wires between requests, on Django's connection under a test."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.db.models import QuerySet

from ironbolt.bolt import BoltAPI, ReadOnlyModelViewSet
from ironbolt.core.threads import close_database_threads
from ironbolt.plans import runners
from ironbolt.plans.runners import runner_on, writer_on
from ironbolt.plans.wires import Wires, close_wires, wires_on
from ironbolt.testing import TestClient
from tests.project.models import Label

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="wires lead to PostgreSQL"),
]


class LabelOut(msgspec.Struct):
    id: int
    name: str


def api_of(rows: "QuerySet[Label]") -> BoltAPI:
    """An API that lists these labels."""
    api = BoltAPI()

    @api.viewset("/labels")
    class Labels(ReadOnlyModelViewSet):
        queryset = rows
        serializer_class = LabelOut

    return api


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[Label]:
    """A label that every connection sees."""
    with django_db_blocker.unblock():
        label = Label.objects.create(name="seen by all")
        try:
            yield label
        finally:
            label.delete()


async def get(application: Any, path: str) -> tuple[int, Any]:
    """What a server would get, outside of any test client."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"testserver")],
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
        "root_path": "",
    }
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    await application(scope, receive, send)
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent))


def test_between_requests_wires_answer(committed: Label) -> None:
    """Once a shape is compiled its reads leave Django's connections; what is not there is still a 404."""
    application = api_of(Label.objects.filter(pk=committed.pk)).asgi()
    row = {"id": committed.pk, "name": "seen by all"}

    async def run() -> None:
        try:
            for _ in range(4):
                assert await get(application, "/labels") == (200, [row])
                assert await get(application, f"/labels/{committed.pk}") == (200, row)
                assert (await get(application, f"/labels/{2**31 - 1}"))[0] == 404
                assert (await get(application, f"/labels/{2**80}"))[0] == 404
            runner = runner_on("default")
            assert isinstance(runner, Wires)
            assert runner is wires_on("default")
            assert len(runner._questions._known) >= 2
        finally:
            await close_wires()
            await close_database_threads()

    asyncio.run(run())


@pytest.mark.django_db
def test_a_test_sees_every_query_on_its_own_connection(django_assert_num_queries: Any) -> None:
    """A plan reads what the test's transaction has written, and its queries are counted."""
    label = Label.objects.create(name="of this test")
    client = TestClient(api_of(Label.objects.filter(pk=label.pk)))
    for _ in range(3):
        with django_assert_num_queries(1):
            assert client.get("/labels").json() == [{"id": label.pk, "name": "of this test"}]


def test_isolation_of_the_settings_is_that_of_djangos_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement by itself would have another one."""
    runner: Any = object()
    monkeypatch.setattr(runners, "runner_on", lambda _: runner)
    runners._is_isolated.cache_clear()
    assert writer_on("default") is runner
    runners._is_isolated.cache_clear()
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"isolation_level": 4})
    assert writer_on("default") is None
    runners._is_isolated.cache_clear()
