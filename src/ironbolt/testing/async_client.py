"""The same client for tests that are coroutines."""

from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, Self, Unpack

from ironbolt.testing.answers import Answer
from ironbolt.testing.base import BaseClient
from ironbolt.testing.homes import LoopHome
from ironbolt.testing.requests import RequestOptions, SocketOptions
from ironbolt.testing.streams import AsyncStreamedAnswer
from ironbolt.testing.websockets import AsyncWebSocket


class AsyncTestClient(BaseClient[Coroutine[Any, Any, Answer]]):
    """Calls of one application, for asynchronous tests; several may be under way at once.

    The application runs on the test's loop, and its database work is part of the test's transaction:

    * In an asynchronous method of Django's ``TestCase`` all such work is done by the thread that
      began the test, the application's as well as the test's own.
    * Where the loop runs in the thread that began the transaction, as under ``asyncio.run`` or a
      pytest plugin with the fixture ``db``, another thread works with the connections of the first.
      Within ``async with AsyncTestClient(api) as client`` that goes for the test's own calls of
      Django's asynchronous ORM too; outside of it they have a connection and a transaction of
      their own, as Django has it.

    Either way one thread does it, one piece after the other. A synchronous stream takes it until
    the stream has ended or was left.

    As a context manager the client starts the application and ends it, as a server does.
    """

    _stack: AsyncExitStack | None = None
    _home = LoopHome()

    async def __aenter__(self) -> Self:
        """Start the application.

        Raises:
            RuntimeError: it could not start, or the client has started it already.
        """
        if self._stack:
            raise RuntimeError("The client has started its application already.")
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._home.live_in())
            await stack.enter_async_context(self._life(self._home))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the application."""
        stack, self._stack = self._stack, None
        if stack:
            await stack.aclose()

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Answer:
        """Make a request; see :meth:`BaseClient.request`."""
        return await self._answer(self._home, method, url, options)

    def stream(
        self, method: str, url: str, **options: Unpack[RequestOptions]
    ) -> AbstractAsyncContextManager[AsyncStreamedAnswer]:
        """Make a request and read its answer as it comes.

        Leaving the block disconnects the client, and the application has to stop then.

        Raises:
            TimeoutError: the application says nothing for too long, or does not stop.
        """
        return self._streamed(self._home, method, url, options)

    def websocket_connect(
        self, url: str, **options: Unpack[SocketOptions]
    ) -> AbstractAsyncContextManager[AsyncWebSocket]:
        """Open a WebSocket; leaving the block closes it, and the application has to stop then.

        Raises:
            WebSocketRefused: the application did not accept it.
            TimeoutError: the application says nothing for too long, or does not stop.
        """
        return self._socket(self._home, url, options)
