"""Whether code of the project asks a database: in threads its queries show it, on an event loop Django's refusals."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from django.core.exceptions import SynchronousOnlyOperation
from django.db import connections

_refusals: ContextVar[int] = ContextVar("ironbolt_refusals", default=0)

_plainly_made: Any = SynchronousOnlyOperation.__init__


def _made(error: SynchronousOnlyOperation, *args: Any) -> None:
    _refusals.set(_refusals.get() + 1)
    _plainly_made(error, *args)


# Code that catches its errors tells nobody that it was refused; only the error itself can.
SynchronousOnlyOperation.__init__ = _made  # type: ignore[assignment]  # it does what it did, and is counted


def refusals() -> int:
    """How many times Django has refused a database to an event loop, in this context.

    Where there are more than before, whatever code of the project gave meanwhile is not to be trusted: it may have
    taken a refusal for an answer.
    """
    return _refusals.get()


@contextmanager
def asked_databases() -> Iterator[set[str]]:
    """The aliases of the databases that this thread asks inside the block; what is opened there counts as asked.

    Only for threads: on an event loop Django refuses before anybody could look, and :func:`refusals` tells.
    """
    asked: set[str] = set()

    def look(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        asked.add(context["connection"].alias)
        return execute(sql, params, many, context)

    known = connections.all(initialized_only=True)
    for connection in known:
        connection.execute_wrappers.append(look)
    try:
        yield asked
    finally:
        # Not by Django's own way, which takes the last one away, whosever that is.
        for connection in known:
            with suppress(ValueError):
                connection.execute_wrappers.remove(look)
        before = {connection.alias for connection in known}
        asked |= {one.alias for one in connections.all(initialized_only=True) if one.connection is not None} - before
