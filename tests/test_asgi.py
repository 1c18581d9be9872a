import asyncio
import json
import threading
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from typing import Any
from unittest import mock

import pytest
from asgiref.sync import async_to_sync
from django.test import override_settings

from ironbolt.asgi import get_asgi_application
from ironbolt.core import threads
from tests.project import asgi_urls
from tests.project.models import Label

pytestmark = pytest.mark.usefixtures("_urls")


@pytest.fixture
def _urls():
    """Serve the views of this module's subject, and leave no database thread behind."""
    asgi_urls.events.clear()
    asgi_urls.loops.clear()
    with override_settings(ROOT_URLCONF="tests.project.asgi_urls", MIDDLEWARE=[]):
        yield
    asyncio.run(threads.close_database_threads())


@pytest.fixture
def app():
    """The application under test, with Django alone behind it."""
    return get_asgi_application()


class Exchange:
    """One request driven by hand, and what came back for it."""

    def __init__(self, path: str, method: str = "GET", headers: Iterable[tuple[str, str]] = (), **scope: Any) -> None:
        path, _, query = path.partition("?")
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
            "client": ("10.1.2.3", 4567),
            "server": ("127.0.0.1", 8000),
        } | scope
        self.sent: list[dict[str, Any]] = []
        self.sent_one = asyncio.Event()
        self.disconnect = asyncio.Event()
        self.may_send = asyncio.Event()
        self.may_send.set()
        self._parts: Any = iter(())
        self._left = 0

    async def run(self, app: Any, *parts: bytes) -> "Exchange":
        if parts and not any(name in (b"content-length", b"transfer-encoding") for name, _ in self.scope["headers"]):
            self.scope["headers"].append((b"transfer-encoding", b"chunked"))
        self._parts = iter(parts or [b""])
        self._left = max(len(parts), 1)
        await app(self.scope, self.receive, self.send)
        return self

    async def receive(self) -> dict[str, Any]:
        if self._left:
            self._left -= 1
            return {"type": "http.request", "body": next(self._parts), "more_body": self._left > 0}
        await self.disconnect.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        await self.may_send.wait()
        self.sent.append(message)
        self.sent_one.set()

    @property
    def status(self) -> int:
        status: int = self.sent[0]["status"]
        return status

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> list[str]:
        return [value.decode() for key, value in self.sent[0]["headers"] if key == name.encode()]


def ask(app: Any, path: str, *parts: bytes, **how: Any) -> Exchange:
    """Make one request, with a body in these parts, on a loop of its own."""

    async def run() -> Exchange:
        return await Exchange(path, **how).run(app, *parts)

    return asyncio.run(run())


