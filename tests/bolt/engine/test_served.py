"""An API behind each of the servers that people use: real processes, real connections."""

import contextlib
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
from typing import Any

import pytest

PART = 65536

APPLICATION = """
import os, threading
from typing import Any

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    SECRET_KEY="k" * 40,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "ironbolt"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "served.sqlite3"}},
)
django.setup()

from django.db import connection

from ironbolt.bolt import APIView, BoltAPI, Info
from ironbolt.bolt.responses import StreamingResponse

api = BoltAPI(info=Info(served=False))
diary = {"made": 0, "closed": 0}


@api.view("/things/{number}")
class Thing(APIView):
    async def get(self, number: int) -> dict[str, Any]:
        return {"number": number, "host": self.request.host}

    def post(self, number: int, data: list[int]) -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s + %s", [number, sum(data)])
            return {"sum": cursor.fetchone()[0], "count": len(data)}


@api.get("/short")
async def short():
    async def parts():
        for number in range(3):
            yield f"{number}\\n"
    return StreamingResponse(parts, media_type="text/plain")


def endless():
    try:
        while True:
            diary["made"] += 1
            yield b"x" * 65536
    finally:
        diary["closed"] += 1


@api.get("/sync")
def sync_stream():
    return StreamingResponse(endless)


@api.get("/async")
async def async_stream():
    async def parts():
        source = endless()
        try:
            for part in source:
                yield part
        finally:
            source.close()
    return StreamingResponse(parts)


@api.get("/facts")
async def facts():
    with open("/proc/self/status") as status:
        memory = next(line for line in status if line.startswith("VmRSS")).split()[1]
    return diary | {"memory": int(memory)}


engine = api.asgi()


async def application(scope, receive, send):
    if scope["type"] != "lifespan":
        return await engine(scope, receive, send)

    async def noting(message):
        with open("life", "a") as life:
            threads = sum(thread.name.startswith("ironbolt") for thread in threading.enumerate())
            life.write(f"{message['type']} {threads}\\n")
        await send(message)

    await engine(scope, receive, noting)
"""

COMMANDS = {
    "granian": ("granian", "--interface", "asgi", "--port", "{port}", "served:application"),
    "uvicorn": ("uvicorn", "--port", "{port}", "served:application"),
    "hypercorn": ("hypercorn", "--bind", "127.0.0.1:{port}", "served:application"),
}


class Served:
    """The API behind one server."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder = folder
        (folder / "served.py").write_text(APPLICATION)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        words = [word.format(port=self.port) for word in COMMANDS[server]]
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=folder,
                env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.facts()
                return
            time.sleep(0.05)
        raise AssertionError(self.log())

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, body, headers, encode_chunked=not isinstance(body, bytes | None))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def facts(self) -> dict[str, int]:
        found: dict[str, int] = json.loads(self.ask("GET", "/facts")[2])
        return found

    def open(self, path: str) -> socket.socket:
        """Ask, and leave the answer to be read; little of it fits into the connection."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PART)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        return connection

    def closes(self, count: int, seconds: float) -> bool:
        """Whether so many streams are closed within this time."""
        until = time.monotonic() + seconds
        while (closed := self.facts()["closed"]) < count and time.monotonic() < until:
            time.sleep(0.02)
        return closed == count

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module", params=COMMANDS)
def served(request, tmp_path_factory) -> Iterator[Served]:
    """Each server once for this module; its last test ends it."""
    served = Served(tmp_path_factory.mktemp(request.param), request.param)
    try:
        served.wait()
        yield served
    finally:
        served.end()


def test_a_view_answers(served):
    """A handler of a class gets its path, a HEAD no body, and the server adds nothing to the headers that matter."""
    status, headers, body = served.ask("GET", "/things/5", **{"X-Request-ID": "of-the-client"})
    assert (status, json.loads(body)) == (200, {"number": 5, "host": f"127.0.0.1:{served.port}"})
    assert (headers["content-type"], headers["x-request-id"]) == ("application/json", "of-the-client")
    head_status, head_headers, nothing = served.ask("HEAD", "/things/5")
    assert (head_status, nothing) == (200, b"")
    assert head_headers["content-length"] == headers["content-length"] == str(len(body))


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/things/5", 405)])
def test_errors_are_the_envelope(served, method, path, status):
    """The server has no errors of its own for what the API refuses."""
    got, headers, body = served.ask(method, path)
    assert (got, headers["content-type"]) == (status, "application/json")
    assert list(json.loads(body)["error"]) == ["code", "message", "details"]


def test_a_body_in_chunks(served):
    """A body without a length is read whole, over the database too; a long one as well."""
    json_type = {"Content-Type": "application/json"}
    status, _, body = served.ask("POST", "/things/5", iter([b"[1,", b" 2", b", 3]"]), **json_type)
    assert (status, json.loads(body)) == (200, {"sum": 11, "count": 3})
    many = (b"[0" if number == 0 else b",1" * 1000 for number in range(200))
    status, _, body = served.ask("POST", "/things/0", (part for part in [*many, b"]"]), **json_type)
    assert (status, json.loads(body)) == (200, {"sum": 199_000, "count": 199_001})
    assert served.ask("POST", "/things/5", iter([b"[1,"]), **json_type)[0] == 400


def test_a_stream_that_ends(served):
    """A stream arrives whole, its HEAD without a part of it, and the connection can be used again."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)) as connection:
        for method, expected in (("GET", b"0\n1\n2\n"), ("HEAD", b""), ("GET", b"0\n1\n2\n")):
            connection.request(method, "/short")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, expected)
            assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["/sync", "/async"])
def test_a_client_that_leaves_ends_the_stream(served, path):
    """Within a second the source is closed."""
    before = served.facts()["closed"]
    connection = served.open(path)
    assert connection.recv(100).startswith(b"HTTP/1.1 200")
    connection.close()
    assert served.closes(before + 1, seconds=1)


@pytest.mark.parametrize("path", ["/sync", "/async"])
def test_a_stream_is_made_as_fast_as_it_is_read(served, path):
    """However slow a client reads, the source is a few parts ahead of it, and nothing piles up in memory."""
    before = served.facts()
    with contextlib.closing(served.open(path)) as connection:
        time.sleep(0.5)
        waiting = served.facts()["made"]
        time.sleep(0.3)
        assert served.facts()["made"] == waiting, "the source goes on, though nobody reads"
        read = 0
        for _ in range(30):
            for _ in range(16):
                read += len(connection.recv(PART))
            time.sleep(0.02)
        after = served.facts()
        ahead = (after["made"] - before["made"]) * PART - read
        assert read > 2**20
        assert 0 <= ahead + PART < 8 * 2**20
        assert after["memory"] - before["memory"] < 12 * 1024  # kilobytes
    assert served.closes(before["closed"] + 1, seconds=1)


def test_lifespan(served):
    """The server starts the API, and on SIGTERM has it end: the threads of the database are gone then."""
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(10)
    assert (served.folder / "life").read_text().split("\n") == [
        "lifespan.startup.complete 0",
        "lifespan.shutdown.complete 0",
        "",
    ]
    assert "Traceback" not in served.log()
