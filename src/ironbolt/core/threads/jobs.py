"""What a database thread runs: one job, its claim, and what it may never let out."""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

from django.db import close_old_connections

from ironbolt.core.errors import ApiError
from ironbolt.core.exchange import ClientGoneError
from ironbolt.core.tally import look_on, watching_threads

MAX_QUEUED = 512
"""How many hops of a process may wait for a thread. Half of what granian lets into a worker at once: the
other half stays for what needs no thread, and a queue that a usual hop leaves within milliseconds is over
in seconds. More than that would be answered when nobody waits any more."""

MAX_WITHDRAWN = 32 * MAX_QUEUED
"""How many given-up hops may stay in the queue while no thread comes to it."""

in_a_hop: ContextVar[bool] = ContextVar("ironbolt_in_a_hop", default=False)
"""Whether the running code is the work of a database thread, or a coroutine that such work waits for."""

logger = logging.getLogger("ironbolt.threads")

_T = TypeVar("_T")


class OverloadedError(ApiError):
    """Too many hops wait for a thread already."""

    status = 503

    def __init__(self) -> None:
        super().__init__("The server is busy right now. Please try again.", headers={"Retry-After": "1"})


def without_exits(call: Callable[..., _T], *args: Any) -> _T:
    """Turn into an error what no future takes (StopIteration), and what would end the loop that reads it."""
    if watching_threads:
        look_on()
    try:
        return call(*args)
    except StopIteration as error:
        raise RuntimeError(f"{call!r} raised StopIteration.") from error
    except Exception:
        raise
    except BaseException as error:
        logger.critical("A database thread was told to end by %r.", error, exc_info=True)
        raise RuntimeError(f"{call!r} raised {error!r}.") from error


def with_healthy_connections(call: Callable[..., _T], *args: Any) -> _T:
    """Drop connections that died or grew too old, before the work and after it."""
    close_old_connections()
    try:
        return call(*args)
    finally:
        close_old_connections()


def _hopped(call: Callable[..., _T], *args: Any) -> _T:
    in_a_hop.set(True)
    return without_exits(call, *args)


class Job:
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
        """On the loop: tell whoever waits that it never ran, and let go of all that it would have run with.

        Until a thread comes to it, it stays in the queue; clients that come and leave must not fill the memory there.
        """
        answer = self.answer
        del self.answer, self._call, self._args, self._context
        _settle(answer, asyncio.Future.set_exception, ClientGoneError())

    def run(self) -> None:
        if self.answer.cancelled():
            return
        try:
            result = self._context.run(_hopped, self._call, *self._args)
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
