"""Queries that a plan wants run, one after the other: what runs them may wait or not, the plan is the same."""

from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, TypeVar

from ironbolt.plans.statement import Params, Statement

Rows = Sequence[Any]
Query = tuple[Statement, Params]
_T = TypeVar("_T")
Steps = Generator[Query, Rows, _T]
"""Yields queries, is sent their rows, and returns what they come to."""


def run(steps: Steps[_T], fetch: Callable[[Statement, Params], Rows]) -> _T:
    """Run every step here and now."""
    try:
        query = next(steps)
        while True:
            query = steps.send(fetch(*query))
    except StopIteration as end:
        result: _T = end.value
        return result


async def run_async(steps: Steps[_T], fetch: Callable[[Statement, Params], Awaitable[Rows]]) -> _T:
    """The same where rows have to be awaited."""
    try:
        query = next(steps)
        while True:
            query = steps.send(await fetch(*query))
    except StopIteration as end:
        result: _T = end.value
        return result
