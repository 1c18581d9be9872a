"""Long reads of SQLite in threads: as few steps for each row as on the loop, and one of them at a time.

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

from ironbolt.core.threads import at_home
from ironbolt.plans.inline import Inline, inline_on
from ironbolt.plans.statement import Params, Rows, Statement
from ironbolt.plans.steps import Fetch, fetch_by_django

ROWS_AT_ONCE = 1_000
"""After how many rows a read looks at the clock."""

TURN_SECONDS = 0.25
"""For how long a read waits for its turn, and how long it keeps it: a slow one must not hold up the others."""

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
    if own.in_atomic_block or own.execute_wrappers:
        return None
    by_django = fetch_by_django(using)

    def fetch(statement: Statement, params: Params) -> Rows:
        try:
            rows = _rows(inline, statement, params)
        except (sqlite3.Error, OverflowError, UnicodeError):  # Django waits for it, or says what is wrong
            return by_django(statement, params)
        return statement.convert_quickly(rows)

    return fetch


def _rows(inline: Inline, statement: Statement, params: Params) -> list[Any]:
    if not inline.is_open:
        inline.take(inline.opened())
    cursor = inline.begun(statement, params)
    has_turn = _turn.acquire(timeout=TURN_SECONDS)
    until = time.monotonic() + TURN_SECONDS
    rows: list[Any] = []
    try:
        while part := cursor.fetchmany(ROWS_AT_ONCE):
            rows += part
            if has_turn and time.monotonic() > until:
                has_turn = False
                _turn.release()
    finally:
        if has_turn:
            _turn.release()
    return rows
