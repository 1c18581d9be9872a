"""What a project's tests need: clients that call an application in process, and assertions about its queries."""

from ironbolt.testing.answers import Answer, AnswerHead, Headers, StatusError
from ironbolt.testing.async_client import AsyncTestClient
from ironbolt.testing.base import TooManyRedirects
from ironbolt.testing.client import TestClient
from ironbolt.testing.cookies import CookieJar
from ironbolt.testing.queries import assert_no_n_plus_one, assert_queries_constant, no_n_plus_one
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
    "assert_no_n_plus_one",
    "assert_queries_constant",
    "no_n_plus_one",
]