class TestRequest:
    def test_it_carries_what_the_connection_is(self, app):
        """Address, port, scheme and method reach the view as a WSGI server would hand them over."""
        answer = ask(app, "/echo", scheme="https", headers=[("host", "testserver")]).json
        assert answer["scheme"] == "https"
        meta = answer["META"]
        assert (meta["REMOTE_ADDR"], meta["REMOTE_PORT"]) == ("10.1.2.3", "4567")
        assert (meta["SERVER_NAME"], meta["SERVER_PORT"], meta["SERVER_PROTOCOL"]) == ("127.0.0.1", "8000", "HTTP/1.1")
        assert meta["HTTP_HOST"] == "testserver"

    @pytest.mark.parametrize("raw", [None, b"/echo/caf%C3%A9%20%E2%82%AC"])
    def test_a_path_beyond_ascii_arrives_whole(self, app, raw):
        """A path is the same text with and without the server's raw bytes of it."""
        answer = ask(app, "/echo/café €?q=%C3%A9", raw_path=raw).json
        assert answer["rest"] == "café €"
        assert answer["GET"] == {"q": "é"}

    def test_a_path_that_is_no_utf8_is_no_server_error(self, app):
        """Bytes that are no UTF-8 come through escaped, as under Django's own servers."""
        answer = ask(app, "/echo/a\ufffdb", raw_path=b"/echo/a%FFb")
        assert answer.status == 200
        assert answer.json["rest"] == "a%FFb"

    def test_repeated_headers_are_joined(self, app):
        """Values of a repeated header come joined by commas, cookies by semicolons."""
        headers = [("x-tag", "1"), ("x-tag", "2"), ("cookie", "a=1"), ("cookie", "b=2")]
        answer = ask(app, "/echo", headers=headers).json
        assert answer["META"]["HTTP_X_TAG"] == "1,2"
        assert answer["COOKIES"] == {"a": "1", "b": "2"}

    def test_a_header_with_an_underscore_is_dropped(self, app):
        """Nobody passes X_Forwarded_User off as the header that a proxy sets."""
        meta = ask(app, "/echo", headers=[("x_forwarded_user", "root")]).json["META"]
        assert "HTTP_X_FORWARDED_USER" not in meta

    def test_no_environment_variable_leaks_into_meta(self, app, monkeypatch):
        """META holds the request, not the process."""
        monkeypatch.setenv("SOME_SECRET", "s")
        assert "SOME_SECRET" not in ask(app, "/echo").json["META"]

    def test_a_mount_point_is_the_script_name(self, app):
        """Below root_path the view sees the rest of the path, and reverse() adds the mount point."""
        answer = ask(app, "/shop/echo", root_path="/shop").json
        assert (answer["META"]["SCRIPT_NAME"], answer["META"]["PATH_INFO"]) == ("/shop", "/echo")
        assert answer["path"] == answer["self"] == "/shop/echo"

    @override_settings(FORCE_SCRIPT_NAME="/forced")
    def test_force_script_name_wins(self, app):
        """FORCE_SCRIPT_NAME names the mount point, whether or not the proxy cuts it off."""
        assert ask(app, "/echo").json["self"] == "/forced/echo"
        assert ask(app, "/forced/echo").json["path"] == "/forced/echo"

    def test_a_chunked_body_is_readable(self, app):
        """A body without announced length arrives whole, with its real length."""
        answer = ask(app, "/echo", b"some", b" ", b"body", method="POST", headers=[("content-type", "text/plain")]).json
        assert answer["body"] == "some body"
        assert answer["META"]["CONTENT_LENGTH"] == "9"
        assert answer["META"]["CONTENT_TYPE"] == "text/plain"

    def test_a_large_upload_takes_little_memory(self, app):
        """Of an upload of 20 MB only a part is ever in memory."""
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
        chunk = b"x" * 65536
        parts = [head, *[chunk] * 320, b"\r\n--x--\r\n"]
        tracemalloc.start()
        try:
            headers = [("content-type", "multipart/form-data; boundary=x")]
            answer = ask(app, "/upload", *parts, method="POST", headers=headers)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert answer.json == {"size": 320 * 65536}
        assert peak < 8 * 2**20

    @pytest.mark.parametrize("size", [10, 5_000_000])
    def test_a_client_that_leaves_while_sending_is_forgotten(self, app, size):
        """No view runs for half a body, and the file that held it is gone; who is still there after all hears 400."""

        async def run() -> Exchange:
            exchange = Exchange("/echo", "POST", [("content-length", "9999999")])
            messages = iter(
                [{"type": "http.request", "body": b"x" * size, "more_body": True}, {"type": "http.disconnect"}]
            )
            await app(exchange.scope, mock.AsyncMock(side_effect=lambda: next(messages)), exchange.send)
            return exchange

        answer = asyncio.run(run())
        assert (answer.status, answer.json["error"]["code"]) == (400, "parse_error")
        assert answer.header("x-request-id")

    @override_settings(IRONBOLT={"MAX_BODY_BYTES": 100})
    @pytest.mark.parametrize("length", ["101", "9" * 5000])
    def test_a_body_that_says_it_is_too_large_is_not_read(self, app, length):
        """Content-Length over MAX_BODY_BYTES is answered 413 in the envelope, before anything is received."""

        async def run() -> Exchange:
            exchange = Exchange("/echo", "POST", [("content-length", length), ("accept", "application/problem+json")])
            await app(exchange.scope, mock.AsyncMock(side_effect=AssertionError), exchange.send)
            return exchange

        answer = asyncio.run(run())
        assert (answer.status, answer.json["code"]) == (413, "payload_too_large")
        assert answer.header("content-type") == ["application/problem+json"]

    @override_settings(IRONBOLT={"MAX_BODY_BYTES": 100}, FILE_UPLOAD_MAX_MEMORY_SIZE=50)
    @pytest.mark.parametrize(("last", "status"), [(10, 200), (11, 413)])
    def test_a_body_found_to_be_too_large_is_not_read_on(self, app, last, status):
        """Without an announced length reading ends where the body passes MAX_BODY_BYTES."""
        assert ask(app, "/echo", b"x" * 30, b"x" * 60, b"x" * last, method="POST").status == status
        assert ask(app, "/echo", b"x" * 101, method="POST").status == 413


