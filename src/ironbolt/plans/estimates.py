"""How many rows a shape has, roughly: the statements that ask the statistics of a database."""

from typing import Any

import msgspec
from django.db import connections
from django.db.models import QuerySet

from ironbolt.core.counting import Total
from ironbolt.core.estimating import IS_ANALYSED, OF_TABLE, STATISTICS, is_whole_table, of_catalogue, of_planner
from ironbolt.core.estimating import of_statistics as _of_statistics
from ironbolt.plans.statement import Statement, captured, compiled
from ironbolt.plans.steps import Steps

_EXPLAIN = "EXPLAIN (FORMAT JSON) "


def first_question(queryset: "QuerySet[Any]", using: str) -> Statement:
    """What is asked first: of the table as a whole if it is all of one, else of the planner, else of the rows."""
    vendor = connections[using].vendor
    if is_whole_table(queryset) and vendor == "sqlite":
        return Statement(IS_ANALYSED, ())
    if is_whole_table(queryset) and vendor == "postgresql":
        return Statement(OF_TABLE, (connections[using].ops.quote_name(queryset.model._meta.db_table),))
    return question_of_planner(queryset, using) if vendor == "postgresql" else captured(queryset.count, using)


def question_of_planner(queryset: "QuerySet[Any]", using: str) -> Statement:
    """How many rows PostgreSQL expects."""
    asked = compiled(queryset.order_by().values_list("pk"), using)
    return msgspec.structs.replace(asked, sql=f"{_EXPLAIN}{asked.sql}", converters=(), quick=())


def told_by(statement: Statement, rows: Any) -> Total | None:
    """What the answer to a first question says, None where the next one has to be asked."""
    if statement.sql == OF_TABLE:
        found = of_catalogue(rows)
    elif statement.sql == IS_ANALYSED:
        return None
    elif statement.sql.startswith(_EXPLAIN):
        found = of_planner(rows[0][0])
    else:
        return Total(int(rows[0][0]), is_estimate=False)
    return None if found is None else Total(max(int(found), 0), is_estimate=True)


def of_statistics(table: str) -> Steps[Total | None]:
    """What SQLite has found when the table was analysed."""
    rows = yield Statement(STATISTICS, ()), (table,)
    found = _of_statistics(rows)
    return None if found is None else Total(int(found), is_estimate=True)
