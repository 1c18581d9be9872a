"""Tests of writes on wires: each is sent once, and what the server has not confirmed is not said to be done."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from ironbolt.plans.refusal import NotWritten
from ironbolt.plans.statement import Statement
from tests.plans.wired import on_wires
from tests.project.models import Bag, Label, Task

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="wires lead to PostgreSQL"),
]

TABLE = Label._meta.db_table
INSERT = Statement(f"INSERT INTO {TABLE} (name) VALUES (%s) RETURNING id, name", ())
SLOW = Statement(f"INSERT INTO {TABLE} (name) SELECT %s FROM pg_sleep(5) RETURNING id", ())
DANGLING = Statement(
    f"INSERT INTO {Task._meta.db_table} (title, code, owner_id, label_id, effort, state) "
    "VALUES (%s, 'c', '', 99999999, 1, 'open') RETURNING id",
    (),
)


@pytest.fixture(autouse=True)
def _with_rows(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield
        Label.objects.filter(name__startswith="wire").delete()
        Bag.objects.filter(name__startswith="wire").delete()
        connection.close()


def names() -> list[str]:
    """What is stored."""
    return sorted(label.name for label in Label.objects.filter(name__startswith="wire"))


def end_backends(query: str) -> int:
    """End every other session whose last query has this text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database() AND query LIKE %s",
            [query],
        )
        return int(cursor.fetchone()[0])


def test_every_way_of_asking_writes_once() -> None:
    """As a literal, with parameters, prepared, and where parameters will not do."""

    async def run(wires: Any) -> None:
        for at in range(4):
            [row] = await wires.write(INSERT, (f"wire {at}",))
            assert row[1] == f"wire {at}"
        for text in ("wire \t\\ 'x'", "wire é"):
            await wires.write(INSERT, (text,))

    on_wires(run)
    assert names() == sorted(["wire \t\\ 'x'", "wire 0", "wire 1", "wire 2", "wire 3", "wire é"])


def test_parameters_of_another_type_are_written_once_too() -> None:
    """Where the server refuses the parameters the values are sent in the text, and nothing was done before."""
    table = Bag._meta.db_table
    insert = Statement(f"INSERT INTO {table} (key, name, slug, small) VALUES (%s, %s, '', %s) RETURNING small", ())

    async def run(wires: Any) -> None:
        for at, small in enumerate([1, 2, 70_000, 3, 2**40, 4]):
            key = f"5ca1ab1e-0000-4000-8000-00000000000{at}"
            try:
                found = await wires.write(insert, (key, f"wire {at}", small))
                assert list(found) == [(small,)]
            except NotWritten:
                assert small > 60_000

    on_wires(run)
    assert Bag.objects.filter(name__startswith="wire").count() == 4


def test_what_the_server_refuses_was_not_written() -> None:
    """At once, or only at the commit, after it has given the row back."""

    async def run(wires: Any) -> None:
        for _ in range(3):
            with pytest.raises(NotWritten):
                await wires.write(DANGLING, ("wire",))
        await wires.write(INSERT, ("wire",))
        for _ in range(3):
            with pytest.raises(NotWritten):
                await wires.write(INSERT, ("wire",))
        assert wires._open == 1

    on_wires(run)
    assert names() == ["wire"]
    assert not Task.objects.filter(title="wire").exists()


def test_a_write_whose_connection_ends_is_not_sent_again() -> None:
    """Nobody knows what became of it, which is what the client is told; the next one has a new connection."""
    from ironbolt.plans.wire import WireLost

    async def run(wires: Any) -> None:
        write = asyncio.create_task(wires.write(SLOW, ("wire slow",)))
        while not (count := await asyncio.to_thread(_ended_in_a_thread)):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.02)
        assert count == 1
        with pytest.raises(WireLost):
            await write
        await asyncio.sleep(0.1)
        assert await asyncio.to_thread(_ended_in_a_thread) == 0
        await wires.write(INSERT, ("wire next",))

    on_wires(run)
    assert names() == ["wire next"]


def _ended_in_a_thread(query: str = "%pg_sleep(5)%") -> int:
    try:
        return end_backends(query)
    finally:
        connection.close()


def test_a_connection_that_has_ended_meanwhile_is_not_written_to() -> None:
    """Even where the loop has not heard of it yet: it is looked at before."""

    async def run(wires: Any) -> None:
        await wires.write(INSERT, ("wire first",))
        with ThreadPoolExecutor(1) as pool:  # the loop stands still meanwhile
            assert pool.submit(_ended_in_a_thread, "INSERT INTO%").result() == 1
        time.sleep(0.1)  # noqa: ASYNC251 - as above
        await wires.write(INSERT, ("wire second",))

    on_wires(run)
    assert names() == ["wire first", "wire second"]
