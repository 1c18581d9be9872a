"""Tests of long reads in threads: one after the other, on a connection of their own, or else by Django."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext

from ironbolt.bolt import BoltAPI, Info, ReadOnlyModelViewSet
from ironbolt.core.threads import hop_to_test_thread
from ironbolt.plans import at_length
from ironbolt.plans.at_length import fetch_at_length
from ironbolt.plans.inline import Inline, inline_on
from ironbolt.plans.refusal import TooSlow
from ironbolt.plans.statement import Params, Statement, compiled
from ironbolt.plans.steps import Fetch
from tests.plans.files import all_served, file_database
from tests.project.models import Bag

COUNT = 2_500


class BagOut(msgspec.Struct):
    """A bag."""

    small: int
    name: str
    flag: bool | None


@pytest.fixture(scope="module")
def alias(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[str]:
    """A database in a file, with many rows."""
    with django_db_blocker.unblock(), file_database(tmp_path_factory.mktemp("file")) as alias:
        Bag.objects.using(alias).bulk_create(Bag(name=f"b{at}", small=at, flag=at % 2 == 0) for at in range(COUNT))
        yield alias


@pytest.fixture
def fetch(alias: str) -> Iterator[Fetch]:
    """What runs queries here; its connection goes afterwards."""
    found = fetch_at_length(alias)
    assert found is not None
    yield found
    inline = inline_on(alias)
    assert inline is not None
    inline.close()


def bags(alias: str, *columns: str) -> Statement:
    """Columns of all bags."""
    return compiled(Bag.objects.using(alias).order_by("small").values_list(*columns), alias)


def in_threads(call: Callable[[], Any], count: int) -> None:
    """Run it in several threads at once, to the end of all."""
    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)


def test_every_row_is_read(alias: str, fetch: Fetch) -> None:
    """However many there are, none and as many as are read at once included."""
    for count in (0, 1, at_length.ROWS_AT_ONCE, COUNT):
        queryset = Bag.objects.using(alias).filter(small__lt=count).order_by("small").values_list("small", "flag")
        assert fetch(compiled(queryset, alias), (count,)) == list(queryset)


def test_a_read_may_take_its_time(fetch: Fetch) -> None:
    """It is not broken off as on the loop, and afterwards the loop's rule holds again."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT count(*) FROM n"
    assert fetch(Statement(numbers, ()), ()) == [(200_000,)]


def test_nothing_is_written(alias: str, fetch: Fetch) -> None:
    """What the bare connection refuses Django does."""
    fetch(bags(alias, "small"), ())
    inline = inline_on(alias)
    assert inline is not None
    with pytest.raises(Exception, match="readonly"):
        inline.begun(Statement(f"DELETE FROM {Bag._meta.db_table}", ()), ())


