"""How many queries a request makes and how long they take: counted where somebody wants to know, nowhere else.

Queries on Django's connections are counted by a wrapper that :func:`look_on` puts there; plans that run theirs
elsewhere count them into the same tally.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Any

from django.db import connections

_NO_QUERIES = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET CONSTRAINTS", "PRAGMA")
"""What a transaction takes: the number of queries is the same inside of one and outside, on whatever database."""

watching_threads: list[bool] = []
"""Not empty once somebody counts: then database threads look on too."""


class Tally:
    """The queries of one request.

    Attributes:
        times: how many seconds each took; appended to by any thread.
        began: when the statement began that is running on the event loop.
    """

    __slots__ = ("began", "times")

    def __init__(self) -> None:
        self.times: list[float] = []
        self.began = 0.0

    @property
    def queries(self) -> int:
        """How many there were."""
        return len(self.times)

    @property
    def seconds(self) -> float:
        """How long all of them took."""
        return sum(self.times)


_current: ContextVar[Tally | None] = ContextVar("ironbolt_tally", default=None)


def current_tally() -> Tally | None:
    """Where the queries of the running request are counted, None where nobody wants to know."""
    return _current.get()


@contextmanager
def tallying() -> Iterator[Tally]:
    """Count what the block asks, in whatever thread; what encloses it does not count that too."""
    tally = Tally()
    token = _current.set(tally)
    try:
        yield tally
    finally:
        _current.reset(token)


def watch_threads() -> None:
    """Have every database thread look on from its next piece of work on."""
    if not watching_threads:
        watching_threads.append(True)


def look_on() -> None:
    """Count what is asked on the running thread's connections from here on, for requests that are tallied."""
    for alias in connections:
        wrappers = connections[alias].execute_wrappers
        if count_query not in wrappers:
            wrappers.insert(0, count_query)  # Django takes the last one away where a block with a wrapper ends


def count_query(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """The wrapper around each query of a connection."""
    tally = _current.get()
    if tally is None or (isinstance(sql, str) and sql.startswith(_NO_QUERIES)):
        return execute(sql, params, many, context)
    begin = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        tally.times.append(perf_counter() - begin)


setattr(count_query, "minds_plans", False)  # noqa: B010 - plans count what they run elsewhere
