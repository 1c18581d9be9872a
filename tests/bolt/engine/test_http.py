"""Tests of the engine: whatever comes in and whatever goes wrong, one answer goes out."""

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.utils.translation import gettext_lazy

from ironbolt.bolt import APIView, BoltAPI, Info, ModelViewSet
from ironbolt.bolt.exceptions import HTTPException, NotFound
from ironbolt.bolt.responses import JSON, Response
from ironbolt.core import context
from ironbolt.core.context import TraceFilter
from ironbolt.core.threads import close_database_threads
from ironbolt.testing import TestClient
from tests.project.models import Label

logger = logging.getLogger("tests.engine")


class Sent(msgspec.Struct):
    """What these tests send."""

    title: str
    count: int = 0


class LabelOut(msgspec.Struct):
    """A label."""

    id: int
    name: str


class LabelIn(msgspec.Struct):
    """A new label."""

    name: str


api = BoltAPI(info=Info(served=False))


def trouble(kind: str) -> Any:
    """Go wrong in one of many ways."""
    raised: dict[str, Exception] = {
        "runtime": RuntimeError("secret"),
        "key": KeyError("secret"),
        "stop": StopIteration(),
        "not found": NotFound("No such thing."),
        "redirect": HTTPException(302, "secret"),
        "status": HTTPException(99),
        "lazy": NotFound(gettext_lazy("No such thing.")),  # type: ignore[arg-type]  # the point
        "header": NotFound(headers={"a": "b\r\nc: d"}),
        "surrogate": NotFound("\ud800 secret"),
        "timeout": TimeoutError("secret"),
    }
    if kind in raised:
        raise raised[kind]
    return {"object": object(), "text": "\ud800", "response": JSON({"own": 1}, 202, {"X-Own": "1"}), "none": None}[kind]


@api.get("/async/{kind}")
async def on_the_loop(kind: str) -> Any:
    """An async handler."""
    await asyncio.sleep(0)
    return trouble(kind)


@api.get("/sync/{kind}")
def in_a_thread(kind: str) -> Any:
    """A plain handler."""
    return trouble(kind)


@api.post("/echo")
async def echo(data: Sent) -> Any:
    """Send back."""
    return data


@api.post("/anything")
async def anything(data: dict[str, Any]) -> Any:
    """Say how much came."""
    return len(data)


@api.get("/empty/{status}")
async def empty(status: int) -> Response:
    """A status, with a body that it may not have."""
    return Response(b"body", status_code=status)


@api.get("/trace/{name}")
async def trace(name: str) -> Any:
    """Who runs here, on the loop and in a thread, before and after others did."""
    context.identify(name)
    first = context.current()
    await asyncio.sleep(0.01)
    second = await sync_to_async(context.current)()
    logger.warning("%s", name)
    return [first.trace_id, first.user_id, second.trace_id, second.user_id, context.current().trace_id]


@api.get("/where")
def where() -> Any:
    """Which trace a plain handler runs under."""
    return context.current().trace_id


@api.view("/own")
class Own(APIView):
    """Answers its own errors."""

    async def get(self, kind: str = "runtime") -> Any:
        """Go wrong."""
        return trouble(kind)

    def post(self, kind: str = "runtime") -> Any:
        """Go wrong in a thread."""
        return trouble(kind)

    def handle_exception(self, error: Exception) -> Any:
        """Answer a KeyError."""
        return JSON({"missing": True}, 410) if isinstance(error, KeyError) else super().handle_exception(error)


@api.viewset("/labels")
class Labels(ModelViewSet):
    """Labels."""

    queryset = Label.objects.all()
    serializer_class = LabelOut
    create_serializer_class = LabelIn


client = TestClient(api)
JSON_TYPE = {"content-type": "application/json"}
RAW_JSON_TYPE = [(b"content-type", b"application/json")]


