"""Wires: how many there are, what ends them, and where Django's own connection is used."""

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from types import SimpleNamespace
from typing import Any

import environ
import psycopg
import pytest
from django.db import ProgrammingError, connection
from django.db.backends.signals import connection_created
from django.db.utils import OperationalError

from ironbolt.core.lifespan import follow_lifespan
from ironbolt.plans.questions import MOST_ROWS
from ironbolt.plans.refusal import TooSlow
from ironbolt.plans.runners import runner_on
from ironbolt.plans.statement import Statement
from ironbolt.plans.wires import Wires, wires_on
from ironbolt.plans.wiring import is_for_wires
from scripts.services import place as places
from scripts.services import postgres
from tests.plans.wired import database, on_wires, one, own_postgres

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="wires lead to PostgreSQL"),
]

PLUS = Statement("SELECT 1 + %s", (1,))
PID = Statement("SELECT pg_backend_pid()", ())
PREPARED = Statement("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'ironbolt%%'", ())


@pytest.fixture(autouse=True)
def _with_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


def settings_of(**more: Any) -> dict[str, Any]:
    """The settings of the tests' database, and more."""
    return {**connection.settings_dict, "CONN_MAX_AGE": None, **more}


async def ask(wires: Wires, statement: Statement, *params: Any) -> Any:
    """The first value that a query gives."""
    return (await wires.answer(one(statement, params)))[0][0]


def test_the_third_asking_is_prepared() -> None:
    """First a literal is sent, then a statement is prepared and kept."""

    async def run(wires: Wires) -> None:
        assert [await ask(wires, PLUS, number) for number in (1, 2, 3)] == [2, 3, 4]
        assert await ask(wires, PREPARED) == 1

    on_wires(run)


@pytest.mark.parametrize("more", [{"DISABLE_SERVER_SIDE_CURSORS": True}, {"OPTIONS": {"prepare_threshold": None}}])
def test_nothing_is_prepared_where_the_settings_speak_of_a_pooler(more: dict[str, Any]) -> None:
    """Parameters are sent with the text of the query each time."""

    async def run(wires: Wires) -> None:
        assert [await ask(wires, PLUS, number) for number in (1, 2, 3)] == [2, 3, 4]
        assert await ask(wires, PREPARED) == 0

    with database(settings_of(**more)) as using:
        on_wires(run, using)


def test_as_many_wires_as_allowed_and_no_more() -> None:
    """Requests beyond that wait for one, each in its turn."""
    sleeping = Statement("SELECT pg_backend_pid(), pg_sleep(0.05)", ())

    async def run(wires: Wires) -> None:
        found = await asyncio.gather(*(ask(wires, sleeping) for _ in range(9)))
        assert len(set(found)) == 3

    with database(settings_of(OPTIONS={"pool": {"max_size": 3}}, CONN_MAX_AGE=0)) as using:
        on_wires(run, using)


def test_who_is_cancelled_leaves_no_answer_behind() -> None:
    """The next request does not get the rows of one that was given up, in the query or in the queue."""

    async def run(wires: Wires) -> None:
        slow = [asyncio.ensure_future(ask(wires, Statement("SELECT 7, pg_sleep(0.2)", ()))) for _ in range(4)]
        await asyncio.sleep(0.1)
        for task in slow:
            task.cancel()
        assert await asyncio.gather(*(ask(wires, PLUS, number) for number in range(20))) == list(range(1, 21))
        assert all(task.cancelled() for task in slow)

    with database(settings_of(OPTIONS={"pool": {"max_size": 2}}, CONN_MAX_AGE=0)) as using:
        on_wires(run, using)


def test_a_wire_grows_as_old_as_the_settings_allow() -> None:
    """After CONN_MAX_AGE seconds there is a new connection."""

    async def run(wires: Wires) -> None:
        first = await ask(wires, PID)
        assert await ask(wires, PID) == first
        await asyncio.sleep(1.1)
        assert await ask(wires, PID) != first

    with database(settings_of(CONN_MAX_AGE=1)) as using:
        on_wires(run, using)


def test_options_hold_on_a_wire() -> None:
    """A search path, a time limit and the zone are those of the settings; what takes too long is not tried again."""

    async def run(wires: Wires) -> None:
        assert await ask(wires, Statement("SHOW search_path", ())) == "pg_catalog"
        began = time.monotonic()
        with pytest.raises(OperationalError, match="statement timeout"):
            await ask(wires, Statement("SELECT pg_sleep(5)", ()))
        assert time.monotonic() - began < 0.9
        assert await ask(wires, Statement("SHOW timezone", ())) == "Asia/Tokyo"

    options = {"options": "-c search_path=pg_catalog -c statement_timeout=500ms"}
    with database(settings_of(OPTIONS=options, TIME_ZONE="Asia/Tokyo")) as using:
        on_wires(run, using)


