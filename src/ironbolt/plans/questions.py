"""What is known of the statements that are asked of one PostgreSQL database: whether they may have parameters."""

import re
import secrets
import time
from collections.abc import Sequence
from itertools import count
from typing import NoReturn

from psycopg.pq.abc import PGresult

from ironbolt.plans.literals import Types
from ironbolt.plans.refusal import TooSlow

MOST_QUESTIONS = 4096
"""How many statements are known; when there are more all of them are learnt anew."""

MOST_ROWS = 1000
"""Answers with more rows than this would hold the event loop, and are read in a thread."""

SLOW_SECONDS = 30.0
"""For how long a statement with more rows is not tried on the loop again."""

Columns = tuple[tuple[int, int], ...]

_placeholder = re.compile(r"%(.)")


class Question:
    """A statement with parameters of given types.

    Attributes:
        text: with ``$1`` for the first parameter.
        types: those of the parameters.
        columns: the types of the answer where the values stand in the text, as Django sends it.
        is_proven: whether the answer to parameters has the same types.
        is_refused: whether it hasn't, or can't have parameters at all.
    """

    __slots__ = ("columns", "is_proven", "is_refused", "text", "types")

    def __init__(self, sql: str, types: Types, columns: Columns) -> None:
        numbers = count(1)
        self.text = _placeholder.sub(lambda found: f"${next(numbers)}" if found[1] == "s" else found[1], sql).encode()
        self.types = types
        self.columns = columns
        self.is_proven = False
        self.is_refused = next(numbers) != len(types) + 1


class Questions:
    """The statements that all connections to one database share.

    Attributes:
        may_prepare: whether a prepared statement is still there when it is asked for, which it isn't behind
            a pooler that hands a connection to somebody else after each transaction.
        token: begins the names of prepared statements: behind a pooler no two processes share a name.
    """

    def __init__(self, *, may_prepare: bool) -> None:
        self.may_prepare = may_prepare
        self.token = f"ironbolt_{secrets.token_hex(6)}_"
        self._numbers = count()
        self._known: dict[tuple[str, Types], Question] = {}
        self._slow_until: dict[str, float] = {}

    def new_name(self) -> bytes:
        """A name that no statement has had."""
        return f"{self.token}{next(self._numbers)}".encode()

    def get(self, sql: str, types: Types) -> Question | None:
        """What is known of a statement.

        Raises:
            TooSlow: its answer is too long for an event loop.
        """
        if self._slow_until and self._slow_until.get(sql, 0.0) > time.monotonic():
            raise TooSlow
        return self._known.get((sql, types))

    def learn(self, sql: str, types: Types, result: PGresult) -> None:
        """Keep what the answer looks like where the values stand in the text."""
        if len(self._known) >= MOST_QUESTIONS:
            self._known.clear()
        self._known[sql, types] = Question(sql, types, columns_of(result))

    def forget(self, sql: str, types: Types) -> None:
        """Learn a statement anew, since its tables have changed."""
        self._known.pop((sql, types), None)

    def leave_to_a_thread(self, sql: str) -> NoReturn:
        """Remember that the answer to a statement is long.

        Raises:
            TooSlow: always.
        """
        if len(self._slow_until) >= MOST_QUESTIONS:
            self._slow_until.clear()
        self._slow_until[sql] = time.monotonic() + SLOW_SECONDS
        raise TooSlow


def columns_of(result: PGresult) -> Columns:
    """The types of an answer's columns, with what stands in brackets behind them."""
    positions: Sequence[int] = range(result.nfields)
    return tuple((result.ftype(at), result.fmod(at)) for at in positions)
