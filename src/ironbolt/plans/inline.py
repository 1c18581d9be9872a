"""SQLite on the event loop: a query that takes microseconds is not worth a change of threads.

A connection of its own for each thread, opened as Django opens its own, whose queries are broken off
before they could hold the loop: a count of a large table, or a page far behind, moves to a thread.
"""

import sqlite3
import threading
import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX

from ironbolt.plans.refusal import TooSlow
from ironbolt.plans.statement import Params, Statement

MOST_INSTRUCTIONS = 30_000
"""After how many steps of SQLite's virtual machine a query is broken off; about half a millisecond."""

SLOW_SECONDS = 30.0
"""For how long a statement that was broken off is not tried on the loop again."""

PATIENCE = 0.001
"""Seconds that a statement may take on the loop; one that took longer is treated as broken off."""


class Inline:
    """Runs statements on one SQLite database, in the thread that asks."""

    def __init__(self, using: str) -> None:
        self.using = using
        self._local = threading.local()
        self._slow_until: dict[str, float] = {}
        self._texts: dict[str, str] = {}

    @property
    def is_open(self) -> bool:
        """Whether this thread has its connection."""
        return hasattr(self._local, "connection")

    def opened(self) -> Any:
        """A new connection, opened where that is allowed: in a thread without an event loop."""
        wrapper = connections.create_connection(self.using)
        wrapper.connect()
        raw: sqlite3.Connection = wrapper.connection
        raw.execute("PRAGMA busy_timeout = 0")
        raw.execute("PRAGMA query_only = 1")
        raw.set_progress_handler(lambda: 1, MOST_INSTRUCTIONS)
        return raw

    def close(self) -> None:
        """Close the connection of the running thread."""
        if self.is_open:
            self._local.connection.close()
            del self._local.connection

    def take(self, connection: Any) -> None:
        """Make a connection that of the running thread."""
        self._local.connection = connection

    def fetch(self, statement: Statement, params: Params) -> Sequence[Any]:
        """Run a statement on the connection of this thread.

        Raises:
            TooSlow: it would hold the loop, or somebody holds the database; nothing was read.
        """
        sql = statement.sql
        begin = time.perf_counter()
        if self._slow_until and self._slow_until.get(sql, 0.0) > begin:
            raise TooSlow
        try:
            text = self._texts[sql]
        except KeyError:
            text = self._texts[sql] = FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%")
        try:
            rows: Sequence[Any] = self._local.connection.execute(text, params).fetchall()
        except sqlite3.Error:
            self._slow_until[sql] = begin + SLOW_SECONDS
            raise TooSlow from None
        if time.perf_counter() - begin > PATIENCE:
            self._slow_until[sql] = begin + SLOW_SECONDS
        return rows


def can_inline(using: str) -> bool:
    """Whether queries on a database may run on the loop: a file of SQLite's, and nobody who wants to see them."""
    connection = connections[using]
    if connection.vendor != "sqlite" or settings.DEBUG or connection_created.receivers:
        return False
    in_memory: bool = connection.is_in_memory_db()  # type: ignore[attr-defined]  # SQLite's wrapper only
    return not in_memory
