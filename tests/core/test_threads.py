"""Tests of the hop: what comes back from a database thread, and what never may."""

import asyncio
import gc
import logging
import threading
import time
import weakref
from typing import Any

import pytest
from asgiref.sync import SyncToAsync, async_to_sync, sync_to_async
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from ironbolt.core import threads
from ironbolt.core.exchange import Client, ClientGoneError
from ironbolt.core.threads import lanes
from ironbolt.core.threads import pool as pool_module
from ironbolt.core.threads.jobs import Job, OverloadedError


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


class Work:
    """What a hop is called with, such as a request."""


def test_a_hop_that_was_given_up_keeps_nothing(settings: Any) -> None:
    """Clients that come and leave while no thread is free do not fill the memory of those who stay."""
    settings.IRONBOLT = {"DATABASE_THREADS": 1}

    async def run() -> list[Any]:
        gone, begun, go_on = asyncio.Event(), asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            raise AssertionError

        def occupy() -> None:
            loop.call_soon_threadsafe(begun.set)
            go_on.wait(5)

        async def leave() -> "weakref.ref[Work]":
            work = Work()
            client = Client(receive, send)
            with pytest.raises(ClientGoneError):
                await threads.in_database_thread(id, work, give_up_with=client)
            client.release()
            return weakref.ref(work)

        first = asyncio.ensure_future(threads.in_database_thread(occupy))
        await begun.wait()
        loop.call_later(threads.PATIENCE * 2, gone.set)
        seen = await asyncio.gather(*[leave() for _ in range(5)])
        gc.collect()
        left = [one() for one in seen]
        go_on.set()
        await first
        return left

    assert asyncio.run(run()) == [None] * 5


def test_only_so_many_hops_that_were_given_up_may_wait(settings: Any, monkeypatch: Any) -> None:
    """What is left of them is little, and yet there is an end to it."""
    settings.IRONBOLT = {"DATABASE_THREADS": 1}

    async def run() -> None:
        go_on = threading.Event()
        loop = asyncio.get_running_loop()
        first = asyncio.ensure_future(threads.in_database_thread(go_on.wait, 5))
        await asyncio.sleep(0)
        pool = pool_module.the_pool()
        for _ in range(3):
            job = Job(loop, int, ())
            answer = job.answer
            pool.submit(job)
            pool.withdraw(job)
            with pytest.raises(ClientGoneError):
                await answer
        with monkeypatch.context() as patched, pytest.raises(OverloadedError):
            patched.setattr(pool_module, "MAX_WITHDRAWN", 3)
            pool.submit(Job(loop, int, ()))
        go_on.set()
        await first
        assert await threads.in_database_thread(int, "7") == 7

    asyncio.run(run())


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


async def _thread_of_the_orm() -> int:
    """The thread that Django's asynchronous ORM uses here."""
    return await sync_to_async(threading.get_ident)()


def test_a_request_keeps_its_lane_and_another_gets_its_own(settings: Any) -> None:
    """Two requests at work at once use two threads, each the same one from step to step."""
    settings.IRONBOLT = {"DATABASE_THREADS": 2}

    async def request(slow: float) -> set[int]:
        threads.use_a_lane()
        seen = {await _thread_of_the_orm()}
        await sync_to_async(time.sleep)(slow)
        return seen | {await _thread_of_the_orm()}

    async def run() -> tuple[set[int], set[int]]:
        return await asyncio.gather(request(0.05), request(0.05))

    first, second = asyncio.run(run())
    assert len(first) == len(second) == 1
    assert first != second


def test_a_slow_query_holds_up_no_other_lane(settings: Any) -> None:
    """While one request waits for its step another one finishes many."""
    settings.IRONBOLT = {"DATABASE_THREADS": 2}
    go_on = threading.Event()

    async def slow() -> bool:
        threads.use_a_lane()
        return await sync_to_async(go_on.wait)(5)

    async def quick() -> None:
        threads.use_a_lane()
        for _ in range(20):
            await _thread_of_the_orm()
        go_on.set()

    async def run() -> bool:
        waiting = asyncio.ensure_future(slow())
        await asyncio.sleep(0.01)
        await asyncio.wait_for(quick(), 2)
        return await waiting

    assert asyncio.run(run())


