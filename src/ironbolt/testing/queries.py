"""Assertions that a list takes the same queries however many rows it has."""

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from django.db import connections
from django.test.utils import CaptureQueriesContext

from ironbolt.features.nplusone import gather_n_plus_one
from ironbolt.features.nplusone.findings import told

_T = TypeVar("_T")

_VALUES = re.compile(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b|\?(?:, ?\?)+")
_MOST_SHOWN = 10


@contextmanager
def no_n_plus_one() -> Iterator[None]:
    """Fail if code inside, or a view that it calls, asks the database for each row of a list; also a decorator.

    Single objects are looked at as well as lists. There have to be rows: a list of one repeats nothing.

    Raises:
        AssertionError: with each relation, how often it was loaded, by whom, and what to add to the queryset.
    """
    # Counted from here: the caller's block, beyond contextlib's own frame.
    with gather_n_plus_one(start=_caller(2)) as block:
        yield
    if block.findings:
        raise AssertionError(told(block.findings))


def _caller(further: int = 0) -> int:
    """The identity of the frame that calls this, or of one ``further`` out; frames themselves keep variables alive."""
    frame = inspect.currentframe()
    for _ in range(further + 1):
        frame = frame.f_back if frame else None
    return id(frame)


def assert_no_n_plus_one(call: Callable[[], _T]) -> _T:
    """What ``call`` gives, such as the answer of a client; fails as :func:`no_n_plus_one` does.

    Raises:
        AssertionError: a query was made for each row.
    """
    with no_n_plus_one():
        return call()


def assert_queries_constant(
    make_rows: Callable[[int], Any], request: Callable[[], Any], *, rows: tuple[int, int] = (2, 5)
) -> None:
    """Fail if ``request`` takes more queries when there are more rows.

    Args:
        make_rows: makes so many more rows, each with what belongs to it.
        request: asks for the list, by a test client or otherwise, in this thread.
        rows: how many rows are made before the first count, and how many more before the second.

    Raises:
        AssertionError: there were more queries, which the message shows; or none at all, so that nothing is proven.
    """
    few, more = rows
    make_rows(few)
    request()  # what is worked out once, such as content types, is no query of the list
    before = _queries_of(request)
    if not before:
        raise AssertionError(
            "The request made no query in this thread, so that its queries can't be counted: make it by a test client, "
            "and see that nothing answers from a cache."
        )
    make_rows(more)
    with gather_n_plus_one(start=_caller()) as block:
        after = _queries_of(request)
    if len(after) != len(before):
        raise AssertionError(_difference(before, after, rows) + (told(block.findings) if block.findings else ""))


def _queries_of(request: Callable[[], Any]) -> list[str]:
    with ExitStack() as stack:
        captured = [stack.enter_context(CaptureQueriesContext(connections[alias])) for alias in connections]
        request()
    return [_VALUES.sub("?", query["sql"]) for each in captured for query in each.captured_queries]


def _difference(before: list[str], after: list[str], rows: tuple[int, int]) -> str:
    few, more = rows
    added = Counter(after)
    added.subtract(Counter(before))
    lines = [f"  {times:+d}: {sql}" for sql, times in added.most_common() if times]
    left_out = [f"  and {len(lines) - _MOST_SHOWN} others"] if len(lines) > _MOST_SHOWN else []
    counts = f"With {few} rows there were {len(before)} queries, with {few + more} there were {len(after)}:"
    return "\n".join([counts, *lines[:_MOST_SHOWN], *left_out, ""])
