"""Writes as a server gets them, in real threads, to a database that the event loop may write to."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from django.db import connection
from django.test import override_settings

from ironbolt.bolt import BoltAPI
from ironbolt.core.threads import close_database_threads
from ironbolt.plans.inline import inline_on
from ironbolt.plans.wiring import is_for_wires
from tests.plans.files import WAL, file_database
from tests.plans.wired import database

AT_ONCE = f"{WAL}; PRAGMA synchronous=NORMAL"
"""What lets SQLite commit without waiting for the disk."""


class Answer(NamedTuple):
    """What a server would send."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        """What the body says."""
        return msgspec.json.decode(self.body)


class ToOne:
    """Sends every write to one database."""

    def __init__(self, alias: str) -> None:
        self._alias = alias

    def db_for_write(self, model: Any, **_: Any) -> str:
        """That one."""
        return self._alias

    db_for_read = db_for_write

    def allow_relation(self, *_: Any, **__: Any) -> bool:
        """All are in it."""
        return True


@contextmanager
def written_file(folder: Path, pragmas: str = AT_ONCE, timeout: float = 0.2) -> Iterator[str]:
    """An SQLite file that everything is read from and written to."""
    with file_database(folder, pragmas, timeout) as alias, override_settings(DATABASE_ROUTERS=[ToOne(alias)]):
        try:
            yield alias
        finally:
            if inline := inline_on(alias):
                inline.close()


@contextmanager
def written_on_wires() -> Iterator[str]:
    """The tests' PostgreSQL, by another name, with wires; the rows are the tests' to remove."""
    with database({**connection.settings_dict, "CONN_MAX_AGE": None}) as alias:
        assert is_for_wires(alias)
        with override_settings(DATABASE_ROUTERS=[ToOne(alias)]):
            try:
                yield alias
            finally:
                from ironbolt.plans import wires

                wires._leave_closed_loops()
                asyncio.run(close_database_threads())


async def sent(api: BoltAPI, method: str, path: str, body: Any = b"") -> Answer:
    """Send a request, and wait for its answer."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    messages: list[Any] = []
    whole = [{"type": "http.request", "body": content}]

    async def receive() -> dict[str, Any]:
        if whole:
            return whole.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        messages.append(message)

    headers = [(b"host", b"testserver"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}
    await api.asgi()(scope, receive, send)
    given = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
    given.pop("x-request-id")
    return Answer(messages[0]["status"], given, messages[1]["body"])


def all_sent(api: BoltAPI, asked: Sequence[tuple[str, str, Any]], *, at_once: bool = False) -> list[Answer]:
    """The answers to several requests, one after the other or all at once."""

    async def run() -> list[Answer]:
        if at_once:
            return [*await asyncio.gather(*(sent(api, *one) for one in asked))]
        return [await sent(api, *one) for one in asked]

    return asyncio.run(run())
