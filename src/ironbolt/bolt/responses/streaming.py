"""Answers that are sent while they are made: one part in flight, and an end when the client goes away."""

import asyncio
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from typing import Any

from ironbolt.bolt.exceptions import HTTPException
from ironbolt.bolt.request import Receive, Request, Send
from ironbolt.bolt.responses.answers import WITHOUT_BODY, Response
from ironbolt.bolt.responses.headers import RawHeaders, combined, content_type
from ironbolt.bolt.responses.outlet import Encoder, Outlet, outlet_to
from ironbolt.core.exchange import Client
from ironbolt.core.threads import in_database_thread, leave_the_pool

__all__ = ["StreamingResponse"]

Parts = AsyncIterable[Any] | Iterable[Any]


class StreamingResponse(Response):
    """An answer that is sent part by part, as an iterator makes it.

    An asynchronous iterator runs on the event loop. A synchronous one runs from its first part to its
    clean-up in one thread of its own, with a database connection of its own, where it may block; as
    those threads are bounded, long-lived streams to many clients should be asynchronous.

    The next part is made when the client's connection took the last one. When the client goes away
    the iterator is closed, so that its ``finally`` runs. An error before the first part is answered
    as any other; one after it breaks the connection off, so that the client notices.

    Args:
        content: an iterator, an iterable or a generator function of bytes and text.
        status_code: the HTTP status.
        headers: extra headers, name → value.
        media_type: the content type.
    """

    __slots__ = ("content", "encoder")

    def __init__(
        self,
        content: Parts | Callable[[], Parts],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str = "application/octet-stream",
    ) -> None:
        super().__init__(b"", status_code)
        parts = content() if callable(content) else content
        if isinstance(parts, str | bytes | bytearray) or not isinstance(parts, AsyncIterable | Iterable):
            raise TypeError(f"A stream is made of an iterator of bytes or text, not of {type(parts).__name__!r}.")
        self.content: Parts = parts
        self.encoder: Encoder | None = None
        """Compresses the parts, where that was chosen."""
        self.headers = [content_type(media_type)]
        self._set_all(headers or {})

    async def deliver(self, request: Request, receive: Receive, send: Send, extra: RawHeaders) -> None:
        """Send the parts as they are made; see :meth:`Response.deliver` for what errors come to."""
        headers = combined(self.headers, extra)
        start = {"type": "http.response.start", "status": self.status_code, "headers": headers}
        async with outlet_to(request, receive, send, start, self.encoder) as outlet:
            if request.method == "HEAD" or self.status_code in WITHOUT_BODY:
                await self._discard()
                await outlet.close()
            else:
                await self._stream(outlet)

    async def _stream(self, outlet: Outlet) -> None:
        if isinstance(self.content, AsyncIterable):
            await _on_loop(self._pump(self.content, outlet), outlet.client)
        else:
            await in_database_thread(self._pump_here, self.content, outlet)

    async def _discard(self) -> None:
        """Nothing of it is wanted; a generator that never began has nothing to clean up, a file may have."""
        if isinstance(self.content, AsyncIterable):
            await _close_async(self.content)
        else:
            await in_database_thread(_close, self.content)

    async def _pump(self, content: AsyncIterable[Any], outlet: Outlet) -> None:
        parts = aiter(content)
        try:
            if (greeting := self._greeting()) is not None:
                await outlet.send(greeting)
            async for part in parts:
                await outlet.write(self._bytes_of(part))
        finally:
            await _close_async(parts, content)
        await outlet.end()

    def _pump_here(self, content: Iterable[Any], outlet: Outlet) -> None:
        """The same in a thread, which leaves the pool for it: it is going to wait for a client."""
        parts = iter(content)
        try:
            if not leave_the_pool():
                raise HTTPException(503, headers={"Retry-After": "1"})
            if (greeting := self._greeting()) is not None:
                outlet.wait_for(outlet.send(greeting))
            for part in parts:
                outlet.write_from_thread(self._bytes_of(part))
        finally:
            _close(parts, content)
        outlet.wait_for(outlet.end())

    def _greeting(self) -> bytes | None:
        """What is sent before the first part is made, with the headers; None to wait for that part."""
        return None

    def _bytes_of(self, part: Any) -> bytes:
        """A part as it is sent."""
        if isinstance(part, bytes):
            return part
        if isinstance(part, str):
            return part.encode()
        if isinstance(part, bytearray | memoryview):
            return bytes(part)
        raise TypeError(f"A part of a stream is bytes or text, not {type(part).__name__!r}.")


async def _on_loop(pumping: Any, client: Client) -> None:
    """Run the pump until it is done or the client is gone; it is cancelled where it stands then."""
    pump = asyncio.ensure_future(pumping)
    try:
        await asyncio.wait((pump, client.watch()), return_when=asyncio.FIRST_COMPLETED)
    finally:
        pump.cancel()
        await asyncio.wait((pump,))
    if not pump.cancelled():
        pump.result()


def _close(*iterators: Any) -> None:
    for iterator in iterators:
        if close := getattr(iterator, "close", None):
            close()


async def _close_async(*iterators: Any) -> None:
    for iterator in iterators:
        if close := getattr(iterator, "aclose", None):
            await close()
