"""What both clients are made of: their settings, and every exchange as one coroutine."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar, Unpack

from ironbolt.core.exchange import Application, Scope
from ironbolt.testing import failures
from ironbolt.testing.answers import Answer, Headers
from ironbolt.testing.conversation import Conversation
from ironbolt.testing.cookies import CookieJar, cookies_in
from ironbolt.testing.homes import Home
from ironbolt.testing.lifespan import Lifespan
from ironbolt.testing.requests import Plan, RequestOptions, Sender, SocketOptions, plan_of, socket_plan_of
from ironbolt.testing.streams import AsyncStreamedAnswer, begun
from ironbolt.testing.websockets import AsyncWebSocket, WebSocketRefused, opened

MOST_REDIRECTS = 20
SOCKET_ROOM = 100
"""How many messages an application may send before its client reads them, about what a connection would hold."""

_ResultT = TypeVar("_ResultT")


class TooManyRedirects(Exception):
    """Answers sent the client from one address to the next without an end."""


class BaseClient(ABC, Generic[_ResultT]):
    """Calls of one application.

    Args:
        app: a :class:`~ironbolt.bolt.BoltAPI` or any ASGI application.
        headers: sent with every request.
        cookies: those to begin with.
        raise_server_exceptions: whether an exception that was answered as a 500 is raised in the test.
        follow_redirects: whether to go where an answer points, unless a call says otherwise.
        timeout: seconds to wait for the next part of a stream, for what a WebSocket says, and for their
            application to stop when they are left; None to wait for ever. A whole answer is waited for.

    Attributes:
        headers: as given, and to be changed.
        cookies: name → value of what is kept between requests.
    """

    __test__ = False  # not a test class, whatever its name suggests to a collector

    def __init__(
        self,
        app: Any,
        *,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        raise_server_exceptions: bool = False,
        follow_redirects: bool = False,
        timeout: float | None = 5,
    ) -> None:
        self.headers = dict(headers or {})
        self.cookies = CookieJar((cookies or {}).items())
        self.follow_redirects = follow_redirects
        self.timeout = timeout
        self._app: Application = app.asgi() if hasattr(app, "asgi") else app
        self._raises = raise_server_exceptions
        self._state: dict[str, Any] = {}
        if raise_server_exceptions:
            failures.watch_django()

    @abstractmethod
    def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> _ResultT:
        """Make a request; see :class:`~ironbolt.testing.requests.RequestOptions` for what may be said of it.

        Raises:
            TooManyRedirects: one led to the next.
            Exception: what the application raised instead of answering, or answered as a 500 where
                ``raise_server_exceptions`` is set.
        """

    def get(self, url: str, **options: Unpack[RequestOptions]) -> _ResultT:
        """GET."""
        return self.request("GET", url, **options)

    def head(self, url: str, **options: Unpack[RequestOptions]) -> _ResultT:
        """HEAD."""
        return self.request("HEAD", url, **options)

    def options(self, url: str, **options: Unpack[RequestOptions]) -> _ResultT:
        """OPTIONS."""
        return self.request("OPTIONS", url, **options)

    def post(self, url: str, **options: Unpack[RequestOptions]) -> _ResultT:
        """POST."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Unpack[RequestOptions]) -> _ResultT:
        """PUT."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Unpack[RequestOptions]) -> _ResultT:
        """PATCH."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Unpack[RequestOptions]) -> _ResultT:
        """DELETE."""
        return self.request("DELETE", url, **options)

    async def _answer(self, home: Home, method: str, url: str, options: RequestOptions) -> Answer:
        """A whole answer."""
        streamed = await self._begin(home, method, url, options, patience=None)
        try:
            answer = await streamed.whole()
        except BaseException:
            await streamed.conversation.cancel()
            raise
        self._report(streamed.conversation)
        return answer

    @asynccontextmanager
    async def _streamed(
        self, home: Home, method: str, url: str, options: RequestOptions
    ) -> AsyncIterator[AsyncStreamedAnswer]:
        """An answer during whose block the application runs."""
        streamed = await self._begin(home, method, url, options, patience=self.timeout)
        try:
            if streamed.status_code == 500:
                self._report(streamed.conversation)
            yield streamed
            await streamed.leave()
        except BaseException:
            await streamed.conversation.cancel()
            raise
        self._report(streamed.conversation)

    @asynccontextmanager
    async def _socket(self, home: Home, url: str, options: SocketOptions) -> AsyncIterator[AsyncWebSocket]:
        """A WebSocket that is open during the block, unless one of its ends closes it before."""
        request = socket_plan_of(url, options).request(self._sender(), kind="websocket")
        patience = options.get("timeout", self.timeout)
        conversation = Conversation(self._app, request.scope, home, room=SOCKET_ROOM, patience=patience)
        try:
            try:
                socket = await opened(conversation, request.url)
            except WebSocketRefused as refused:
                self._keep(refused.answer.headers, request.scope)
                self._report(conversation)
                raise
            self._keep(socket.accepted_headers, request.scope)
            yield socket
            await socket.close()
        except BaseException:
            await conversation.cancel()
            raise
        self._report(conversation)

    @asynccontextmanager
    async def _life(self, home: Home) -> AsyncIterator[None]:
        """The application from its start to its end."""
        lifespan = Lifespan(self._app, home)
        await lifespan.start()
        self._state = lifespan.state
        try:
            yield
        finally:
            self._state = {}
            await lifespan.stop()

    async def _begin(
        self, home: Home, method: str, url: str, options: RequestOptions, *, patience: float | None
    ) -> AsyncStreamedAnswer:
        """The answer whose head has come, after the redirects that are to be followed."""
        plan = plan_of(method, url, options)
        follows = options.get("follow_redirects")
        follows = self.follow_redirects if follows is None else follows
        history: list[Answer] = []
        while True:
            answer = await self._asked(home, plan, patience)
            answer.history = history
            if not (follows and answer.is_redirect):
                return answer
            if len(history) == MOST_REDIRECTS:
                await answer.conversation.cancel()
                raise TooManyRedirects(f"{method} {url} was sent on {MOST_REDIRECTS} times, at last to {answer.url}.")
            history = [*history, await answer.whole()]
            plan = plan.after(answer)

    async def _asked(self, home: Home, plan: Plan, patience: float | None) -> AsyncStreamedAnswer:
        request = plan.request(self._sender())
        conversation = Conversation(self._app, request.scope, home, patience=patience)
        try:
            answer = await begun(conversation, request)
        except BaseException:
            await conversation.cancel()
            raise
        self._keep(answer.headers, request.scope)
        return answer

    def _sender(self) -> Sender:
        return Sender(headers=self.headers, jar=self.cookies, state=self._state)

    def _keep(self, headers: Headers, scope: Scope) -> None:
        self.cookies.keep(cookies_in(headers.get_list("set-cookie")), scope["server"][0], scope["path"])

    def _report(self, conversation: Conversation) -> None:
        if self._raises:
            failures.raise_first(conversation.failures)
