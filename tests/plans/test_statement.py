"""Tests of statements: compiled as the ORM compiles them, and captured without being run."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ironbolt.plans.refusal import CannotPlan, TooSlow, UnfitValuesError
from ironbolt.plans.statement import Statement, captured, compiled
from tests.project.models import Label, Task

pytestmark = pytest.mark.django_db


def test_a_statement_has_sql_parameters_and_converters() -> None:
    """As Django's cursor takes them; the numbers of a page are left open."""
    statement = compiled(Task.objects.filter(title="x").values_list("title", "effort"), "default", paged=True)
    assert statement.sql.endswith(" LIMIT %s OFFSET %s")
    assert statement.params == ("x",)
    assert statement.quick_sql.count("?") == 3


def test_nothing_is_compiled_where_nothing_can_match() -> None:
    """Other values may match something."""
    with pytest.raises(UnfitValuesError, match="nothing can match"):
        compiled(Task.objects.filter(pk__in=[]).values_list("title"), "default")


def test_rows_that_only_the_driver_reads_are_for_a_thread() -> None:
    """So are malformed ones."""
    with pytest.raises(TooSlow):
        Statement("", (), quick=None).convert_quickly([(1,)])
    with pytest.raises(TooSlow):
        Statement("", (), quick=((0, int),)).convert_quickly([("x",)])


def test_what_is_captured_is_never_run() -> None:
    """No query is made, counted, seen by a wrapper or by the database, even where a transaction is broken."""
    seen: list[Any] = []

    def look(execute: Any, *arguments: Any) -> Any:
        seen.append(arguments)
        return execute(*arguments)

    before = connection.cursor
    with CaptureQueriesContext(connection) as queries, connection.execute_wrapper(look):
        statement = captured(Label.objects.filter(name="x").count, "default")
        transaction.set_rollback(True)
        again = captured(Label.objects.filter(name="x").count, "default")
        transaction.set_rollback(False)
    assert statement == again
    assert (len(queries), seen) == (0, [])
    assert statement.params == ("x",)
    assert "COUNT(*)" in statement.sql
    assert connection.cursor == before


def test_the_cursor_is_back_after_an_error() -> None:
    """Whatever happens while a query is captured, the next one is run, by what stood there before."""
    own = connection.cursor
    vars(connection)["cursor"] = own
    try:
        with pytest.raises(ZeroDivisionError):
            captured(lambda: 1 / 0, "default")
        assert vars(connection)["cursor"] is own
    finally:
        del vars(connection)["cursor"]
    assert Label.objects.count() == 0


def test_what_makes_no_query_has_no_statement() -> None:
    """It is refused for these values."""
    with pytest.raises(CannotPlan, match="no query is made"):
        captured(Label.objects.filter(pk__in=[]).count, "default")
