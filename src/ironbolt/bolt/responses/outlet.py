"""Where the parts of a stream go: one at a time, from the loop or a thread, the headers with the first."""

import asyncio
import logging
import zlib
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Protocol

from ironbolt.bolt.request import Receive, Request, Send
from ironbolt.core.exchange import Client, ClientGoneError, Message

logger = logging.getLogger("ironbolt.errors")


class Encoder(Protocol):
    """What compresses a stream; :func:`zlib.compressobj` makes one."""

    def compress(self, data: bytes, /) -> bytes:
        """Take data in, give out what is ready of it."""

    def flush(self, mode: int = ..., /) -> bytes:
        """Give out everything so far."""


class Outlet:
    """One stream on its way to its client.

    Attributes:
        client: who gets it.
        started: whether anything was sent, so that no other answer can take the place of this one.
        sent_at: when the last part was sent, on the loop's clock.
    """

    def __init__(self, client: Client, start: Message, encoder: Encoder | None) -> None:
        self.client = client
        self.started = False
        self.sent_at = 0.0
        self._start = start
        self._encoder = encoder
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        self._ended = False

    async def write(self, part: bytes) -> None:
        """Send a part and wait until the client's connection took it.

        Raises:
            ClientGoneError: the client went away.
        """
        if data := self._encoded(part):
            await self.send(data)

    def write_from_thread(self, part: bytes) -> None:
        """The same for a thread, which sleeps meanwhile: that is the back-pressure."""
        if data := self._encoded(part):
            self.wait_for(self.send(data))

    async def end(self) -> None:
        """Send what is left and the end."""
        await self.send(self._encoder.flush() if self._encoder else b"", more=False)

    async def close(self) -> None:
        """Send the end and nothing else."""
        await self.send(b"", more=False)

    async def send(self, data: bytes, *, more: bool = True) -> None:
        """Send data as it is; of two that send at once one waits its turn."""
        async with self._turn:
            if not self.started:
                self.started = True
                await self.client.push(self._start)
            if self._ended:  # nothing comes after the end, not even what waited its turn meanwhile
                return
            self._ended = not more
            if data or not more:
                await self.client.push({"type": "http.response.body", "body": data, "more_body": more})
            self.sent_at = self._loop.time()

    def wait_for(self, sending: Coroutine[Any, Any, None]) -> None:
        """Have something sent from a thread, and wait for that."""
        try:
            asyncio.run_coroutine_threadsafe(sending, self._loop).result()
        except RuntimeError:  # the loop is closed
            sending.close()
            raise

    def _encoded(self, part: bytes) -> bytes:
        if self._encoder is None or not part:
            return part
        return self._encoder.compress(part) + self._encoder.flush(zlib.Z_SYNC_FLUSH)


@asynccontextmanager
async def outlet_to(
    request: Request, receive: Receive, send: Send, start: Message, encoder: Encoder | None = None
) -> AsyncIterator[Outlet]:
    """The outlet to whoever made this request; a client that leaves ends the block and is no error.

    An error after the start is logged here, and the answer left without an end: that has the server
    break the connection off. One before it is the caller's, who can still answer.
    """
    outlet = Outlet(Client(receive, send), start, encoder)
    outlet.client.watch()
    try:
        yield outlet
    except ClientGoneError:
        pass
    except Exception:
        if not outlet.started:
            raise
        logger.critical("%s %s broke off half-way.", request.method, request.path, exc_info=True)
    finally:
        outlet.client.release()
