"""Server-sent events (WHATWG HTML, 9.2), for ``EventSource`` in browsers."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ironbolt.bolt.responses.encoding import encode_json
from ironbolt.bolt.responses.outlet import Outlet
from ironbolt.bolt.responses.streaming import Parts, StreamingResponse

__all__ = ["Event", "EventStream"]

_PING = b": ping\n\n"

_lines = re.compile(r"\r\n|\r|\n").split


class Event(msgspec.Struct, frozen=True):
    """One event.

    Attributes:
        data: text as it is, of any number of lines; anything else as JSON.
        event: its type, ``message`` by default.
        id: comes back in ``Last-Event-ID`` when the client connects anew.
        retry: after how many milliseconds the client shall connect anew.
        comment: text that clients ignore.
    """

    data: Any = msgspec.UNSET
    event: str | None = None
    id: str | None = None
    retry: int | None = None
    comment: str | None = None

    def encode(self) -> bytes:
        """The event as it is sent.

        Raises:
            ValueError: the type or the id holds a line break, which would forge further fields.
        """
        lines: list[str] = []
        if self.comment is not None:
            lines += [f": {line}" for line in _lines(self.comment)]
        for name, value in (("event", self.event), ("id", self.id)):
            if value is not None:
                lines.append(f"{name}: {_one_line(name, value)}")
        if self.retry is not None:
            lines.append(f"retry: {int(self.retry)}")
        if self.data is not msgspec.UNSET:
            lines += [f"data: {line}" for line in _lines(_text_of(self.data))]
        return ("\n".join(lines) + "\n\n").encode()


class EventStream(StreamingResponse):
    """A stream of server-sent events.

    While there is no event a comment keeps the connection alive, so that proxies do not end it and
    a client that left is noticed. Where a client left off it says itself: ``request.headers.get("last-event-id")``.

    Args:
        content: an iterator or generator function of :class:`Event`; anything else becomes an event's data.
        ping: after how many silent seconds a comment is sent, None for never.
        retry: after how many milliseconds the client shall connect anew.
        status_code: the HTTP status.
        headers: extra headers, name → value.
    """

    __slots__ = ("_ping", "_retry")

    def __init__(
        self,
        content: Parts | Callable[[], Parts],
        *,
        ping: float | None = 15.0,
        retry: int | None = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(content, status_code, media_type="text/event-stream")
        if ping is not None and ping <= 0:
            raise ValueError("ping is a number of seconds above 0, or None for no pings.")
        self._ping = ping
        self._retry = retry
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")  # nginx would gather the events
        self._set_all(headers or {})

    async def _stream(self, outlet: Outlet) -> None:
        heart = asyncio.ensure_future(_beat(outlet, self._ping)) if self._ping is not None else None
        try:
            await super()._stream(outlet)
        finally:
            if heart is not None:
                heart.cancel()
                await asyncio.wait((heart,))
                if not heart.cancelled():
                    heart.exception()  # looked at; a ping that failed has met what the stream met

    def _greeting(self) -> bytes:
        return b"" if self._retry is None else Event(retry=self._retry).encode()

    def _bytes_of(self, part: Any) -> bytes:
        return (part if isinstance(part, Event) else Event(part)).encode()


async def _beat(outlet: Outlet, seconds: float) -> None:
    clock = asyncio.get_running_loop().time
    wait = seconds
    while True:
        await asyncio.sleep(wait)
        wait = outlet.sent_at + seconds - clock()
        if wait <= 0:
            wait = seconds
            if outlet.started:
                await outlet.send(_PING)


def _one_line(name: str, value: str) -> str:
    if any(character in value for character in "\r\n\x00"):
        raise ValueError(f"The {name} of an event holds a line break.")
    return value


def _text_of(data: Any) -> str:
    return data if isinstance(data, str) else encode_json(data).decode()
