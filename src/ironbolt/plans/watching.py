"""Whether code of the project asks a database."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connections


@contextmanager
def asked_databases() -> Iterator[set[str]]:
    """The aliases of the databases that this thread asks inside the block, as they are asked; those it opens there too.

    Only for threads: on an event loop Django refuses before anybody could look.
    """
    asked: set[str] = set()

    def look(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        asked.add(context["connection"].alias)
        return execute(sql, params, many, context)

    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(look))
        yield asked
