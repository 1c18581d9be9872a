"""What runs the queries of a plan outside of a transaction: the quickest safe way that a database has."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from django.db import connections

from ironbolt.plans.inline import Inline, inline_on
from ironbolt.plans.wiring import is_for_wires

if TYPE_CHECKING:
    from ironbolt.plans.wires import Wires


def runner_on(using: str) -> "Inline | Wires | None":
    """What runs queries on the running loop.

    Args:
        using: the alias of the database.

    Returns:
        Inline, where the loop may wait for a query; Wires, which it awaits; None where the queries have
        to run on Django's connection, in a database thread.
    """
    if (inline := inline_on(using)) is not None or not is_for_wires(using):
        return inline
    return _wires_on()(using)


def writer_on(using: str) -> "Inline | Wires | None":
    """What runs a statement that writes, and is a transaction by itself; None where it has to be in one of Django's."""
    return None if _is_isolated(using) else runner_on(using)


@cache
def _is_isolated(using: str) -> bool:
    """Whether the settings say how transactions are isolated: Django and psycopg say so as they begin one."""
    return "isolation_level" in connections[using].settings_dict["OPTIONS"]


@cache
def _wires_on() -> "Callable[[str], Wires]":
    """Imported when it is first needed, since psycopg comes with it."""
    from ironbolt.plans.wires import wires_on

    return wires_on