def test_what_sqlite_refuses_is_asked_of_django(alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for a database that somebody holds, and has its own words for what is wrong."""
    asked: list[Statement] = []
    monkeypatch.setattr(at_length, "fetch_by_django", lambda using: lambda statement, params: asked.append(statement))
    fetch = fetch_at_length(alias)
    assert fetch is not None
    wrong = Statement("SELECT nothing", ())
    fetch(wrong, ())
    statement = bags(alias, "small")
    fetch(statement, (2**70,))
    assert asked == [wrong, statement]


def test_what_only_the_driver_knows_is_for_django(alias: str, fetch: Fetch) -> None:
    """Whoever asks has to begin again."""
    statement = msgspec.structs.replace(bags(alias, "small"), quick=None)
    with pytest.raises(TooSlow):
        fetch(statement, ())


def test_django_is_asked_where_its_connection_matters(alias: str) -> None:
    """In its transaction, under a test, and for those who look on."""
    with transaction.atomic(using=alias):
        assert fetch_at_length(alias) is None
    with connections[alias].execute_wrapper(lambda execute, *arguments: execute(*arguments)):
        assert fetch_at_length(alias) is None
    with hop_to_test_thread():
        assert fetch_at_length(alias) is None
    with CaptureQueriesContext(connections[alias]):
        assert fetch_at_length(alias) is None
    connections[alias].set_autocommit(False)
    try:
        assert fetch_at_length(alias) is None
    finally:
        connections[alias].set_autocommit(True)
    assert fetch_at_length(alias) is not None


def test_who_does_not_mind_plans_does_not_hinder_them(alias: str) -> None:
    """A wrapper that says so of itself is no reason to ask Django; any other beside it is."""

    def wrapper(execute: Any, *arguments: Any) -> Any:
        return execute(*arguments)

    setattr(wrapper, "minds_plans", False)  # noqa: B010 - functions have no such attribute
    with connections[alias].execute_wrapper(wrapper):
        assert fetch_at_length(alias) is not None
        with connections[alias].execute_wrapper(lambda execute, *arguments: execute(*arguments)):
            assert fetch_at_length(alias) is None


def test_a_short_read_does_not_wait_for_a_long_one(alias: str, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has the turn keeps it for long, and a page of a few rows is read beside it."""
    monkeypatch.setattr(at_length, "TURN_SECONDS", 20)
    turn = threading.Lock()
    monkeypatch.setattr(at_length, "_turn", turn)
    few = Bag.objects.using(alias).filter(small__lt=20).order_by("small").values_list("small")
    with turn:
        begin = time.monotonic()
        assert len(fetch(compiled(few, alias), (20,))) == 20
        assert time.monotonic() - begin < 5
    assert not turn.locked()


def test_one_reads_at_a_time(alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in its turn, and all of them everything."""
    together: list[int] = []
    reading: list[int] = []

    class Turn:
        """The lock, which sees who reads."""

        def __init__(self) -> None:
            self.lock = threading.Lock()

        def acquire(self, timeout: float) -> bool:
            taken = self.lock.acquire(timeout=timeout)
            reading.append(1)
            together.append(len(reading))
            return taken

        def release(self) -> None:
            reading.pop()
            self.lock.release()

    monkeypatch.setattr(at_length, "_turn", Turn())
    monkeypatch.setattr(at_length, "TURN_SECONDS", 20)
    monkeypatch.setattr(at_length, "SHORT_SECONDS", 20)
    statement = bags(alias, "small", "flag")
    found: list[Any] = []

    def read() -> None:
        fetch = fetch_at_length(alias)
        assert fetch is not None
        found.extend(fetch(statement, ()) for _ in range(3))

    in_threads(read, 4)
    assert set(together) == {1}
    assert [len(rows) for rows in found] == [COUNT] * 12


def test_nobody_waits_long_for_a_slow_read(alias: str, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while one reads without a turn; and a turn that lasts too long is given back, once."""
    monkeypatch.setattr(at_length, "TURN_SECONDS", 0.05)
    statement = bags(alias, "small")
    with at_length._turn:
        begin = time.monotonic()
        assert len(fetch(statement, ())) == COUNT
        assert 0.04 < time.monotonic() - begin < 5
    monkeypatch.setattr(at_length, "TURN_SECONDS", 0)
    assert len(fetch(statement, ())) == COUNT
    assert not at_length._turn.locked()


def test_a_turn_ends_with_an_error(alias: str, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of the rows too."""
    table = Bag._meta.db_table
    late = f"SELECT small, CASE WHEN small > 1500 THEN abs(-9223372036854775807 - 1) END FROM {table} ORDER BY small"
    with pytest.raises(Exception, match="overflow"):
        fetch(Statement(late, ()), ())
    assert not at_length._turn.locked()


def test_long_lists_are_answered_in_full(alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the loop has broken off is read at length, and the same whoever reads it."""
    view = {"queryset": Bag.objects.using(alias).order_by("small"), "serializer_class": BagOut}
    api = BoltAPI(info=Info(served=False))
    api.viewset("/bags")(type("Bags", (ReadOnlyModelViewSet,), view))
    read: list[Statement] = []
    begun = Inline.begun

    def counted(self: Inline, statement: Statement, params: Params) -> Any:
        read.append(statement)
        return begun(self, statement, params)

    monkeypatch.setattr(Inline, "begun", counted)
    monkeypatch.setattr("ironbolt.plans.inline.PATIENCE", -1)
    expected = [{"small": at, "name": f"b{at}", "flag": at % 2 == 0} for at in range(COUNT)]
    for _ in range(2):
        for status, body in all_served(api, [("/bags", "")] * 4, at_once=True):
            assert (status, msgspec.json.decode(body)) == (200, expected)
    assert len(read) == 8
