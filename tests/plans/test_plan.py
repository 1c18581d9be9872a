"""Tests of plans: shapes are compiled once, kept within bounds, and refused for good or for once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from ironbolt.bolt.structs.planning import plan_of
from ironbolt.plans import budget
from ironbolt.plans import plan as plan_module
from ironbolt.plans.asking import Ask
from ironbolt.plans.budget import Budget
from ironbolt.plans.conditions import bound
from ironbolt.plans.plan import MOST_SHAPES, QueryPlan
from ironbolt.plans.refusal import CannotPlan, UnfitValuesError
from ironbolt.plans.steps import fetch_by_django, run
from tests.project.models import Bag, Label


class LabelOut(msgspec.Struct):
    """A label."""

    name: str


def plan() -> QueryPlan:
    """One of labels."""
    return QueryPlan(Label.objects.order_by("name"), plan_of(LabelOut, Label), "default")


def named(*names: str) -> Ask:
    """Ask for labels of these names."""
    return Ask(len(names), (names,), lambda rows, values: rows.filter(name__in=values[0]))


def names_in(found: list[Any]) -> list[str]:
    """The names of labels."""
    return [label.name for label in found]


def rows_of(made: QueryPlan, ask: Ask, page: tuple[int, int] | None = None) -> list[Any]:
    """The rows, by Django's connection."""
    return run(made.rows(ask, page), fetch_by_django("default"))


@pytest.mark.django_db
def test_a_shape_is_compiled_once() -> None:
    """Whatever its values are; rows, pages and counts are shapes by themselves."""
    Label.objects.bulk_create(Label(name=name) for name in "abc")
    made = plan()
    with patch.object(plan_module, "bound", wraps=bound) as compiling:
        assert names_in(rows_of(made, named("a", "c"))) == ["a", "c"]
        assert names_in(rows_of(made, named("b", "x"))) == ["b"]
        assert compiling.call_count == 1
        assert names_in(rows_of(made, named("a", "c"), (1, 1))) == ["c"]
        assert run(made.count(named("a", "c")), fetch_by_django("default")) == 2
        assert run(made.count(named("a", "x")), fetch_by_django("default")) == 1
        assert compiling.call_count == 3


@pytest.mark.django_db
def test_queries_are_seen_by_the_tests_tools() -> None:
    """Each is counted once, the first request included, and runs in the transaction around it."""
    made = plan()
    seen: list[str] = []

    def look(execute: Any, sql: str, *arguments: Any) -> Any:
        seen.append(sql)
        return execute(sql, *arguments)

    with transaction.atomic():
        Label.objects.create(name="mine")
        with CaptureQueriesContext(connection) as queries, connection.execute_wrapper(look):
            assert run(made.count(named("mine")), fetch_by_django("default")) == 1
            assert names_in(rows_of(made, named("mine"))) == ["mine"]
        transaction.set_rollback(True)
    assert len(queries) == len(seen) == 2
    assert rows_of(made, named("mine")) == []


@pytest.mark.django_db
def test_what_is_compiled_for_clients_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs several times what the ORM takes: that answers whoever thinks of more shapes, and plans the others."""
    made = plan()

    def filtered(at: int) -> Ask:
        return Ask(at, (str(at),), lambda rows, values: rows.filter(name=values[0]))

    monkeypatch.setattr(budget, "A_SECOND", 0.0)
    for at in range(MOST_SHAPES):
        assert rows_of(made, filtered(at)) == []
    for at in (MOST_SHAPES, MOST_SHAPES + 1):
        with pytest.raises(UnfitValuesError, match="for every request"):
            rows_of(made, filtered(at))
    assert rows_of(made, filtered(0)) == []
    monkeypatch.setattr(budget, "A_SECOND", 1e9)
    assert rows_of(made, filtered(MOST_SHAPES)) == []


@pytest.mark.django_db
def test_shapes_are_bounded() -> None:
    """However many a client can think of, the last ones are kept, refusals included."""
    made = plan()
    made._budget = Budget(MOST_SHAPES * 2)
    for at in range(MOST_SHAPES + 10):
        ask = Ask(at, (str(at),), lambda rows, values: rows.filter(name=values[0]))
        rows_of(made, ask)
        rows_of(made, Ask(0, ("x",), lambda rows, values: rows.filter(name=values[0])))
    keys: Any = made._bound
    kept = {key for _, key in keys}
    assert len(kept) == MOST_SHAPES
    assert {0, MOST_SHAPES + 9} < kept
    assert 1 not in kept


@pytest.mark.django_db
def test_a_refusal_of_a_shape_is_kept() -> None:
    """The ORM answers, and nothing is compiled again; the log says why."""
    made = plan()
    ask = Ask("odd", ("x",), lambda rows, values: rows if values[0] == "x" else rows.order_by("-name"))
    with patch.object(plan_module, "bound", wraps=bound) as compiling:
        for _ in range(3):
            with pytest.raises(CannotPlan, match="a value changes the SQL"):
                rows_of(made, ask)
    assert compiling.call_count == 1


@pytest.mark.django_db
def test_a_refusal_of_values_is_not_kept() -> None:
    """The first client's odd value does not take the plan from all the others."""
    Label.objects.create(name="a", pk=5)
    made = plan()

    def ask(key: Any) -> Ask:
        return Ask("key", (key,), lambda rows, values: rows.filter(pk=values[0]))

    for odd in (2**70, object(), "x"):
        with pytest.raises(UnfitValuesError):
            rows_of(made, ask(odd))
    assert not made._bound
    assert names_in(rows_of(made, ask(5))) == ["a"]
    assert rows_of(made, ask(2**70)) == []
    assert run(made.count(ask(5)), fetch_by_django("default")) == 1
    assert run(made.count(ask(2**70)), fetch_by_django("default")) == 0


@pytest.mark.django_db
def test_an_error_of_the_database_is_the_callers() -> None:
    """It is raised where the rows were wanted."""

    def fail(*_: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(plan().rows(named("a")), fail)


@pytest.mark.django_db
def test_threads_may_ask_for_new_shapes_at_once() -> None:
    """Each gets the parameters of its own values."""
    made = QueryPlan(Bag.objects.order_by("pk"), plan_of(msgspec.defstruct("Out", [("name", str)]), Bag), "default")
    begin = threading.Barrier(8)

    def ask(at: int) -> list[tuple[Any, ...]]:
        begin.wait()
        seen = []
        for turn in range(60):
            size = 1 + (turn + at) % 6
            values = tuple(f"{at}-{turn}-{item}" for item in range(size))
            shape = Ask(("in", size), (values,), lambda rows, given: rows.filter(name__in=given[0]))
            query = next(made.rows(shape))
            seen.append(query[1])
            assert query[1] == values
            assert query[0].sql.count("%s") == size
        return seen

    with ThreadPoolExecutor(8) as pool:
        assert len([*pool.map(ask, range(8))]) == 8


@pytest.mark.django_db
def test_an_overridden_filter_is_called() -> None:
    """A queryset of somebody's own narrows the rows in its own way."""

    class Own(QuerySet[Any]):
        def filter(self, *args: Any, **kwargs: Any) -> Any:
            return super().filter(*args, **kwargs).exclude(name="hidden")

    Label.objects.bulk_create(Label(name=name) for name in ("hidden", "seen"))
    made = QueryPlan(Own(Label), plan_of(LabelOut, Label), "default")
    assert names_in(rows_of(made, named("hidden", "seen"))) == ["seen"]