def test_too_many_steps_are_refused_and_not_piled_up(settings: Any, monkeypatch: Any) -> None:
    """A lane with its queue full answers that the server is busy."""
    settings.IRONBOLT = {"DATABASE_THREADS": 1}
    monkeypatch.setattr(lanes, "MAX_QUEUED", 1)
    go_on = threading.Event()

    async def run() -> None:
        threads.use_a_lane()
        waiting = asyncio.ensure_future(sync_to_async(go_on.wait)(5))
        await asyncio.sleep(0)
        with pytest.raises(threads.OverloadedError):
            await _thread_of_the_orm()
        go_on.set()
        await waiting

    asyncio.run(run())


def test_a_lane_looks_after_its_connections(settings: Any, monkeypatch: Any) -> None:
    """Before its first guest and after its last those that died or grew too old are dropped, as Django does."""
    settings.IRONBOLT = {"DATABASE_THREADS": 1}
    looks: list[int] = []
    monkeypatch.setattr(lanes, "close_old_connections", lambda: looks.append(threading.get_ident()))

    async def run() -> int:
        threads.use_a_lane()
        await _thread_of_the_orm()
        return await _thread_of_the_orm()

    lane = asyncio.run(run())
    gc.collect()  # a guest is gone when its context is
    asyncio.run(threads.close_database_threads())
    assert looks == [lane, lane]


@pytest.mark.parametrize("error", [SystemExit(1), StopIteration()])
def test_a_lane_outlives_what_would_end_it(error: BaseException, settings: Any) -> None:
    """The step fails with a RuntimeError, and the next one runs in the same thread."""
    settings.IRONBOLT = {"DATABASE_THREADS": 1}

    async def run() -> bool:
        threads.use_a_lane()
        before = await _thread_of_the_orm()
        with pytest.raises(RuntimeError):
            await sync_to_async(burst)(error)
        return before == await _thread_of_the_orm()

    assert asyncio.run(run())


def test_an_awaited_step_of_a_unit_stays_in_its_thread() -> None:
    """Async code inside a hop comes home to the thread of the hop, whatever lane the request has."""

    async def inside() -> int:
        return await _thread_of_the_orm()

    def hop() -> tuple[int, int]:
        return threading.get_ident(), threads.finished(inside())

    async def run() -> tuple[int, int]:
        threads.use_a_lane()
        await _thread_of_the_orm()
        return await threads.in_database_thread(hop)

    here, there = asyncio.run(run())
    assert here == there


def test_a_server_that_fails_to_listen_withdraws_nothing(settings: Any, monkeypatch: Any) -> None:
    """What waits for a thread is given up when the client left, not because its server could not tell."""
    settings.IRONBOLT = {"DATABASE_THREADS": 1}
    monkeypatch.setattr("ironbolt.core.threads.hop.PATIENCE", 0.01)
    go_on = threading.Event()

    async def receive() -> Any:
        raise ConnectionResetError

    async def send(message: Any) -> None: ...

    async def run() -> str:
        client = Client(receive, send)
        first = asyncio.ensure_future(threads.in_database_thread(go_on.wait, 5))
        await asyncio.sleep(0.01)
        second = asyncio.ensure_future(threads.in_database_thread(lambda: "written", give_up_with=client))
        await asyncio.sleep(0.1)
        go_on.set()
        await first
        answer = await asyncio.wait_for(second, 5)
        client.release()
        return answer

    async def all_of_it() -> str:
        await threads.close_database_threads()
        try:
            return await run()
        finally:
            await threads.close_database_threads()

    assert asyncio.run(all_of_it()) == "written"


def test_a_lane_is_left_with_its_request() -> None:
    """What the task does after a request is over is none of that request; nor is a lane taken where hops come home."""

    async def run() -> list[Any]:
        before = SyncToAsync.thread_sensitive_context.get(None)
        token = threads.use_a_lane()
        inside = SyncToAsync.thread_sensitive_context.get(None)
        threads.leave_the_lane(token)
        return [before, inside is None, SyncToAsync.thread_sensitive_context.get(None)]

    assert asyncio.run(run()) == [None, False, None]
    with threads.hop_to_test_thread():
        assert threads.use_a_lane() is None
        threads.leave_the_lane(None)
