"""Tests of the client for tests that are coroutines, and of whose transaction the application works in."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection, transaction
from django.test import TestCase, TransactionTestCase

from ironbolt.core.threads import finished, in_database_thread
from ironbolt.testing import AsyncTestClient, TestClient
from tests.project.models import Label
from tests.testing.apps import answer, echo, labels


@pytest.mark.parametrize("method", ["get", "head", "options", "post", "put", "patch", "delete"])
def test_every_method_has_a_coroutine(method: str) -> None:
    """Options are those of the synchronous client."""

    async def test() -> None:
        came = await getattr(AsyncTestClient(echo, headers={"X-A": "1"}), method)("/", json=[1], params={"a": 2})
        seen = came.json()
        assert (seen["method"], seen["body"], seen["query"]) == (method.upper(), "[1]", "a=2")
        assert seen["headers"]["x-a"] == "1"

    asyncio.run(test())


@pytest.mark.django_db
def test_work_under_asyncio_run_is_in_the_tests_transaction() -> None:
    """Whatever is written before, by the application, and afterwards is one transaction's."""
    Label.objects.create(name="before")

    async def test() -> None:
        assert (await AsyncTestClient(labels).get("/?within")).json() == [2, True]

    asyncio.run(test())
    assert Label.objects.count() == 2
    assert connection.in_atomic_block


@pytest.mark.django_db
def test_work_under_asyncio_run_is_undone_with_the_test() -> None:
    """Nothing of the test above is left, and what a block undoes is gone."""
    assert not Label.objects.exists()
    with transaction.atomic():
        asyncio.run(AsyncTestClient(labels).get("/?undone"))
        assert Label.objects.exists()
        transaction.set_rollback(True)
    assert not Label.objects.exists()


@pytest.mark.django_db
def test_own_asynchronous_queries_join_within_the_clients_block() -> None:
    """The test's own calls of the asynchronous ORM see what the application sees."""

    async def test() -> None:
        async with AsyncTestClient(labels) as client:
            await Label.objects.acreate(name="own")
            assert (await client.get("/?its")).json() == [2, True]
            assert await Label.objects.acount() == 2

    asyncio.run(test())
    assert Label.objects.count() == 2


@pytest.mark.django_db
def test_concurrent_requests_take_turns_at_the_connection() -> None:
    """Requests of one client, and of two, run at once; their transactions do not get in each other's way."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        def work() -> int:
            with transaction.atomic():
                Label.objects.create(name=scope["path"])
                return Label.objects.count()

        await answer(send, 200, await in_database_thread(work))

    async def test() -> list[int]:
        clients = AsyncTestClient(app), AsyncTestClient(app)
        answers = await asyncio.gather(*(clients[number % 2].get(f"/{number}") for number in range(10)))
        return [one.json() for one in answers]

    assert sorted(asyncio.run(test())) == list(range(1, 11))
    assert Label.objects.count() == 10


@pytest.mark.django_db
def test_coroutine_in_a_hop_runs_on_the_tests_loop() -> None:
    """Asynchronous code that a database thread waits for, and its own queries, are in the transaction too."""
    loops = []

    async def inner() -> int:
        loops.append(asyncio.get_running_loop())
        await Label.objects.acreate(name="inner")
        return await Label.objects.acount()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        loops.append(asyncio.get_running_loop())
        await answer(send, 200, await in_database_thread(lambda: finished(inner())))

    assert asyncio.run(AsyncTestClient(app).get("/")).json() == 1
    Label.objects.all().delete()
    assert TestClient(app).get("/").json() == 1
    assert (loops[0] is loops[1], loops[2] is loops[3]) == (True, True)


def test_request_may_be_given_up() -> None:
    """A test that stops waiting stops the application, too."""
    ended = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def test() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(AsyncTestClient(app).get("/"), 0.01)

    asyncio.run(test())
    assert ended == [True]


class OnDjangosLoop(TestCase):
    """In an asynchronous method of Django's test case all is in the test's transaction."""

    async def test_transaction_is_the_tests(self) -> None:
        """The application sees the test's work and the other way round, with a block and without."""
        await Label.objects.acreate(name="own")
        client = AsyncTestClient(labels)
        assert (await client.get("/?a")).json() == [2, True]
        async with client:
            answers = await asyncio.gather(client.get("/?b"), client.get("/?c"))
            assert sorted(one.json()[0] for one in answers) == [3, 4]
        assert await Label.objects.acount() == 4

    async def test_nothing_is_left(self) -> None:
        """The transaction was undone with the test."""
        assert await Label.objects.acount() == 0

    async def test_synchronous_client_belongs_into_a_thread(self) -> None:
        """On the loop it would stop what it waits for, and says so; a thread of the test may use it."""
        with pytest.raises(RuntimeError, match="AsyncTestClient"):
            TestClient(labels).get("/?a")
        came = await sync_to_async(TestClient(labels).get)("/?a")
        assert came.json() == [1, True]


class Committed(TransactionTestCase):
    """Without a transaction around the test."""

    async def test_work_is_committed(self) -> None:
        """The application works as in production."""
        assert (await AsyncTestClient(labels).get("/?a")).json() == [1, False]
        assert await Label.objects.acount() == 1


@pytest.mark.django_db
def test_client_below_async_to_sync() -> None:
    """The thread that waits for the loop does the database work."""

    async def test() -> Any:
        async with AsyncTestClient(labels) as client:
            return (await client.get("/?a")).json()

    assert async_to_sync(test)() == [1, True]
    assert Label.objects.exists()
