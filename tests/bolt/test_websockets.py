"""Tests of the WebSocket that handlers get, over the two ends that a server gives."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from msgspec import Struct

from ironbolt.bolt import BoltAPI, Info, WebSocket, WebSocketDisconnect, wire
from ironbolt.bolt.exceptions import BadRequest
from ironbolt.bolt.websockets import InvalidMessage
from ironbolt.core.threads import in_database_thread
from ironbolt.testing import TestClient


class Move(Struct):
    """What these tests send."""

    x: int
    note: str = ""


class Server:
    """A server's two ends: what the client says, what it is told."""

    def __init__(self, *said: Any, **scope: Any) -> None:
        self.incoming: asyncio.Queue[Any] = asyncio.Queue()
        for item in said:
            self.say(item)
        self.sent: list[dict[str, Any]] = []
        self.asked = 0
        self.fails_with: Exception | None = None
        self.waiting = 0
        headers = scope.pop("headers", [])
        self.scope = {"type": "websocket", "path": "/", "headers": [(b"host", b"testserver"), *headers], **scope}

    def say(self, item: Any) -> None:
        """A message of the client: text, bytes, or a close code."""
        if isinstance(item, int):
            self.incoming.put_nowait({"type": "websocket.disconnect", "code": item, "reason": "bye"})
        else:
            kind = "text" if isinstance(item, str) else "bytes"
            self.incoming.put_nowait({"type": "websocket.receive", kind: item})

    async def receive(self) -> Any:
        self.asked += 1
        self.waiting += 1
        try:
            return await self.incoming.get()
        finally:
            self.waiting -= 1

    async def send(self, message: Any) -> None:
        await asyncio.sleep(0)
        if self.fails_with:
            raise self.fails_with
        self.sent.append(message)

    async def accepted(self, **options: Any) -> WebSocket:
        socket = WebSocket(self.scope, self.receive, self.send)
        await socket.accept(**options)
        return socket


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a conversation comes to, within five seconds."""

    async def in_time() -> Any:
        async with asyncio.timeout(5):
            return await coroutine

    return asyncio.run(in_time())


def test_each_kind_is_received_and_sent():
    """Text, bytes and JSON go both ways."""

    async def talk() -> tuple[list[Any], list[Any]]:
        server = Server("hé", b"\x00\xff", '{"x": 1, "note": "n"}', b"[1, 2]", "7")
        socket = await server.accepted()
        got = [
            await socket.receive_text(),
            await socket.receive_bytes(),
            await socket.receive_json(Move),
            await socket.receive_json(),
            (await socket.receive())["text"],
        ]
        await socket.send_text("hé")
        await socket.send_bytes(bytearray(b"\xff"))
        await socket.send_json(Move(2))
        return got, server.sent[1:]

    got, sent = run(talk())
    assert got == ["hé", b"\x00\xff", Move(1, "n"), [1, 2], "7"]
    assert [message.get("text", message.get("bytes")) for message in sent] == ["hé", b"\xff", '{"x":2,"note":""}']


@pytest.mark.parametrize(
    ("said", "code", "details"),
    [
        ('{"x": "no"}', 1007, {"x": ["A valid integer is required."]}),
        ("{}", 1007, {"x": ["This field is required."]}),
        ('{"x": 1', 1007, {}),
        (b"\xff", 1007, {}),
        ("[" * 5000, 1007, {}),
        ('{"x": ' + "9" * 5000 + "}", 1007, {}),
    ],
)
def test_what_is_no_message_of_the_type_is_told_by_field(said, code, details):
    """JSON that is malformed or of another type is refused, the fields at fault by name."""

    async def talk() -> InvalidMessage:
        socket = await Server(said).accepted()
        with pytest.raises(InvalidMessage) as caught:
            await socket.receive_json(Move)
        return caught.value

    error = run(talk())
    assert error.close_code == code
    assert {name: error.details[name] for name in details} == details
    assert error.message


def test_the_other_kind_is_refused():
    """Bytes are no text and text is no bytes."""

    async def talk() -> list[int]:
        socket = await Server(b"x", "x").accepted()
        codes = []
        for receive in (socket.receive_text, socket.receive_bytes):
            with pytest.raises(InvalidMessage) as caught:
                await receive()
            codes.append(caught.value.close_code)
        return codes

    assert run(talk()) == [1003, 1003]


@pytest.mark.parametrize("said", ["x" * 101, "é" * 51, b"x" * 101])
def test_a_message_over_the_limit_is_refused(said, settings):
    """What is larger than a JSON body may be, in bytes, is not given to the handler."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    async def talk() -> int:
        socket = await Server(said).accepted()
        with pytest.raises(InvalidMessage) as caught:
            await socket.receive()
        return caught.value.close_code

    assert run(talk()) == 1009


