"""Queries on wires, and a PostgreSQL of one's own that may be stopped in the middle."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from ironbolt.plans.statement import Params, Statement, compiled
from ironbolt.plans.steps import Steps
from ironbolt.plans.wires import Wires, close_wires, wires_on
from ironbolt.plans.wiring import is_for_wires
from scripts.services import place as places
from scripts.services import postgres
from scripts.services.place import Place

ALIAS = "wired"


def one(statement: Statement, params: Params) -> Steps[Any]:
    """The steps of a single query."""
    return (yield statement, params)


def on_wires(call: Callable[[Wires], Awaitable[Any]], using: str = "default") -> Any:
    """Run a coroutine on a loop of its own, with wires that are closed at its end."""

    async def run() -> Any:
        try:
            return await call(wires_on(using))
        finally:
            await close_wires()

    return asyncio.run(run())


def answers(queryset: "QuerySet[Any]", times: int = 3) -> list[list[Any]]:
    """What several askings of a queryset of values give: as a literal, with parameters, prepared."""
    statement = compiled(queryset, queryset.db)

    async def ask(wires: Wires) -> list[list[Any]]:
        return [list(await wires.answer(one(statement, statement.params))) for _ in range(times)]

    found: list[list[Any]] = on_wires(ask, queryset.db)
    return found


@contextmanager
def own_postgres() -> Iterator[Place]:
    """A PostgreSQL of one's own, in a folder that goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="ironbolt-postgres-"))
    place = Place(folder, None)
    try:
        place = Place(folder, places.account_of(folder) if folder.owner() == "root" else None)
        place.own(folder)
        yield place
    finally:
        if postgres.runs(place):
            postgres.stop(place)
        rmtree(folder)


@contextmanager
def database(settings: dict[str, Any]) -> Iterator[str]:
    """A database with these settings, under an alias of its own."""
    connections.settings[ALIAS] = {**connections.settings["default"], "CONN_MAX_AGE": None, "OPTIONS": {}} | settings
    is_for_wires.cache_clear()
    try:
        yield ALIAS
    finally:
        connections[ALIAS].close()
        del connections[ALIAS]
        del connections.settings[ALIAS]
        is_for_wires.cache_clear()