def test_a_role_is_assumed_on_a_wire() -> None:
    """The option assume_role counts."""
    with connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS wire_reader")
        cursor.execute("CREATE ROLE wire_reader")
    try:
        with database(settings_of(OPTIONS={"assume_role": "wire_reader"})) as using:
            assert (
                on_wires(lambda wires: ask(wires, Statement("SELECT current_user::text", ())), using) == "wire_reader"
            )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP ROLE wire_reader")


def test_the_databases_errors_are_djangos() -> None:
    """A table that is not there is what it is for Django, and the wire goes on."""

    async def run(wires: Wires) -> None:
        with pytest.raises(ProgrammingError, match="nowhere"):
            await ask(wires, Statement("SELECT * FROM nowhere", ()))
        assert await ask(wires, PLUS, 1) == 2

    on_wires(run)


def test_a_column_that_changes_its_type_is_read_anew() -> None:
    """What was prepared before a migration is not asked for again."""
    read = Statement("SELECT a FROM wire_changing WHERE a::text <> %s", ("x",))

    def execute(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    async def run(wires: Wires) -> None:
        assert [await ask(wires, read, "x") for _ in range(3)] == [5, 5, 5]
        await asyncio.to_thread(other_thread)
        assert [await ask(wires, read, "x") for _ in range(4)] == ["5", "5", "5", "5"]

    def other_thread() -> None:
        try:
            execute("ALTER TABLE wire_changing ALTER a TYPE text")
        finally:
            connection.close()

    execute("CREATE TABLE wire_changing AS SELECT 5 AS a")
    try:
        on_wires(run)
    finally:
        execute("DROP TABLE wire_changing")


def test_long_answers_are_left_to_a_thread() -> None:
    """They would hold the loop; the next time nobody asks first."""
    series = Statement("SELECT generate_series(1, %s)", (1,))

    async def run(wires: Wires) -> None:
        assert len(await wires.answer(one(series, (MOST_ROWS,)))) == MOST_ROWS
        for number in (MOST_ROWS + 1, 1):
            with pytest.raises(TooSlow):
                await wires.answer(one(series, (number,)))

    on_wires(run)


def test_large_values_and_strange_ones() -> None:
    """What does not fit into a socket at once arrives; NUL is refused as Django's connections refuse it."""

    async def run(wires: Wires) -> None:
        length = Statement("SELECT length(%s::text)", ("",))
        for _ in range(3):
            assert await ask(wires, length, "ä\n" * 4_000_000) == 8_000_000
        with pytest.raises(Exception, match="NUL"):
            await ask(wires, length, "a\0b")
        assert await ask(wires, length, "ab") == 2

    on_wires(run)


def test_each_loop_has_its_own_wires_and_the_end_closes_them() -> None:
    """A connection belongs to one loop; when the process ends its loop's are closed."""

    async def run() -> tuple[Any, Any]:
        wires = wires_on("default")
        pid = await ask(wires, PID)
        messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
        sent = []

        async def receive() -> Any:
            return next(messages)

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await follow_lifespan(receive, send)
        assert sent[-1] == "lifespan.shutdown.complete"
        assert wires_on("default") is not wires
        return wires, pid

    first, pid = asyncio.run(run())
    second, _ = asyncio.run(run())
    assert first is not second
    end = time.monotonic() + 5
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid])
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.05)
    pytest.fail("the connection is still there")


REFUSED: dict[str, dict[str, Any]] = {
    "a connection for each request": {"CONN_MAX_AGE": 0},
    "a transaction for each request": {"ATOMIC_REQUESTS": True},
    "no autocommit": {"AUTOCOMMIT": False},
    "a cursor of one's own": {"OPTIONS": {"cursor_factory": psycopg.ClientCursor}},
    "parameters by Django": {"OPTIONS": {"server_side_binding": True}},
}


@pytest.mark.parametrize("name", REFUSED)
def test_djangos_connection_is_used(name: str) -> None:
    """Where the settings ask for what a wire does not do."""
    with database(settings_of(**REFUSED[name])) as using:
        assert runner_on(using) is None


def test_djangos_connection_is_used_where_somebody_greets_every_connection() -> None:
    """What is done to a connection may be meant for one request; what Django does itself is not."""

    def greet(**_: Any) -> None:
        """Do nothing, as nobody looks."""

    connection_created.connect(greet)
    try:
        with database(settings_of()) as using:
            assert runner_on(using) is None
    finally:
        connection_created.disconnect(greet)
    with database(settings_of()) as using:
        assert is_for_wires(using)


