"""One snapshot for the reads of one turn of the event loop: SQLite takes its locks once, and not for each of them.

Nobody reads what is older than his request. A turn runs the callbacks that were queued when it began, in their
order; so does the next one, at whose place in the queue the snapshot ends. Whatever runs before that was queued
before the snapshot was made, and whatever was queued later, because of a write for instance, runs after its end.
"""

import asyncio
import sqlite3
from contextlib import suppress

from ironbolt.plans.clock import Clock


class Snapshot:
    """Begins with the second read of a turn, and ends with the turn.

    Args:
        connection: to a database whose readers keep nobody from writing, which is one with a write-ahead log.
        clock: what its statements are broken off by.
    """

    __slots__ = ("_clock", "_connection", "_loop")

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None

    def join(self) -> None:
        """Called before each read; without a loop there are no turns, and each read is by itself.

        Raises:
            sqlite3.Error: something is wrong with the database.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.end()
            return
        if loop is not self._loop:
            self.end()  # of a loop that was stopped before its turn was over
            if loop.get_task_factory() is None:  # eager tasks begin without having been queued
                self._loop = loop
                loop.call_soon(self.finish)
        elif not self._connection.in_transaction:
            self._clock.stop()
            self._connection.execute("BEGIN")

    def finish(self) -> None:
        """The same as :meth:`end` where nobody is to hear of a failure: the next read tries again, and does."""
        with suppress(sqlite3.Error):
            self.end()

    def end(self) -> None:
        """Let the next read see what others have written.

        Raises:
            sqlite3.Error: something is wrong with the database.
        """
        self._loop = None
        with suppress(sqlite3.ProgrammingError):  # it was closed in the meantime
            if self._connection.in_transaction:
                self._clock.stop()
                self._connection.execute("COMMIT")
