"""Writes of one statement to SQLite on the event loop, where a commit is nothing that the loop would have to wait for.

That is so in WAL mode as long as commits don't wait for the disk: with ``synchronous`` NORMAL or OFF. What would wait
is done elsewhere: a database thread waits for other writers, and puts the log back into the database.
"""

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from ironbolt.core.threads import in_raw_database_thread
from ironbolt.plans.clock import Clock
from ironbolt.plans.refusal import NotWritten, TooSlow
from ironbolt.plans.rests import Rest
from ironbolt.plans.statement import Params, Rows, Statement

COMMITS_BETWEEN_CHECKPOINTS = 1_000
"""After so many commits the log is put back, which SQLite would do by itself in the middle of a commit."""

LONGEST_LOG = 12_000
"""Pages in the log, 16 MB, from which on writers have to wait until all of it is put back."""

_CHECKPOINT_TIMEOUT_MS = 50
"""How long putting it all back waits for readers, while it keeps writers out."""

PATIENCE = 0.001
"""Seconds that a write may take on the loop; after a few that took longer threads write for a while."""

MOST_STRIKES = 3
"""How many writes in a row may be too slow: one may have waited for a processor, and not for the disk."""

_WITHOUT_WAITING = ("0", "1")
"""``synchronous``: OFF and NORMAL."""

_PAUSES = (0.0, 0.0, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032)
"""Seconds between the attempts while somebody else is writing: not for long, mostly, and the loop has something else to
do meanwhile. A thread that waits would be no quicker, and in the way of the loop once it goes on."""

_T = TypeVar("_T")

logger = logging.getLogger("ironbolt.plans")


class Busy(Exception):
    """Somebody else is writing just now; nothing was done."""


