"""Tests of writes to SQLite on the event loop: whole or not at all, never for long, and a log that stays small."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.db import connections

from ironbolt.core.threads import close_database_threads
from ironbolt.plans import inline_writes, rests
from ironbolt.plans.inline import bare_connection, inline_on
from ironbolt.plans.inline_writes import Busy, InlineWrites, Writer, checkpoint
from ironbolt.plans.refusal import NotWritten, TooSlow
from ironbolt.plans.statement import Statement
from tests.plans.files import WAL
from tests.plans.writes import AT_ONCE, written_file
from tests.project.models import Label, Task

TABLE = Label._meta.db_table
INSERT = Statement(f"INSERT INTO {TABLE} (name) VALUES (%s) RETURNING id, name", ())
ENDLESS = Statement(
    f"INSERT INTO {TABLE} (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT i FROM n RETURNING id",
    (),
)
DANGLING = Statement(
    f"INSERT INTO {Task._meta.db_table} (title, code, owner_id, label_id, effort, state) "
    "VALUES ('t', 'c', '', %s, 1, 'open') RETURNING id",
    (),
)


BOTH = pytest.mark.parametrize("is_certain", [False, True], ids=["in a transaction", "alone"])


def certain(statement: Statement, is_certain: bool) -> Statement:
    """The statement as one whose answer can't fail, or as one whose answer may."""
    return msgspec.structs.replace(statement, is_certain=is_certain)


@pytest.fixture
def alias(tmp_path: Path, django_db_blocker: Any) -> Iterator[str]:
    """A database in a file, whose commits don't wait."""
    with django_db_blocker.unblock(), written_file(tmp_path) as alias:
        yield alias


@pytest.fixture
def writer(alias: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    """Its connection, and all the time in the world."""
    monkeypatch.setattr(inline_writes, "PATIENCE", 10.0)
    inline = inline_on(alias)
    assert inline is not None
    writer = Writer(bare_connection(inline.using))
    yield writer
    writer.connection.close()


@pytest.fixture
def other(alias: str) -> Iterator[sqlite3.Connection]:
    """Another process, as far as SQLite can tell."""
    connection = sqlite3.connect(
        connections[alias].settings_dict["NAME"], isolation_level=None, check_same_thread=False
    )
    yield connection
    connection.close()


def same(found: Any) -> Any:
    """The rows themselves."""
    return found


def absent(found: Any) -> Any:
    """What is said of a row that is not there."""
    assert not found
    raise NotWritten


def names(alias: str) -> list[str]:
    """What is stored."""
    return [label.name for label in Label.objects.using(alias).order_by("pk")]


@BOTH
def test_what_is_answered_is_committed(writer: Writer, alias: str, is_certain: bool) -> None:
    """Another connection sees it at once."""
    assert writer.write(certain(INSERT, is_certain), ("red",), same) == [(1, "red")]
    assert names(alias) == ["red"]


@BOTH
def test_what_is_refused_was_not_written(writer: Writer, alias: str, is_certain: bool) -> None:
    """By a constraint, by a key that leads nowhere, by the driver, or by whoever makes an answer that may fail."""
    writer.write(INSERT, ("red",), same)

    def fail(_: Any) -> Any:
        raise ValueError

    refused: list[tuple[Statement, Any, Any]] = [
        (INSERT, ("red",), same),
        (INSERT, (None,), same),
        (INSERT, (object(),), same),
        (INSERT, (2**70,), same),
        (DANGLING, (99,), same),
        (INSERT, ("blue",), fail),
        (Statement("INSERT INTO nothing VALUES (%s)", ()), (1,), same),
    ]
    for statement, params, finish in refused:
        with pytest.raises(NotWritten):
            writer.write(certain(statement, is_certain and finish is same), params, finish)
        assert not writer.connection.in_transaction
    assert names(alias) == ["red"]
    assert not Task.objects.using(alias).exists()


def test_what_was_written_alone_is_never_written_twice(writer: Writer, alias: str) -> None:
    """Whatever an answer fails by, nobody is told to try again; a row that is not there may be looked for by others."""
    insert = certain(INSERT, True)
    for name, error in (("red", ValueError), ("blue", TooSlow)):

        def fail(_: Any, error: type[Exception] = error) -> Any:
            raise error

        with pytest.raises(RuntimeError, match="A row was written"):
            writer.write(insert, (name,), fail)
    with pytest.raises(NotWritten):
        writer.write(
            Statement(f"UPDATE {TABLE} SET name = 'x' WHERE id = %s RETURNING id", (), is_certain=True), (99,), absent
        )
    assert names(alias) == ["red", "blue"]


@pytest.mark.parametrize(
    ("pragmas", "may"),
    [
        (AT_ONCE, True),
        (f"{WAL}; PRAGMA synchronous=OFF", True),
        (f"{WAL}; PRAGMA synchronous=FULL", False),
        (f"{WAL}; PRAGMA synchronous=EXTRA", False),
        ("PRAGMA journal_mode=DELETE; PRAGMA synchronous=OFF", False),
    ],
)
def test_the_loop_writes_only_where_a_commit_does_not_wait(
    tmp_path: Path, django_db_blocker: Any, pragmas: str, may: bool
) -> None:
    """In WAL mode, without a sync at every commit."""
    with django_db_blocker.unblock(), written_file(tmp_path, pragmas) as alias:
        inline = inline_on(alias)
        assert inline is not None
        writer = Writer(bare_connection(inline.using))
        assert writer.may_write is may
        writer.connection.close()

        async def run() -> Any:
            try:
                return await inline.writes.write(INSERT, ("red",), same)
            except TooSlow:
                return None
            finally:
                inline.close()

        assert (asyncio.run(run()) is not None) is may


@BOTH
def test_somebody_else_who_writes_is_not_waited_for(
    writer: Writer, other: sqlite3.Connection, is_certain: bool
) -> None:
    """The loop has other things to do."""
    insert = certain(INSERT, is_certain)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy):
        writer.write(insert, ("red",), same)
    other.execute("ROLLBACK")
    writer.write(insert, ("red",), same)


