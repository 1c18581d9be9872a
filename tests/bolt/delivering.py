"""Answers delivered by hand: the messages of one exchange, as a server would see them."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from ironbolt.bolt.request import Message, Request
from ironbolt.bolt.responses import JSON, RawHeaders, Response
from ironbolt.core.errors import ApiError, body_of


class Exchange:
    """One request, and what was sent for it."""

    def __init__(self, method: str = "GET", headers: Mapping[str, str] | None = None, **scope: Any) -> None:
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        self.scope = {"type": "http", "method": method, "path": "/x", "query_string": b"", "headers": raw, **scope}
        self.sent: list[dict[str, Any]] = []
        self.sent_one = asyncio.Event()
        self.disconnect = asyncio.Event()
        self.may_send = asyncio.Event()
        self.may_send.set()
        self._body_taken = False

    async def deliver(self, response: Response, extra: RawHeaders | None = None) -> "Exchange":
        """Have an answer delivered, and as an engine would the error that takes its place."""
        request = Request(self.scope)
        try:
            await response.deliver(request, self.receive, self.send, extra or [])
        except ApiError as error:
            problem = error.problem()
            answer = JSON(body_of(problem), problem.status, problem.headers)
            await answer.deliver(request, self.receive, self.send, extra or [])
        return self

    async def receive(self) -> dict[str, Any]:
        if not self._body_taken:
            self._body_taken = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.disconnect.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await self.may_send.wait()
        assert isinstance(message.get("body", b""), bytes)
        assert not self.ended, "nothing may come after the end"
        self.sent.append(dict(message))
        self.sent_one.set()

    @property
    def status(self) -> int:
        status: int = self.sent[0]["status"]
        return status

    @property
    def ended(self) -> bool:
        """Whether the last part of the body was sent."""
        return bool(self.sent) and "status" not in self.sent[-1] and not self.sent[-1].get("more_body", False)

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])

    @property
    def parts(self) -> list[bytes]:
        return [message["body"] for message in self.sent[1:] if message["body"]]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode("latin-1") for name, value in self.sent[0]["headers"]}

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value.decode("latin-1") for key, value in self.sent[0]["headers"] if key == name.encode()]


def deliver(
    response: Response,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    extra: RawHeaders | None = None,
    **scope: Any,
) -> Exchange:
    """Deliver an answer on a loop of its own."""

    async def run() -> Exchange:
        return await Exchange(method, headers, **scope).deliver(response, extra)

    return asyncio.run(run())