@pytest.mark.parametrize("said", ["x" * 100, "é" * 50, b"x" * 100])
def test_a_message_at_the_limit_is_given(said, settings):
    """The limit itself is allowed; without one of Django's, that of Ironbolt holds."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    settings.IRONBOLT = {"MAX_BODY_BYTES": 100}

    async def talk() -> Any:
        return await (await Server(said).accepted()).receive()

    assert run(talk())


@pytest.mark.parametrize(("name", "said"), [("iter_text", "a"), ("iter_bytes", b"a"), ("iter_json", "1")])
def test_iteration_ends_when_the_client_leaves(name, said):
    """Every message comes, and leaving is the end of the loop, not an error."""

    async def talk() -> list[Any]:
        socket = await Server(said, said, 1001).accepted()
        return [item async for item in getattr(socket, name)()]

    assert len(run(talk())) == 2


def test_iteration_ends_when_the_handler_closes():
    """A loop that closes its own socket comes to its end."""

    async def talk() -> list[str]:
        socket, seen = await Server("a", "bye", "c").accepted(), []
        async for text in socket.iter_text():
            seen.append(text)
            if text == "bye":
                await socket.close()
        return seen

    assert run(talk()) == ["a", "bye"]


def test_iteration_over_a_type_stops_at_what_is_none():
    """A message of another type ends the loop with the error that names its field."""

    async def talk() -> list[Move]:
        socket, seen = await Server('{"x": 1}', '{"x": null}').accepted(), []
        with pytest.raises(InvalidMessage):
            async for move in socket.iter_json(Move):
                seen.append(move)  # noqa: PERF401 - what comes before the error counts
        return seen

    assert run(talk()) == [Move(1)]


def test_a_client_that_left_is_told_to_receiver_and_sender():
    """Both get the code and reason that the client left with, as often as they ask."""

    async def talk() -> list[tuple[int, str]]:
        socket, endings = await Server(4002).accepted(), []
        for attempt in (socket.receive, lambda: socket.send_text("x"), lambda: socket.send_json(1), socket.receive):
            with pytest.raises(WebSocketDisconnect) as caught:
                await attempt()
            endings.append((caught.value.code, caught.value.reason))
        return endings

    assert run(talk()) == [(4002, "bye")] * 4


def test_a_handler_that_only_sends_hears_of_the_end():
    """A server that takes messages for a client that has left doesn't keep the sender in the dark."""

    async def talk() -> int:
        server = Server()
        socket = await server.accepted()
        await socket.send_text("1")
        server.say(1001)
        with pytest.raises(WebSocketDisconnect):
            await socket.send_text("2")
        return len(server.sent)

    assert run(talk()) == 2


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("Transport closed")])
def test_a_server_that_can_not_send_ends_the_conversation(error):
    """What servers raise for a connection that broke off means that the client left; closing is no error then."""

    async def talk() -> int:
        server = Server()
        socket = await server.accepted()
        server.fails_with = error
        with pytest.raises(WebSocketDisconnect) as caught:
            await socket.send_text("x")
        await socket.close()
        return caught.value.code

    assert run(talk()) == 1006


def test_a_send_that_the_client_never_takes_ends_when_it_leaves():
    """A full connection blocks its sender for as long as there is a client, and no longer."""

    async def talk() -> tuple[int, list[bool]]:
        server, waited = Server(), []
        socket = await server.accepted()

        async def full(_: Any) -> None:
            waited.append(True)
            await asyncio.Event().wait()

        socket.wire._send = full
        asyncio.get_running_loop().call_later(0.05, server.say, 1001)
        with pytest.raises(WebSocketDisconnect) as caught:
            await socket.send_text("x")
        return caught.value.code, waited

    assert run(talk()) == (1001, [True])


def test_closing_does_not_wait_for_ever(monkeypatch):
    """A client that reads no more does not keep the handler from its end."""
    monkeypatch.setattr(wire, "LONGEST_CLOSE", 0.05)

    async def talk() -> bool:
        socket = await Server().accepted()

        async def full(_: Any) -> None:
            await asyncio.Event().wait()

        socket.wire._send = full
        await socket.close()
        return socket.wire.end is not None

    assert run(talk())