class TestAnswer:
    def test_it_is_one_start_and_one_body(self, app):
        """An ordinary answer is two messages, the last one final."""
        answer = ask(app, "/echo")
        assert [message["type"] for message in answer.sent] == ["http.response.start", "http.response.body"]
        assert not answer.sent[1]["more_body"]
        assert answer.header("content-type") == ["application/json"]

    def test_each_cookie_is_a_header(self, app):
        """Two cookies leave in two Set-Cookie headers."""
        assert ask(app, "/cookies").header("set-cookie") == ["one=1; Path=/", "two=2; Path=/"]

    @pytest.mark.parametrize("path", ["/cookies", "/stream", "/file?size=100", "/file?size=100000", "/async-stream"])
    def test_head_has_no_body(self, app, path):
        """HEAD gets the headers of GET and nothing else, and no stream is begun."""
        answer = ask(app, path, method="HEAD")
        assert (answer.status, answer.body) == (200, b"")
        assert asgi_urls.events in ([], ["closed"])
        if path == "/cookies":
            assert answer.header("content-length") == ["2"]

    def test_an_exception_is_django_s_affair(self, app):
        """A view's exception becomes what Django's handler makes of it, here an error page that fails too."""
        answer = ask(app, "/broken")
        assert answer.status == 500
        assert answer.json["error"]["code"] == "server_error"
        assert b"secret" not in answer.body

    @pytest.mark.parametrize("path", ["/leave", "/leave-async"])
    def test_a_view_that_exits_is_a_500(self, app, path):
        """SystemExit in a view ends neither the server's loop nor its thread; the client gets the envelope."""

        async def run() -> tuple[Exchange, Exchange]:
            left = await Exchange(path, headers=[("x-request-id", "order-4711")]).run(app)
            return left, await Exchange("/echo").run(app)

        left, after = asyncio.run(run())
        assert left.header("x-request-id") == ["order-4711"]
        assert (left.status, left.json["error"]["code"]) == (500, "server_error")
        assert after.status == 200

    def test_an_unknown_path_is_django_s_404(self, app):
        """What no API wants, Django answers."""
        assert ask(app, "/nowhere").status == 404

    def test_an_async_view_runs_on_the_server_s_loop(self, app):
        """An asynchronous view shares the loop, and with it clients and pools that belong to the loop."""

        async def run() -> tuple[Exchange, asyncio.AbstractEventLoop]:
            return await Exchange("/async").run(app), asyncio.get_running_loop()

        answer, loop = asyncio.run(run())
        assert answer.body == b"done"
        assert asgi_urls.loops == [loop]


