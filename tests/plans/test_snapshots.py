"""Tests of the snapshot that the reads of one turn of the loop share: nobody reads what is older than his request."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ironbolt.plans.inline import Watched

NUMBER = "SELECT number FROM found"


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A database with one number, and a log that is written ahead."""
    name = str(tmp_path / "db.sqlite3")
    connection = sqlite3.connect(name, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE found (number INTEGER)")
    connection.execute("INSERT INTO found VALUES (0)")
    connection.close()
    return name


@pytest.fixture
def other(path: str) -> Iterator[sqlite3.Connection]:
    """Somebody who writes."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = OFF")
    yield connection
    connection.close()


def opened(path: str) -> Watched:
    """What the loop reads by."""
    return Watched(sqlite3.connect(path, isolation_level=None))


def read(watched: Watched) -> int:
    """The number."""
    return int(watched.run(NUMBER, ())[0][0])


def write(connection: sqlite3.Connection, number: int) -> None:
    """Another one, committed."""
    connection.execute("UPDATE found SET number = ?", (number,))


def test_reads_of_one_turn_share_what_they_see(path: str, other: sqlite3.Connection) -> None:
    """From the second one on, and the next turn sees what was written since."""

    async def run() -> list[int]:
        watched = opened(path)
        seen = [read(watched), read(watched)]
        write(other, 1)
        seen.append(read(watched))
        await asyncio.sleep(0)
        return [*seen, read(watched)]

    assert asyncio.run(run()) == [0, 0, 0, 1]


def test_a_single_read_opens_no_transaction(path: str) -> None:
    """It costs what it did."""

    async def run() -> bool:
        watched = opened(path)
        read(watched)
        return watched.connection.in_transaction

    assert not asyncio.run(run())


def test_a_loop_that_stopped_leaves_no_snapshot_behind(path: str, other: sqlite3.Connection) -> None:
    """The next loop of the thread, and reads without one, see what is there."""
    watched = opened(path)

    async def run() -> int:
        read(watched)
        return read(watched)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(run())
    loop.close()
    write(other, 1)
    assert asyncio.run(run()) == 1
    write(other, 2)
    assert read(watched) == 2


def test_eager_tasks_read_by_themselves(path: str, other: sqlite3.Connection) -> None:
    """They begin in the middle of a turn, so a snapshot of it may be older than they are."""

    async def run() -> list[int]:
        watched = opened(path)
        asyncio.get_running_loop().set_task_factory(
            lambda loop, coro, **options: asyncio.Task(coro, loop=loop, **options)
        )
        seen = [read(watched), read(watched)]
        write(other, 1)
        return [*seen, read(watched)]

    assert asyncio.run(run()) == [0, 0, 1]


def test_without_a_log_readers_keep_no_writer_waiting(tmp_path: Path) -> None:
    """In the other modes of SQLite a transaction that reads would."""
    name = str(tmp_path / "db.sqlite3")
    connection = sqlite3.connect(name, isolation_level=None)
    connection.execute("CREATE TABLE found (number INTEGER)")
    connection.execute("INSERT INTO found VALUES (0)")

    async def run() -> bool:
        watched = opened(name)
        for _ in range(3):
            read(watched)
        return watched.connection.in_transaction

    assert not asyncio.run(run())
    connection.close()


def test_nobody_reads_what_is_older_than_his_request(path: str, other: sqlite3.Connection) -> None:
    """A request that comes after a commit sees it, however many others are read in the same turns."""
    failures: list[tuple[int, int]] = []
    seen: list[int] = []

    async def ask(watched: Watched, at_least: int, done: Any) -> None:
        for _ in range(3):
            number = read(watched)
            seen.append(number)
            if number < at_least:
                failures.append((number, at_least))
            await asyncio.sleep(0)
        done.release()

    async def run() -> None:
        loop, watched, over = asyncio.get_running_loop(), opened(path), asyncio.Event()
        room = threading.Semaphore(16)
        tasks: set[asyncio.Task[None]] = set()

        def begin(number: int) -> None:
            task = loop.create_task(ask(watched, number, room))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        def work() -> None:
            for number in range(1, 1500):
                room.acquire()
                write(other, number)
                loop.call_soon_threadsafe(begin, number)
            loop.call_soon_threadsafe(over.set)

        thread = threading.Thread(target=work)
        thread.start()
        await over.wait()
        await asyncio.to_thread(thread.join)
        await asyncio.gather(*tasks)

    asyncio.run(run())
    assert failures == []
    assert len(seen) == 3 * 1499


def test_the_end_of_a_snapshot_is_never_broken_off(path: str, other: sqlite3.Connection) -> None:
    """However late it is: SQLite counts the steps of a COMMIT over all its runs, and comes to look at the clock."""

    async def run() -> list[int]:
        watched = opened(path)
        watched.connection.set_progress_handler(watched.clock.is_late, 1)
        seen = []
        for number in range(1, 6):
            watched.clock.stop()
            watched.connection.set_progress_handler(None, 0)
            read(watched)
            read(watched)
            watched.connection.set_progress_handler(watched.clock.is_late, 1)
            watched.clock.until = 0.0
            write(other, number)
            await asyncio.sleep(0)
            watched.connection.set_progress_handler(None, 0)
            seen.append(read(watched))
            await asyncio.sleep(0)
        assert not watched.connection.in_transaction
        return seen

    assert asyncio.run(run()) == [1, 2, 3, 4, 5]


class Refusing:
    """A connection whose COMMIT fails while it is told to."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.refuses = True

    @property
    def in_transaction(self) -> bool:
        """As it is."""
        return self._connection.in_transaction

    def execute(self, text: str) -> Any:
        """Fail, or do it."""
        if self.refuses and text == "COMMIT":
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.execute(text)


def test_an_end_that_fails_is_tried_again_by_the_next_read(path: str, other: sqlite3.Connection) -> None:
    """The loop hears of no error; the read does, for as long as it lasts, and then sees what is there."""
    told: list[Any] = []

    async def run() -> int:
        asyncio.get_running_loop().set_exception_handler(lambda _, about: told.append(about))
        watched = opened(path)
        assert watched.snapshot is not None
        refusing: Any = Refusing(watched.connection)
        watched.snapshot._connection = refusing
        read(watched)
        read(watched)
        write(other, 1)
        await asyncio.sleep(0)
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError, match="disk"):
                read(watched)
        refusing.refuses = False
        return read(watched)

    assert asyncio.run(run()) == 1
    assert told == []


def test_a_connection_may_be_closed_before_its_snapshot_ends(path: str) -> None:
    """Nobody hears of that either."""
    told: list[Any] = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, about: told.append(about))
        watched = opened(path)
        read(watched)
        read(watched)
        watched.connection.close()
        await asyncio.sleep(0)

    asyncio.run(run())
    assert told == []
