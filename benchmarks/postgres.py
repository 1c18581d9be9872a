"""PostgreSQL for a run: a database of its own in the project's cluster, whose processes are kept beside the load."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from benchmarks.load import LOAD_CORE
from benchmarks.shop.database import asyncpg_url

NAME = "ironbolt_bench"


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty database, for as long as the block runs.

    Raises:
        scripts.services.place.Refused: PostgreSQL can't be started here.
    """
    import psycopg
    from psycopg.sql import SQL, Identifier

    from scripts.services import __main__ as services
    from scripts.services import postgres as server

    with ExitStack() as stack:
        url = services.start(server, stack)
        with psycopg.connect(asyncpg_url(url), autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(NAME)))
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(NAME)))
            with _beside_the_load(connection.info.backend_pid):
                yield urlunsplit(urlsplit(url)._replace(path=f"/{NAME}"))
            connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(NAME)))


@contextmanager
def _beside_the_load(backend: int) -> Iterator[None]:
    """Keep the server of a backend, and what it starts from now on, on the load's core; afterwards as before."""
    try:
        main = _parent(backend)
        before = os.sched_getaffinity(main)
        _pin(main, {LOAD_CORE})
    except OSError:
        print("  PostgreSQL is not ours to pin; it runs where it likes.")
        yield
        return
    try:
        yield
    finally:
        _pin(main, before)


def _pin(main: int, cores: set[int]) -> None:
    children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    for pid in (main, *map(int, children)):
        with suppress(ProcessLookupError):
            os.sched_setaffinity(pid, cores)


def _parent(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("PPid:"))
