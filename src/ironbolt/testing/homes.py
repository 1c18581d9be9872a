"""Where an application's database work is done while a test calls it: a thread with the test's transaction.

asgiref runs what is thread-sensitive, and under a test client that is every hop to the database, in

1. the thread that waits in ``async_to_sync``, as the one of Django's own asynchronous test methods does;
2. otherwise the executor of the ``ThreadSensitiveContext``, which is what a home supplies.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from contextvars import Token
from typing import Protocol
from weakref import WeakKeyDictionary

from asgiref.sync import AsyncToSync, SyncToAsync, ThreadSensitiveContext
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


class Home(Protocol):
    """A place for the database work of what runs on one loop."""

    @property
    def is_busy(self) -> bool:
        """Whether the test itself is held up by such work right now, and can take nothing."""

    def live_in(self) -> AbstractAsyncContextManager[None]:
        """Have the work of the running task, and of those that it starts, done here during the block."""


def send_home(executor: Executor) -> Token[ThreadSensitiveContext]:
    """Have an executor run what is thread-sensitive in the running context."""
    context = ThreadSensitiveContext()
    SyncToAsync.context_to_thread_executor[context] = executor
    # A thread that waits further up would be asked first, and it may be the very one that waits for this. It
    # is known here or, in a context of another thread, only later: setting hides it, and to asgiref of old
    # even None would be an executor.
    AsyncToSync.executors.current = None
    del AsyncToSync.executors.current
    return SyncToAsync.thread_sensitive_context.set(context)


class LoopHome:
    """The home of what runs on the test's own loop.

    Where a thread waits for that loop (an asynchronous method of a ``TestCase``) asgiref goes there
    by itself. Where the loop runs in the test's own thread (``asyncio.run`` in a function with a
    transaction around it) that thread can't talk to the database meanwhile; a thread beside it
    does, over the very connections of the test.
    """

    is_busy = False

    @asynccontextmanager
    async def live_in(self) -> AsyncIterator[None]:
        """Borrow the test's connections while anybody lives here."""
        loop = asyncio.get_running_loop()
        if getattr(AsyncToSync.executors, "current", None) or loop in AsyncToSync.loop_thread_executors:
            yield
            return
        if loop not in _borrowers:
            _borrowers[loop] = _Borrower()
        borrower = _borrowers[loop]
        await borrower.enter()
        token = send_home(borrower.executor)
        try:
            yield
        finally:
            # The block may end in another context than it began in, and there is nothing to undo there.
            with suppress(ValueError):
                SyncToAsync.thread_sensitive_context.reset(token)
            await borrower.leave()


class _Borrower:
    """One thread beside the test's, shared by all that lives on one loop: a connection takes one at a time."""

    def __init__(self) -> None:
        self.executor = ThreadPoolExecutor(1, thread_name_prefix="ironbolt-test")
        self._guests = 0
        self._borrowed: list[BaseDatabaseWrapper] = []

    async def enter(self) -> None:
        self._guests += 1
        if self._guests == 1:
            self._borrowed = _connections_of_this_thread()
            for connection in self._borrowed:
                connection.inc_thread_sharing()
            # Before any work of a guest, since the thread does one after the other.
            self.executor.submit(_adopt, self._borrowed)

    async def leave(self) -> None:
        self._guests -= 1
        if self._guests == 0:
            del _borrowers[asyncio.get_running_loop()]
            await asyncio.wrap_future(self.executor.submit(_give_back, self._borrowed))
            self.executor.shutdown()
            for connection in self._borrowed:
                connection.dec_thread_sharing()


_borrowers: WeakKeyDictionary[asyncio.AbstractEventLoop, _Borrower] = WeakKeyDictionary()


def _connections_of_this_thread() -> list[BaseDatabaseWrapper]:
    """The connections of the test; code on a loop is shown others by Django, even in the same thread."""
    loop = asyncio.get_running_loop()
    asyncio._set_running_loop(None)  # noqa: SLF001 - exported by asyncio, for code that stands in for a loop
    try:
        return list(connections.all(initialized_only=True))
    finally:
        asyncio._set_running_loop(loop)  # noqa: SLF001 - as above


def _adopt(borrowed: list[BaseDatabaseWrapper]) -> None:
    for connection in borrowed:
        connections[connection.alias] = connection


def _give_back(borrowed: list[BaseDatabaseWrapper]) -> None:
    for connection in borrowed:
        del connections[connection.alias]
    connections.close_all()
