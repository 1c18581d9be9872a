"""Tests of queries on the event loop: broken off in time, read-only, and closed properly."""

import asyncio
import gc
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.db.backends.signals import connection_created
from django.test import override_settings

from ironbolt.plans import inline as inline_module
from ironbolt.plans import rests
from ironbolt.plans.inline import MOST_SLOW, Inline, Watched, inline_on
from ironbolt.plans.refusal import TooSlow
from ironbolt.plans.statement import Statement, compiled
from tests.plans.files import file_database
from tests.project.models import Label

ENDLESS = Statement("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", ())


@pytest.fixture(scope="module")
def alias(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[str]:
    """A database in a file."""
    with django_db_blocker.unblock(), file_database(tmp_path_factory.mktemp("file")) as alias:
        yield alias


@pytest.fixture
def inline(alias: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inline]:
    """With a connection for this thread, and patience enough for a machine that does something else meanwhile."""
    monkeypatch.setattr(inline_module, "PATIENCE", 0.2)
    Label.objects.using(alias).all().delete()
    Label.objects.using(alias).create(name="a")
    inline = Inline(alias)
    inline.take(inline.opened())
    yield inline
    inline.close()


def names(alias: str) -> Statement:
    """The names of all labels."""
    return compiled(Label.objects.using(alias).values_list("name"), alias)


def test_a_query_reads_what_others_have_written(inline: Inline, alias: str) -> None:
    """At once after they committed."""
    assert inline.fetch(names(alias), ()) == [("a",)]
    Label.objects.using(alias).create(name="b")
    assert inline.fetch(names(alias), ()) == [("a",), ("b",)]


def test_a_query_that_takes_too_long_is_broken_off(inline: Inline, alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is not tried for a while, and others are."""
    with pytest.raises(TooSlow):
        inline.fetch(ENDLESS, ())
    with monkeypatch.context() as patched, pytest.raises(TooSlow):
        patched.setattr(inline._local.watched, "run", None)  # it is not even begun
        inline.fetch(ENDLESS, ())
    assert inline.fetch(names(alias), ()) == [("a",)]


def test_a_slow_query_is_tried_again_later(inline: Inline, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table may be smaller by then."""
    monkeypatch.setattr(rests, "FIRST_REST", -1.0)
    with pytest.raises(TooSlow):
        inline.fetch(ENDLESS, ())
    monkeypatch.setattr(inline._local.watched, "run", lambda *_: [(7,)])
    assert inline.fetch(ENDLESS, ()) == [(7,)]


def test_slow_queries_are_remembered_within_bounds(inline: Inline) -> None:
    """Whatever clients think of."""
    for at in range(MOST_SLOW + 5):
        inline._let_rest(str(at))
    assert len(inline._rests) <= MOST_SLOW


def test_a_quick_answer_is_forgiven_all(inline: Inline, alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query that was broken off because a processor was missing rests no longer than that."""
    monkeypatch.setattr(rests, "FIRST_REST", -1.0)
    for _ in range(3):
        inline._let_rest(names(alias).sql)
    assert inline.fetch(names(alias), ()) == [("a",)]
    assert not inline._rests


def test_a_busy_database_is_waited_for_by_a_thread(inline: Inline, alias: str) -> None:
    """And tried again the next time."""
    connections[alias].ensure_connection()
    other = sqlite3.connect(connections[alias].settings_dict["NAME"], isolation_level=None)
    try:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        connections[alias].close()
        inline.close()
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        inline.take(Watched(sqlite3.connect(connections[alias].settings_dict["NAME"])))
        with pytest.raises(TooSlow):
            inline.fetch(names(alias), ())
        other.execute("ROLLBACK")
        other.execute("PRAGMA locking_mode = NORMAL")
        other.execute("SELECT * FROM sqlite_master").fetchall()
        assert inline.fetch(names(alias), ()) == [("a",)]
    finally:
        other.close()


def test_a_table_may_change_in_between(inline: Inline, alias: str) -> None:
    """A new column is no matter; without the table a thread has to say so, and with it again all is well."""
    statement = names(alias)
    assert inline.fetch(statement, ()) == [("a",)]
    table = Label._meta.db_table
    with connections[alias].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ADD COLUMN extra integer")
        assert inline.fetch(statement, ()) == [("a",)]
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")
        with pytest.raises(TooSlow):
            inline.fetch(statement, ())
        cursor.execute(f"ALTER TABLE away RENAME TO {table}")
        cursor.execute(f"ALTER TABLE {table} DROP COLUMN extra")
    assert inline.fetch(statement, ()) == [("a",)]


@pytest.mark.parametrize("value", [2**63, "\ud800", object()])
def test_a_value_that_sqlite_does_not_take_is_for_a_thread(inline: Inline, alias: str, value: Any) -> None:
    """Django has its own words for it."""
    statement = compiled(Label.objects.using(alias).filter(name="x").values_list("name"), alias)
    with pytest.raises(TooSlow):
        inline.fetch(statement, (value,))


def test_nothing_is_written_on_the_loop(inline: Inline, alias: str) -> None:
    """The connection refuses it."""
    with pytest.raises(TooSlow):
        inline.fetch(Statement(f"DELETE FROM {Label._meta.db_table}", ()), ())
    assert Label.objects.using(alias).exists()


def test_a_thread_keeps_its_first_connection(inline: Inline) -> None:
    """One that was opened at the same time is closed."""
    first = inline._local.watched
    second = inline.opened()
    inline.take(second)
    assert inline._local.watched is first
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        second.connection.execute("SELECT 1")


def test_a_connection_is_closed_with_its_thread(inline: Inline) -> None:
    """Nobody has to think of it; none is shared by threads."""
    kept: list[sqlite3.Connection] = []

    def work() -> None:
        assert not inline.is_open
        inline.take(inline.opened())
        kept.append(inline._local.watched.connection)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        kept[0].execute("SELECT 1")


def test_only_a_file_that_nobody_watches_is_read_on_the_loop(alias: str) -> None:
    """Not a database in memory, nor one whose queries somebody wants to see."""
    assert inline_on(alias) is not None
    inline_on.cache_clear()
    with override_settings(DEBUG=True):
        assert inline_on(alias) is None
    inline_on.cache_clear()

    def listen(**_: Any) -> None: ...

    connection_created.connect(listen)
    try:
        assert inline_on(alias) is None
    finally:
        connection_created.disconnect(listen)
    inline_on.cache_clear()


@pytest.mark.django_db
def test_a_database_in_memory_is_read_by_its_own_thread() -> None:
    """Another connection would not find it; and of other databases there is nothing to read on the loop."""
    inline_on.cache_clear()
    assert inline_on("default") is None
    inline_on.cache_clear()


def test_after_a_write_of_its_own_the_loop_looks_again(alias: str) -> None:
    """Within one turn too, where a request writes and the next one reads."""
    path = connections[alias].settings_dict["NAME"]
    asked = names(alias)

    async def run() -> list[int]:
        inline = Inline(alias)
        inline.take(await asyncio.to_thread(inline.opened))
        seen = [len(inline.fetch(asked, ())) for _ in range(2)]
        other = sqlite3.connect(path, isolation_level=None)
        other.execute('INSERT INTO "testproject_label" (name) VALUES (?)', ("b",))
        other.close()
        seen.append(len(inline.fetch(asked, ())))
        inline.look_again()
        seen.append(len(inline.fetch(asked, ())))
        inline.close()
        return seen

    Label.objects.using(alias).all().delete()
    Label.objects.using(alias).create(name="a")
    assert asyncio.run(run()) == [1, 1, 1, 2]