@pytest.mark.parametrize("way", ["async", "sync"])
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("runtime", 500),
        ("key", 500),
        ("stop", 500),
        ("not found", 404),
        ("redirect", 500),
        ("status", 500),
        ("lazy", 404),
        ("header", 500),
        ("surrogate", 500),
        ("timeout", 500),
        ("object", 500),
        ("text", 500),
    ],
)
def test_whatever_a_handler_does_is_answered(way: str, kind: str, status: int) -> None:
    """Async or not: an exception, an answer that can't be encoded, even an error that can't, is the envelope."""
    answer = client.get(f"/{way}/{kind}")
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("way", ["async", "sync"])
def test_handler_may_answer_with_a_response(way: str) -> None:
    """A finished response goes out as it is."""
    answer = client.get(f"/{way}/response")
    assert (answer.status_code, answer.json(), answer.headers["x-own"]) == (202, {"own": 1}, "1")
    assert client.get(f"/{way}/none").content == b"null"


def test_error_that_can_not_be_rendered_is_logged_whole(caplog) -> None:
    """The log has both what was raised and why it could not be said."""
    client.get("/async/surrogate")
    record = caplog.records[-1]
    assert record.levelname == "CRITICAL"
    assert isinstance(record.exc_info[1], UnicodeEncodeError)
    assert isinstance(record.exc_info[1].__context__, NotFound)


@pytest.mark.parametrize("method", ["get", "post"])
def test_view_answers_its_own_errors(method: str) -> None:
    """handle_exception has the first word, and passes on what it does not know."""
    assert getattr(client, method)("/own?kind=key").status_code == 410
    assert getattr(client, method)("/own?kind=runtime").status_code == 500
    assert getattr(client, method)("/own?kind=not+found").status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("unencodable", [object(), "\ud800"])
def test_write_whose_answer_can_not_be_encoded_is_undone(monkeypatch, unencodable: object) -> None:
    """The client that hears of a failure finds nothing written."""
    monkeypatch.setattr(Labels, "_answer", lambda self, instance: unencodable)
    assert client.post("/labels", json={"name": "a"}).status_code == 500
    assert not Label.objects.exists()


@pytest.mark.parametrize("status", [204, 304])
def test_status_without_a_body_has_none(status: int) -> None:
    """A body that HTTP forbids is not sent, whatever the handler says."""
    answer = client.get(f"/empty/{status}")
    assert (answer.status_code, answer.content) == (status, b"")
    assert "content-length" not in answer.headers


def test_head_is_get_without_the_body() -> None:
    """Errors too."""
    for path in ("/async/none", "/async/runtime", "/nothing"):
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["content-length"] == str(len(get.content))