def test_a_short_write_of_somebody_else_is_let_pass(
    alias: str, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long one is for a thread to wait for."""
    monkeypatch.setattr(inline_writes, "PATIENCE", 10.0)
    inline = inline_on(alias)
    assert inline is not None

    async def run() -> None:
        await inline.writes.write(INSERT, ("red",), same)
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(0.001, other.execute, "COMMIT")
        await inline.writes.write(INSERT, ("blue",), same)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TooSlow):
            await inline.writes.write(INSERT, ("green",), same)
        other.execute("COMMIT")
        inline.close()

    asyncio.run(run())
    assert names(alias) == ["red", "blue"]


@BOTH
def test_a_statement_that_takes_too_long_is_broken_off(
    writer: Writer, alias: str, monkeypatch: pytest.MonkeyPatch, is_certain: bool
) -> None:
    """It is undone, and others are tried again soon."""
    monkeypatch.setattr(inline_writes, "PATIENCE", 0.001)
    monkeypatch.setattr(rests, "FIRST_REST", -1.0)
    with pytest.raises(TooSlow):
        writer.write(certain(ENDLESS, is_certain), (), same)
    assert not writer.connection.in_transaction
    assert names(alias) == []


def test_after_a_slow_write_threads_write_for_a_while(
    writer: Writer, alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice as long each time, up to a bound; a quick one is forgiven all."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr(inline_writes, "PATIENCE", 0.001)

    def slowly(rows: Any) -> Any:
        now[0] += 0.002
        return rows

    found = []
    for at in range(inline_writes.MOST_STRIKES - 1):
        writer.write(INSERT, (f"strike {at}",), slowly)
    for at in range(15):
        writer.write(INSERT, (str(at),), slowly)
        with pytest.raises(TooSlow):
            writer.write(INSERT, ("too soon",), same)
        found.append(round(writer._rest.until - now[0], 3))
        now[0] = writer._rest.until
    assert found[:4] == [0.01, 0.02, 0.04, 0.08]
    assert found[-1] == 30.0
    writer.write(INSERT, ("quick",), same)
    for at in range(inline_writes.MOST_STRIKES):
        writer.write(INSERT, (f"again {at}",), slowly)
    assert round(writer._rest.until - now[0], 3) == 0.01


def test_the_log_is_put_back_by_a_thread(alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no commit of the loop has to, and the log does not grow for ever."""
    monkeypatch.setattr(inline_writes, "PATIENCE", 10.0)
    monkeypatch.setattr(inline_writes, "COMMITS_BETWEEN_CHECKPOINTS", 20)
    threads: list[str] = []

    def look(connection: sqlite3.Connection) -> None:
        threads.append(threading.current_thread().name)
        checkpoint(connection)

    monkeypatch.setattr(inline_writes, "checkpoint", look)
    inline = inline_on(alias)
    assert inline is not None
    log = Path(f"{connections[alias].settings_dict['NAME']}-wal")
    sizes = []

    async def run() -> None:
        for at in range(600):
            await inline.writes.write(INSERT, (str(at),), same)
            while inline.writes._checkpoints:  # noqa: ASYNC110 - a task that ends soon
                await asyncio.sleep(0.001)
            sizes.append(log.stat().st_size)  # noqa: ASYNC240 - quick
        inline.close()

    asyncio.run(run())
    asyncio.run(close_database_threads())
    assert len(threads) > 5
    assert set(threads) == {"ironbolt-database"}
    assert max(sizes) < 150 * 4096
    assert len(names(alias)) == 600


def test_a_long_log_is_put_back_though_writers_have_to_wait(
    writer: Writer, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it, where a reader that is gone by now had kept a part of it back."""
    monkeypatch.setattr(inline_writes, "LONGEST_LOG", 5)
    other.execute("BEGIN")
    other.execute("SELECT * FROM sqlite_master").fetchall()
    for at in range(20):
        writer.write(INSERT, (str(at),), same)
    keeper = sqlite3.connect(other.execute("PRAGMA database_list").fetchone()[2], isolation_level=None)
    try:
        checkpoint(keeper)
        _, pages, done = keeper.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        assert done < pages
        other.execute("COMMIT")
        checkpoint(keeper)
        writer.write(INSERT, ("last",), same)
        _, pages, done = keeper.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        assert pages < 10
    finally:
        keeper.close()


def test_a_thread_keeps_its_first_connection(alias: str) -> None:
    """Of two that were opened at the same time one is closed."""
    inline = inline_on(alias)
    assert inline is not None
    opened: list[sqlite3.Connection] = []

    def connect() -> sqlite3.Connection:
        opened.append(bare_connection(inline.using))
        return opened[-1]

    writes = InlineWrites(connect)

    async def run() -> None:
        await asyncio.gather(*(writes.write(INSERT, (str(at),), same) for at in range(3)), return_exceptions=True)

    asyncio.run(run())
    writes.close()
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


@BOTH
def test_beginning_and_end_are_never_broken_off(
    writer: Writer, alias: str, monkeypatch: pytest.MonkeyPatch, is_certain: bool
) -> None:
    """However late it is, nobody is left with the lock: SQLite looks at the clock in a BEGIN and a ROLLBACK too."""
    insert = certain(INSERT, is_certain)
    monkeypatch.setattr(inline_writes, "PATIENCE", -1.0)
    monkeypatch.setattr(inline_writes, "MOST_STRIKES", 100)
    writer.connection.set_progress_handler(writer._clock.is_late, 1)
    for _ in range(5):
        with pytest.raises(TooSlow):
            writer.write(insert, ("late",), same)
        assert not writer.connection.in_transaction
        writer._rest.until = 0.0
    assert names(alias) == []
    monkeypatch.setattr(inline_writes, "PATIENCE", 10.0)
    writer.write(insert, ("in time",), same)
    assert names(alias) == ["in time"]
