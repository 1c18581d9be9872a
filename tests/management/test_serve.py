import contextlib
import http.client
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from ironbolt.management.server import Server

ROOT = Path(__file__).resolve().parents[2]

PROJECT = """
import os, time
from django.http import HttpResponse
from django.urls import path
from ironbolt.asgi import get_asgi_application

SECRET_KEY = "of a test"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "project"
ASGI_APPLICATION = "application.application"
INSTALLED_APPS = ["ironbolt"]

def who(request):
    return HttpResponse(f"{os.getpid()} VERSION 1")

def slow(request):
    time.sleep(float(request.META["QUERY_STRING"] or 1.2))
    return HttpResponse("done")

urlpatterns = [path("who", who), path("slow", slow)]
"""

APPLICATION = """
from ironbolt.asgi import get_asgi_application
application = get_asgi_application()
"""

API = """
class Api:
    prefix = "/api"
    def asgi(self):
        async def application(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"the api"})
        return application

api = Api()
not_an_api = 1
"""


@pytest.fixture
def project(tmp_path):
    """A directory with a small project in it."""
    (tmp_path / "project.py").write_text(PROJECT)
    (tmp_path / "application.py").write_text(APPLICATION)
    (tmp_path / "api.py").write_text(API)
    return tmp_path


def command(project: Path, *args: str) -> subprocess.Popen[str]:
    """Start ``serve`` in a process group of its own."""
    environ = os.environ | {
        "DJANGO_SETTINGS_MODULE": "project",
        "PYTHONPATH": os.pathsep.join([str(project), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]),
        "PYTHONUNBUFFERED": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "django", "serve", *args],
        cwd=project,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


class Served:
    """A running server."""

    def __init__(self, project: Path, *args: str) -> None:
        self.process = command(project, "--port", "0", *args)
        assert self.process.stdout
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line)
            if "Serving" in line:
                break
        self.line = self.lines[-1].strip() if self.lines else ""
        self.port = int(self.line.split("127.0.0.1:")[1].split(" ")[0])

    def get(self, path: str) -> str:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", path)
            return connection.getresponse().read().decode()

    def wait_for(self, path: str, seen: Callable[[str], bool]) -> str:
        """The first answer that is as it should be."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = self.get(path)
                if seen(answer):
                    return answer
            time.sleep(0.05)
        raise AssertionError("It never came.")

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def serve(project):
    """Start servers, and end them with the test."""
    servers = []

    def start(*args: str) -> Served:
        servers.append(Served(project, *args))
        return servers[-1]

    yield start
    for server in servers:
        server.end()


@pytest.mark.parametrize(("how", "workers"), [("SIGTERM", 1), ("Ctrl-C", 1), ("SIGTERM to all", 2)])
def test_it_drains(serve, how, workers):
    """A request in flight is answered in full after a signal to stop, a new one is refused, and the exit code is 0."""
    server = serve("--workers", str(workers))
    assert server.line.startswith(
        f"Serving application.application on http://127.0.0.1:{server.port} ({workers} worker"
    )
    answers = []
    clients = [threading.Thread(target=lambda: answers.append(server.get("/slow"))) for _ in range(3)]
    for client in clients:
        client.start()
    time.sleep(0.4)
    kill = os.kill if how == "SIGTERM" else os.killpg
    kill(server.process.pid, signal.SIGINT if how == "Ctrl-C" else signal.SIGTERM)
    time.sleep(0.3)
    with pytest.raises(ConnectionRefusedError):
        server.get("/who")
    for client in clients:
        client.join()
    assert answers == ["done"] * 3
    assert server.process.wait(5) == 0


def test_a_killed_worker_is_replaced(serve):
    """When the system kills a worker, another takes its place."""
    server = serve()
    worker = server.get("/who").split()[0]
    os.kill(int(worker), signal.SIGKILL)
    server.wait_for("/who", lambda answer: not answer.startswith(worker))
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(5) == 0


def test_a_second_ctrl_c_does_not_wait(serve):
    """The first signal drains, the second one ends what is still in flight."""
    server = serve()
    begun = socket.create_connection(("127.0.0.1", server.port))
    begun.sendall(b"GET /slow?60 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    time.sleep(0.2)
    for _ in range(2):
        os.killpg(server.process.pid, signal.SIGINT)
        time.sleep(0.2)
    assert server.process.wait(5) == 0
    with begun:
        assert begun.recv(100) == b""


def spoken(server: Served, request: bytes) -> bytes:
    """What comes back for these bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_what_is_no_valid_body_is_refused(serve):
    """A malformed chunk is answered 400, a body over MAX_BODY_BYTES 413 with most of it unread."""
    server = serve()
    head = b"POST /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    for rest, status, code in (
        (b"Transfer-Encoding: chunked\r\n\r\nnot a number\r\n", b"400", b'"parse_error"'),
        (b"Content-Length: 999999999999\r\n\r\nx", b"413", b'"payload_too_large"'),
    ):
        answer = spoken(server, head + rest)
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert code in answer


