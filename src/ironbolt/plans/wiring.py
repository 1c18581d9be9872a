"""Which databases get wires, how many, and what of a database's settings concerns them."""

import sys
from functools import cache
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.signals import connection_created

from ironbolt.core.settings import get_settings

WIRES_PER_THREAD = 2
"""How many wires there may be for each database thread: those that wait cost nothing but a connection."""

POOLED_SECONDS = 3600.0
"""How long a wire lives where Django's own pool is asked for, if the pool is not told otherwise."""

_HAS_PSYCOPG = find_spec("psycopg") is not None


@cache
def is_for_wires(using: str) -> bool:
    """Whether queries on this database may leave Django's own connections."""
    connection: Any = connections[using]
    if connection.vendor != "postgresql" or not _HAS_PSYCOPG or settings.DEBUG or sys.platform == "win32":
        return False
    given = connection.settings_dict
    options = given["OPTIONS"]
    lasts = given["CONN_MAX_AGE"] != 0 or bool(options.get("pool"))
    is_plain = given["AUTOCOMMIT"] and not given["ATOMIC_REQUESTS"]
    has_own = "cursor_factory" in options or options.get("server_side_binding")
    return lasts and is_plain and not has_own and _is_djangos(connection) and not _is_greeted()


def _is_djangos(connection: Any) -> bool:
    """Whether it is Django's own backend, neither one that is built on it nor one without psycopg 3 in C."""
    from django.db.backends.postgresql.base import DatabaseWrapper
    from psycopg.pq import __impl__

    if type(connection) is not DatabaseWrapper or DatabaseWrapper.Database.__name__ != "psycopg":
        return False

    return __impl__ != "python"


def _is_greeted() -> bool:
    """Whether somebody else than Django does something to every new connection, perhaps for one request."""
    receivers = connection_created._live_receivers(None)  # noqa: SLF001 - nothing public tells who they are
    found = [receiver for some in receivers for receiver in some]
    return any(not getattr(receiver, "__module__", "").startswith("django.") for receiver in found)


def settings_of(using: str) -> dict[str, Any]:
    """The settings of a wire: those of the database, and those of Django's pool where they concern one connection."""
    given = connections[using].settings_dict
    options = {**given["OPTIONS"]}
    pool = options.pop("pool", None)
    if not pool:
        return {**given, "OPTIONS": options}
    seconds = pool.get("max_lifetime", POOLED_SECONDS) if isinstance(pool, dict) else POOLED_SECONDS
    return {**given, "OPTIONS": options, "CONN_MAX_AGE": seconds}


def size_of(using: str) -> int:
    """How many wires there may be, on each event loop."""
    pool = connections[using].settings_dict["OPTIONS"].get("pool")
    wanted = pool.get("max_size") or pool.get("min_size") if isinstance(pool, dict) else None
    return int(wanted or WIRES_PER_THREAD * get_settings().DATABASE_THREADS)


def keeps_prepared(given: dict[str, Any]) -> bool:
    """Whether nothing in the settings speaks of a pooler that changes connections after each transaction."""
    options = given["OPTIONS"]
    return not given.get("DISABLE_SERVER_SIDE_CURSORS") and options.get("prepare_threshold", 0) is not None
