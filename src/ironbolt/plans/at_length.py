"""Reads of SQLite in threads: as few steps for each row as on the loop, and one long one at a time.

For each row sqlite3 lets go of the interpreter and takes it back. Of several threads that do this at once each
waits for the others at every row, and all of them take four times as long as one after the other.

Whatever takes SQLite more than a millisecond leaves the loop for such a thread, so about a thousand rows. There Structs
are made of the rows and encoded too: Python lets the loop in between while they are made, and the encoder, which does
not, takes a tenth of a microsecond for each row, which is why an answer is not cut into parts for it.
"""

import sqlite3
import threading
import time
from typing import Any

from django.db import connections

from ironbolt.core.tally import count_query, current_tally
from ironbolt.core.threads import at_home
from ironbolt.plans.inline import Inline, inline_on
from ironbolt.plans.statement import Params, Rows, Statement
from ironbolt.plans.steps import Fetch, fetch_by_django

ROWS_AT_ONCE = 1_000
"""After how many rows a read looks at the clock."""

TURN_SECONDS = 0.25
"""For how long a read waits for its turn, and how long it keeps it: a slow one must not hold up the others."""

SHORT_SECONDS = 0.005
"""For how long a read waits of which nobody knows yet whether it is a long one: most are over sooner than that."""

_turn = threading.Lock()


def fetch_at_length(using: str) -> Fetch | None:
    """Queries on a bare connection of this thread, which fall back on Django's own.

    Args:
        using: the alias of the database.

    Returns:
        What runs a query; it raises TooSlow where only Django knows what the rows are. None where
        Django's connection has to be asked: for another database, inside a transaction, for those who look on.
    """
    inline = None if at_home() else inline_on(using)
    if inline is None:
        return None
    own = connections[using]
    if own.in_atomic_block or own.force_debug_cursor or (own.execute_wrappers and _is_looked_at(own)):
        return None
    if own.connection is not None and not own.autocommit:
        return None
    by_django = fetch_by_django(using)
    read = _counted if own.execute_wrappers and count_query in own.execute_wrappers else _rows

    def fetch(statement: Statement, params: Params) -> Rows:
        try:
            rows = read(inline, statement, params)
        except (sqlite3.Error, OverflowError, UnicodeError):  # Django waits for it, or says what is wrong
            return by_django(statement, params)
        return statement.convert_quickly(rows)

    return fetch


def _is_looked_at(connection: Any) -> bool:
    """Whether somebody wants to see the queries of plans too; what ``minds_plans = False`` is said of does not."""
    return any(getattr(wrapper, "minds_plans", True) for wrapper in connection.execute_wrappers)


def _counted(inline: Inline, statement: Statement, params: Params) -> list[Any]:
    """The rows; counted into the tally of the request, as Django's connection would have done."""
    tally, begin = current_tally(), time.perf_counter()
    rows = _rows(inline, statement, params)
    if tally is not None:
        tally.times.append(time.perf_counter() - begin)
    return rows


def _rows(inline: Inline, statement: Statement, params: Params) -> list[Any]:
    if not inline.is_open:
        inline.take(inline.opened())
    cursor = inline.begun(statement, params)
    has_turn = _turn.acquire(timeout=SHORT_SECONDS)
    until = time.monotonic() + TURN_SECONDS
    rows: list[Any] = []
    try:
        while part := cursor.fetchmany(ROWS_AT_ONCE):
            rows += part
            if len(part) < ROWS_AT_ONCE:
                break
            if not has_turn and len(rows) == ROWS_AT_ONCE:  # there is more of it
                has_turn = _turn.acquire(timeout=TURN_SECONDS)
                until = time.monotonic() + TURN_SECONDS
            elif has_turn and time.monotonic() > until:
                has_turn = False
                _turn.release()
    finally:
        if has_turn:
            _turn.release()
    return rows
