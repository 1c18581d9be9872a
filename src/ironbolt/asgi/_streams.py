"""Responses that are sent while they are made: synchronous ones from their thread, others on the loop."""

import asyncio
import logging
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from ironbolt.asgi._messages import body_part, emergency, start_of
from ironbolt.core.exchange import Client, Message
from ironbolt.core.threads import close_connections, leave_the_pool

CHUNK = 2**16
"""How much of a file is read and sent at once. A file no larger than this is sent like any answer."""

logger = logging.getLogger("ironbolt.asgi")


def is_small_file(response: StreamingHttpResponse) -> bool:
    """Whether this is a file that is sooner read than streamed."""
    length = response.get("Content-Length", "")
    return getattr(response, "file_to_stream", None) is not None and length.isdigit() and int(length) <= CHUNK


def close_response(response: HttpResponseBase) -> None:
    """End the request; a receiver of ``request_finished`` that fails must not cost the client the answer."""
    try:
        response.close()
    except Exception:
        logger.critical("A request could not be closed.", exc_info=True)


def stream_from_thread(response: StreamingHttpResponse, client: Client) -> tuple[Message, ...]:
    """Send a synchronous stream from the thread that made it, which leaves the pool for that.

    The same thread, since what the view has opened (cursors, transactions, translations) belongs to it.
    Where too many streams run already the answer is 503.
    """
    try:
        if not leave_the_pool():
            logger.critical("503: too many streams at once.")
            return _too_many()
        if isinstance(response, FileResponse):
            response.block_size = CHUNK
        client.push_from_thread(start_of(response))
        for part in response:
            client.push_from_thread(body_part(part, more=True))
    finally:
        close_response(response)
    return (body_part(b""),)


async def stream_on_loop(response: StreamingHttpResponse, client: Client) -> None:
    """Send an asynchronous stream; it is cancelled where it stands when the client goes away."""
    async with ThreadSensitiveContext():
        pump = asyncio.ensure_future(_pump(response, client))
        try:
            await asyncio.wait((pump, client.watch()), return_when=asyncio.FIRST_COMPLETED)
        finally:
            pump.cancel()
            await asyncio.wait((pump,))
            await sync_to_async(_close)(response)
    if not pump.cancelled():
        pump.result()


async def _pump(response: StreamingHttpResponse, client: Client) -> None:
    parts: Any = aiter(response)
    await client.push(start_of(response))
    try:
        async for part in parts:
            await client.push(body_part(part, more=True))
    finally:
        await parts.aclose()
        await _close_source(response)
    await client.push(body_part(b""))


async def _close_source(response: Any) -> None:
    """Django's ``__aiter__`` wraps the view's iterator and leaves that one for the garbage collector."""
    if close := getattr(response._iterator, "aclose", None):  # noqa: SLF001
        await close()


def _close(response: HttpResponseBase) -> None:
    """Close in the thread of this stream's synchronous parts, which ends with it."""
    close_response(response)
    close_connections()


def _too_many() -> tuple[Message, ...]:
    busy = emergency(503, **{"Retry-After": "1"})
    return start_of(busy), body_part(busy.content)
