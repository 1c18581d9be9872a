"""Tests of answers that are sent while they are made."""

import asyncio
import gzip
import io
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.db import connection

from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import Event, EventStream, Response, StreamingResponse
from ironbolt.bolt.responses.compression import Compression, compress
from ironbolt.core import context, threads
from tests.bolt.delivering import Exchange, deliver

pytestmark = pytest.mark.row("B21")


@pytest.fixture(autouse=True)
def _no_threads_left():
    """Leave no database thread behind."""
    yield
    asyncio.run(threads.close_database_threads())


class Source:
    """Parts in both kinds, and a diary of what was done to their generator."""

    def __init__(self, parts: Any, sleep: float = 0) -> None:
        self.parts = parts
        self.sleep = sleep
        self.diary: list[str] = []
        self.threads: set[int] = set()

    def sync(self) -> Iterator[Any]:
        self._note("begun")
        try:
            for part in self.parts:
                self._note("made")
                if isinstance(part, Exception):
                    raise part
                yield part
                time.sleep(self.sleep)
        finally:
            self._note("closed")

    async def asynchronous(self) -> AsyncIterator[Any]:
        self._note("begun")
        try:
            for part in self.parts:
                self._note("made")
                if isinstance(part, Exception):
                    raise part
                yield part
                await asyncio.sleep(self.sleep)
        finally:
            await asyncio.sleep(0)  # clean-up may wait as well
            self._note("closed")

    def of(self, kind: str) -> Any:
        return self.sync if kind == "sync" else self.asynchronous

    def _note(self, event: str) -> None:
        self.diary.append(event)
        self.threads.add(threading.get_ident())


kinds = pytest.mark.parametrize("kind", ["sync", "async"])


class TestParts:
    @kinds
    @pytest.mark.parametrize("called", [True, False])
    def test_each_part_is_a_message(self, kind, called):
        """Text is UTF-8, bytes are bytes, empty parts are left out; a generator function is called."""
        source = Source(["é\n", b"raw", "", bytearray(b"array"), memoryview(b"view")])
        content = source.of(kind)() if called else source.of(kind)
        answer = deliver(StreamingResponse(content, media_type="text/csv"))
        assert answer.parts == ["é\n".encode(), b"raw", b"array", b"view"]
        assert answer.ended
        assert answer.headers == {"content-type": "text/csv; charset=utf-8"}
        assert source.diary[-1] == "closed"

    @pytest.mark.parametrize("content", [["a", "b"], iter(["a", "b"]), ("a", "b"), lambda: ["a", "b"]])
    def test_any_iterable_will_do(self, content):
        """Lists and iterators are streams too."""
        assert deliver(StreamingResponse(content)).parts == [b"a", b"b"]

    @kinds
    def test_a_stream_of_nothing_is_an_answer(self, kind):
        """No part at all is a start and an end."""
        answer = deliver(StreamingResponse(Source([]).of(kind), 201, {"X-A": "1"}))
        assert (answer.status, answer.body, answer.ended, answer.headers["x-a"]) == (201, b"", True, "1")

    @pytest.mark.parametrize("content", ["text", b"bytes", 1, None])
    def test_what_is_no_stream_is_refused(self, content):
        """A text would be sent letter by letter, which nobody means."""
        with pytest.raises(TypeError, match="iterator of bytes or text"):
            StreamingResponse(content)

    def test_cookies_and_every_answer_s_headers_leave_with_it(self):
        """A stream has the headers of any answer, and its own word counts."""
        response = StreamingResponse(["x"], headers={"X-Frame-Options": "SAMEORIGIN"})
        response.set_cookie("a", "1")
        answer = deliver(response, extra=[(b"x-frame-options", b"DENY"), (b"x-request-id", b"t")])
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"
        assert answer.headers["x-request-id"] == "t"
        assert answer.all("set-cookie") == ["a=1; Path=/; SameSite=Lax"]

    @kinds
    @pytest.mark.parametrize("status", [200, 204, 304])
    def test_what_needs_no_body_starts_no_generator(self, kind, status):
        """HEAD, 204 and 304 send headers and never begin to make parts."""
        source = Source(["a"])
        answer = deliver(StreamingResponse(source.of(kind), status), method="HEAD" if status == 200 else "GET")
        assert (answer.status, answer.body, answer.ended, source.diary) == (status, b"", True, [])

    def test_head_closes_what_is_open(self):
        """A file that nobody reads is closed all the same."""
        file = io.BytesIO(b"x")
        deliver(StreamingResponse(file), method="HEAD")
        assert file.closed


