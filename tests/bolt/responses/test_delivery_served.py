"""Tests of answers over a real connection: what a client sees that is slow, leaves, or is let down."""

import contextlib
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.row("B21")

SIZE = 50 * 2**20

APPLICATION = """
import asyncio, json, os, time
import django
from django.conf import settings

settings.configure(INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "ironbolt"])
django.setup()

from ironbolt.bolt.responses.answers import JSON
from ironbolt.bolt.responses.files import FileResponse
from ironbolt.bolt.request import Request
from ironbolt.bolt.responses.sse import EventStream
from ironbolt.bolt.responses.streaming import StreamingResponse

BIG = os.environ["BIG"]
diary = {"made": 0, "closed": 0}


def endless():
    try:
        while True:
            diary["made"] += 1
            yield b"x" * 65536
    finally:
        diary["closed"] += 1


async def endless_later():
    for part in (generator := endless()):
        try:
            yield part
        except GeneratorExit:
            generator.close()
            raise


async def silent():
    try:
        yield "first"
        await asyncio.sleep(3600)
    finally:
        diary["closed"] += 1


def broken():
    yield "first"
    raise ValueError("half-way")


async def broken_later():
    yield "first"
    await asyncio.sleep(0.05)
    raise ValueError("half-way")


def memory():
    with open("/proc/self/status") as status:
        return {"VmRSS": int(next(line for line in status if line.startswith("VmRSS")).split()[1])}


MADE = {
    "/by-server": lambda: FileResponse(BIG),
    "/by-hand": lambda: FileResponse(open(BIG, "rb")),
    "/sync": lambda: StreamingResponse(endless),
    "/async": lambda: StreamingResponse(endless_later),
    "/silent": lambda: StreamingResponse(silent),
    "/events": lambda: EventStream(silent, ping=0.1),
    "/broken": lambda: StreamingResponse(broken),
    "/broken-later": lambda: StreamingResponse(broken_later),
    "/facts": lambda: JSON(diary | memory()),
}


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await MADE[scope["path"]]().deliver(Request(scope), receive, send, [(b"x-request-id", b"t")])
"""


class Served:
    """The application behind granian."""

    def __init__(self, folder: Path) -> None:
        self.big = folder / "big.bin"
        self.big.write_bytes(os.urandom(2**20) * (SIZE // 2**20))
        (folder / "served.py").write_text(APPLICATION)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "granian",
                    "--interface",
                    "asgi",
                    "--port",
                    str(self.port),
                    "served:application",
                ],
                cwd=folder,
                env=os.environ | {"BIG": str(self.big), "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def connect(self, path: str, headers: str = "", method: str = "GET") -> socket.socket:
        """Ask, and leave the answer to be read; little of it fits into the connection."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
        return connection

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def facts(self) -> dict[str, int]:
        found: dict[str, int] = json.loads(self.get("/facts")[2])
        return found

    def closes(self, count: int, seconds: float) -> bool:
        """Whether so many generators are closed within this time."""
        until = time.monotonic() + seconds
        while (closed := self.facts()["closed"]) < count and time.monotonic() < until:
            time.sleep(0.02)
        return closed == count

    def wait(self) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.facts()
                return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def end(self) -> None:
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


@pytest.mark.parametrize("path", ["/by-server", "/by-hand"])
def test_a_slow_reader_costs_no_memory(served, path):
    """Fifty megabytes arrive whole at a client that hesitates, within ten seconds, and never lie in memory."""
    before, begin = served.facts()["VmRSS"], time.monotonic()
    with contextlib.closing(served.connect(path, "Connection: close\r\n")) as connection:
        time.sleep(1)
        waiting = served.facts()["VmRSS"]
        raw = connection.makefile("rb")
        head = b"".join(iter(raw.readline, b"\r\n"))
        assert f"content-length: {SIZE}".encode() in head
        digest, size = hashlib.sha256(), 0
        while part := raw.read(2**20):
            digest.update(part)
            size += len(part)
            time.sleep(0.01)
    assert size == SIZE
    assert digest.digest() == hashlib.sha256(served.big.read_bytes()).digest()
    assert time.monotonic() - begin < 10
    assert waiting - before < 8 * 1024  # kilobytes
    assert served.facts()["VmRSS"] - before < 12 * 1024


@pytest.mark.parametrize("path", ["/by-server", "/by-hand"])
def test_ranges_come_from_the_middle(served, path):
    """A part of a large file is that part."""
    status, _, body = served.get(path, Range="bytes=1048570-1048585")
    assert (status, body) == (206, served.big.read_bytes()[1048570:1048586])


def test_head_tells_the_length(served):
    """The length of a file without the file."""
    status, headers, body = served.get("/by-server", "HEAD")
    assert (status, headers["content-length"], body) == (200, str(SIZE), b"")


@pytest.mark.parametrize("path", ["/sync", "/async"])
def test_parts_are_made_as_fast_as_they_are_taken(served, path):
    """A client that takes nothing has next to nothing made for it."""
    before = served.facts()
    with contextlib.closing(served.connect(path)):
        time.sleep(0.7)
        first = served.facts()["made"]
        time.sleep(0.5)
        assert served.facts()["made"] == first
        assert (first - before["made"]) * 65536 < 8 * 2**20
    assert served.closes(before["closed"] + 1, seconds=5)


@pytest.mark.parametrize("path", ["/sync", "/async", "/silent", "/events"])
@pytest.mark.parametrize("reading", [True, False])
def test_a_client_that_leaves_ends_the_stream(served, path, reading):
    """Within a second the generator is closed, also one that waits or has its client not reading."""
    before = served.facts()["closed"]
    connection = served.connect(path)
    connection.recv(100)
    if not reading:
        time.sleep(0.5)
    connection.close()
    assert served.closes(before + 1, seconds=1)


@pytest.mark.parametrize("path", ["/broken", "/broken-later"])
def test_a_client_notices_a_stream_that_broke(served, path):
    """The connection ends without the end of the body; the log has the traceback once."""
    count = served.log.read_text().count("ValueError: half-way")
    with pytest.raises(http.client.IncompleteRead):
        served.get(path)
    time.sleep(0.1)
    assert served.log.read_text().count("ValueError: half-way") == count + 1


def test_events_arrive_when_they_happen(served):
    """The first event and the comments in the silence after it come at once."""
    with contextlib.closing(served.connect("/events")) as connection:
        read = b""
        while read.count(b": ping") < 2:
            read += connection.recv(1000)
    assert b"content-type: text/event-stream\r\n" in read
    assert b"data: first\n\n" in read
