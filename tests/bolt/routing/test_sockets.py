"""Tests of how sockets are registered: what can't work is refused at start, and what is there can be listed."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import UploadedFile
from msgspec import Struct

from ironbolt.bolt import APIView, BoltAPI, Info, WebSocket
from ironbolt.bolt.auth import JWTAuthentication
from ironbolt.bolt.guards import IsAuthenticated
from ironbolt.bolt.params import Body, Depends, Form
from ironbolt.bolt.request import Request
from ironbolt.bolt.routing import Router
from ironbolt.testing import TestClient


class Move(Struct):
    """A body, if there were one."""

    x: int


class Wrong:
    """Handlers that can't work."""

    @staticmethod
    def plain(socket: WebSocket) -> None: ...

    @staticmethod
    async def generator(socket: WebSocket) -> AsyncIterator[int]:
        yield 1

    @staticmethod
    async def no_socket(x: int = 0) -> None: ...

    @staticmethod
    async def with_struct(socket: WebSocket, move: Move) -> None: ...

    @staticmethod
    async def with_body(socket: WebSocket, move: Annotated[Any, Body()]) -> None: ...

    @staticmethod
    async def with_form(socket: WebSocket, name: Annotated[str, Form()]) -> None: ...

    @staticmethod
    async def with_file(socket: WebSocket, picture: UploadedFile) -> None: ...


async def fine(socket: WebSocket) -> None:
    """Talk to a board.

    For as long as it lasts.
    """


@pytest.mark.parametrize(
    ("handler", "path", "options", "says"),
    [
        (Wrong.plain, "/", {}, "plain has to be written with async def"),
        (Wrong.generator, "/", {}, "without yield"),
        (Wrong.no_socket, "/", {}, "no_socket takes no socket"),
        (Wrong.with_struct, "/", {}, "move would be the body, and WEBSOCKET has none"),
        (Wrong.with_body, "/", {}, "move comes from the body, and WEBSOCKET has none"),
        (Wrong.with_form, "/", {}, "name comes from the body, and WEBSOCKET has none"),
        (Wrong.with_file, "/", {}, "picture comes from the body, and WEBSOCKET has none"),
        (fine, "/{board}", {}, "does not take \\['board'\\]"),
        (fine, "/", {"max_message_bytes": 0}, "max_message_bytes is at least 1, not 0"),
        (fine, "/", {"guards": [IsAuthenticated()]}, "nobody could ever pass"),
    ],
)
def test_what_can_not_work_is_refused_at_start(
    handler: Callable[..., Any], path: str, options: dict[str, Any], says: str
) -> None:
    """The message names the handler or the option and says what is wrong."""
    api = BoltAPI(info=Info(served=False))
    handler.__qualname__ = handler.__name__  # or it would be taken for a method
    api.websocket(path, **options)(handler)
    with pytest.raises(ImproperlyConfigured, match=says):
        api.asgi()


def test_a_socket_is_no_method_of_a_class() -> None:
    """In the body of a class the decorator says so at once."""
    api = BoltAPI()
    with pytest.raises(ImproperlyConfigured, match=r"Chat\.talk: a socket is a function"):

        class Chat(APIView):
            @api.websocket("/chat")
            async def talk(self, socket: WebSocket) -> None: ...


def test_only_sockets_have_a_socket() -> None:
    """A handler of HTTP that asks for one is refused at start, and so is its dependency."""

    def dependency(socket: WebSocket) -> None: ...

    async def direct(socket: WebSocket) -> None: ...

    async def indirect(nothing: None = Depends(dependency)) -> None: ...

    for handler in (direct, indirect):
        api = BoltAPI(info=Info(served=False))
        api.get("/")(handler)
        with pytest.raises(ImproperlyConfigured, match=r"only @api\.websocket"):
            api.asgi()


def test_two_sockets_of_one_path_are_refused() -> None:
    """Whatever the parameter in the path is called."""
    api = BoltAPI(info=Info(served=False))

    async def one(socket: WebSocket, a: int) -> None: ...

    async def other(socket: WebSocket, b: int) -> None: ...

    api.websocket("/{a}")(one)
    api.websocket("/{b}/")(other)
    with pytest.raises(ImproperlyConfigured, match=r"WEBSOCKET /\{b\} is registered twice"):
        api.asgi()


def test_a_socket_can_not_be_added_later() -> None:
    """What is served is complete."""
    api = BoltAPI(info=Info(served=False))
    api.asgi()
    with pytest.raises(RuntimeError, match="being served"):
        api.websocket("/")(fine)


def test_sockets_are_listed_beside_the_routes() -> None:
    """The list says what a list of routes says; the routes of HTTP stay as they are."""
    api = BoltAPI("/live", info=Info(served=False))
    api.websocket("/boards/", auth=[JWTAuthentication()], guards=[IsAuthenticated()], tags=["Games"])(fine)
    (route,) = api.sockets()
    assert (route.method, route.path, route.doc.name) == ("WEBSOCKET", "/live/boards", "fine")
    assert (route.doc.summary, route.doc.description) == ("Talk to a board", "For as long as it lasts.")
    assert (route.doc.tags, len(route.auth), route.guards) == (("Games",), 1, (IsAuthenticated(),))
    assert api.routes() == []


def test_the_socket_is_taken_by_name_by_annotation_or_as_a_request() -> None:
    """Three usual names need no annotation; annotated they are what they say, and a Request is the socket."""
    api = BoltAPI(info=Info(served=False))

    async def talk(anything: WebSocket, same: Request, request, ws: str = "none", socket: int = 0) -> None:
        await anything.accept()
        await anything.send_json([anything is same, anything is request, ws, socket])

    api.websocket("/")(talk)
    with TestClient(api).websocket_connect("/?ws=a&socket=3") as client:
        assert client.receive_json() == [True, True, "a", 3]


def test_a_path_may_have_a_parameter_called_socket() -> None:
    """What the path names comes from the path."""
    api = BoltAPI(info=Info(served=False))

    async def talk(ws, socket) -> None:
        await ws.accept()
        await ws.send_json(socket)

    api.websocket("/{socket}")(talk)
    with TestClient(api).websocket_connect("/seven") as client:
        assert client.receive_json() == "seven"


def test_a_socket_may_be_left_to_a_dependency() -> None:
    """A dependency gets the socket as well and may open it, and what it returns goes before the annotation."""
    api = BoltAPI(info=Info(served=False))

    async def opened(socket: WebSocket) -> WebSocket:
        await socket.accept()
        return socket

    async def talk(one: Annotated[WebSocket, Depends(opened)], other: WebSocket = Depends(opened)) -> None:  # noqa: B008 - that is how it is written
        await other.send_json(one is other)

    api.websocket("/")(talk)
    with TestClient(api).websocket_connect("/") as client:
        assert client.receive_json() is True


def test_the_largest_message_is_that_of_the_route() -> None:
    """A route may take larger messages than a body may be, or smaller ones."""
    api = BoltAPI(info=Info(served=False))

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_json(socket.max_message_bytes)

    api.websocket("/", max_message_bytes=5)(talk)
    with TestClient(api).websocket_connect("/") as client:
        assert client.receive_json() == 5


def test_an_empty_router_finds_nothing() -> None:
    """An API without sockets refuses every handshake."""
    assert Router[Any]().find("/") is None
