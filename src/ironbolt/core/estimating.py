"""Estimates of how many rows a queryset has, from the statistics that a database keeps of its tables."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.db import connections
from django.db.models import QuerySet

from ironbolt.core.counting import Total

OF_TABLE = "SELECT reltuples FROM pg_catalog.pg_class WHERE oid = to_regclass(%s)"
IS_ANALYSED = "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'"
STATISTICS = "SELECT stat FROM sqlite_stat1 WHERE tbl = %s AND stat <> ''"


def estimated(rows: "QuerySet[Any]") -> Total:
    """How many rows there are, roughly; exactly where the database has no statistics.

    On PostgreSQL what its catalogue says of a whole table, and what the planner expects of anything else; on SQLite
    what ``ANALYZE`` has found in a whole table.
    """
    using = rows.db
    vendor = connections[using].vendor
    found: float | None = None
    if not rows.query.is_empty():
        if is_whole_table(rows):
            found = _of_table(vendor, using, rows.model._meta.db_table)
        if found is None and vendor == "postgresql":
            found = of_planner(rows.order_by().values_list("pk").explain(format="json"))
    return Total(rows.count(), is_estimate=False) if found is None else Total(max(int(found), 0), is_estimate=True)


def is_whole_table(rows: "QuerySet[Any]") -> bool:
    """Whether these are all rows of one table."""
    query: Any = rows.query
    tables = [alias for alias, references in query.alias_refcount.items() if references]
    narrowed = query.where or query.is_sliced or query.distinct or query.combinator or query.extra
    return not narrowed and len(tables) <= 1 and query.group_by is None and not rows.model._meta.proxy


def of_catalogue(rows: Sequence[Any]) -> float | None:
    """The number that the answer to ``OF_TABLE`` has, None for a table that was never looked at."""
    return None if not rows or rows[0][0] < 0 else rows[0][0]


def of_statistics(rows: Iterable[Any]) -> float | None:
    """The number that the answer to ``STATISTICS`` has, None where it has none."""
    # Of an index with a condition it is the number of its rows, which are not all.
    return max((float(row[0].split()[0]) for row in rows), default=None)


def of_planner(answer: Any) -> float:
    """The number of rows that an ``EXPLAIN (FORMAT JSON)`` of PostgreSQL expects, read by the driver or not."""
    read = msgspec.json.decode(answer) if isinstance(answer, str | bytes) else answer
    return float((read[0] if isinstance(read, list) else read)["Plan"]["Plan Rows"])


def _of_table(vendor: str, using: str, table: str) -> float | None:
    with connections[using].cursor() as cursor:
        if vendor == "postgresql":
            cursor.execute(OF_TABLE, [connections[using].ops.quote_name(table)])
            return of_catalogue(cursor.fetchall())
        if vendor != "sqlite":
            return None
        cursor.execute(IS_ANALYSED)
        if not cursor.fetchone()[0]:
            return None
        cursor.execute(STATISTICS, [table])
        return of_statistics(cursor.fetchall())
