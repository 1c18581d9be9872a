"""One run of an application: what it is told, what it says, and how both come to an end."""

import asyncio
from collections import deque
from contextlib import suppress

from ironbolt.core.errors import failures_to_report
from ironbolt.core.exchange import Application, Message, Scope
from ironbolt.core.threads import hop_to_test_thread
from ironbolt.testing.homes import Home

MOST_PARTS = 10_000
"""How many messages of a synchronous stream are kept for a test that can't take them."""


class GoneError(OSError):
    """What an application meets that sends to a client that has left, as the ASGI specification has it."""


class Conversation:
    """An application in a task of its own, and the two ends of its ``receive`` and ``send``.

    Args:
        app: the application.
        scope: what it is called with.
        home: where its database work is done.
        room: how many messages it may be ahead of the test.
        patience: seconds to wait for it; None to wait for ever.

    Attributes:
        failures: what it has answered as a 500.
        was_heard: whether it has taken anything that it was told.
    """

    def __init__(
        self, app: Application, scope: Scope, home: Home, *, room: int = 1, patience: float | None = 5
    ) -> None:
        self.scope = scope
        self.patience = patience
        self.failures: list[BaseException] = []
        self.was_heard = False
        self._app = app
        self._home = home
        self._room = room
        self._told: asyncio.Queue[Message] = asyncio.Queue()
        self._said: deque[Message] = deque()
        self._news = asyncio.Event()
        self._taken = asyncio.Event()
        self._farewell: Message | None = None
        self._is_cut = False
        self._was_raised = False
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._task = self._loop.create_task(self._run())
        self._task.add_done_callback(lambda _: self._news.set())

    @property
    def is_over(self) -> bool:
        """Whether the application has ended."""
        return self._task.done()

    def tell(self, *messages: Message) -> None:
        """Have the application receive these."""
        for message in messages:
            self._told.put_nowait(message)

    async def hear(self, awaited: str) -> Message | None:
        """What the application says next, None when it has ended.

        Raises:
            TimeoutError: it said nothing in time.
            Exception: what it raised itself.
        """
        await self._wait_for_word(awaited)
        self._heard_at = self._loop.time()
        self._taken.set()
        if self._said:
            return self._said.popleft()
        if self._is_cut:
            raise TimeoutError(
                "A synchronous stream runs in the test's own thread, which therefore gets all of it at once; "
                "this one did not end, and was cut. Read it with an AsyncTestClient."
            )
        self._raise_its_own()
        return None

    async def leave(self, farewell: Message, *, patience: float | None = None) -> None:
        """Take leave, and wait until the application has ended.

        Raises:
            TimeoutError: it did not, and was cancelled.
            Exception: what it raised itself.
        """
        self._say_goodbye(farewell)
        await asyncio.wait({self._task}, timeout=patience)
        if not self._task.done():
            await self.cancel()
            raise TimeoutError(f"{self._name} was still running {patience} s after its client had left.")
        self._raise_its_own()

    async def cancel(self) -> None:
        """End the application where it stands, whatever comes of it."""
        self._say_goodbye({"type": f"{self.scope['type']}.disconnect"})
        self._task.cancel()
        await asyncio.wait({self._task}, timeout=1)
        if self._task.done():
            with suppress(asyncio.CancelledError):
                self._task.exception()  # looked at, so that asyncio does not complain that nobody did

    @property
    def _name(self) -> str:
        return " ".join(str(self.scope[key]) for key in ("method", "path") if key in self.scope) or "The application"

    def _raise_its_own(self) -> None:
        """Raise what the application raised, once."""
        if not self._was_raised and not self._task.cancelled() and (error := self._task.exception()):
            self._was_raised = True
            raise error

    async def _run(self) -> None:
        failures_to_report.set(self.failures)
        with hop_to_test_thread(), suppress(GoneError):
            async with self._home.live_in():
                await self._app(self.scope, self._receive, self._send)

    async def _receive(self) -> Message:
        if self._farewell and self._told.empty():
            return self._farewell
        message = await self._told.get()
        self.was_heard = True
        return message

    async def _send(self, message: Message) -> None:
        # A turn of the loop, as a socket would give: a source that never waits must not keep it for itself.
        await asyncio.sleep(0)
        while len(self._said) >= self._room and not self._farewell and not self._home.is_busy:
            self._taken.clear()
            await self._taken.wait()
        if not self._farewell and self._is_overrun():
            self._is_cut = True
            self._say_goodbye({"type": f"{self.scope['type']}.disconnect"})
        if self._farewell:
            raise GoneError("The client has left.")
        self._said.append(message)
        self._news.set()

    def _is_overrun(self) -> bool:
        """Whether a test that is kept busy by this very stream has been so for too long."""
        if not self._home.is_busy or not self._said:
            return False
        waited = self._loop.time() - self._heard_at
        return len(self._said) >= MOST_PARTS or (self.patience is not None and waited > self.patience)

    def _say_goodbye(self, farewell: Message) -> None:
        if not self._farewell:
            self._farewell = farewell
            self._told.put_nowait(farewell)
        self._taken.set()

    async def _wait_for_word(self, awaited: str) -> None:
        try:
            async with asyncio.timeout(self.patience):
                while not self._said and not self._task.done():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(f"{self._name} gave no {awaited} within {self.patience} s.") from None
