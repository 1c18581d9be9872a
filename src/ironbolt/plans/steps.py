"""Queries that a plan wants run, one after the other: what runs them may wait or not, the plan is the same."""

from collections.abc import Awaitable, Callable, Generator
from time import perf_counter
from typing import TypeVar

from django.db import connections

from ironbolt.core.tally import current_tally
from ironbolt.plans.refusal import TooSlow
from ironbolt.plans.statement import Params, Rows, Statement

Query = tuple[Statement, Params]
Fetch = Callable[[Statement, Params], Rows]
AwaitedFetch = Callable[[Statement, Params], Awaitable[Rows]]
_T = TypeVar("_T")
Steps = Generator[Query, Rows, _T]
"""Yields queries, is sent their rows or the error in their place, and returns what they come to."""


def run(steps: Steps[_T], fetch: Fetch) -> _T:
    """Run every step here and now."""
    try:
        query = next(steps)
        while True:
            try:
                rows = fetch(*query)
            except Exception as error:  # noqa: BLE001 - the plan may know what it means
                query = steps.throw(error)
            else:
                query = steps.send(rows)
    except StopIteration as end:
        result: _T = end.value
        return result


async def run_async(steps: Steps[_T], fetch: AwaitedFetch) -> _T:
    """Run every step on an event loop, which does something else until its rows are there."""
    try:
        query = next(steps)
        while True:
            try:
                rows = await fetch(*query)
            except Exception as error:  # noqa: BLE001 - the plan may know what it means
                query = steps.throw(error)
            else:
                query = steps.send(rows)
    except StopIteration as end:
        result: _T = end.value
        return result


def counted(steps: Steps[_T]) -> Steps[_T]:
    """The same steps, whose queries are counted into the tally of the request.

    For an event loop: what runs in a thread is counted by the connection that runs it. A query that is sent on to a
    thread counts there.
    """
    tally = current_tally()
    if tally is None:
        return (yield from steps)
    try:
        query = next(steps)
        while True:
            begin = perf_counter()
            try:
                rows = yield query
            except Exception as error:  # noqa: BLE001 - the plan may know what it means
                if not isinstance(error, TooSlow):
                    tally.times.append(perf_counter() - begin)
                query = steps.throw(error)
            else:
                tally.times.append(perf_counter() - begin)
                query = steps.send(rows)
    except StopIteration as end:
        result: _T = end.value
        return result


def fetch_by_django(using: str) -> Fetch:
    """Queries on the connection that Django has in this thread: in its transaction, seen by all who look on."""

    def fetch(statement: Statement, params: Params) -> Rows:
        with connections[using].cursor() as cursor:
            cursor.execute(statement.sql, params)
            return statement.convert(cursor.fetchall())

    return fetch
