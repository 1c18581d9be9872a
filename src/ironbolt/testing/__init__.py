"""What a project's tests need: clients that call an application in process."""

from ironbolt.testing.answers import Answer, AnswerHead, Headers, StatusError
from ironbolt.testing.async_client import AsyncTestClient
from ironbolt.testing.base import TooManyRedirects
from ironbolt.testing.client import TestClient
from ironbolt.testing.cookies import CookieJar
from ironbolt.testing.streams import AsyncStreamedAnswer, StreamedAnswer
from ironbolt.testing.websockets import (
    AsyncWebSocket,
    WebSocket,
    WebSocketClosed,
    WebSocketEnded,
    WebSocketRefused,
)

__all__ = [
    "Answer",
    "AnswerHead",
    "AsyncStreamedAnswer",
    "AsyncTestClient",
    "AsyncWebSocket",
    "CookieJar",
    "Headers",
    "StatusError",
    "StreamedAnswer",
    "TestClient",
    "TooManyRedirects",
    "WebSocket",
    "WebSocketClosed",
    "WebSocketEnded",
    "WebSocketRefused",
]
