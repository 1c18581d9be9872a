"""Tests of WebSockets, in both clients."""

import asyncio
import json
from typing import Any

import pytest
from django.test import TestCase

from ironbolt.testing import AsyncTestClient, TestClient, WebSocketClosed, WebSocketEnded, WebSocketRefused
from tests.project.models import Label
from tests.testing.apps import deaf, echo, label_socket


async def parrot(scope: Any, receive: Any, send: Any) -> None:
    """Accept, send every message back, and close when told to."""
    assert scope["type"] == "websocket"
    assert await receive() == {"type": "websocket.connect"}
    chosen = scope["subprotocols"][-1] if scope["subprotocols"] else None
    seen = {name.decode(): value.decode() for name, value in scope["headers"]}
    headers = [(b"X-Seen", json.dumps(seen).encode()), (b"set-cookie", b"socket=1; Path=/")]
    await send({"type": "websocket.accept", "subprotocol": chosen, "headers": headers})
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("text") == "bye":
            await send({"type": "websocket.close", "code": 4001, "reason": "as you say"})
        elif message.get("text") == "crash":
            raise ZeroDivisionError
        elif message.get("text") == "return":
            return
        else:
            await send({**message, "type": "websocket.send"})
    parting.append((message["code"], message["reason"]))


parting: list[tuple[int, str]] = []


def test_messages_go_both_ways() -> None:
    """Texts, bytes and JSON arrive as they were sent."""
    with TestClient(parrot).websocket_connect("/") as socket:
        socket.send_text("ü")
        socket.send_bytes(b"\x00")
        socket.send_json({"a": [1]})
        assert (socket.receive_text(), socket.receive_bytes(), socket.receive_json()) == ("ü", b"\x00", {"a": [1]})
        socket.send_text("raw")
        assert socket.receive() == {"type": "websocket.send", "text": "raw"}
        socket.send_text("text")
        with pytest.raises(TypeError, match="no bytes"):
            socket.receive_bytes()


def test_handshake_is_a_browsers() -> None:
    """Headers, parameters, cookies and subprotocols arrive; what the application adds is told and kept."""
    scopes = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await (echo if scope["type"] == "http" else parrot)(scope, receive, send)

    client = TestClient(app, headers={"X-A": "1"}, cookies={"a": "b"})
    with client.websocket_connect("/chat?x=1", params={"y": 2}, headers={"X-B": "2"}, subprotocols=["v1", "v2"]) as one:
        assert one.accepted_subprotocol == "v2"
        seen = json.loads(one.accepted_headers["x-seen"])
    assert (scopes[0]["scheme"], scopes[0]["path"], scopes[0]["query_string"]) == ("ws", "/chat", b"x=1&y=2")
    assert (seen["x-a"], seen["x-b"], seen["cookie"], seen["upgrade"]) == ("1", "2", "a=b", "websocket")
    assert seen["sec-websocket-protocol"] == "v1, v2"
    assert client.get("/").json()["headers"]["cookie"] == "a=b; socket=1"
    with client.websocket_connect("wss://testserver/chat") as other:
        assert other.accepted_subprotocol is None
    assert scopes[2]["scheme"] == "wss"


def test_application_closes() -> None:
    """The code and the reason are raised wherever the test goes on with the socket."""
    with TestClient(parrot).websocket_connect("/") as socket:
        socket.send_text("bye")
        with pytest.raises(WebSocketClosed, match="Code 4001: as you say") as closed:
            socket.receive_text()
        assert (closed.value.code, closed.value.reason) == (4001, "as you say")
        with pytest.raises(WebSocketEnded):
            socket.send_text("still there?")
        with pytest.raises(WebSocketEnded):
            socket.receive()


def test_close_can_be_read_as_a_message() -> None:
    """``receive`` gives it raw, like any other message."""
    with TestClient(parrot).websocket_connect("/") as socket:
        socket.send_text("bye")
        assert socket.receive() == {"type": "websocket.close", "code": 4001, "reason": "as you say"}


@pytest.mark.parametrize(("arguments", "told"), [((), (1000, "")), ((4000, "enough"), (4000, "enough"))])
def test_client_closes(arguments: Any, told: tuple[int, str]) -> None:
    """The application is told code and reason, and has ended when ``close`` comes back."""
    parting.clear()
    with TestClient(parrot).websocket_connect("/") as socket:
        socket.close(*arguments)
        assert parting == [told]
        with pytest.raises(WebSocketClosed):
            socket.send_text("more")
    assert parting == [told]


def test_leaving_the_block_closes() -> None:
    """A socket that nobody closed is closed as a browser does that goes to another page."""
    parting.clear()
    with TestClient(parrot).websocket_connect("/"):
        assert not parting
    assert parting == [(1000, "")]