class InlineWrites:
    """Writes to one SQLite database, each thread with a connection of its own.

    Args:
        connect: opens one, where that is allowed: in a thread without an event loop.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._local = threading.local()
        self._checkpoints: set[asyncio.Task[None]] = set()

    async def write(self, statement: Statement, params: Params, finish: Callable[[Rows], _T]) -> _T:
        """What ``finish`` makes of the rows that the statement gives back, once it is committed.

        Raises:
            TooSlow: a thread has to do it; nothing was written.
            NotWritten: the database refuses it, or ``finish`` does.
        """
        writer = self._writer() or await self._opened()
        if not writer.may_write:
            raise TooSlow
        for pause in _PAUSES:
            try:
                found = writer.write(statement, params, finish)
            except Busy:
                await asyncio.sleep(pause)
                continue
            if writer.wants_checkpoint and all(task.get_loop().is_closed() for task in self._checkpoints):
                writer.wants_checkpoint = False
                self._begin_checkpoint()
            return found
        raise TooSlow

    def close(self) -> None:
        """Close the connection of the running thread."""
        if writer := self._writer():
            writer.connection.close()
            del self._local.writer

    def _writer(self) -> "Writer | None":
        return getattr(self._local, "writer", None)

    async def _opened(self) -> "Writer":
        writer = await in_raw_database_thread(lambda: Writer(self._connect()))
        if there := self._writer():  # another request was quicker
            writer.connection.close()
            return there
        self._local.writer = writer
        return writer

    def _begin_checkpoint(self) -> None:
        task = asyncio.get_running_loop().create_task(self._checkpoint())
        self._checkpoints.add(task)
        task.add_done_callback(self._checkpoints.discard)

    async def _checkpoint(self) -> None:
        try:
            await in_raw_database_thread(self._put_back)
        except Exception:  # the next one may succeed, and until then the log is as good
            logger.warning("The log of an SQLite database could not be put back.", exc_info=True)

    def _put_back(self) -> None:
        connection = self._connect()
        try:
            checkpoint(connection)
        finally:
            connection.close()


class Writer:
    """A connection for writes of one statement each, of the thread that opened it or took it over.

    Args:
        connection: as Django opens it, with nobody else to use it.

    Attributes:
        may_write: whether its commits don't wait for the disk.
        wants_checkpoint: whether the log should be put back.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.may_write = _commits_at_once(connection)
        self.wants_checkpoint = False
        self._commits = 0
        self._rest = Rest(MOST_STRIKES)
        self._clock = Clock()
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.set_progress_handler(self._clock.is_late, 5_000)

    def write(self, statement: Statement, params: Params, finish: Callable[[Rows], _T]) -> _T:
        """What ``finish`` makes of the rows that the statement gives back; then it is committed.

        Raises:
            Busy: somebody else is writing.
            TooSlow: a thread has to do it; nothing was written.
            NotWritten: the database refuses it, or ``finish`` does.
        """
        begin = time.monotonic()
        if begin < self._rest.until:
            raise TooSlow
        if statement.is_certain:
            found = self._write_alone(statement, params, finish, begin)
        else:
            self._begin()
            found = self._write_within(statement, params, finish, begin)
        self._look_at(begin)
        self._commits += 1
        if self._commits >= COMMITS_BETWEEN_CHECKPOINTS:
            self._commits = 0
            self.wants_checkpoint = True
        return found

    def _write_alone(self, statement: Statement, params: Params, finish: Callable[[Rows], _T], begin: float) -> _T:
        """Without a transaction around it, since nothing can fail behind it: SQLite commits it as it ends."""
        self._clock.until = begin + PATIENCE
        try:
            rows = self.connection.execute(statement.quick_sql, params).fetchall()
        except Exception as error:
            if _is_busy(error):
                raise Busy from error
            self._look_at(begin)
            raise (TooSlow if _was_broken_off(error) else NotWritten) from error
        try:
            return finish(statement.convert_quickly(rows))
        except NotWritten:
            raise  # there was no such row
        except Exception as error:
            # Whoever tried again would write it twice.
            raise RuntimeError("A row was written, and no answer can be made of it.") from error

    def _begin(self) -> None:
        self._clock.stop()
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):  # it was closed in the meantime
                self._roll_back()
            raise (Busy if _is_busy(error) else TooSlow) from error

    def _write_within(self, statement: Statement, params: Params, finish: Callable[[Rows], _T], begin: float) -> _T:
        execute = self.connection.execute
        try:
            self._clock.until = begin + PATIENCE
            rows = execute(statement.quick_sql, params).fetchall()
            found = finish(statement.convert_quickly(rows))
            self._clock.stop()
            execute("COMMIT")
        except BaseException as error:
            self._roll_back()
            self._look_at(begin)
            if _was_broken_off(error):
                raise TooSlow from error
            if isinstance(error, Exception) and not isinstance(error, TooSlow):
                raise NotWritten from error
            raise
        return found

    def _roll_back(self) -> None:
        self._clock.stop()
        if self.connection.in_transaction:  # an interrupted one was rolled back by SQLite
            self.connection.execute("ROLLBACK")

    def _look_at(self, begin: float) -> None:
        """Let threads write for a while after the loop was held too long, several times in a row."""
        now = time.monotonic()
        if now - begin <= PATIENCE:
            self._rest.end()
        else:
            self._rest.lengthen(now)

    def __del__(self) -> None:
        self.connection.close()  # the thread that had it has ended


def checkpoint(connection: sqlite3.Connection) -> None:
    """Put the log back into the database, in a thread that may wait for the disk.

    Where all of it was put back, the next commit begins a new log and waits until that is on the disk: the thread makes
    that commit too, which changes nothing.
    """
    connection.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_TIMEOUT_MS}")
    _, pages, done = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    if pages > LONGEST_LOG:  # and longer by now, so that it would never begin anew
        _, pages, done = connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
    if pages != done:
        return
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            connection.execute(f"PRAGMA user_version = {version}")
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return  # somebody else is writing, and makes that commit


def _commits_at_once(connection: sqlite3.Connection) -> bool:
    mode = _pragma(connection, "journal_mode").lower()
    return mode == "wal" and _pragma(connection, "synchronous") in _WITHOUT_WAITING


def _pragma(connection: sqlite3.Connection, name: str) -> str:
    return str(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _was_broken_off(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT


def _is_busy(error: Any) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
