"""The hop: how code on an event loop reaches the database, and how it stays at home under a test."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial, wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar, cast

from asgiref.sync import AsyncToSync, async_to_sync, sync_to_async
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections

from ironbolt.core.exchange import Client
from ironbolt.core.threads.jobs import Job, in_a_hop, with_healthy_connections, without_exits
from ironbolt.core.threads.lanes import LaneToken, close_lanes, part_from_lane, take_a_lane
from ironbolt.core.threads.pool import Pool, the_pool

PATIENCE = 0.05
"""After how many seconds in the queue a hop is given up as soon as its client leaves."""

_P = ParamSpec("_P")
_T = TypeVar("_T")

_hops_come_home: ContextVar[bool] = ContextVar("ironbolt_hops_come_home", default=False)
_home = Lock()
_homes = 0


async def in_database_thread(call: Callable[..., _T], *args: Any, give_up_with: Client | None = None) -> _T:
    """Run ``call(*args)`` in a database thread, under the caller's context variables.

    What has begun is not interrupted when the caller is cancelled: it runs to its end unseen. What
    still waits for a thread is given up when the caller is cancelled, or the client leaves that
    ``give_up_with`` names. Watching for that takes what comes of the request: its body has to be read.

    Raises:
        OverloadedError: ``MAX_QUEUED`` hops wait already.
        ClientGoneError: the client left, and ``call`` never began.
        RuntimeError: ``call`` raised what ends a program or a loop, such as SystemExit.
    """
    if _is_awaited_by_a_thread():
        return await sync_to_async(without_exits, thread_sensitive=True)(call, *args)
    return await in_raw_database_thread(with_healthy_connections, call, *args, give_up_with=give_up_with)


async def in_raw_database_thread(call: Callable[..., _T], *args: Any, give_up_with: Client | None = None) -> _T:
    """The same without a look at the connections, for code that does it itself, as Django's handler."""
    if _is_awaited_by_a_thread():
        return await sync_to_async(without_exits, thread_sensitive=True)(call, *args)
    loop = asyncio.get_running_loop()
    job = Job(loop, call, args)
    pool = the_pool()
    pool.submit(job)
    if give_up_with is None:
        return cast(_T, await job.answer)
    # Mostly the answer is there before the timer, and that was all it cost.
    timer = loop.call_later(PATIENCE, _mind, pool, job, give_up_with)
    try:
        return cast(_T, await job.answer)
    finally:
        timer.cancel()


def _is_awaited_by_a_thread() -> bool:
    """Whether a thread waits for the running code, a test's or one of ours: all of ours may be waiting like that."""
    if _hops_come_home.get():
        return True
    waiting = getattr(AsyncToSync.executors, "current", None) if in_a_hop.get() else None
    return waiting is not None and not waiting._broken  # noqa: SLF001 - a task may outlive what it was begun by


def _mind(pool: Pool, job: Job, client: Client) -> None:
    """Have a job that still waits for its thread withdrawn when the client goes away."""
    if not job.is_claimed:
        client.when_gone(lambda: pool.withdraw(job))


def at_home() -> bool:
    """Whether hops stay in the thread of a test, and see its transaction."""
    return _hops_come_home.get()


def use_a_lane() -> LaneToken | None:
    """Let what the running task awaits of Django's ORM from here on run in a thread of its own.

    Under a test client it runs in the test's thread, as all else.

    Returns:
        What :func:`leave_the_lane` takes.
    """
    return None if _hops_come_home.get() else take_a_lane()


def leave_the_lane(token: LaneToken | None) -> None:
    """Undo the matching :func:`use_a_lane`: what comes next in this task is none of that request."""
    if token is not None:
        part_from_lane(token)


def on_a_loop() -> bool:
    """Whether the running code is on an event loop, and must not talk to the database itself."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def reaches_database(method: Callable[_P, _T]) -> Callable[_P, Any]:
    """Make one synchronous function callable from both worlds.

    In a database thread it answers at once; on an event loop it answers an awaitable, which hops.
    """

    @wraps(method)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> Any:
        if on_a_loop():
            return in_database_thread(partial(method, *args, **kwargs))
        return method(*args, **kwargs)

    return call


def finished(value: Any) -> Any:
    """In a database thread: ``value``, or what it comes to if it is a coroutine.

    The coroutine runs on the server's loop, and every hop that it makes comes back to this thread, so
    that it sees this thread's transaction.
    """
    if not asyncio.iscoroutine(value):
        return value
    token = _hops_come_home.set(True)
    try:
        return async_to_sync(_await)(value)
    finally:
        _hops_come_home.reset(token)


async def _await(coroutine: Any) -> Any:
    return await coroutine


def close_connections() -> None:
    """Close the running thread's connections, since it ends now; those of a test stay open."""
    if not _hops_come_home.get():
        connections.close_all()


async def close_database_threads(seconds: float = 10) -> None:
    """End the threads of the pool and their connections, after the work they have; for shutdown."""
    if the_pool.cache_info().currsize:
        pool = the_pool()
        the_pool.cache_clear()
        await asyncio.to_thread(pool.close, seconds)
    await asyncio.to_thread(close_lanes, seconds)


@contextmanager
def hop_to_test_thread() -> Iterator[None]:
    """Let every hop made inside the block run in the thread that waits for the answer.

    Django's own signals around a request would close that thread's connection, and end the test's
    transaction with it; they are silent inside the block, as under Django's test client.
    """
    token = _hops_come_home.set(True)
    _count_home(1)
    try:
        yield
    finally:
        _count_home(-1)
        _hops_come_home.reset(token)


def _count_home(more: int) -> None:
    """Silence the signals with the first block, and let them speak again after the last."""
    global _homes  # noqa: PLW0603 - the signals are global too
    with _home:
        _homes += more
        for signal in (request_started, request_finished):
            if _homes:
                signal.disconnect(close_old_connections)
            else:
                signal.connect(close_old_connections)
