"""The client of one exchange: what is sent to it, from the loop or a thread, and whether it is still there."""

import asyncio

from ironbolt.asgi._protocol import ClientGoneError, Message, Receive, Send


class Client:
    """The way back to whoever asked, made on the loop that serves it."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._watch: asyncio.Task[None] | None = None

    async def push(self, message: Message) -> None:
        """Send one part of a stream and wait until the client's connection took it.

        Raises:
            ClientGoneError: the client went away.
        """
        if self.watch().done():
            raise ClientGoneError
        try:
            await self._send(message)
        except OSError:  # what the specification lets servers raise once the client is gone
            raise ClientGoneError from None

    def push_from_thread(self, message: Message) -> None:
        """The same for a thread, which sleeps meanwhile: that is the back-pressure."""
        asyncio.run_coroutine_threadsafe(self.push(message), self._loop).result()

    def watch(self) -> asyncio.Task[None]:
        """The task that ends when the client goes away."""
        if self._watch is None:
            self._watch = self._loop.create_task(self._wait_for_disconnect())
        return self._watch

    def release(self) -> None:
        """The exchange is over."""
        if self._watch is not None and not self._watch.cancel() and not self._watch.cancelled():
            self._watch.exception()  # looked at, so that asyncio does not complain that nobody did

    async def _wait_for_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
