"""The WebSocket as a handler sees it: the request that opened it, and the messages that go both ways."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, TypeVar, overload

from django.conf import settings

from ironbolt.bolt.binding.bodies import BodyReader
from ironbolt.bolt.exceptions import BadRequest, ParseError
from ironbolt.bolt.handshake import BEARER, Handshake
from ironbolt.bolt.request import Receive, Scope, Send
from ironbolt.bolt.responses.encoding import encode_json
from ironbolt.bolt.responses.headers import RawHeaders, combined, raw_header
from ironbolt.bolt.wire import WebSocketDisconnect, Wire
from ironbolt.core.errors import ApiError, Details
from ironbolt.core.exchange import Message
from ironbolt.core.settings import get_settings
from ironbolt.core.sockets import INVALID, NORMAL, TOO_BIG, UNSUPPORTED

__all__ = ["InvalidMessage", "WebSocket", "WebSocketDisconnect"]

_T = TypeVar("_T")

_CODES = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})
"""What may be sent as a close code (RFC 6455, 7.4; the registry of IANA)."""


class InvalidMessage(ApiError):
    """A message that is not what the handler asked for; uncaught it closes the socket with ``close_code``.

    Attributes:
        close_code: 1007 for contents, 1003 for bytes instead of text or the other way round, 1009 for size.
        details: field → messages, where the fault lies in particular fields.
    """

    status = 400
    code = "invalid_message"

    def __init__(self, message: str, *, details: Details | None = None, close_code: int = INVALID) -> None:
        super().__init__(message, details=details)
        self.close_code = close_code


class WebSocket(Handshake):
    """One WebSocket: what a :class:`Request` says of its caller, and the conversation.

    Messages are taken from the server one at a time, the next one when the last was received or something is
    sent, and ``send_*`` waits until the connection has taken the message: that is the back-pressure both ways.
    ``receive_*`` can be given up (``asyncio.timeout``) without losing a message.

    A client that leaves is noticed by ``receive_*`` and by the next ``send_*``; a handler that waits for something
    else meanwhile is not interrupted. One that only sends is best written with :meth:`send_from`.

    Attributes:
        subprotocols: what the client offers, in its order; a token among them is left out.
        max_message_bytes: the largest message that ``receive_*`` gives.
        wire: the server's two ends; the methods here are what handlers use.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope)
        self.max_message_bytes = _default_limit()
        self.wire = Wire(receive, send)

    async def accept(self, subprotocol: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        """Open the socket.

        Args:
            subprotocol: one of those that the client offers; where it offers a token, ``bearer`` by default.
            headers: extra headers of the answer. Some servers can't send any; granian leaves them out.

        Raises:
            RuntimeError: it was accepted or closed before.
            BadRequest: the client does not offer the subprotocol.
            ValueError: a header is none.
            WebSocketDisconnect: the client has left already.
        """
        if self.wire.is_accepted or self.wire.end:
            raise RuntimeError("This socket was accepted or closed before.")
        if subprotocol is None:
            subprotocol = BEARER if self.token else None
        elif subprotocol not in self.subprotocols:
            raise BadRequest(f"This socket speaks {subprotocol}, which the client has to offer as a subprotocol.")
        own: RawHeaders = [raw_header(name, value) for name, value in (headers or {}).items()]
        answer = combined(own, self.extra_headers)
        await self.wire.accept({"type": "websocket.accept", "subprotocol": subprotocol, "headers": answer})

    async def receive(self) -> Message:
        """The next message as ASGI has it, with ``text`` or ``bytes``.

        Raises:
            WebSocketDisconnect: there comes no other.
            InvalidMessage: it is larger than ``max_message_bytes``.
        """
        message = await self.wire.next()
        size = _size_of(message)
        if size > self.max_message_bytes:
            limit = self.max_message_bytes
            raise InvalidMessage(f"A message may have no more than {limit} bytes.", close_code=TOO_BIG)
        return message

    async def receive_text(self) -> str:
        """The next message, which has to be text.

        Raises:
            WebSocketDisconnect, InvalidMessage: as :meth:`receive`; or it is not text.
        """
        text: str | None = (await self.receive()).get("text")
        if text is None:
            raise InvalidMessage("Expected text, got bytes.", close_code=UNSUPPORTED)
        return text

    async def receive_bytes(self) -> bytes:
        """The next message, which has to be bytes.

        Raises:
            WebSocketDisconnect, InvalidMessage: as :meth:`receive`; or it is not bytes.
        """
        data: bytes | None = (await self.receive()).get("bytes")
        if data is None:
            raise InvalidMessage("Expected bytes, got text.", close_code=UNSUPPORTED)
        return data

    @overload
    async def receive_json(self) -> Any: ...
    @overload
    async def receive_json(self, kind: type[_T]) -> _T: ...
    async def receive_json(self, kind: Any = Any) -> Any:
        """The next message read as JSON, checked as a body of this type would be.

        Args:
            kind: a Struct or any other type that msgspec reads.

        Raises:
            WebSocketDisconnect, InvalidMessage: as :meth:`receive`; or it is not JSON, or not of this type.
        """
        message = await self.receive()
        text = message.get("text")
        faults: Details = {}
        try:
            read = BodyReader(kind).decode(message["bytes"] if text is None else text.encode(), faults)
        except ParseError as error:
            raise InvalidMessage(str(error)) from None
        if faults:
            raise InvalidMessage("Invalid message.", details=faults)
        return read

    async def iter_text(self) -> AsyncIterator[str]:
        """Each message as text, until the client leaves."""
        with suppress(WebSocketDisconnect):
            while True:
                yield await self.receive_text()

    async def iter_bytes(self) -> AsyncIterator[bytes]:
        """Each message as bytes, until the client leaves."""
        with suppress(WebSocketDisconnect):
            while True:
                yield await self.receive_bytes()

    @overload
    def iter_json(self) -> AsyncIterator[Any]: ...
    @overload
    def iter_json(self, kind: type[_T]) -> AsyncIterator[_T]: ...
    async def iter_json(self, kind: Any = Any) -> AsyncIterator[Any]:
        """Each message as JSON of a type, until the client leaves; the first that is not ends it with an error."""
        with suppress(WebSocketDisconnect):
            while True:
                yield await self.receive_json(kind)

    async def send_text(self, text: str) -> None:
        """Send text, and wait until the connection took it.

        Raises:
            WebSocketDisconnect: the client has left, or the socket is closed.
        """
        if not text.isascii():
            text.encode()  # half a character fails here, where its sender sees it
        await self.wire.push({"type": "websocket.send", "text": text})

    async def send_bytes(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes, and wait until the connection took them.

        Raises:
            WebSocketDisconnect: the client has left, or the socket is closed.
        """
        await self.wire.push({"type": "websocket.send", "bytes": bytes(data)})

    async def send_json(self, data: Any) -> None:
        """Send anything that msgspec can encode, as JSON in text.

        Raises:
            WebSocketDisconnect: the client has left, or the socket is closed.
        """
        await self.wire.push({"type": "websocket.send", "text": encode_json(data).decode()})

    async def send_from(self, source: AsyncIterable[Any]) -> None:
        """Send each item of a source, text and bytes as they are, anything else as JSON, until it or the client ends.

        The source is closed when the client leaves, even while it has nothing to give. What the client sends
        meanwhile is dropped.
        """
        sending = asyncio.ensure_future(self._send_all(source))
        leaving = asyncio.ensure_future(self._drain())
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            leaving.cancel()
            await asyncio.wait((sending, leaving))
        if not sending.cancelled():
            with suppress(WebSocketDisconnect):
                sending.result()

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Close the socket; nothing happens where it is closed already.

        Args:
            code: 1000, or 3000 to 4999 for a meaning of one's own.
            reason: for whoever debugs the client; what is longer than 123 bytes of UTF-8 is cut.

        Raises:
            ValueError: the code is none that may be sent.
        """
        if code not in _CODES:
            raise ValueError(f"{code} is no code that a socket can be closed with.")
        await self.wire.close(code, reason)

    async def _send_all(self, source: AsyncIterable[Any]) -> None:
        items: Any = aiter(source)
        try:
            async for item in items:
                if isinstance(item, str):
                    await self.send_text(item)
                elif isinstance(item, bytes | bytearray | memoryview):
                    await self.send_bytes(item)
                else:
                    await self.send_json(item)
        finally:
            if close := getattr(items, "aclose", None):
                await close()

    async def _drain(self) -> None:
        with suppress(WebSocketDisconnect):
            while True:
                await self.wire.next()


def _default_limit() -> int:
    """What a JSON body may have on this door."""
    limit: int | None = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    most = get_settings().MAX_BODY_BYTES
    return most if limit is None else min(limit, most)


def _size_of(message: Message) -> int:
    text: str | None = message.get("text")
    if text is None:
        return len(message.get("bytes") or b"")
    return len(text) if text.isascii() else len(text.encode())
