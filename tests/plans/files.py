"""An SQLite file with the tests' tables, beside the database of the test: what the event loop may read."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections

from ironbolt.bolt import BoltAPI
from ironbolt.core.threads import close_database_threads
from ironbolt.plans.inline import inline_on
from tests.project.models import Bag, Chore, Insurance, Label, Receipt, Relic, Shelf, Task

ALIAS = "file"
SQLITE = "django.db.backends.sqlite3"
WAL = "PRAGMA journal_mode=WAL"


@contextmanager
def file_database(folder: Path, pragmas: str = WAL, timeout: float = 0.2, alias: str = ALIAS) -> Iterator[str]:
    """The alias of a file with the tables around labels; gone afterwards, with every connection."""
    configured(str(folder / "db.sqlite3"), pragmas, timeout, alias)
    try:
        with connections[alias].schema_editor() as editor:
            # Whoever deletes a label looks into all that point to one.
            pointing: Any = [relation.related_model for relation in Label._meta.related_objects]
            for model in dict.fromkeys((Label, Task, Bag, Chore, Receipt, Shelf, Relic, Insurance, *pointing)):
                editor.create_model(model)
        yield alias
    finally:
        if inline := inline_on(alias):
            inline.close()
        asyncio.run(close_database_threads())
        connections[alias].close()
        del connections[alias], connections.settings[alias]
        inline_on.cache_clear()


def configured(path: str, pragmas: str, timeout: float, alias: str = ALIAS) -> None:
    """Give the file a name among the databases."""
    options = {"init_command": pragmas, "timeout": timeout}
    config = {"ENGINE": SQLITE, "NAME": path, "OPTIONS": options, "CONN_MAX_AGE": None}
    connections.settings[alias] = connections.configure_settings({"default": {}, alias: config})[alias]
    inline_on.cache_clear()


async def served(api: BoltAPI, path: str, query: str = "") -> tuple[int, bytes]:
    """What a server would send, in real threads."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []}
    await api.asgi()({**scope, "headers": [(b"host", b"testserver")]}, receive, send)
    return sent[0]["status"], sent[1]["body"]


def all_served(api: BoltAPI, asked: Sequence[tuple[str, str]], *, at_once: bool = False) -> list[tuple[int, bytes]]:
    """What a server would send to each, one after the other or all at once."""

    async def run() -> list[tuple[int, bytes]]:
        if at_once:
            return [*await asyncio.gather(*(served(api, path, query) for path, query in asked))]
        return [await served(api, path, query) for path, query in asked]

    return asyncio.run(run())
