"""Tests of the hop: what comes back from a database thread, and what never may."""

import asyncio
import logging
import threading
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from ironbolt.core import threads
from ironbolt.core.exchange import Client, ClientGoneError


@pytest.fixture(autouse=True)
def _end_threads():
    """Leave no database thread behind."""
    yield
    asyncio.run(threads.close_database_threads())


def burst(error: BaseException) -> None:
    """Raise."""
    raise error


@pytest.mark.parametrize("at_home", [False, True])
@pytest.mark.parametrize(
    "error", [SystemExit(1), KeyboardInterrupt(), GeneratorExit(), asyncio.CancelledError(), StopIteration()]
)
def test_what_would_end_a_loop_is_an_error(error: BaseException, at_home: bool, caplog: Any) -> None:
    """The waiter gets a RuntimeError, the log the rest, and the next hop an answer."""

    async def run() -> int:
        with pytest.raises(RuntimeError, match=type(error).__name__):
            await threads.in_database_thread(burst, error)
        return await threads.in_database_thread(int, "7")

    with caplog.at_level(logging.CRITICAL, "ironbolt.threads"):
        if at_home:
            with threads.hop_to_test_thread():
                assert async_to_sync(run)() == 7
        else:
            assert asyncio.run(run()) == 7
    assert len(caplog.records) == (not isinstance(error, StopIteration))


@pytest.mark.parametrize("leaves", [True, False])
def test_a_queued_hop_ends_with_its_client(settings: Any, leaves: bool) -> None:
    """With the client gone what still waits is given up and never runs; with nobody gone it has its turn."""
    settings.IRONBOLT = {"DATABASE_THREADS": 1}
    ran = []

    async def run() -> None:
        gone, begun, go_on = asyncio.Event(), asyncio.Event(), threading.Event()

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            raise AssertionError

        loop = asyncio.get_running_loop()

        def occupy() -> None:
            loop.call_soon_threadsafe(begun.set)
            go_on.wait(5)

        client = Client(receive, send)
        first = asyncio.ensure_future(threads.in_database_thread(occupy))
        await begun.wait()
        second = asyncio.ensure_future(threads.in_database_thread(ran.append, 1, give_up_with=client))
        await asyncio.sleep(threads.PATIENCE * 2)
        if leaves:
            gone.set()
            with pytest.raises(ClientGoneError):
                await asyncio.wait_for(second, 1)
        go_on.set()
        await first
        await threads.in_database_thread(int)
        client.release()
        assert second.done()

    asyncio.run(run())
    assert ran == ([] if leaves else [1])


def test_nested_test_hops_keep_the_connection() -> None:
    """Only the end of the outermost block lets Django's signals close connections again."""

    def connected() -> list[bool]:
        return [signal.disconnect(close_old_connections) for signal in (request_started, request_finished)]

    with threads.hop_to_test_thread():
        with threads.hop_to_test_thread():
            pass
        assert connected() == [False, False]
    assert connected() == [True, True]
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
