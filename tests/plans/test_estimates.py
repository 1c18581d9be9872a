"""Tests of estimates: what a database knows of its tables, by plan as by the ORM, and else the truth."""

import pytest
from django.db import connection
from django.db.models import Count, QuerySet

from ironbolt.bolt.structs.planning import plan_of
from ironbolt.core.counting import Total
from ironbolt.core.estimating import estimated, is_whole_table, of_planner
from ironbolt.plans.asking import Ask
from ironbolt.plans.plan import QueryPlan
from ironbolt.plans.steps import fetch_by_django, run
from tests.plans.test_plan import LabelOut
from tests.project.models import Label, Task, UrgentTicket

pytestmark = pytest.mark.django_db

IS_SQLITE = connection.vendor == "sqlite"


def by_plan(rows: "QuerySet[Label]", *names: str) -> Total:
    """What a plan estimates, of all rows or of those with a name."""
    plan = QueryPlan(Label.objects.all(), plan_of(LabelOut, Label), "default")
    ask = Ask(names, names, lambda found, given: found.filter(name=given[0]) if given else found)
    return run(plan.estimate(ask), fetch_by_django("default"))


def _labels(count: int) -> None:
    Label.objects.bulk_create(Label(name=f"n{at}") for at in range(count))


def test_a_table_without_statistics_is_counted() -> None:
    """Or, on PostgreSQL, left to the planner."""
    _labels(5)
    found = estimated(Label.objects.all())
    assert found == by_plan(Label.objects.all())
    if IS_SQLITE:
        assert found == Total(5, is_estimate=False)


def test_a_whole_table_is_estimated_by_its_statistics() -> None:
    """They are not of today: rows that came later are not among them."""
    _labels(50)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {connection.ops.quote_name(Label._meta.db_table)}")
    Label.objects.create(name="later")
    for found in (estimated(Label.objects.all()), by_plan(Label.objects.all())):
        assert found == Total(50, is_estimate=True)


def test_some_rows_are_estimated_by_the_planner_or_counted() -> None:
    """SQLite says nothing of them."""
    _labels(50)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {connection.ops.quote_name(Label._meta.db_table)}")
    found = estimated(Label.objects.filter(name="n1"))
    assert found == by_plan(Label.objects.all(), "n1")
    assert found == Total(1, is_estimate=not IS_SQLITE)


def test_no_rows_are_no_guess() -> None:
    """Nothing is asked for them."""
    assert estimated(Label.objects.none()) == Total(0, is_estimate=False)


def test_what_is_a_whole_table() -> None:
    """All rows of one table, in whatever order."""
    assert is_whole_table(Label.objects.all())
    assert is_whole_table(Task.objects.order_by("label__name").select_related("label"))
    for rows in (
        Label.objects.filter(name="a"),
        Label.objects.all()[:5],
        Label.objects.distinct(),
        Label.objects.annotate(many=Count("tasks")),
        Label.objects.all().union(Label.objects.all()),
        Label.objects.extra(where=["1 = 1"]),
        UrgentTicket.objects.all() if UrgentTicket._meta.proxy else Label.objects.exclude(name="a"),
    ):
        assert not is_whole_table(rows)


@pytest.mark.parametrize(
    "answer", ['[{"Plan": {"Plan Rows": 7}}]', '{"Plan": {"Plan Rows": 7}}', [{"Plan": {"Plan Rows": 7}}]]
)
def test_a_plan_is_read_however_the_driver_gives_it(answer: object) -> None:
    """As text, as a part of a text, or read already."""
    assert of_planner(answer) == 7