class TestStream:
    def test_parts_leave_one_by_one_from_the_view_s_thread(self, app):
        """Each part is a message of its own, made in the thread that ran the view."""
        answer = ask(app, "/stream")
        assert answer.body == b"0 True;1 True;2 True;"
        assert len(answer.sent) == 5
        assert asgi_urls.events[-1] == "closed"

    def test_the_next_part_waits_for_the_client(self, app):
        """While the connection takes nothing, nothing is made."""

        async def run() -> None:
            exchange = Exchange("/stream")
            exchange.may_send.clear()
            task = asyncio.ensure_future(exchange.run(app))
            await asyncio.sleep(0.1)
            assert asgi_urls.events == []
            exchange.may_send.set()
            await task
            assert asgi_urls.events[0] == "made 0"

        asyncio.run(run())

    def test_slow_clients_leave_the_pool_to_others(self, app):
        """More streams may wait for their clients than the pool has threads, and requests still get through."""

        async def run() -> None:
            streams = [Exchange("/stream") for _ in range(10)]
            for stream in streams:
                stream.may_send.clear()
            tasks = [asyncio.ensure_future(stream.run(app)) for stream in streams]
            await asyncio.sleep(0.1)
            answer = await asyncio.wait_for(Exchange("/echo").run(app), 5)
            assert answer.status == 200
            for stream in streams:
                stream.may_send.set()
            await asyncio.gather(*tasks)
            assert {stream.body for stream in streams} == {b"0 True;1 True;2 True;"}

        asyncio.run(run())

    def test_too_many_streams_are_refused(self, app, monkeypatch):
        """Beyond the bound a stream is answered 503 with Retry-After, and its iterator is closed."""
        monkeypatch.setattr(threads.pool, "MAX_THREADS_AWAY", 0)
        answer = ask(app, "/stream")
        assert answer.status == 503
        assert answer.header("retry-after") == ["1"]
        assert "made 0" not in asgi_urls.events

    @pytest.mark.parametrize("path", ["/stream?parts=100000000", "/async-stream?sleep=60"])
    def test_it_ends_when_the_client_goes_away(self, app, path):
        """A client that leaves ends the iteration; what the view had open is closed."""

        async def run() -> Exchange:
            exchange = Exchange(path)
            task = asyncio.ensure_future(exchange.run(app))
            await exchange.sent_one.wait()
            exchange.disconnect.set()
            return await asyncio.wait_for(task, 5)

        answer = asyncio.run(run())
        assert answer.sent[-1].get("more_body", True)
        assert asgi_urls.events[-1] == "closed"

    def test_a_server_that_refuses_a_send_ends_it_too(self, app):
        """An OSError from send means that the client is gone."""

        async def run() -> None:
            exchange = Exchange("/stream")
            await app(exchange.scope, exchange.receive, mock.AsyncMock(side_effect=OSError))

        asyncio.run(run())
        assert "made 1" not in asgi_urls.events

    def test_a_broken_one_is_never_made_to_look_whole(self, app):
        """An exception half-way reaches the server, which breaks the connection off."""

        async def run() -> None:
            exchange = Exchange("/broken-stream")
            with pytest.raises(ValueError, match="half-way"):
                await exchange.run(app)
            assert exchange.sent[-1]["more_body"]

        asyncio.run(run())

    def test_an_asynchronous_one_is_iterated_on_the_loop(self, app):
        """An asynchronous iterator is sent part by part."""
        answer = ask(app, "/async-stream")
        assert answer.body == b"first;second"
        assert asgi_urls.events == ["closed"]

    @pytest.mark.parametrize(("size", "messages"), [(100, 2), (65536, 2), (200_000, 6)])
    def test_a_small_file_is_no_stream(self, app, size, messages):
        """A file of up to 64 KiB is one message, a larger one goes in pieces of that size."""
        answer = ask(app, f"/file?size={size}")
        assert len(answer.body) == size
        assert len(answer.sent) == messages


class TestQueue:
    @pytest.fixture(autouse=True)
    def _one_thread(self, settings):
        """Let every second request wait."""
        settings.IRONBOLT = {"DATABASE_THREADS": 1}

    def test_who_leaves_while_waiting_is_not_served(self, app):
        """A request whose client left before its turn never runs, and leaves no file behind."""

        async def run() -> list[Exchange]:
            first, gone, last = Exchange("/slow?seconds=1"), Exchange("/labels", "POST"), Exchange("/echo")
            tasks = []
            for exchange in (first, gone, last):
                tasks.append(asyncio.ensure_future(exchange.run(app, b"body")))
                await asyncio.sleep(0)
            await asyncio.sleep(0.1)
            gone.disconnect.set()
            await tasks[1]
            assert not tasks[0].done()
            await asyncio.gather(*tasks)
            return [first, gone, last]

        first, gone, last = asyncio.run(run())
        # The view that did not run would have had no database to write to in this test.
        assert (first.status, gone.sent, last.status) == (200, [], 200)

    def test_who_leaves_after_the_beginning_is_served_to_the_end(self, app):
        """What has begun is not interrupted."""

        async def run() -> Exchange:
            exchange = Exchange("/slow?seconds=0.2")
            exchange.disconnect.set()
            return await exchange.run(app)

        assert asyncio.run(run()).status == 200

    def test_a_full_queue_refuses(self, app, monkeypatch):
        """Beyond MAX_QUEUED a request is answered 503 with Retry-After at once; who left does not count."""
        monkeypatch.setattr(threads.pool, "MAX_QUEUED", 2)

        async def run() -> None:
            slow = [Exchange(f"/slow?seconds={seconds}") for seconds in (1, 0, 0)]
            tasks = []
            for exchange in slow:
                tasks.append(asyncio.ensure_future(exchange.run(app)))
                await asyncio.sleep(0.03)
            refused = await Exchange("/echo").run(app)
            assert (refused.status, refused.header("retry-after")) == (503, ["1"])
            assert refused.json["error"]["code"] == "unavailable"
            slow[1].disconnect.set()
            await tasks[1]
            assert (await Exchange("/echo").run(app)).status == 200
            await asyncio.gather(*tasks)

        asyncio.run(run())