def test_giving_up_loses_no_message():
    """A receiver that ran out of patience finds the message at its next attempt."""

    async def talk() -> str:
        server = Server()
        socket = await server.accepted()
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.receive_text(), 0.01)
        server.say("late")
        return await socket.receive_text()

    assert run(talk()) == "late"


def test_two_receivers_share_the_messages():
    """Each message goes to one of those that wait."""

    async def talk() -> set[str]:
        server = Server()
        socket = await server.accepted()
        waiting = [asyncio.ensure_future(socket.receive_text()) for _ in range(3)]
        await asyncio.sleep(0)
        for text in "abc":
            server.say(text)
        return set(await asyncio.gather(*waiting))

    assert run(talk()) == {"a", "b", "c"}


def test_the_client_is_not_read_ahead_of_the_handler():
    """However much a client sends and a handler answers, one message at most waits to be received."""

    async def talk() -> int:
        server = Server(*"abcdefgh")
        socket = await server.accepted()
        for _ in range(5):
            await socket.send_text("x")
        await socket.receive_text()
        await socket.send_text("x")
        return server.asked

    assert run(talk()) == 2


def test_nobody_waits_for_messages_when_the_socket_is_closed():
    """Closing first gives up the read that a send began: granian would wait for it."""

    async def talk() -> int:
        server = Server()
        socket = await server.accepted()
        await socket.send_text("x")
        await asyncio.sleep(0)
        assert server.waiting == 1
        await socket.close()
        return server.waiting

    assert run(talk()) == 0


def test_closing_says_so_once():
    """The first word counts; afterwards the socket is closed for sender and receiver."""

    async def talk() -> tuple[list[Any], list[int]]:
        server, codes = Server("x"), []
        socket = await server.accepted()
        await socket.close(4000, "é" * 100)
        await socket.close(4001)
        for attempt in (socket.receive, lambda: socket.send_text("x")):
            with pytest.raises(WebSocketDisconnect) as caught:
                await attempt()
            codes.append(caught.value.code)
        return server.sent[1:], codes

    sent, codes = run(talk())
    assert sent == [{"type": "websocket.close", "code": 4000, "reason": "é" * 61}]
    assert codes == [4000, 4000]


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2999, 5000])
def test_only_codes_that_may_be_sent_close_a_socket(code):
    """A code that browsers and proxies would choke on is a mistake here."""

    async def talk() -> None:
        socket = await Server().accepted()
        with pytest.raises(ValueError, match=str(code)):
            await socket.close(code)

    run(talk())


def test_nothing_is_sent_or_received_before_accept():
    """A handler that forgets to accept is told so."""

    async def talk() -> None:
        server = Server("x")
        socket = WebSocket(server.scope, server.receive, server.send)
        for attempt in (socket.receive, lambda: socket.send_text("x")):
            with pytest.raises(RuntimeError, match="accept"):
                await attempt()
        await socket.accept()
        with pytest.raises(RuntimeError, match="before"):
            await socket.accept()

    run(talk())


def test_accept_says_what_was_agreed():
    """Subprotocol and headers go to the client, the headers checked as everywhere."""

    async def talk() -> Any:
        server = Server(subprotocols=["v1", "v2"])
        await server.accepted(subprotocol="v2", headers={"X-Room": "7"})
        with pytest.raises(ValueError, match="line break"):
            await Server().accepted(headers={"X-Room": "7\r\nSet-Cookie: a=b"})
        with pytest.raises(BadRequest, match="v3"):
            await Server(subprotocols=["v1"]).accepted(subprotocol="v3")
        return server.sent[0]

    accepted = run(talk())
    assert (accepted["subprotocol"], accepted["headers"]) == ("v2", [(b"x-room", b"7")])


