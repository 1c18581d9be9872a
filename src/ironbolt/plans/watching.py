"""Whether code of the project asks a database."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import connections


@contextmanager
def asked_databases() -> Iterator[set[str]]:
    """The aliases of the databases that this thread asks inside the block; what is opened there counts as asked.

    Only for threads: on an event loop Django refuses before anybody could look.
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