@pytest.mark.parametrize("depth", [100, 900, 1500, 9_000, 100_000, 1_000_000])
@pytest.mark.parametrize("title", [b'"a"', b"5"])
def test_deep_json_is_read_or_refused(depth: int, title: bytes) -> None:
    """However deep a body is nested, in a field that nobody reads or beside a fault, it is never a 500."""
    body = b'{"title": %b, "unread": %b%b}' % (title, b"[" * depth, b"]" * depth)
    assert client.post("/echo", content=body, headers=JSON_TYPE).status_code in (200, 400)
    assert client.post("/anything", content=body, headers=JSON_TYPE).status_code in (200, 400)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"title": "a", "title": "b"}', 200),
        (b'{"title": "a", "count": 1e400}', 400),
        (b'{"title": "a", "count": 1e300}', 400),
        (b'{"title": "a", "count": 1%b}' % (b"0" * 5000), 400),
        (b'{"title": "a", "count": -0.0}', 200),
        (b'{"title": "a", "count": 2.0}', 200),
        (b'{"title": "a", "count": 9223372036854775808}', 200),
        (b'{"title": "a"}{"title": "b"}', 400),
        (b'\xef\xbb\xbf{"title": "a"}', 400),
        (b'{"title": "\\ud800"}', 400),
        (b'{"title": "\\u0000"}', 200),
        ('{"title": "a"}'.encode("utf-16"), 400),
    ],
    ids=lambda value: value[:30] if isinstance(value, bytes) else None,
)
def test_strange_json_is_read_or_refused(body: bytes, status: int) -> None:
    """Of a repeated key the last counts; no number and no encoding is a 500."""
    answer = client.post("/echo", content=body, headers=JSON_TYPE)
    assert answer.status_code == status
    if body.count(b"title") == 2 and status == 200:
        assert answer.json()["title"] == "b"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("application/merge-patch+json", 200),
        ("application/json, application/json", 415),
        ("text/json", 415),
        ("application/json\x00", 415),
        ("+json", 415),
        ("x" * 10_000, 415),
    ],
)
def test_content_type_is_read_strictly(content_type: str, status: int) -> None:
    """JSON and its kin are read, anything else is a 415."""
    answer = client.post("/echo", content=b'{"title": "a"}', headers={"content-type": content_type})
    assert answer.status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "//own",
        "/own//",
        "/./own",
        "/async/../own",
        "/%2Fown",
        "/own%2F",
        "/async/a%2Fb",
        "/own%00",
        "/OWN",
        "/own;a=b",
        "//",
    ],
)
def test_path_is_taken_as_it_stands(path: str) -> None:
    """No dots, doubled slashes or encoded slashes lead to another route than the plain path."""
    assert client.get(path).status_code == 404 or path == "/own%2F"


async def exchange(app: Any, path: str, *messages: dict[str, Any], headers: Any = (), method: str = "GET") -> list[Any]:
    """One request on the running loop, and what was sent for it."""
    waiting, sent = list(messages), []
    stays = not messages or not messages[-1].get("more_body")

    async def receive() -> dict[str, Any]:
        if stays and not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"testserver"), *headers],
    }
    await app(scope, receive, send)
    return sent


def test_body_that_breaks_off_is_a_bad_request(caplog) -> None:
    """A client that left never reads it; one whose chunks were malformed, which looks the same here, does."""
    piece = {"type": "http.request", "body": b'{"title"', "more_body": True}
    sent = asyncio.run(exchange(api.asgi(), "/echo", piece, headers=RAW_JSON_TYPE, method="POST"))
    assert sent[0]["status"] == 400
    assert b"parse_error" in sent[1]["body"]
    assert not caplog.records


