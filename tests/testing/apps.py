"""Small applications, each of which shows the clients one thing."""

import asyncio
import json
from typing import Any

from django.db import connection

from ironbolt.core.threads import in_database_thread
from tests.project.models import Label


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with what came in."""
    body, pieces, more = b"", 0, True
    while more:
        message = await receive()
        body, pieces, more = body + message["body"], pieces + 1, message["more_body"]
    headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
    seen = {"method": scope["method"], "query": scope["query_string"].decode(), "headers": headers, "pieces": pieces}
    await answer(send, 200, {**seen, "body": body.decode("latin-1"), "path": scope["path"], "state": scope["state"]})


async def answer(send: Any, status: int, data: Any, *headers: tuple[bytes, bytes]) -> None:
    """Answer with JSON."""
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": json.dumps(data).encode()})


async def labels(scope: Any, receive: Any, send: Any) -> None:
    """Make a label named as the query says, and tell how many there are and whether a transaction is open."""
    name = scope["query_string"].decode()

    def work() -> tuple[int, bool]:
        Label.objects.create(name=name)
        return Label.objects.count(), connection.in_atomic_block

    await asyncio.sleep(0)
    await answer(send, 201, await in_database_thread(work))


async def label_socket(scope: Any, receive: Any, send: Any) -> None:
    """Make a label of every text, and answer with how many there are."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":

        def work(name: str = message["text"]) -> int:
            Label.objects.create(name=name)
            return Label.objects.count()

        await send({"type": "websocket.send", "text": str(await in_database_thread(work))})


class Clock:
    """A stream of server-sent events that never ends by itself.

    Attributes:
        ticks: how many it has sent.
        stops: how often it has noticed that its client left.
    """

    def __init__(self) -> None:
        self.ticks = 0
        self.stops = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send an event whenever the last one was taken, until the client leaves."""
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        leaving = asyncio.ensure_future(receive())
        try:
            while not leaving.done():
                self.ticks += 1
                event = f"data: {self.ticks}\n\n".encode()
                await send({"type": "http.response.body", "body": event, "more_body": True})
        except OSError:
            pass
        finally:
            assert (await leaving)["type"] == "http.disconnect"
            self.stops += 1


async def deaf(scope: Any, receive: Any, send: Any) -> None:
    """Begin an answer or a socket, and never say or hear anything again."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
    else:
        await send({"type": "websocket.accept"})
    await asyncio.Event().wait()
