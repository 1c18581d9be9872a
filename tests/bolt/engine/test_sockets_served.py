"""Tests of sockets over a real connection: granian on one end, a client library on the other."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import jwt
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

KEY = "k" * 40

APPLICATION = """
import asyncio
import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    SECRET_KEY="k" * 40,
    ROOT_URLCONF="served",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "ironbolt"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "served.sqlite3"}},
)
django.setup()

from django.db import connection
from msgspec import Struct

from ironbolt.asgi import get_asgi_application
from ironbolt.bolt import BoltAPI, WebSocket
from ironbolt.bolt.auth import JWTAuthentication
from ironbolt.bolt.guards import IsAuthenticated
from ironbolt.core.threads import in_database_thread

urlpatterns = []
api = BoltAPI("/live")
diary = {"sent": 0, "ended": 0}


class Move(Struct):
    x: int


@api.websocket("/echo")
async def echo(socket: WebSocket):
    await socket.accept()
    try:
        async for text in socket.iter_text():
            await socket.send_text(text)
    finally:
        diary["ended"] += 1


@api.websocket("/private", auth=[JWTAuthentication()], guards=[IsAuthenticated()])
async def private(socket: WebSocket):
    await socket.accept()
    await socket.send_json([socket.auth["user_id"], socket.subprotocols])
    await socket.receive_json(Move)


@api.websocket("/flood")
async def flood(socket: WebSocket):
    await socket.accept()
    try:
        while True:
            await socket.send_bytes(b"x" * 65536)
            diary["sent"] += 1
    finally:
        diary["ended"] += 1


@api.websocket("/silent")
async def silent(socket: WebSocket):
    async def source():
        try:
            yield "first"
            await asyncio.sleep(3600)
        finally:
            diary["ended"] += 1

    await socket.accept()
    await socket.send_from(source())


@api.websocket("/goodbye")
async def goodbye(socket: WebSocket):
    await socket.accept()
    await socket.send_text("hello")
    await socket.close(4001, "goodbye")


@api.websocket("/broken")
async def broken(socket: WebSocket):
    await socket.accept()
    await socket.send_text("hello")
    raise ValueError("half-way")


def one():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()[0]


@api.websocket("/database")
async def database(socket: WebSocket):
    await socket.accept()
    await socket.send_json(await in_database_thread(one))


@api.get("/diary")
async def tell() -> dict[str, int]:
    return diary


application = get_asgi_application(api)
"""


class Served:
    """The application behind granian."""

    def __init__(self, folder: Path) -> None:
        (folder / "served.py").write_text(APPLICATION)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.log = folder / "log"
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(self.port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "served:application"],
                cwd=folder,
                env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def connect(self, path: str, **options: Any) -> AbstractContextManager[ClientConnection]:
        """A client that has opened this socket."""
        opening: AbstractContextManager[ClientConnection] = connect(
            f"ws://127.0.0.1:{self.port}{path}", close_timeout=2, proxy=None, **options
        )
        return opening

    def diary(self) -> dict[str, int]:
        """What the handlers have done so far."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}/live/diary", timeout=5) as answer:
            found: dict[str, int] = json.load(answer)
        return found

    def ends(self, count: int) -> bool:
        """Whether so many handlers have ended within a few seconds."""
        until = time.monotonic() + 5
        while (ended := self.diary()["ended"]) < count and time.monotonic() < until:
            time.sleep(0.02)
        return ended == count

    def wait(self) -> None:
        """Until it answers."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                self.diary()
                return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def end(self) -> None:
        """At once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Served]:
    """One server for this module."""
    served = Served(tmp_path_factory.mktemp("served"))
    try:
        served.wait()
        yield served
    finally:
        served.end()


def ending(client: ClientConnection) -> tuple[int, str]:
    """Code and reason that the server closes with."""
    with pytest.raises(ConnectionClosed) as caught:
        client.recv(timeout=2)
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, caught.value.rcvd.reason


def test_a_conversation(served):
    """What is said comes back, and the handler ends when the client leaves."""
    before = served.diary()["ended"]
    with served.connect("/live/echo") as client:
        for text in ("a", "é", "x" * 100_000):
            client.send(text)
            assert client.recv(timeout=2) == text
    assert served.ends(before + 1)


def test_a_connection_that_breaks_off_ends_the_handler(served):
    """Without a word of the client."""
    before = served.diary()["ended"]
    with served.connect("/live/echo") as client:
        client.send("x")
        client.recv(timeout=2)
        client.socket.shutdown(socket.SHUT_RDWR)
        assert served.ends(before + 1)


@pytest.mark.parametrize(
    ("path", "options", "status", "code"),
    [
        ("/live/none", {}, 404, "not_found"),
        ("/none", {}, 404, "not_found"),
        ("/live/private", {}, 401, "authentication_error"),
        ("/live/private", {"subprotocols": ["bearer", "nonsense"]}, 401, "authentication_error"),
        ("/live/echo", {"origin": "https://evil.example"}, 403, "permission_denied"),
    ],
)
def test_a_refusal_is_an_http_answer(served, path, options, status, code):
    """The client sees the status and the envelope of errors, whoever refuses it."""
    with pytest.raises(InvalidStatus) as caught:
        served.connect(path, **options).__enter__()
    response = caught.value.response
    assert response.status_code == status
    assert json.loads(bytes(response.body or b""))["error"]["code"] == code


def test_a_token_goes_as_a_subprotocol(served):
    """As browsers send it; the client is answered with one of what it offered, and not with the token."""
    token = jwt.encode({"user_id": 7, "exp": int(time.time()) + 60}, KEY)
    with served.connect("/live/private", subprotocols=["bearer", token, "v1"]) as client:
        assert client.subprotocol == "bearer"
        assert json.loads(client.recv(timeout=2)) == [7, ["bearer", "v1"]]
        client.send('{"x": "a"}')
        assert ending(client) == (1007, "x: A valid integer is required.")
    assert token not in served.log.read_text()


def test_a_handler_closes_with_its_own_code(served):
    """At once, though the door listens for the client all the time."""
    with served.connect("/live/goodbye") as client:
        assert client.recv(timeout=2) == "hello"
        assert ending(client) == (4001, "goodbye")


def test_an_unexpected_error_is_kept_from_the_client(served):
    """It hears 1011; the log has the traceback once."""
    with served.connect("/live/broken") as client:
        assert client.recv(timeout=2) == "hello"
        assert ending(client) == (1011, "")
    assert served.log.read_text().count("ValueError: half-way") == 1


def test_messages_are_made_as_fast_as_they_are_taken(served):
    """A client that takes nothing has next to nothing made for it, and the handler ends when it leaves."""
    before = served.diary()
    with served.connect("/live/flood", max_queue=2) as client:
        time.sleep(0.7)
        first = served.diary()["sent"]
        time.sleep(0.5)
        assert served.diary()["sent"] == first
        assert (first - before["sent"]) * 65536 < 16 * 2**20
        client.socket.shutdown(socket.SHUT_WR)
        assert served.ends(before["ended"] + 1)


def test_a_silent_source_is_closed_when_the_client_leaves(served):
    """A handler that has nothing to say does not outlive its client."""
    before = served.diary()["ended"]
    with served.connect("/live/silent") as client:
        assert client.recv(timeout=2) == "first"
    assert served.ends(before + 1)


def test_the_database_is_reached_from_a_socket(served):
    """By the same threads as for HTTP."""
    with served.connect("/live/database") as client:
        assert client.recv(timeout=2) == "1"
        assert ending(client) == (1000, "")