class TestThread:
    def test_a_synchronous_stream_keeps_to_one_thread_off_the_loop(self):
        """Beginning, parts and clean-up share a thread, which is not that of the loop."""
        source = Source(["a", "b"])
        deliver(StreamingResponse(source.sync))
        assert len(source.threads) == 1
        assert threading.get_ident() not in source.threads

    def test_slow_clients_leave_the_pool_to_others(self):
        """More streams may wait for their clients than the pool has threads, and other work still runs."""

        async def run() -> None:
            streams = [Exchange() for _ in range(10)]
            for stream in streams:
                stream.may_send.clear()
            tasks = [asyncio.ensure_future(stream.deliver(StreamingResponse(["a", "b"]))) for stream in streams]
            await asyncio.sleep(0.05)
            assert await asyncio.wait_for(threads.in_database_thread(lambda: "answer"), 5) == "answer"
            for stream in streams:
                stream.may_send.set()
            await asyncio.gather(*tasks)
            assert {stream.body for stream in streams} == {b"ab"}

        asyncio.run(run())

    def test_too_many_are_refused(self, monkeypatch):
        """Beyond the bound a stream is a 503 with Retry-After, and its source is closed."""
        monkeypatch.setattr(threads.pool, "MAX_THREADS_AWAY", 0)
        file = io.BytesIO(b"x")
        answer = deliver(StreamingResponse(file))
        assert (answer.status, answer.headers["retry-after"], file.closed) == (503, "1", True)

    @pytest.mark.django_db
    @kinds
    def test_a_stream_reads_the_database(self, kind):
        """Queries run in both kinds, in the transaction of the test under its hop."""
        from asgiref.sync import async_to_sync

        from tests.project.models import Label

        Label.objects.bulk_create(Label(name=name) for name in ("a", "b"))
        labels = Label.objects.order_by("name").values_list("name", flat=True)

        def names() -> Iterator[str]:
            yield from labels.iterator()

        async def names_later() -> AsyncIterator[str]:
            async for name in labels.aiterator():
                yield name

        async def run() -> Exchange:
            return await Exchange().deliver(StreamingResponse(names if kind == "sync" else names_later))

        with threads.hop_to_test_thread():
            assert async_to_sync(run)().parts == [b"a", b"b"]
        assert connection.connection is not None