@pytest.mark.parametrize(
    ("offered", "seen", "answered", "token"),
    [
        (["bearer", "abc"], ["bearer"], "bearer", "Bearer abc"),
        (["v1", "bearer", "abc", "v2"], ["v1", "bearer", "v2"], "bearer", "Bearer abc"),
        (["bearer"], ["bearer"], None, None),
        (["v1", "v2"], ["v1", "v2"], None, None),
    ],
)
def test_a_token_may_come_as_a_subprotocol(offered, seen, answered, token):
    """It stands for the header, is answered with ``bearer``, and is seen nowhere else."""
    raw = (b"sec-websocket-protocol", ", ".join(offered).encode())

    async def talk() -> tuple[WebSocket, Any]:
        server = Server(subprotocols=offered, headers=[raw])
        socket = WebSocket(server.scope, server.receive, server.send)
        socket.present_token(("authorization",))
        await socket.accept()
        return socket, server.sent[0]["subprotocol"]

    socket, subprotocol = run(talk())
    assert (socket.subprotocols, subprotocol, socket.headers.get("authorization")) == (seen, answered, token)
    assert socket.headers["sec-websocket-protocol"] == ", ".join(seen)
    assert socket.scope["subprotocols"] == seen


def test_a_real_header_goes_before_an_offered_token():
    """A client that sends both means the header."""
    server = Server(subprotocols=["bearer", "abc"], headers=[(b"authorization", b"Bearer real")])
    socket = WebSocket(server.scope, server.receive, server.send)
    socket.present_token(("authorization", "x-token"))
    assert (socket.headers["authorization"], socket.headers["x-token"]) == ("Bearer real", "Bearer abc")


def test_what_is_sent_from_a_source_arrives_in_order():
    """Texts and bytes go as they are, anything else as JSON; the end of the source is the end of it."""

    async def source() -> AsyncIterator[Any]:
        for item in ("a", b"b", {"c": 1}):
            yield item

    async def talk() -> list[Any]:
        server = Server("dropped")
        socket = await server.accepted()
        await socket.send_from(source())
        return [message.get("text", message.get("bytes")) for message in server.sent[1:]]

    assert run(talk()) == ["a", b"b", '{"c":1}']


def test_a_silent_source_is_closed_when_the_client_leaves():
    """A source that would wait for ever does not outlive the client, and neither does the handler."""
    closed = []

    async def source() -> AsyncIterator[str]:
        try:
            yield "first"
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def talk() -> None:
        server = Server("ignored", b"ignored")
        socket = await server.accepted()
        asyncio.get_running_loop().call_later(0.02, server.say, 1001)
        await socket.send_from(source())

    run(talk())
    assert closed == [True]


def test_an_error_of_a_source_is_raised():
    """What goes wrong in the source is the handler's."""

    async def source() -> AsyncIterator[str]:
        yield "first"
        raise KeyError("x")

    async def talk() -> None:
        socket = await Server().accepted()
        with pytest.raises(KeyError):
            await socket.send_from(source())

    run(talk())


def test_half_a_character_fails_where_it_is_sent():
    """What is no text for any server is an error of the sender, not the end of the conversation."""

    async def talk() -> None:
        socket = await Server().accepted()
        with pytest.raises(UnicodeEncodeError):
            await socket.send_text("\ud800")
        await socket.send_text("fine")

    run(talk())


@pytest.mark.parametrize(("scheme", "page"), [("ws", "http"), ("wss", "https")])
def test_address_and_scheme(scheme, page):
    """The scheme is that of pages, for settings that speak of it; the address is that of the socket."""
    server = Server(scheme=scheme, path="/a b")
    socket = WebSocket(server.scope, server.receive, server.send)
    assert (socket.scheme, socket.url, socket.method) == (page, f"{scheme}://testserver/a%20b", "WEBSOCKET")


def test_state_begins_with_what_the_start_left():
    """Each socket has a state of its own, with what the server's start put there."""
    server = Server(state={"pool": 1})
    one, other = (WebSocket(server.scope, server.receive, server.send) for _ in range(2))
    one.state["mine"] = True
    assert (one.state, other.state) == ({"pool": 1, "mine": True}, {"pool": 1})


@pytest.mark.django_db
def test_the_user_is_awaited_on_the_loop_and_there_in_a_thread():
    """On the loop the user is an awaitable, in a database thread the user itself, read once."""
    User.objects.create_user("ada", pk=7)
    api = BoltAPI(info=Info(served=False))

    @api.websocket("/me")
    async def me(socket: WebSocket) -> None:
        await socket.accept()
        socket.auth = {"user_id": 7}
        user = await socket.user
        same = await in_database_thread(lambda: socket.user is user)
        socket.user = AnonymousUser()
        await socket.send_json([user.username, same, (await socket.user).is_anonymous])

    with TestClient(api).websocket_connect("/me") as client:
        assert client.receive_json() == ["ada", True, True]
