"""The hop: how code on an event loop reaches the database, in a bounded pool of long-lived threads.

Each thread keeps its own connection from request to request. Under a test client the hop goes to
the test's own thread instead, so that a ``TestCase`` and the code under test share one transaction.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from ironbolt.core.settings import get_settings

_T = TypeVar("_T")

_in_test_thread: ContextVar[bool] = ContextVar("ironbolt_in_test_thread", default=False)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(get_settings().DATABASE_THREADS, thread_name_prefix="ironbolt-database")


async def in_database_thread(call: Callable[..., _T], *args: Any) -> _T:
    """Run ``call(*args)`` in a database thread, under the caller's context variables."""
    if _in_test_thread.get():
        return await sync_to_async(call, thread_sensitive=True)(*args)
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(_pool(), _with_healthy_connections, context.run, call, *args)


def _with_healthy_connections(run: Callable[..., _T], *args: Any) -> _T:
    """Drop connections that died or grew too old, before the work and after it."""
    close_old_connections()
    try:
        return run(*args)
    finally:
        close_old_connections()


@contextmanager
def hop_to_test_thread() -> Iterator[None]:
    """Let every hop made inside the block run in the thread that waits for the answer."""
    token = _in_test_thread.set(True)
    try:
        yield
    finally:
        _in_test_thread.reset(token)
