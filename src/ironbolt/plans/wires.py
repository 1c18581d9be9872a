"""PostgreSQL on the event loop: a bounded number of wires to each database, one after another lent to a request."""

import asyncio
import time
from collections import deque
from functools import partial
from typing import Any, TypeVar

from django.db import connections

from ironbolt.core.lifespan import at_the_end
from ironbolt.core.threads import MAX_QUEUED, OverloadedError, in_database_thread
from ironbolt.plans.questions import Questions
from ironbolt.plans.statement import Params, Rows, Statement
from ironbolt.plans.steps import Steps, run_async
from ironbolt.plans.wire import Wire, WireLost
from ironbolt.plans.wiring import keeps_prepared, settings_of, size_of

_T = TypeVar("_T")


class Wires:
    """The wires to one database on one event loop, opened as they are needed."""

    def __init__(self, using: str, loop: asyncio.AbstractEventLoop) -> None:
        self._using = using
        self._loop = loop
        self._settings = settings_of(using)
        self._questions = Questions(may_prepare=keeps_prepared(self._settings))
        self._size = size_of(using)
        self._open = 0
        self._idle: list[Wire] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_closed = False

    async def answer(self, steps: Steps[_T]) -> _T:
        """What the steps come to, on one wire from the first query to the last.

        Raises:
            OverloadedError: too many requests wait for a wire already.
            django.db.OperationalError: the database can't be reached.
        """
        loan = _Loan(self)
        try:
            return await run_async(steps, loan.fetch)
        finally:
            loan.end()

    async def write(self, statement: Statement, params: Params) -> Rows:
        """The rows that one statement gives back which writes, and is committed by itself.

        It is sent once: where its connection is lost nobody knows whether it was committed.

        Raises:
            NotWritten: the database refuses it.
            OverloadedError: too many requests wait for a wire already.
            django.db.OperationalError: the database can't be reached, or the connection was lost on the way.
        """
        wire = await self.take()
        while not wire.is_alive():  # what nobody has asked for yet may be asked of another one
            self.give(wire)
            wire = await self.take()
        try:
            return await wire.write(statement, params)
        finally:
            self.give(wire)

    async def take(self) -> Wire:
        """A wire that is nobody else's: an idle one, a new one, or the next one to be free."""
        has_waited = False
        while True:
            while self._idle:
                wire = self._idle.pop()
                if not wire.is_old(time.monotonic()):
                    return wire
                self._drop(wire)
            if self._open < self._size:
                return await self._opened()
            await self._wait(first=has_waited)
            has_waited = True

    def give(self, wire: Wire) -> None:
        """Take a wire back; one that still has an answer to come, when that is there."""
        if wire.is_busy:
            wire.when_free = partial(self.give, wire)
        elif wire.is_lost or self._is_closed or wire.is_old(time.monotonic()):
            self._drop(wire)
        else:
            self._idle.append(wire)
            self._wake()

    def look_at_idle(self) -> None:
        """Drop the idle wires whose server is gone."""
        for wire in tuple(self._idle):
            wire.is_alive()

    def leave(self) -> None:
        """Close the idle wires now, and the others when they come back."""
        self._is_closed = True
        while self._idle:
            self._drop(self._idle.pop())

    async def close(self, seconds: float = 10) -> None:
        """Close every wire, after the work that they have."""
        self.leave()
        end = self._loop.time() + seconds
        while self._open and self._loop.time() < end:  # noqa: ASYNC110 - at the end of a process, and over at once
            await asyncio.sleep(0.005)

    async def _opened(self) -> Wire:
        self._open += 1
        opening = asyncio.ensure_future(in_database_thread(self._connected))
        try:
            wire = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(self._came_too_late)
            raise
        except BaseException:
            self._open -= 1
            self._wake()
            raise
        self._attach(wire)
        return wire

    def _connected(self) -> Wire:
        """A new connection, opened by Django in a database thread."""
        wrapper: Any = connections.create_connection(self._using)
        wrapper.settings_dict = self._settings
        with wrapper.wrap_database_errors:
            wrapper.connect()
        return Wire(wrapper, self._questions)

    def _attach(self, wire: Wire) -> None:
        wire.attach()
        wire.when_lost = partial(self._forget, wire)

    def _came_too_late(self, opening: "asyncio.Future[Wire]") -> None:
        """Keep a wire that nobody waits for any more."""
        if opening.cancelled() or opening.exception() is not None:
            self._open -= 1
            self._wake()
        else:
            self._attach(opening.result())
            self.give(opening.result())

    async def _wait(self, *, first: bool) -> None:
        """Wait for a turn; who had one, and met somebody quicker, is the first in the queue."""
        if len(self._waiting) >= MAX_QUEUED:
            raise OverloadedError
        turn: asyncio.Future[None] = self._loop.create_future()
        (self._waiting.appendleft if first else self._waiting.append)(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._wake()  # it was this one's turn, and now it is the next one's
            raise

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _drop(self, wire: Wire) -> None:
        wire.when_lost = None
        wire.close()
        self._open -= 1
        self._wake()

    def _forget(self, wire: Wire) -> None:
        """The server has closed a wire; one that is lent is dropped when it comes back."""
        if wire in self._idle:
            self._idle.remove(wire)
            self._drop(wire)


class _Loan:
    """The wire of one request, taken when it has its first query."""

    __slots__ = ("_wire", "_wires")

    def __init__(self, wires: Wires) -> None:
        self._wires = wires
        self._wire: Wire | None = None

    async def fetch(self, statement: Statement, params: Params) -> Rows:
        """Run a query; once more, on another wire, if the first one is lost. A read may be read again."""
        if self._wire is None:
            self._wire = await self._wires.take()
        try:
            return await self._wire.fetch(statement, params)
        except WireLost:
            self.end()
            self._wires.look_at_idle()
            self._wire = await self._wires.take()
            return await self._wire.fetch(statement, params)

    def end(self) -> None:
        if self._wire is not None:
            self._wires.give(self._wire)
            self._wire = None


_wires: dict[tuple[asyncio.AbstractEventLoop, str], Wires] = {}


def wires_on(using: str) -> Wires:
    """The wires of the running loop to a database that may have them."""
    loop = asyncio.get_running_loop()
    found = _wires.get((loop, using))
    if found is None:
        _leave_closed_loops()
        found = _wires[loop, using] = Wires(using, loop)
    return found


@at_the_end
async def close_wires() -> None:
    """Close the wires of the running loop; for shutdown."""
    here = asyncio.get_running_loop()
    for key in [key for key in _wires if key[0] is here]:
        await _wires.pop(key).close()


def _leave_closed_loops() -> None:
    for key in [key for key in _wires if key[0].is_closed()]:
        _wires.pop(key).leave()