def test_who_leaves_while_waiting_is_not_served(serve):
    """With every thread busy, requests whose clients left hold nobody up."""
    server = serve()
    connections = []
    for _ in range(20):
        connections.append(socket.create_connection(("127.0.0.1", server.port)))
        connections[-1].sendall(b"GET /slow?1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    time.sleep(0.5)
    for connection in connections:
        connection.close()
    started = time.monotonic()
    server.get("/who")
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("name", ["api:api", "api.api", "api"])
def test_one_api_alone(serve, name):
    """--api serves one API at its own paths, without the project's ASGI application; several spellings name it."""
    server = serve("--api", name)
    assert server.line.startswith("Serving api.api on http://")
    assert server.get("/anything") == "the api"


@pytest.mark.skipif(importlib.util.find_spec("watchfiles") is None, reason="needs the extra reload")
def test_reload_picks_up_a_change(serve, project):
    """With --reload a change to a .py file is served soon, and one to another file restarts nothing."""
    server = serve("--reload")
    first = server.get("/who")
    (project / "data.sqlite3").write_text("changed")
    time.sleep(0.3)
    assert server.get("/who") == first
    # Of another length, or Python might take what it compiled in the same second for up to date.
    changed = PROJECT.replace("VERSION 1", "VERSION 22")

    def saved_and_served(answer: str) -> bool:
        if not answer.endswith("VERSION 22"):
            # Once more, for on a busy machine the first time may have been before anybody watched.
            (project / "project.py").write_text(changed)
            time.sleep(1)
        return answer.endswith("VERSION 22")

    server.wait_for("/who", saved_and_served)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(5) == 0


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--port", "99999"], "--port must be between 0 and 65535, not 99999."),
        (["--workers", "0"], "--workers must be at least 1, not 0."),
        (["--host", "192.0.2.1"], "192.0.2.1 is not an address of this machine."),
        (["--api", "shop"], "--api shop: there is no module 'shop'."),
        (["--api", "shop:"], "--api shop:: write it as module:name, for instance shop.api:api."),
        (["--api", "bookstore"], "--api bookstore: module 'bookstore' has no Bolt API."),
        (["--api", "bookstore.nothing"], "--api bookstore.nothing: module 'bookstore' has no 'nothing'."),
        (["--api", "ironbolt.bolt.BoltAPI"], "--api ironbolt.bolt.BoltAPI: that is 'type', not a Bolt API."),
        (["--api", "nowhere:api"], "--api nowhere:api: there is no module 'nowhere'."),
        (["--api", "bookstore.nowhere:api"], "--api bookstore.nowhere:api: there is no module 'bookstore.nowhere'."),
        (["--api", "bookstore:nothing"], "--api bookstore:nothing: module 'bookstore' has no 'nothing'."),
        (["--api", "bookstore:__name__"], "--api bookstore:__name__: that is 'str', not a Bolt API."),
        (["--ssl-key", "key.pem"], "--ssl-cert and --ssl-key belong together."),
        (["--ssl-key", "key.pem", "--ssl-cert", "nowhere.pem"], "There is no file nowhere.pem."),
    ],
)
def test_a_mistake_is_one_sentence(args, sentence):
    """What cannot be served is refused with one sentence."""
    with pytest.raises(CommandError) as refusal:
        call_command("serve", "--port", "0", *args)
    assert str(refusal.value) == sentence


def test_a_port_in_use_is_refused(project):
    """A port that something listens on is not shared: one sentence, exit code 1 and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = command(project, "--port", str(port))
        output, _ = process.communicate(timeout=15)
    assert process.returncode == 1
    assert output == (
        f"CommandError: Port {port} on 127.0.0.1 is in use already. Stop what uses it or choose another with --port.\n"
    )


@override_settings(ASGI_APPLICATION=None)
def test_a_missing_asgi_application_is_refused():
    """Without ASGI_APPLICATION the sentence names the setting and --api."""
    with pytest.raises(CommandError, match=r"^Set ASGI_APPLICATION in your settings.*--api"):
        call_command("serve")


@override_settings(ASGI_APPLICATION="bookstore.nowhere.application")
def test_a_wrong_asgi_application_is_refused():
    """An ASGI_APPLICATION that is not there is named."""
    with pytest.raises(CommandError, match=r"ASGI_APPLICATION = .* there is no module"):
        call_command("serve")


def test_a_signal_during_a_signal_does_not_block():
    """A second signal that comes while the first is being handled never waits for the lock that the first holds."""
    server = Server.__new__(Server)
    server.interrupt_signal, server.wrks = False, []
    heard = []

    class Told(threading.Event):
        def set(self):
            heard.append("set")
            if len(heard) == 1:
                server.signal_handler_interrupt()

    server.main_loop_interrupt = Told()
    server.signal_handler_interrupt()
    assert heard == ["set"]
