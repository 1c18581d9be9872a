"""WebSockets: the client's end of one, and the two ways in which it can end."""

from typing import Any

import msgspec

from ironbolt.core.exchange import Message
from ironbolt.testing.answers import Answer, Headers
from ironbolt.testing.conversation import Conversation
from ironbolt.testing.portal import Portal

ABNORMAL = 1006
"""The code that a client sees when the connection breaks off without a word."""


class WebSocketEnded(Exception):
    """There is no connection, or none any more.

    Attributes:
        code: the close code.
        reason: the sentence that came with it.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{self.__doc__} Code {code}: {reason or 'no reason given'}.")
        self.code = code
        self.reason = reason


class WebSocketClosed(WebSocketEnded):
    """The WebSocket is closed."""


class WebSocketRefused(WebSocketEnded):
    """The handshake was refused.

    Attributes:
        answer: what came in place of the WebSocket; 403 and empty, unless the application said more.
    """

    def __init__(self, code: int, reason: str, answer: Answer) -> None:
        super().__init__(code, reason)
        self.answer = answer


class AsyncWebSocket:
    """An open WebSocket; every wait raises :class:`TimeoutError` when it takes too long.

    Attributes:
        accepted_subprotocol: the one that the application has chosen, if any.
        accepted_headers: what it has added to the handshake.
    """

    def __init__(self, conversation: Conversation, accept: Message) -> None:
        self.accepted_subprotocol: str | None = accept.get("subprotocol")
        self.accepted_headers = Headers(list(accept.get("headers", [])))
        self._conversation = conversation
        self._ended: tuple[int, str] | None = None

    async def send_text(self, text: str) -> None:
        """Send a text.

        Raises:
            WebSocketClosed: it can't be sent any more.
        """
        await self._send("text", text)

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes; raises as :meth:`send_text`."""
        await self._send("bytes", data)

    async def send_json(self, data: Any) -> None:
        """Send data as a text of JSON; raises as :meth:`send_text`."""
        await self._send("text", msgspec.json.encode(data).decode())

    async def receive(self) -> Message:
        """The next ASGI message of the application, as it is; ``websocket.close`` is the last one.

        Raises:
            WebSocketClosed: there is no further one.
            TimeoutError: it did not come in time.
        """
        self._require_open()
        message = await self._conversation.hear("message")
        if message is None:
            message = {"type": "websocket.close", "code": ABNORMAL, "reason": "the application ended without a word"}
        if message["type"] == "websocket.close":
            self._ended = message.get("code", 1000), message.get("reason") or ""
        return message

    async def receive_text(self) -> str:
        """The next message, which is a text.

        Raises:
            WebSocketClosed: there is no further one.
            TimeoutError: it did not come in time.
            TypeError: it is no text.
        """
        return str(await self._receive("text"))

    async def receive_bytes(self) -> bytes:
        """The next message, which is bytes; raises as :meth:`receive_text`."""
        return bytes(await self._receive("bytes"))

    async def receive_json(self) -> Any:
        """The data of the next message, a text of JSON; raises as :meth:`receive_text`."""
        return msgspec.json.decode(await self.receive_text())

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Leave, and see the application stop; 1006 is a connection that breaks off.

        Raises:
            TimeoutError: the application was still running some time later.
        """
        self._ended = code, reason = self._ended or (code, reason)
        farewell = {"type": "websocket.disconnect", "code": code, "reason": reason}
        await self._conversation.leave(farewell, patience=self._conversation.patience)

    def _require_open(self) -> None:
        if self._ended:
            raise WebSocketClosed(*self._ended)

    async def _send(self, kind: str, data: Any) -> None:
        self._require_open()
        self._conversation.tell({"type": "websocket.receive", kind: data})

    async def _receive(self, kind: str) -> Any:
        message = await self.receive()
        self._require_open()
        if message.get(kind) is None:
            raise TypeError(f"The next message is no {kind}: {message!r}.")
        return message[kind]


async def opened(conversation: Conversation, url: str) -> AsyncWebSocket:
    """The WebSocket, once the application has accepted it.

    Raises:
        WebSocketRefused: it did not.
        RuntimeError: it said neither yes nor no.
        TimeoutError: it said nothing in time.
    """
    conversation.tell({"type": "websocket.connect"})
    message = await conversation.hear("word on the handshake")
    kind = message["type"] if message else "nothing at all"
    if message and kind == "websocket.accept":
        return AsyncWebSocket(conversation, message)
    if message and kind in ("websocket.close", "websocket.http.response.start"):
        refusal = await _refusal(conversation, message, url)
        await conversation.leave({"type": "websocket.disconnect", "code": ABNORMAL}, patience=conversation.patience)
        raise refusal
    raise RuntimeError(f"The application neither accepted nor refused the WebSocket, but said {kind}.")


async def _refusal(conversation: Conversation, message: Message, url: str) -> WebSocketRefused:
    if message["type"] == "websocket.close":
        return WebSocketRefused(message.get("code", 1000), message.get("reason") or "", Answer(403, [], url=url))
    status, headers, content = message["status"], list(message.get("headers", [])), b""
    has_more = True
    while has_more and (part := await conversation.hear("further part of its refusal")):
        content += part.get("body", b"")
        has_more = part.get("more_body", False)
    return WebSocketRefused(ABNORMAL, f"answered by {status}", Answer(status, headers, content, url))


class WebSocket:
    """The same for a test that knows nothing of loops."""

    def __init__(self, socket: AsyncWebSocket, portal: Portal) -> None:
        self.accepted_subprotocol = socket.accepted_subprotocol
        self.accepted_headers = socket.accepted_headers
        self._socket = socket
        self._portal = portal

    def send_text(self, text: str) -> None:
        """Send a text.

        Raises:
            WebSocketClosed: it can't be sent any more.
        """
        self._portal.call(self._socket.send_text, text)

    def send_bytes(self, data: bytes) -> None:
        """Send bytes; raises as :meth:`send_text`."""
        self._portal.call(self._socket.send_bytes, data)

    def send_json(self, data: Any) -> None:
        """Send data as a text of JSON; raises as :meth:`send_text`."""
        self._portal.call(self._socket.send_json, data)

    def receive(self) -> Message:
        """The next ASGI message of the application, as it is; raises as :meth:`AsyncWebSocket.receive`."""
        return self._portal.call(self._socket.receive)

    def receive_text(self) -> str:
        """The next message, which is a text; raises as :meth:`AsyncWebSocket.receive_text`."""
        return self._portal.call(self._socket.receive_text)

    def receive_bytes(self) -> bytes:
        """The next message, which is bytes; raises as :meth:`AsyncWebSocket.receive_text`."""
        return self._portal.call(self._socket.receive_bytes)

    def receive_json(self) -> Any:
        """The data of the next message, a text of JSON; raises as :meth:`AsyncWebSocket.receive_text`."""
        return self._portal.call(self._socket.receive_json)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Leave, and see the application stop; raises as :meth:`AsyncWebSocket.close`."""
        self._portal.call(self._socket.close, code, reason)
