"""A client that calls an ASGI application in process, in the transaction of the test that uses it."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Self, Unpack

from ironbolt.testing.answers import Answer
from ironbolt.testing.base import BaseClient
from ironbolt.testing.portal import Portal
from ironbolt.testing.requests import RequestOptions, SocketOptions
from ironbolt.testing.streams import StreamedAnswer
from ironbolt.testing.websockets import WebSocket


class TestClient(BaseClient[Answer]):
    """Calls of one application, for synchronous tests.

    The application runs on a loop of its own. Its database work is done by the test's thread, and
    so in the test's transaction, whenever the test waits for the application. As a context manager
    the client starts the application and ends it, as a server does, and keeps one loop meanwhile.
    """

    _stack: ExitStack | None = None
    _portal: Portal | None = None

    def __enter__(self) -> Self:
        """Start the application.

        Raises:
            RuntimeError: it could not start, or the client has started it already.
        """
        if self._stack:
            raise RuntimeError("The client has started its application already.")
        with ExitStack() as stack:
            portal = stack.enter_context(Portal())
            stack.enter_context(portal.entered(self._life(portal)))
            self._portal, self._stack = portal, stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End the application."""
        stack, self._stack, self._portal = self._stack, None, None
        if stack:
            stack.close()

    def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Answer:
        """Make a request; see :meth:`BaseClient.request`."""
        with self._loop() as portal:
            return portal.call(self._answer, portal, method, url, options)

    @contextmanager
    def stream(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Iterator[StreamedAnswer]:
        """Make a request and read its answer as it comes.

        Leaving the block disconnects the client, and the application has to stop then. Of a
        synchronous stream all comes at once: it is made by the test's own thread.

        Raises:
            TimeoutError: the application says nothing for too long, or does not stop.
        """
        with self._loop() as portal, portal.entered(self._streamed(portal, method, url, options)) as answer:
            yield StreamedAnswer(answer, portal)

    @contextmanager
    def websocket_connect(self, url: str, **options: Unpack[SocketOptions]) -> Iterator[WebSocket]:
        """Open a WebSocket; leaving the block closes it, and the application has to stop then.

        Raises:
            WebSocketRefused: the application did not accept it.
            TimeoutError: the application says nothing for too long, or does not stop.
        """
        with self._loop() as portal, portal.entered(self._socket(portal, url, options)) as socket:
            yield WebSocket(socket, portal)

    def _loop(self) -> AbstractContextManager[Portal]:
        """The client's loop; another thread than the one that started the application gets one of its own."""
        if self._portal and self._portal.thread == threading.get_ident():
            return nullcontext(self._portal)
        return Portal()
