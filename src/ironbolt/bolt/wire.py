"""The wire of a WebSocket: its messages one at a time, and how it comes to an end."""

import asyncio
import logging
from contextlib import suppress

from ironbolt.bolt.request import Receive, Send
from ironbolt.core.exchange import Message
from ironbolt.core.sockets import ABNORMAL, NO_CODE, shortened

LONGEST_CLOSE = 10
"""Seconds that a client which reads no more may keep a socket from being closed."""

logger = logging.getLogger("ironbolt.sockets")


class WebSocketDisconnect(Exception):
    """The conversation is over: the client left, or the socket was closed here. Uncaught it ends a handler quietly.

    Attributes:
        code: the close code; 1005 if none came, 1006 if the connection broke off.
        reason: what was said of it, mostly nothing.
    """

    def __init__(self, code: int = ABNORMAL, reason: str = "") -> None:
        super().__init__(f"The socket is closed: {code} {reason}".rstrip())
        self.code = code
        self.reason = reason


class Wire:
    """The two ends that a server gives to an application, for one socket.

    The next message is asked for when the last one was taken or something is sent, and never more than one:
    that is the back-pressure towards the client, and how one hears of a client that leaves while it is told
    something.

    Attributes:
        is_accepted: whether it was accepted.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self.is_accepted = False
        self._receive = receive
        self._send = send
        self._end: tuple[int, str] | None = None
        self._ahead: asyncio.Task[Message] | None = None
        self._sending: set[asyncio.Timeout] = set()

    @property
    def end(self) -> tuple[int, str] | None:
        """The code and reason it was closed with, here or there; None while nobody knows of an end."""
        if self._end is None and self._ahead is not None and self._ahead.done() and not self._ahead.cancelled():
            message = self._ahead.result()
            if message["type"] == "websocket.disconnect":
                self._end = (message.get("code") or NO_CODE, message.get("reason") or "")
        return self._end

    async def accept(self, message: Message) -> None:
        """Send the answer that opens the socket."""
        self.is_accepted = True
        await self._deliver(message)

    async def next(self) -> Message:
        """The next message; nothing is lost by whoever gives up waiting for it.

        Raises:
            WebSocketDisconnect: there comes no other.
        """
        while True:
            self._require_open()
            ahead = self._look_ahead()
            await asyncio.wait((ahead,))
            # Of two that waited one takes it.
            if self._ahead is ahead and not self.end:
                self._ahead = None
                return ahead.result()

    async def push(self, message: Message) -> None:
        """Send a message, and wait until the connection took it.

        Raises:
            WebSocketDisconnect: the client has left, or the socket is closed.
        """
        self._require_open()
        # Servers may take messages for a client that has left: only who listens hears of that.
        self._look_ahead()
        await asyncio.sleep(0)
        self._require_open()
        await self._deliver(message)

    async def close(self, code: int, reason: str) -> None:
        """Close the socket; nothing happens where it is closed already."""
        if self.end:
            return
        reason = shortened(reason)
        self._end = (code, reason)
        # First, since granian closes only when nobody waits for a message any more.
        await self.stop_reading()
        with suppress(WebSocketDisconnect):
            await self._deliver({"type": "websocket.close", "code": code, "reason": reason}, LONGEST_CLOSE)

    async def stop_reading(self) -> None:
        """Give up waiting for the next message."""
        if self._ahead is not None and not self._ahead.done():
            self._ahead.cancel()
            await asyncio.wait((self._ahead,))

    def _look_ahead(self) -> asyncio.Task[Message]:
        if self._ahead is None:
            self._ahead = asyncio.ensure_future(self._read())
            self._ahead.add_done_callback(self._give_up_sending)
        return self._ahead

    async def _read(self) -> Message:
        try:
            return await self._receive()
        except (OSError, RuntimeError) as error:
            logger.debug("The server has no more messages: %r.", error)
            return {"type": "websocket.disconnect", "code": ABNORMAL}

    def _require_open(self) -> None:
        if end := self.end:
            raise WebSocketDisconnect(*end)
        if not self.is_accepted:
            raise RuntimeError("Call await socket.accept() before anything is sent or received.")

    def _give_up_sending(self, _: object) -> None:
        """A client that has left may never take what is being sent to it."""
        if self.end:
            for timeout in self._sending:
                timeout.reschedule(0)

    async def _deliver(self, message: Message, seconds: float | None = None) -> None:
        try:
            async with asyncio.timeout(seconds) as timeout:
                self._sending.add(timeout)
                try:
                    await self._send(message)
                finally:
                    self._sending.discard(timeout)
        except (OSError, RuntimeError) as error:  # the specification has OSError, granian raises RuntimeError
            logger.debug("The server could not send: %r.", error)
            raise WebSocketDisconnect(*self._ended()) from None

    def _ended(self) -> tuple[int, str]:
        if self.end is None:
            self._end = (ABNORMAL, "")
        assert self._end is not None
        return self._end