class TestPace:
    @kinds
    def test_the_next_part_waits_for_the_client(self, kind):
        """While the connection takes nothing, no more than the part in flight is made."""
        source = Source(["a", "b", "c"])

        async def run() -> None:
            exchange = Exchange()
            exchange.may_send.clear()
            task = asyncio.ensure_future(exchange.deliver(StreamingResponse(source.of(kind))))
            await asyncio.sleep(0.1)
            assert source.diary == ["begun", "made"]
            exchange.may_send.set()
            await task
            assert exchange.body == b"abc"

        asyncio.run(run())

    @kinds
    @pytest.mark.parametrize("blocked", [True, False])
    def test_it_ends_when_the_client_goes_away(self, kind, blocked, caplog):
        """A client that leaves closes the generator, wherever it stands, and that is no error."""
        source = Source(["a"] * 10_000_000, sleep=0.01 if kind == "sync" else 60)

        async def run() -> Exchange:
            exchange = Exchange()
            task = asyncio.ensure_future(exchange.deliver(StreamingResponse(source.of(kind))))
            await exchange.sent_one.wait()
            if blocked:
                exchange.may_send.clear()
                asyncio.get_running_loop().call_later(0.2, exchange.may_send.set)
            await asyncio.sleep(0.03)
            exchange.disconnect.set()
            await asyncio.wait_for(task, 1)
            return exchange

        answer = asyncio.run(run())
        assert not answer.ended
        assert source.diary[-1] == "closed"
        assert len(source.threads) == 1
        assert not caplog.records

    def test_a_source_that_never_waits_leaves_the_loop_to_others(self):
        """Where every part is made and taken at once, other work goes on, and a client that leaves is heard."""
        source = Source(["a"] * 10_000_000)

        async def parts() -> AsyncIterator[str]:
            for part in source.sync():
                yield part

        async def run() -> None:
            exchange = Exchange()
            task = asyncio.ensure_future(exchange.deliver(StreamingResponse(parts)))
            await asyncio.sleep(0.02)
            exchange.disconnect.set()
            await asyncio.wait_for(task, 1)

        asyncio.run(asyncio.wait_for(run(), 5))

    @kinds
    def test_a_server_that_refuses_a_send_ends_it_too(self, kind):
        """An OSError from send means that the client is gone."""
        source = Source(["a"] * 100)

        async def run() -> None:
            exchange = Exchange()

            async def send(message: Any) -> None:
                raise OSError

            await StreamingResponse(source.of(kind)).deliver(Request(exchange.scope), exchange.receive, send, [])

        asyncio.run(run())
        assert source.diary == ["begun", "made", "closed"]

    @kinds
    def test_a_cancelled_delivery_closes_the_generator(self, kind):
        """A server that gives up, say at its end, leaves no generator open."""
        source = Source(["a"] * 10_000, sleep=0.01)

        async def run() -> None:
            exchange = Exchange()
            task = asyncio.ensure_future(exchange.deliver(StreamingResponse(source.of(kind))))
            await exchange.sent_one.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            for _ in range(100):
                if source.diary[-1] == "closed":
                    return
                await asyncio.sleep(0.01)

        asyncio.run(run())
        assert source.diary[-1] == "closed"


class TestErrors:
    @kinds
    @pytest.mark.parametrize("failure", [ValueError("half-way"), 3])
    def test_a_broken_one_is_never_made_to_look_whole(self, kind, failure, caplog):
        """An error half-way leaves the answer without an end, and one record with traceback and trace id."""
        source = Source(["first", failure])
        caplog.handler.addFilter(context.TraceFilter())

        async def run() -> Exchange:
            with context.using(context.Context(trace_id="trace-of-this")):
                return await Exchange().deliver(StreamingResponse(source.of(kind)))

        answer = asyncio.run(run())
        assert (answer.parts, answer.ended) == ([b"first"], False)
        (record,) = caplog.records
        assert record.levelno == logging.CRITICAL
        assert record.exc_info
        assert record.__dict__["trace_id"] == "trace-of-this"
        assert source.diary[-1] == "closed"

    @kinds
    def test_an_error_before_the_first_part_is_an_error_like_any(self, kind):
        """Nothing was sent yet, so that the engine can answer properly."""
        source = Source([ValueError("at once")])
        with pytest.raises(ValueError, match="at once"):
            deliver(StreamingResponse(source.of(kind)))
        assert source.diary[-1] == "closed"


