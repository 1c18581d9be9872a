"""The hop: how code on an event loop reaches the database, in a bounded pool of long-lived threads.

Each thread keeps its own connection from request to request. Under a test client the hop goes to
the test's own thread instead, so that a ``TestCase`` and the code under test share one transaction.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from functools import cache
from queue import SimpleQueue
from typing import Any, TypeVar, cast

from asgiref.sync import SyncToAsync, sync_to_async
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections

from ironbolt.core.settings import get_settings

MAX_THREADS_AWAY = 64
"""How many threads may be out of the pool at once, see :func:`leave_the_pool`."""

_T = TypeVar("_T")

_in_test_thread: ContextVar[bool] = ContextVar("ironbolt_in_test_thread", default=False)
_here = threading.local()


async def in_database_thread(call: Callable[..., _T], *args: Any) -> _T:
    """Run ``call(*args)`` in a database thread, under the caller's context variables.

    What has begun is not interrupted when the caller is cancelled: it runs to its end unseen.
    """
    if _in_test_thread.get():
        return await sync_to_async(_without_stop_iteration, thread_sensitive=True)(call, *args)
    return await in_raw_database_thread(_with_healthy_connections, call, *args)


async def in_raw_database_thread(call: Callable[..., _T], *args: Any) -> _T:
    """The same without a look at the connections, for code that does it itself, as Django's handler."""
    if _in_test_thread.get():
        return await sync_to_async(_without_stop_iteration, thread_sensitive=True)(call, *args)
    job = _Job(asyncio.get_running_loop(), call, args)
    _pool().submit(job)
    return cast(_T, await job.answer)


def leave_the_pool() -> bool:
    """Take the running thread out of the pool for the rest of its job, with another in its place.

    For work that waits for a slow client: such work may hold a thread, never one of the pool's.
    False means that too many threads are away already and that the job has to end soon. In the
    thread of a test there is nothing to leave.
    """
    pool: _Pool | None = getattr(_here, "pool", None)
    return pool is None or pool.let_go()


def close_connections() -> None:
    """Close the running thread's connections, since it ends now; those of a test stay open."""
    if not _in_test_thread.get():
        connections.close_all()


async def close_database_threads(seconds: float = 10) -> None:
    """End the threads of the pool and their connections, after the work they have; for shutdown."""
    if _pool.cache_info().currsize:
        pool = _pool()
        _pool.cache_clear()
        await asyncio.to_thread(pool.close, seconds)


@contextmanager
def hop_to_test_thread() -> Iterator[None]:
    """Let every hop made inside the block run in the thread that waits for the answer.

    Django's own signals around a request would close that thread's connection, and end the test's
    transaction with it; they are silent inside the block, as under Django's test client.
    """
    token = _in_test_thread.set(True)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
        _in_test_thread.reset(token)


def _without_stop_iteration(call: Callable[..., _T], *args: Any) -> _T:
    """A future refuses a StopIteration, and whoever waits for it would wait for ever."""
    try:
        return call(*args)
    except StopIteration as error:
        raise RuntimeError(f"{call!r} raised StopIteration.") from error


def _with_healthy_connections(call: Callable[..., _T], *args: Any) -> _T:
    """Drop connections that died or grew too old, before the work and after it."""
    close_old_connections()
    try:
        return call(*args)
    finally:
        close_old_connections()


class _Job:
    """One hop: what to run, and which future of which loop waits for it."""

    __slots__ = ("_args", "_call", "_context", "answer", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, call: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.loop = loop
        self.answer: asyncio.Future[Any] = loop.create_future()
        self._context = copy_context()
        self._call = call
        self._args = args

    def run(self) -> None:
        if self.answer.cancelled():
            return
        try:
            result = self._context.run(_without_stop_iteration, self._call, *self._args)
        except BaseException as error:  # noqa: BLE001 - the caller gets whatever it is
            self._deliver(asyncio.Future.set_exception, error)
        else:
            self._deliver(asyncio.Future.set_result, result)

    def _deliver(self, settle: Callable[[asyncio.Future[Any], Any], None], outcome: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(_settle, self.answer, settle, outcome)


def _settle(answer: asyncio.Future[Any], settle: Callable[[asyncio.Future[Any], Any], None], outcome: Any) -> None:
    if not answer.done():
        settle(answer, outcome)


class _Pool:
    """A fixed number of threads at one queue.

    Not a ``ThreadPoolExecutor``: that one makes two futures for each job and has no way for a
    thread to leave. The threads are daemons, so that a stuck one cannot keep the process alive.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._away = 0

    def submit(self, job: _Job) -> None:
        self._jobs.put(job)
        if len(self._threads) < self._size:
            self._start_one()

    def let_go(self) -> bool:
        if _here.away:
            return True
        with self._lock:
            if self._away >= MAX_THREADS_AWAY:
                return False
            self._away += 1
            self._threads.discard(threading.current_thread())
        _here.away = True
        # At once, for jobs may be waiting already.
        self._start_one()
        return True

    def close(self, seconds: float) -> None:
        threads = list(self._threads)
        for _ in threads:
            self._jobs.put(None)
        for thread in threads:
            thread.join(seconds)

    def _start_one(self) -> None:
        with self._lock:
            if len(self._threads) < self._size:
                thread = threading.Thread(target=self._work, name="ironbolt-database", daemon=True)
                self._threads.add(thread)
                thread.start()

    def _work(self) -> None:
        _here.pool, _here.away = self, False
        while not _here.away and (job := self._jobs.get()) is not None:
            _run_async_code_on(job.loop)
            job.run()
            del job  # or the last request lives on until the next
        connections.close_all()
        with self._lock:
            self._threads.discard(threading.current_thread())
            self._away -= _here.away


def _run_async_code_on(loop: asyncio.AbstractEventLoop) -> None:
    """Let ``async_to_sync`` in this thread use the loop that waits, as ``sync_to_async`` would.

    Otherwise each asynchronous view gets a new thread and a loop of its own, on which nothing that
    belongs to the server's loop works (clients, pools, channel layers).
    """
    bridge = SyncToAsync.threadlocal
    if getattr(bridge, "main_event_loop", None) is not loop:
        bridge.main_event_loop = loop
        bridge.main_event_loop_pid = os.getpid()


@cache
def _pool() -> _Pool:
    return _Pool(get_settings().DATABASE_THREADS)