class TestTestThread:
    @pytest.mark.django_db
    def test_a_request_sees_the_test_s_transaction(self, app):
        """Under the test hop a request runs in the test's thread and inside its transaction."""
        Label.objects.create(name="made by the test")

        async def run() -> tuple[Exchange, Exchange, Exchange]:
            made = await Exchange("/labels", "POST").run(app)
            return made, await Exchange("/labels/count").run(app), await Exchange("/stream").run(app)

        with threads.hop_to_test_thread():
            made, counted, streamed = async_to_sync(run)()
        assert made.status == 201
        assert counted.body == b"2 labels"
        assert streamed.body == b"0 True;1 True;2 True;"
        assert Label.objects.filter(name="made by a request").exists()


class FakeApi:
    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def asgi(self) -> Any:
        async def application(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "seen", "prefix": self.prefix, "path": scope["path"]})

        return application


an_api = FakeApi("/by-path")


class TestDispatch:
    @pytest.mark.parametrize(
        ("path", "prefix"),
        [
            ("/api/v2", "/api/v2"),
            ("/api/v2/books", "/api/v2"),
            ("/api/v2/admin/x", "/api/v2/admin"),
            ("/api/v2/administration", "/api/v2"),
        ],
    )
    @pytest.mark.parametrize("kind", ["http", "websocket"])
    def test_the_longest_prefix_decides(self, path, prefix, kind):
        """An API gets its prefix and the paths below it with the scope unchanged, sockets included."""
        app = get_asgi_application(FakeApi("/api/v2"), FakeApi("/api/v2/admin"))
        assert ask(app, path, type=kind).sent == [{"type": "seen", "prefix": prefix, "path": path}]

    @pytest.mark.parametrize("path", ["/api/v22", "/api", "/"])
    def test_what_only_looks_like_a_prefix_is_django_s(self, path):
        """A path that merely begins with the same letters belongs to Django."""
        assert ask(get_asgi_application(FakeApi("/api/v2/")), path).status == 404

    def test_an_api_at_the_root_takes_everything(self):
        """An API without a prefix leaves nothing to Django."""
        assert ask(get_asgi_application(FakeApi("")), "/x").sent[0]["path"] == "/x"

    def test_an_api_may_be_given_by_its_path(self):
        """A dotted path is imported once Django is set up."""
        app = get_asgi_application("tests.test_asgi.an_api")
        assert ask(app, "/by-path").sent[0]["prefix"] == "/by-path"

    def test_a_socket_that_nobody_serves_is_refused(self, app):
        """A handshake elsewhere is closed with 4404 before it is accepted."""
        (message,) = ask(app, "/chat", type="websocket").sent
        assert (message["type"], message["code"]) == ("websocket.close", 4404)


class TestLifespan:
    def test_startup_and_shutdown_are_answered(self, app):
        """The server hears that the application is up, and later that its database threads have ended."""

        async def run() -> tuple[list[str], set[str]]:
            await Exchange("/echo").run(app)
            assert "ironbolt-database" in {thread.name for thread in threading.enumerate()}
            messages: AsyncIterator[str] = aiter_of("lifespan.startup", "lifespan.shutdown")
            sent: list[str] = []

            async def receive() -> dict[str, str]:
                return {"type": await anext(messages)}

            async def send(message: dict[str, str]) -> None:
                sent.append(message["type"])

            await app({"type": "lifespan"}, receive, send)
            return sent, {thread.name for thread in threading.enumerate()}

        sent, names = asyncio.run(run())
        assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
        assert "ironbolt-database" not in names


async def aiter_of(*items: str) -> AsyncIterator[str]:
    """Yield the items."""
    for item in items:
        yield item