def test_application_that_breaks_off() -> None:
    """One that returns has closed with 1006; what one raises is raised in the test, once."""
    client = TestClient(parrot)
    with client.websocket_connect("/") as socket:
        socket.send_text("return")
        with pytest.raises(WebSocketClosed, match="1006"):
            socket.receive_text()
    with client.websocket_connect("/") as socket:
        socket.send_text("crash")
        with pytest.raises(ZeroDivisionError):
            socket.receive_text()
    with pytest.raises(ZeroDivisionError), client.websocket_connect("/") as socket:
        socket.send_text("crash")


def test_silence_is_no_endless_wait() -> None:
    """A message, a handshake and the end of the application are waited for as long as the test says."""

    async def mute(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError, match=r"no word on the handshake within 0\.1 s"):  # noqa: SIM117
        with TestClient(mute).websocket_connect("/", timeout=0.1):
            pass
    with pytest.raises(TimeoutError, match="/x gave no message"):  # noqa: SIM117
        with TestClient(deaf, timeout=0.1).websocket_connect("/x") as socket:
            socket.receive_text()
    with pytest.raises(TimeoutError, match="still running"):  # noqa: SIM117
        with TestClient(deaf, timeout=0.1).websocket_connect("/x"):
            pass


async def doorman(scope: Any, receive: Any, send: Any) -> None:
    """Refuse: without a word, with an answer, or by not saying anything."""
    await receive()
    if scope["path"] == "/close":
        await send({"type": "websocket.close", "code": 4404, "reason": "nobody here"})
    elif scope["path"] == "/answer":
        assert "websocket.http.response" in scope["extensions"]
        headers = [(b"content-type", b"application/json"), (b"set-cookie", b"seen=1; Path=/")]
        await send({"type": "websocket.http.response.start", "status": 401, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b'{"error"', "more_body": True})
        await send({"type": "websocket.http.response.body", "body": b': {"code": "unauthorized"}}'})


def refused(client: TestClient, url: str) -> WebSocketRefused:
    """What a refused handshake raises."""
    with pytest.raises(WebSocketRefused) as caught, client.websocket_connect(url):
        raise AssertionError
    return caught.value


def test_refused_handshake() -> None:
    """A close before the start is a 403 without a body; an answer in its place can be read."""
    client = TestClient(doorman)
    closed = refused(client, "/close")
    assert (closed.code, closed.reason, closed.answer.status_code) == (4404, "nobody here", 403)
    denied = refused(client, "/answer")
    assert (denied.answer.status_code, denied.answer.json()) == (401, {"error": {"code": "unauthorized"}})
    assert client.cookies["seen"] == "1"
    with pytest.raises(RuntimeError, match="neither accepted nor refused"), client.websocket_connect("/"):
        pass


@pytest.mark.django_db
def test_database_work_is_the_tests() -> None:
    """An application and its test see what the other writes, in one transaction and the test's thread."""
    with TestClient(label_socket).websocket_connect("/") as socket:
        for number in (1, 2):
            socket.send_text(f"socket {number}")
            Label.objects.create(name=f"test {number}")
            assert int(socket.receive_text()) in (2 * number - 1, 2 * number)
            assert Label.objects.count() == 2 * number


@pytest.mark.django_db
def test_work_that_nobody_waited_for_is_done_at_the_end() -> None:
    """What the application does with the last message is there when the block is left."""
    with TestClient(label_socket).websocket_connect("/") as socket:
        socket.send_text("late")
    assert Label.objects.filter(name="late").exists()


def test_two_sockets_of_one_client() -> None:
    """Each has its own conversation."""
    with TestClient(parrot) as client, client.websocket_connect("/") as one, client.websocket_connect("/") as two:
        one.send_text("1")
        two.send_text("2")
        assert (two.receive_text(), one.receive_text()) == ("2", "1")


class OnDjangosLoop(TestCase):
    """In an asynchronous method of Django's test case."""

    async def test_socket(self) -> None:
        """The methods are awaited, and the database work is in the test's transaction."""
        async with AsyncTestClient(label_socket).websocket_connect("/") as socket:
            await socket.send_text("a")
            assert await socket.receive_text() == "1"
        assert await Label.objects.acount() == 1

    async def test_socket_again(self) -> None:
        """Nothing of the other test is left."""
        assert await Label.objects.acount() == 0


@pytest.mark.django_db
def test_asynchronous_socket() -> None:
    """All that the synchronous socket can is there to be awaited."""

    async def test() -> None:
        client = AsyncTestClient(parrot)
        async with client.websocket_connect("/", subprotocols=["v1"]) as socket:
            assert socket.accepted_subprotocol == "v1"
            await socket.send_json([1])
            await socket.send_bytes(b"2")
            assert (await socket.receive_json(), await socket.receive_bytes()) == ([1], b"2")
            await socket.send_text("bye")
            with pytest.raises(WebSocketClosed, match="4001"):
                await socket.receive()
                await socket.receive()
        with pytest.raises(WebSocketRefused, match="401"):
            async with AsyncTestClient(doorman).websocket_connect("/answer"):
                pass
        async with AsyncTestClient(label_socket).websocket_connect("/") as socket:
            await socket.send_text("a")
            assert await socket.receive_text() == "1"

    asyncio.run(test())
    assert Label.objects.get().name == "a"
