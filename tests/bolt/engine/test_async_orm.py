"""Tests of ORM code in handlers that await: right in every kind of handler, and never in each other's way."""

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction

from ironbolt.bolt import BoltAPI, Info, ModelViewSet
from ironbolt.core.threads import close_database_threads
from ironbolt.testing import TestClient
from tests.bolt.engine.test_http import LabelIn, LabelOut
from tests.project.models import Label

pytestmark = pytest.mark.row("B24")

api = BoltAPI(info=Info(served=False))
go_on = threading.Event()


@api.get("/awaited")
async def awaited() -> list[str]:
    """Everything that Django's asynchronous ORM offers, one after the other."""
    first, _ = await Label.objects.aget_or_create(name="first")
    await Label.objects.acreate(name="second")
    found = [label.name async for label in Label.objects.order_by("name")]
    streamed = [label.name async for label in Label.objects.order_by("name").aiterator(chunk_size=1)]
    assert found == streamed
    await first.adelete()
    return [*found, str(await Label.objects.acount())]


@api.get("/transaction")
async def in_a_transaction() -> int:
    """A transaction inside one synchronous step."""

    def work() -> None:
        with transaction.atomic():
            Label.objects.create(name="undone")
            transaction.set_rollback(True)

    await sync_to_async(work)()
    return await Label.objects.filter(name="undone").acount()


@api.get("/plain")
def plain() -> int:
    """Synchronous ORM code in a plain handler."""
    return Label.objects.count()


@api.get("/slow")
async def slow() -> bool:
    """A step of the database that takes its time."""
    return await sync_to_async(go_on.wait)(5)


@api.get("/quick")
async def quick() -> int:
    """Nothing to do with the database."""
    go_on.set()
    return 1


@api.viewset("/labels")
class Labels(ModelViewSet):
    """A write whose override awaits."""

    queryset = Label.objects.all()
    serializer_class = LabelOut
    create_serializer_class = LabelIn

    async def create(self, request: Any, data: LabelIn) -> Label:
        """Save it and fail, if the name says so."""
        label = await Label.objects.acreate(name=data.name)
        if data.name == "fail":
            raise ValueError
        return label


@pytest.mark.django_db
def test_asynchronous_orm_code_is_right_in_a_handler() -> None:
    """Every kind of asynchronous query works, an iterator in chunks included."""
    assert TestClient(api).get("/awaited").json() == ["first", "second", "1"]


@pytest.mark.django_db
def test_a_transaction_holds_in_one_step() -> None:
    """What a synchronous step rolls back is not there."""
    assert TestClient(api).get("/transaction").json() == 0


@pytest.mark.django_db
def test_plain_handlers_use_the_plain_orm() -> None:
    """A def handler may query without a SynchronousOnlyOperation."""
    assert TestClient(api).get("/plain").json() == 0


@pytest.mark.django_db
def test_an_awaited_write_is_undone_with_its_unit() -> None:
    """An async override of a default write runs inside the unit: what it raises undoes what it awaited."""
    client = TestClient(api)
    assert client.post("/labels", json={"name": "fail"}).status_code == 500
    assert not Label.objects.exists()
    assert client.post("/labels", json={"name": "kept"}).status_code == 201


async def _served(path: str) -> tuple[int, bytes]:
    """What a server would send, without the hops coming home to a test."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [(b"host", b"testserver")]}
    await api.asgi()(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


def test_the_loop_is_not_blocked_by_a_slow_query() -> None:
    """While one handler waits for its query the loop answers another."""
    go_on.clear()

    async def run() -> list[tuple[int, bytes]]:
        waiting = asyncio.ensure_future(_served("/slow"))
        await asyncio.sleep(0.02)
        quick = await asyncio.wait_for(_served("/quick"), 1)
        return [quick, await waiting]

    try:
        assert asyncio.run(run()) == [(200, b"1"), (200, b"true")]
    finally:
        asyncio.run(close_database_threads())


@pytest.mark.skipif(connection.vendor == "sqlite", reason="A database in memory has one connection only")
@pytest.mark.django_db(transaction=True)
def test_a_handler_answers_after_its_connection_died() -> None:
    """A connection that the database server ended is replaced, and the next request answered."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (own,) = cursor.fetchone()

    def end_all() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid NOT IN (pg_backend_pid(), %s)",
                [own],
            )

    async def run() -> list[int]:
        first = await _served("/awaited")
        await asyncio.to_thread(_in_own_connection, end_all)
        # The first one after may meet the dead connection; it must be the last one that does.
        await _served("/transaction")
        again = await _served("/transaction")
        await close_database_threads()
        return [first[0], again[0]]

    assert asyncio.run(run()) == [200, 200]


def _in_own_connection(call: Any) -> None:
    try:
        call()
    finally:
        connection.close()
