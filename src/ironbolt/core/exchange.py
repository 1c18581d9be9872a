"""The two ends of one HTTP exchange: the shapes of ASGI, what a scope says, and the client behind it."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ironbolt.core.errors import ApiError
from ironbolt.core.web_settings import web_settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


_MOST_DIGITS = 20
"""A length with more digits than this is over any limit, and Python reads no number of thousands of them."""


class ClientGoneError(ApiError):
    """The client closed the connection: there is mostly nobody to read from or to answer.

    A server says the same of a body that is no valid HTTP, and then there is somebody: hence the 400.
    """

    status = 400
    code = "parse_error"

    def __init__(self) -> None:
        super().__init__("The request broke off before its end.")


def root_of(scope: Scope) -> str:
    """The path that everything is mounted at, without a slash at its end; mostly nothing."""
    root: str = web_settings().root or scope.get("root_path", "")
    return root.rstrip("/") if root else ""


def path_below_root(scope: Scope) -> str:
    """The path without the one that everything is mounted at, as Django reads it."""
    path: str = scope["path"]
    root = root_of(scope)
    if root and (path == root or path.startswith(f"{root}/")):
        return path[len(root) :]
    return path


def declares_more(content_length: str, limit: int) -> bool:
    """Whether a Content-Length is over the limit; what is no length says nothing."""
    if not (content_length.isascii() and content_length.isdecimal()):
        return False
    return len(content_length) > _MOST_DIGITS or int(content_length) > limit


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
        watch = self.watch()
        # Servers may take a part at once, and after the client left every part: without a turn of
        # the loop a source that never waits would keep it for itself and never hear of that.
        await asyncio.sleep(0)
        if watch.done():
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

    def when_gone(self, call: Callable[[], object]) -> None:
        """Call something when the client goes away; a server that fails to listen has not said so."""

        def judge(watch: "asyncio.Task[None]") -> None:
            if not watch.cancelled() and watch.exception() is None:
                call()

        self.watch().add_done_callback(judge)

    def release(self) -> None:
        """The exchange is over."""
        if self._watch is not None and not self._watch.cancel() and not self._watch.cancelled():
            self._watch.exception()  # looked at, so that asyncio does not complain that nobody did

    async def _wait_for_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