# --- servers that go away -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own() -> Iterator[Any]:
    """A PostgreSQL of one's own and its settings."""
    with own_postgres() as place, pytest.MonkeyPatch.context() as patch:
        patch.delenv("IRONBOLT_PG_PORT", raising=False)
        found = environ.Env.db_url_config(postgres.start(place))
        patch.setenv("IRONBOLT_PG_PORT", str(found["PORT"]))
        yield SimpleNamespace(place=place, settings={**found, "CONN_MAX_AGE": None, "OPTIONS": {}})


def test_a_server_that_starts_again_is_asked_again(own: Any) -> None:
    """No request fails after it, and while it is away each gets Django's error."""

    async def run(wires: Wires) -> None:
        await asyncio.gather(*(ask(wires, Statement("SELECT 1, pg_sleep(0.05)", ())) for _ in range(5)))
        await asyncio.to_thread(postgres.stop, own.place)
        with pytest.raises(OperationalError):
            await ask(wires, PLUS, 1)
        await asyncio.to_thread(postgres.start, own.place)
        assert await asyncio.gather(*(ask(wires, PLUS, number) for number in range(10))) == list(range(1, 11))

    with database(own.settings) as using:
        on_wires(run, using)


def test_a_server_that_starts_again_unseen_costs_no_request(own: Any) -> None:
    """The loop did not run meanwhile, so that every wire looks well: the query is asked once more."""

    async def run(wires: Wires) -> None:
        await asyncio.gather(*(ask(wires, Statement("SELECT 1, pg_sleep(0.05)", ())) for _ in range(5)))
        postgres.stop(own.place)
        postgres.start(own.place)
        assert await asyncio.gather(*(ask(wires, PLUS, number) for number in range(10))) == list(range(1, 11))

    with database(own.settings) as using:
        on_wires(run, using)


def test_a_query_whose_backend_is_ended_is_asked_once_more(own: Any) -> None:
    """And not a third time."""
    suicide = Statement("SELECT pg_terminate_backend(pg_backend_pid())", ())

    async def run(wires: Wires) -> None:
        with pytest.raises(OperationalError):
            await ask(wires, suicide)
        assert await ask(wires, PLUS, 1) == 2

    with database(own.settings) as using:
        on_wires(run, using)


@contextmanager
def pgbouncer(own: Any, folder: Path) -> Iterator[int]:
    """A pooler in transaction mode before the server, two connections for all."""
    port = places.choose_port("pgbouncer", "IRONBOLT_TEST_BOUNCER_PORT", own.settings["PORT"])
    users = folder / "users.txt"
    users.write_text(f'"{own.settings["USER"]}" "{own.settings["PASSWORD"]}"\n')
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"[databases]\n* = host=127.0.0.1 port={own.settings['PORT']}\n[pgbouncer]\nlisten_addr=127.0.0.1\n"
        f"listen_port={port}\nauth_type=plain\nauth_file={users}\npool_mode=transaction\ndefault_pool_size=2\n"
        "unix_socket_dir=\nlogfile=/dev/null\n"
    )
    own.place.own(folder)
    for path in (users, config):
        own.place.own(path)
    account = own.place.account
    identity = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    with subprocess.Popen(["pgbouncer", "-q", str(config)], cwd="/", **identity) as process:
        try:
            end = time.monotonic() + 10
            while not places.answers(port) and time.monotonic() < end:
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


@pytest.mark.skipif(which("pgbouncer") is None, reason="pgbouncer is not installed")
def test_a_pooler_that_nobody_told_of_gives_right_answers(own: Any) -> None:
    """What one connection prepared is not on the next: it is noticed, and nothing is prepared from then on."""
    doubled = Statement("SELECT 2 * %s, pg_sleep(0.001)", (1,))

    async def run(wires: Wires) -> None:
        for _ in range(5):
            found = await asyncio.gather(
                *(ask(wires, doubled, n) for n in range(20)), *(ask(wires, PLUS, n) for n in range(20))
            )
            assert found == [*(2 * n for n in range(20)), *(n + 1 for n in range(20))]
        assert not wires._questions.may_prepare

    with own_folder() as folder, pgbouncer(own, folder) as port, database({**own.settings, "PORT": port}) as using:
        on_wires(run, using)


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder that the account of a server may enter."""
    with tempfile.TemporaryDirectory(prefix="ironbolt-bouncer-") as folder:
        yield Path(folder)
