"""A loop in a thread of its own, driven by a test that knows nothing of loops."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from queue import SimpleQueue
from typing import Any, ParamSpec, Self, TypeVar, cast

from asgiref.sync import sync_to_async

from ironbolt.core.threads import on_a_loop
from ironbolt.testing.homes import send_home

_P = ParamSpec("_P")
_T = TypeVar("_T")
_END: Any = object()


class Portal(Executor):
    """The loop, and the queue of what its code wants done in the test's thread.

    The loop runs all the time, and its database work is done whenever the test waits for a call:
    in the test's thread, and so in the test's transaction.

    Attributes:
        is_busy: whether the test's thread is doing such work right now.
        thread: the ident of the test's thread.
    """

    def __init__(self) -> None:
        self.is_busy = False
        self.thread = threading.get_ident()
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._ended = threading.Event()
        self._worker = threading.Thread(target=self._live, name="ironbolt-test-loop", daemon=True)

    def __enter__(self) -> Self:
        if on_a_loop():
            raise RuntimeError("This test runs on an event loop, which a TestClient would stop. Use AsyncTestClient.")
        self._worker.start()
        self._ready.result()
        return self

    def __exit__(self, *_: object) -> None:
        loop, over = self._ready.result()
        loop.call_soon_threadsafe(over.set)
        # What is cancelled now may still want something from the database.
        self._work_until(self._ended.is_set)
        self._worker.join()

    def call(self, make: Callable[_P, Awaitable[_T]], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """What ``await make(*args, **kwargs)`` comes to on the loop."""

        async def awaited() -> _T:
            return await make(*args, **kwargs)

        outcome = asyncio.run_coroutine_threadsafe(awaited(), self._ready.result()[0])
        outcome.add_done_callback(lambda _: self._jobs.put(None))
        try:
            self._work_until(outcome.done)
        except BaseException:  # a person who has waited long enough
            outcome.cancel()
            raise
        return outcome.result()

    @contextmanager
    def entered(self, block: AbstractAsyncContextManager[_T]) -> Iterator[_T]:
        """An asynchronous block as a synchronous one."""
        value = self.call(block.__aenter__)
        try:
            yield value
        except BaseException as error:
            if not self.call(block.__aexit__, type(error), error, error.__traceback__):
                raise
        else:
            self.call(block.__aexit__, None, None, None)

    def iterate(self, source: AsyncIterator[_T]) -> Iterator[_T]:
        """An asynchronous iterator as a synchronous one."""
        while (item := self.call(_next, source)) is not _END:
            yield item

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> "Future[_T]":
        """Have ``fn`` run in the test's thread."""
        outcome: Future[_T] = Future()
        self._jobs.put(partial(self._do, outcome, partial(fn, *args, **kwargs)))
        return outcome

    @asynccontextmanager
    async def live_in(self) -> AsyncIterator[None]:
        """Have the database work of the running task, and of those that it starts, done by the test's thread."""
        send_home(self)
        # Brings along what Django keeps for the test's thread and shows to nobody else: its language, its URLs.
        await sync_to_async(_nothing)()
        yield

    def _live(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._ended.set()
            self._jobs.put(None)

    async def _serve(self) -> None:
        over = asyncio.Event()
        self._ready.set_result((asyncio.get_running_loop(), over))
        await over.wait()

    def _work_until(self, is_over: Callable[[], bool]) -> None:
        """Do what the loop wants done; whoever makes ``is_over`` true puts a None behind that."""
        while not is_over():
            if job := self._jobs.get():
                job()

    def _do(self, outcome: "Future[_T]", call: Callable[[], _T]) -> None:
        if not outcome.set_running_or_notify_cancel():
            return
        was_busy, self.is_busy = self.is_busy, True
        # Free again before the loop hears of the outcome, and goes on in the belief that the test can't listen.
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 - whoever waits for it gets whatever it is
            self.is_busy = was_busy
            outcome.set_exception(error)
        else:
            self.is_busy = was_busy
            outcome.set_result(result)


async def _next(source: AsyncIterator[_T]) -> _T:
    return cast(_T, await anext(source, _END))


def _nothing() -> None:
    """Do nothing, in the test's thread."""
