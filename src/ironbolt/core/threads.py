"""The hop: how code on an event loop reaches the database, in a bounded pool of long-lived threads.

Each thread keeps its own connection from request to request. Under a test client the hop goes to
the test's own thread instead, so that a ``TestCase`` and the code under test share one transaction.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from functools import cache, partial, wraps
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar, cast

from asgiref.sync import SyncToAsync, async_to_sync, sync_to_async
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections

from ironbolt.core.errors import ApiError
from ironbolt.core.exchange import Client, ClientGoneError
from ironbolt.core.settings import get_settings

MAX_THREADS_AWAY = 64
"""How many threads may be out of the pool at once, see :func:`leave_the_pool`."""

MAX_QUEUED = 512
"""How many hops of a process may wait for a thread. Half of what granian lets into a worker at once: the
other half stays for what needs no thread, and a queue that a usual hop leaves within milliseconds is over
in seconds. More than that would be answered when nobody waits any more."""

PATIENCE = 0.05
"""After how many seconds in the queue a hop is given up as soon as its client leaves."""

logger = logging.getLogger("ironbolt.threads")

_P = ParamSpec("_P")
_T = TypeVar("_T")

_hops_come_home: ContextVar[bool] = ContextVar("ironbolt_hops_come_home", default=False)
_here = threading.local()
_home = threading.Lock()
_homes = 0


class OverloadedError(ApiError):
    """Too many hops wait for a thread already."""

    status = 503

    def __init__(self) -> None:
        super().__init__("The server is busy right now. Please try again.", headers={"Retry-After": "1"})


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
    if _hops_come_home.get():
        return await sync_to_async(_without_exits, thread_sensitive=True)(call, *args)
    return await in_raw_database_thread(_with_healthy_connections, call, *args, give_up_with=give_up_with)


async def in_raw_database_thread(call: Callable[..., _T], *args: Any, give_up_with: Client | None = None) -> _T:
    """The same without a look at the connections, for code that does it itself, as Django's handler."""
    if _hops_come_home.get():
        return await sync_to_async(_without_exits, thread_sensitive=True)(call, *args)
    loop = asyncio.get_running_loop()
    job = _Job(loop, call, args)
    pool = _pool()
    pool.submit(job)
    if give_up_with is None:
        return cast(_T, await job.answer)
    # Mostly the answer is there before the timer, and that was all it cost.
    timer = loop.call_later(PATIENCE, _mind, pool, job, give_up_with)
    try:
        return cast(_T, await job.answer)
    finally:
        timer.cancel()


def _mind(pool: "_Pool", job: "_Job", client: Client) -> None:
    """Have a job that still waits for its thread withdrawn when the client goes away."""
    if not job.is_claimed:
        client.watch().add_done_callback(lambda _: pool.withdraw(job))


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
    if not _hops_come_home.get():
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


def _without_exits(call: Callable[..., _T], *args: Any) -> _T:
    """Turn into an error what no future takes (StopIteration), and what would end the loop that reads it."""
    try:
        return call(*args)
    except StopIteration as error:
        raise RuntimeError(f"{call!r} raised StopIteration.") from error
    except Exception:
        raise
    except BaseException as error:
        logger.critical("A database thread was told to end by %r.", error, exc_info=True)
        raise RuntimeError(f"{call!r} raised {error!r}.") from error


def _with_healthy_connections(call: Callable[..., _T], *args: Any) -> _T:
    """Drop connections that died or grew too old, before the work and after it."""
    close_old_connections()
    try:
        return call(*args)
    finally:
        close_old_connections()


class _Job:
    """One hop: what to run, and which future of which loop waits for it."""

    __slots__ = ("_args", "_call", "_claim", "_context", "answer", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, call: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.loop = loop
        self.answer: asyncio.Future[Any] = loop.create_future()
        self._context = copy_context()
        self._call = call
        self._args = args
        # The thread that begins and the loop that gives up both try to take it: the first one decides.
        self._claim = threading.Lock()

    @property
    def is_claimed(self) -> bool:
        """Whether it has begun, or been given up."""
        return self._claim.locked()

    def claim(self) -> bool:
        """Whether it is the caller's to run or to give up; true once."""
        return self._claim.acquire(blocking=False)

    def give_up(self) -> None:
        """On the loop: tell whoever waits that it never ran."""
        _settle(self.answer, asyncio.Future.set_exception, ClientGoneError())

    def run(self) -> None:
        if self.answer.cancelled():
            return
        try:
            result = self._context.run(_without_exits, self._call, *self._args)
        except Exception as error:  # noqa: BLE001 - the caller gets whatever it is
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
        self._withdrawn = 0

    def submit(self, job: _Job) -> None:
        if self._jobs.qsize() - self._withdrawn >= MAX_QUEUED:
            raise OverloadedError
        self._jobs.put(job)
        if len(self._threads) < self._size:
            self._start_one()

    def withdraw(self, job: _Job) -> None:
        """Give up a job that has not begun; it stays in the queue, and nobody runs it."""
        if job.claim():
            with self._lock:
                self._withdrawn += 1
            job.give_up()

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
            self._run(job)
            del job  # or the last request lives on until the next
        connections.close_all()
        with self._lock:
            self._threads.discard(threading.current_thread())
            self._away -= _here.away

    def _run(self, job: _Job) -> None:
        if job.claim():
            _run_async_code_on(job.loop)
            job.run()
        else:
            with self._lock:
                self._withdrawn -= 1


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