class TestEvents:
    @pytest.mark.parametrize(
        ("event", "expected"),
        [
            (Event("hello"), "data: hello\n\n"),
            (Event("a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n"),
            (Event("a\u2028b\x0bc"), "data: a\u2028b\x0bc\n\n"),
            (Event(""), "data: \n\n"),
            (Event({"a": [1, None]}), 'data: {"a":[1,null]}\n\n'),
            (Event(None), "data: null\n\n"),
            (
                Event("x", event="tick", id="7", retry=500, comment="c\nd"),
                ": c\n: d\nevent: tick\nid: 7\nretry: 500\ndata: x\n\n",
            ),
            (Event(comment="only"), ": only\n\n"),
            (Event(id=""), "id: \n\n"),
        ],
    )
    def test_an_event_is_written_as_the_standard_says(self, event, expected):
        """Text line by line, anything else as JSON, each field on its own line."""
        assert event.encode() == expected.encode()

    @pytest.mark.parametrize("value", ["a\nb", "a\rdata: x", "a\x00"])
    @pytest.mark.parametrize("field", ["event", "id"])
    def test_no_field_can_forge_another(self, field, value):
        """Line breaks in a type or an id are refused."""
        with pytest.raises(ValueError, match="line break"):
            Event("x", **{field: value}).encode()

    @kinds
    def test_a_stream_of_events(self, kind):
        """Plain values become data; nothing on the way may keep the events or gather them."""
        answer = deliver(EventStream(Source([Event("a", id="1"), {"b": 2}, "c"]).of(kind), retry=1000))
        assert answer.parts == [b"retry: 1000\n\n", b"id: 1\ndata: a\n\n", b'data: {"b":2}\n\n', b"data: c\n\n"]
        assert answer.ended
        assert answer.headers == {
            "content-type": "text/event-stream",
            "cache-control": "no-store",
            "x-accel-buffering": "no",
        }

    @kinds
    def test_silence_is_filled_with_comments(self, kind):
        """A comment keeps the connection alive while there is no event, and none comes after the end."""
        answer = deliver(EventStream(Source(["a", "b"], sleep=0.25).of(kind), ping=0.1))
        pings = answer.parts.count(b": ping\n\n")
        assert answer.parts[0] == b"data: a\n\n"
        assert 2 <= pings <= 4
        assert answer.ended

    def test_the_client_is_connected_before_the_first_event(self):
        """The headers do not wait for an event."""

        async def run() -> None:
            exchange = Exchange()
            task = asyncio.ensure_future(exchange.deliver(EventStream(_never, ping=None)))
            await asyncio.wait_for(exchange.sent_one.wait(), 1)
            assert exchange.status == 200
            exchange.disconnect.set()
            await asyncio.wait_for(task, 1)

        asyncio.run(run())

    @pytest.mark.parametrize("ping", [0, -1])
    def test_a_ping_takes_time(self, ping):
        """A ping without pause is refused."""
        with pytest.raises(ValueError, match="ping"):
            EventStream([], ping=ping)

    def test_headers_can_be_said_otherwise(self):
        """The handler's headers win."""
        answer = deliver(EventStream([], headers={"Cache-Control": "no-cache"}))
        assert answer.all("cache-control") == ["no-cache"]


async def _never() -> AsyncIterator[str]:
    await asyncio.sleep(3600)
    yield "never"


class TestCompressed:
    @kinds
    def test_each_part_can_be_read_at_once(self, kind):
        """A stream in gzip is flushed after each part and is whole at its end."""
        import zlib

        source = Source(["first " * 50, "second " * 50])

        async def run() -> Exchange:
            exchange = Exchange(headers={"Accept-Encoding": "gzip"})
            response: Response = StreamingResponse(source.of(kind), media_type="text/plain")
            response = await compress(response, Request(exchange.scope), Compression())
            return await exchange.deliver(response)

        answer = asyncio.run(run())
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert zlib.decompressobj(31).decompress(answer.parts[0]) == b"first " * 50
        assert gzip.decompress(answer.body) == b"first " * 50 + b"second " * 50

    def test_events_are_never_compressed(self):
        """A proxy that gathers compressed bytes would keep the events back."""

        async def run() -> Exchange:
            exchange = Exchange(headers={"Accept-Encoding": "gzip"})
            response = await compress(EventStream(["a"]), Request(exchange.scope), Compression())
            return await exchange.deliver(response)

        assert "content-encoding" not in asyncio.run(run()).headers
