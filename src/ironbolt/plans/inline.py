"""SQLite on the event loop: a query that takes microseconds is not worth a change of threads.

A connection of its own for each thread, opened as Django opens its own, whose queries are broken off
before they could hold the loop: a count of a large table, or a page far behind, moves to a thread.
"""

import sqlite3
import threading
import time
from collections.abc import Sequence
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.signals import connection_created

from ironbolt.plans.clock import Clock
from ironbolt.plans.inline_writes import InlineWrites
from ironbolt.plans.refusal import TooSlow
from ironbolt.plans.rests import Rest
from ironbolt.plans.snapshots import Snapshot
from ironbolt.plans.statement import Params, Rows, Statement

STEPS_BETWEEN_LOOKS = 5_000
"""After how many steps of SQLite's virtual machine somebody looks at the clock: every tenth of a millisecond."""

MOST_SLOW = 1024
"""How many statements are remembered as slow; then all are tried again."""

PATIENCE = 0.001
"""Seconds that a statement may take on the loop before it is broken off."""


_RAW = {"detect_types": 0}
"""Leave values as they are stored: what a statement converts, it converts in fewer steps."""


def bare_connection(using: str) -> sqlite3.Connection:
    """A new connection as Django opens its own, but for what its driver makes of values."""
    wrapper = connections.create_connection(using)
    wrapper.settings_dict = {**wrapper.settings_dict, "OPTIONS": {**wrapper.settings_dict["OPTIONS"], **_RAW}}
    wrapper.connect()
    found: sqlite3.Connection = wrapper.connection
    return found


class Inline:
    """Runs statements on one SQLite database, in the thread that asks.

    Attributes:
        using: the alias of the database.
        writes: what writes to it.
    """

    def __init__(self, using: str) -> None:
        self.using = using
        self._local = threading.local()
        self._rests: dict[str, Rest] = {}
        # Not a method: the two would keep each other, and their connections would be found unclosed in a circle.
        self.writes = InlineWrites(partial(bare_connection, using))

    @property
    def is_open(self) -> bool:
        """Whether this thread has its connection."""
        return hasattr(self._local, "watched")

    def opened(self) -> "Watched":
        """A new connection, opened where that is allowed: in a thread without an event loop."""
        return Watched(bare_connection(self.using))

    def take(self, watched: "Watched") -> None:
        """Make a connection that of the running thread, unless it got one in the meantime."""
        if self.is_open:
            watched.connection.close()
        else:
            self._local.watched = watched

    def close(self) -> None:
        """Close the connection of the running thread."""
        self.writes.close()
        if self.is_open:
            self._local.watched.connection.close()
            del self._local.watched

    def fetch(self, statement: Statement, params: Params) -> Rows:
        """Run a statement on the connection of this thread.

        Raises:
            TooSlow: it would hold the loop, or somebody holds the database; nothing was read.
        """
        if self._rests and (rest := self._rests.get(statement.sql)) and rest.until > time.monotonic():
            raise TooSlow
        watched: Watched = self._local.watched
        try:
            rows = watched.run(statement.quick_sql, params)
        except sqlite3.Error as error:
            # And not because somebody else is writing.
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                self._let_rest(statement.sql)
            raise TooSlow from None
        except (OverflowError, UnicodeError):  # a value that no column has
            raise TooSlow from None
        if time.monotonic() > watched.clock.until:  # few rows may be as long as many
            self._let_rest(statement.sql)
        elif self._rests:
            self._rests.pop(statement.sql, None)
        return statement.convert_quickly(rows)

    def look_again(self) -> None:
        """Let the next read of this thread see what was written since the last one."""
        if self.is_open and self._local.watched.snapshot is not None:
            self._local.watched.snapshot.finish()

    def begun(self, statement: Statement, params: Params) -> sqlite3.Cursor:
        """Run a statement on the connection of this thread, which is no loop's: it may take its time.

        Raises:
            sqlite3.Error: somebody holds the database, or something is wrong with the statement.
        """
        watched: Watched = self._local.watched
        return watched.begin(statement.quick_sql, params)

    def _let_rest(self, sql: str) -> None:
        if len(self._rests) >= MOST_SLOW:
            self._rests.clear()
        self._rests.setdefault(sql, Rest()).lengthen(time.monotonic())


def _has_log(connection: sqlite3.Connection) -> bool:
    """Whether readers keep nobody from writing."""
    try:
        found: bool = connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    except sqlite3.Error:  # somebody holds the database
        return False
    return found


class Watched:
    """A connection that breaks off what takes too long, and is closed when nobody has it any more.

    Attributes:
        connection: to the database.
        clock: until when what runs now may run.
        snapshot: what the reads of one turn of the loop share; None where each of them is by itself.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.clock = Clock()
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA query_only = 1")
        shares = _has_log(connection) and connection.isolation_level is None
        self.snapshot = Snapshot(connection, self.clock) if shares else None
        # Not a method of its own: a connection that knew who has it would outlive its thread.
        connection.set_progress_handler(self.clock.is_late, STEPS_BETWEEN_LOOKS)

    def run(self, text: str, params: Params) -> Sequence[Any]:
        """The rows of a query.

        Raises:
            sqlite3.Error: it took too long, or something is wrong with it.
        """
        if self.snapshot is not None:
            self.snapshot.join()
        self.clock.until = time.monotonic() + PATIENCE
        return self.connection.execute(text, params).fetchall()

    def begin(self, text: str, params: Params) -> sqlite3.Cursor:
        """The same for a thread that has the time."""
        self.clock.stop()
        return self.connection.execute(text, params)

    def __del__(self) -> None:
        self.connection.close()  # the thread that had it has ended


@cache
def inline_on(using: str) -> Inline | None:
    """What runs queries on the loop, for a file of SQLite's where nobody wants to see them; None elsewhere."""
    connection = connections[using]
    if connection.vendor != "sqlite" or settings.DEBUG or connection_created.receivers:
        return None
    return None if connection.is_in_memory_db() else Inline(using)  # type: ignore[attr-defined]  # SQLite's only