def test_chunks_over_the_limit_are_refused(settings) -> None:
    """A body that does not say how long it is ends where the limit is."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    pieces = [{"type": "http.request", "body": b"x" * 60, "more_body": True}] * 3
    sent = asyncio.run(exchange(api.asgi(), "/echo", *pieces, headers=RAW_JSON_TYPE, method="POST"))
    assert sent[0]["status"] == 413


def test_requests_on_one_loop_do_not_mix(caplog) -> None:
    """Ten at once keep their own trace and caller, on the loop, in threads and in the log."""
    caplog.handler.addFilter(TraceFilter())

    async def run() -> list[list[Any]]:
        return await asyncio.gather(
            *(exchange(api.asgi(), f"/trace/u{n}", headers=[(b"x-request-id", b"request-%d" % n)]) for n in range(10))
        )

    for number, sent in enumerate(asyncio.run(run())):
        trace_id, user = f"request-{number}", f"u{number}"
        assert json.loads(sent[1]["body"]) == [trace_id, user, trace_id, user, trace_id]
        assert (b"x-request-id", trace_id.encode()) in sent[0]["headers"]
    lines = {record.getMessage(): record.trace_id for record in caplog.records if record.name == "tests.engine"}
    assert lines == {f"u{number}": f"request-{number}" for number in range(10)}


def test_threads_of_the_pool_keep_the_trace() -> None:
    """A plain handler in a database thread sees the request that it answers, and no other."""

    async def run() -> list[list[Any]]:
        try:
            return await asyncio.gather(
                *(exchange(api.asgi(), "/where", headers=[(b"x-request-id", b"request-%d" % n)]) for n in range(10))
            )
        finally:
            await close_database_threads()

    assert [json.loads(sent[1]["body"]) for sent in asyncio.run(run())] == [f"request-{n}" for n in range(10)]


def in_a_thread_of_its_own(work: Callable[[], Any]) -> Any:
    """Do database work on a connection that is closed afterwards."""

    def run() -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


@pytest.fixture
def real_database(transactional_db: None, tmp_path) -> Iterator[None]:
    """A database that threads can share as in production: in memory, SQLite locks in a way of its own."""
    if connection.vendor != "sqlite":
        yield
        return

    def create() -> None:
        with connection.schema_editor() as editor:
            editor.create_model(Label)

    connection.ensure_connection()
    settings = connections.settings["default"]
    in_memory, settings["NAME"] = settings["NAME"], str(tmp_path / "db.sqlite3")
    try:
        in_a_thread_of_its_own(create)
        yield
    finally:
        settings["NAME"] = in_memory


@pytest.mark.usefixtures("real_database")
def test_cancelled_write_runs_to_its_end(monkeypatch) -> None:
    """A client that goes away in the middle of a write leaves it whole or undone, never half."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(*args: Any) -> None:
        begun.set()
        assert go_on.wait(5)

    monkeypatch.setattr(Labels, "after_perform_create", wait)
    done: list[str] = []
    monkeypatch.setattr(Labels, "after_commit_create", lambda self, instance: done.append(instance.name))

    async def run() -> None:
        message = {"type": "http.request", "body": b'{"name": "kept"}', "more_body": False}
        task = asyncio.create_task(exchange(api.asgi(), "/labels", message, headers=RAW_JSON_TYPE, method="POST"))
        while not begun.is_set():  # noqa: ASYNC110 - it is a thread that sets it
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        await close_database_threads()

    asyncio.run(run())
    assert done == ["kept"]
    assert in_a_thread_of_its_own(Label.objects.get).name == "kept"


@pytest.mark.usefixtures("real_database")
def test_writes_from_many_requests_at_once_are_all_kept() -> None:
    """Real threads, real transactions: nobody hears that the database is locked, nothing is lost."""

    async def write(name: str) -> int:
        message = {"type": "http.request", "body": msgspec.json.encode({"name": name}), "more_body": False}
        sent = await exchange(api.asgi(), "/labels", message, headers=RAW_JSON_TYPE, method="POST")
        status: int = sent[0]["status"]
        return status

    async def run() -> list[int]:
        try:
            # The last ten repeat the first ten: of each pair one is a conflict, whichever comes first.
            return await asyncio.gather(*(write(f"n{number % 50}") for number in range(60)))
        finally:
            await close_database_threads()

    statuses = asyncio.run(run())
    assert (statuses.count(201), statuses.count(409)) == (50, 10)
    assert in_a_thread_of_its_own(Label.objects.count) == 50


def test_a_socket_to_nowhere_is_refused_and_lifespan_followed() -> None:
    """An API without sockets has none, and tells a server that it is ready."""

    async def run(kind: str, *messages: str) -> list[Any]:
        waiting, sent = [{"type": message} for message in messages], []

        async def receive() -> dict[str, Any]:
            return waiting.pop(0)

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message["type"])

        await api.asgi()({"type": kind, "path": "/", "headers": [(b"host", b"testserver")]}, receive, send)
        return sent

    assert asyncio.run(run("websocket", "websocket.connect")) == ["websocket.close"]
    lifespan = asyncio.run(run("lifespan", "lifespan.startup", "lifespan.shutdown"))
    assert lifespan == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_log_line_of_an_error_is_one_line(caplog) -> None:
    """A path with an encoded line break forges nothing."""
    with caplog.at_level(logging.DEBUG, "ironbolt.errors"):
        client.get("/nothing%0aCRITICAL%20forged")
    assert "\n" not in caplog.records[-1].getMessage()
