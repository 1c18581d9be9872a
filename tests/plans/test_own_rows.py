"""Rows that every request makes anew: random querysets for random callers, by plan as by the ORM, and nobody else's."""

import datetime
import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from django.db import models
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FloatField,
    Max,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, Left, Length, Lower, TruncDate
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ironbolt.bolt import ReadOnlyModelViewSet
from ironbolt.bolt.pagination import CursorPagination, PageNumberPagination
from ironbolt.bolt.routing import Route
from ironbolt.bolt.structs import source
from ironbolt.bolt.structs.planning import plan_of
from ironbolt.plans import budget, own_rows
from ironbolt.plans.asking import Ask
from ironbolt.plans.refusal import CannotPlan
from ironbolt.plans.steps import fetch_by_django, run
from tests.plans.reads import EXAMPLES, assert_same, by_orm, by_plan, route_of
from tests.plans.test_equivalence import undone
from tests.project.models import Bag, Label, Task

pytestmark = pytest.mark.django_db


class TaskOut(msgspec.Struct):
    """A task, its label, its watchers, and what the rows may say of it besides."""

    id: int
    title: str
    owner_id: str
    effort: Decimal
    label: Annotated[str | None, source("label.name")]
    watchers: list[int]
    extra: Annotated[Any, source("extra")] = None
    more: Annotated[Any, source("more")] = None


class Caller(msgspec.Struct, frozen=True):
    """Who asks, and with what."""

    name: str
    label: int | None
    efforts: tuple[Decimal, ...]
    number: int
    day: datetime.date


Rows = Any
Clause = Callable[[Rows, Caller], Rows]

WORDS = ("", "ann", "bob", "Ann", "a%", "o'b", "ä")


def _mine(caller: Caller) -> "QuerySet[Any]":
    return Label.objects.filter(watched=OuterRef("pk"), name=caller.name or "red")


class Color(models.TextChoices):
    """Names of labels, as code has them."""

    RED = "red"
    BLUE = "blue"


def _with_constant(rows: Rows, who: Caller) -> Rows:
    return rows.annotate(extra=Value(who.name))


def _of_a_day(rows: Rows, who: Caller) -> Rows:
    return rows.filter(label__bags__instant__date=who.day)


def _none_for_nobody(rows: Rows, who: Caller) -> Rows:
    return rows if who.name else rows.none()


def _mine_first(rows: Rows, who: Caller) -> Rows:
    return rows.order_by(Case(When(owner_id=who.name, then=Value(0)), default=Value(1)), "pk")


def _either(rows: Rows, who: Caller) -> Rows:
    return rows.filter(Q(owner_id=who.name) ^ Q(title=who.name))


CLAUSES: tuple[Clause, ...] = (
    lambda rows, who: rows.filter(owner_id=who.name),
    lambda rows, who: rows.filter(title=who.name),
    lambda rows, who: rows.exclude(owner_id=who.name),
    lambda rows, who: rows.filter(Q(owner_id=who.name) | Q(state="open")),
    lambda rows, who: rows.filter(Q(owner_id=who.name) & ~Q(title__icontains=who.name)),
    _either,
    lambda rows, who: rows.filter(label=who.label),
    lambda rows, who: rows.filter(label_id__gte=who.number),
    lambda rows, who: rows.filter(Q(pk=who.number) | Q(owner_id=who.name)),
    lambda rows, who: rows.exclude(Q(pk__lt=who.number) | Q(owner_id=who.name)),
    lambda rows, who: rows.filter(label__name=who.name),
    lambda rows, who: rows.filter(label__name=Color.RED),
    lambda rows, who: rows.filter(label__name=Color.BLUE),
    lambda rows, who: rows.exclude(watchers__name=who.name),
    lambda rows, who: rows.filter(watchers__name__in=[who.name, "red"]),
    lambda rows, who: rows.filter(effort__in=who.efforts),
    lambda rows, who: rows.exclude(effort__in=who.efforts),
    lambda rows, who: rows.filter(effort__range=(who.number % 7, who.number % 7 + 2)),
    lambda rows, who: rows.filter(owner_id__startswith=who.name),
    lambda rows, who: rows.filter(title__iexact=who.name),
    lambda rows, who: rows.filter(label__isnull=who.number % 2 == 0),
    lambda rows, who: rows.filter(title=F("owner_id")),
    lambda rows, who: rows.filter(title=Lower("owner_id")),
    lambda rows, who: rows.filter(title=Left("owner_id", 1)),
    lambda rows, who: rows.filter(title=Left("owner_id", 2)),
    lambda rows, who: rows.filter(effort__gt=F("id") - who.number % 7),
    lambda rows, who: rows.filter(pk__in=Task.objects.filter(owner_id=who.name).values("pk")),
    lambda rows, who: rows.filter(pk__in=Task.objects.filter(owner_id=who.name).order_by("title").values("pk")[:1]),
    lambda rows, who: rows.filter(pk__in=Task.objects.filter(owner_id=who.name).order_by("title").values("pk")[:2]),
    lambda rows, who: rows.filter(Exists(_mine(who))),
    lambda rows, who: rows.filter(~Exists(_mine(who))),
    lambda rows, who: rows.annotate(extra=Exists(_mine(who))),
    lambda rows, who: rows.annotate(extra=Value(who.number % 7)),
    _with_constant,
    lambda rows, who: rows.annotate(extra=Count("watchers")),
    lambda rows, who: rows.annotate(extra=Count("watchers", filter=Q(watchers__name=who.name))),
    lambda rows, who: rows.annotate(extra=Count("watchers", distinct=True)).filter(extra__gte=who.number % 3),
    lambda rows, who: rows.annotate(extra=Length("title")),
    lambda rows, who: rows.annotate(extra=Coalesce("label__name", Value(who.name))),
    lambda rows, who: rows.annotate(more=Case(When(owner_id=who.name, then=Value(1)), default=Value(0))),
    lambda rows, who: rows.annotate(more=Case(When(owner_id=who.name, then=Value(0)), default=Value(1))),
    lambda rows, who: rows.annotate(
        more=Subquery(Task.objects.filter(owner_id=who.name).order_by("-title").values("title")[:1])
    ),
    lambda rows, who: rows.annotate(more=Max("watchers__name")),
    lambda rows, who: rows.annotate(more=RawSQL("%s", (who.name,))),
    lambda rows, who: rows.alias(hidden=Exists(_mine(who))).filter(hidden=True),
    lambda rows, who: rows.order_by("-title", "pk"),
    lambda rows, who: rows.order_by(F("label__name").desc(nulls_last=True), "pk"),
    lambda rows, who: rows.order_by(F("label__name").desc(nulls_first=True), "pk"),
    _mine_first,
    lambda rows, who: rows.order_by("label", "pk"),
    lambda rows, who: rows.reverse(),
    lambda rows, who: rows.distinct(),
    lambda rows, who: rows.select_related("label"),
    lambda rows, who: rows.prefetch_related("watchers"),
    lambda rows, who: rows.only("title", "label"),
    lambda rows, who: rows.filter(label__bags__day=who.day),
    lambda rows, who: rows.filter(label__bags__day__year=who.day.year),
    _of_a_day,
    lambda rows, who: rows.annotate(more=TruncDate("label__bags__instant")).filter(more__gte=who.day),
    _none_for_nobody,
    lambda rows, who: rows if who.number % 2 else rows.filter(owner_id=who.name),
    lambda rows, who: rows.filter(effort=who.number % 7) if who.number % 2 else rows.filter(effort__lte=who.number % 7),
    lambda rows, who: rows.filter(pk__in=[]) if who.number == 2 else rows.filter(pk__in=range(who.number % 4)),
)
"""What a get_queryset may do, each with the caller's own values."""

callers = st.builds(
    Caller,
    name=st.sampled_from(WORDS),
    label=st.sampled_from((None, 1, 2)),
    efforts=st.lists(st.sampled_from([Decimal(1), Decimal("1.00"), Decimal("2.5"), Decimal(3)]), max_size=3).map(tuple),
    number=st.sampled_from((0, 1, 2, 3, 2**31, 2**63 - 1, -(2**63))),
    day=st.sampled_from((datetime.date(2024, 3, 10), datetime.date(2023, 1, 1), datetime.date(9999, 12, 31))),
)


class Now(msgspec.Struct):
    """The request that is being answered, as far as the view is concerned."""

    clauses: tuple[int, ...] = ()
    caller: Caller = Caller("", None, (), 0, datetime.date(2024, 3, 10))


NOW = Now()


class Own(ReadOnlyModelViewSet):
    """Tasks as the request of the moment has them."""

    model = Task
    serializer_class = TaskOut

    def get_queryset(self) -> Any:
        rows: Any = Task.objects.order_by("pk")
        for clause in NOW.clauses:
            rows = CLAUSES[clause](rows, NOW.caller)
        return rows


class Filtered(Own):
    """The same with everything on top of them."""

    filterset_fields = {"title": ["exact", "in"], "label__name": ["exact"], "pk": ["gte"]}
    search_fields = ["title", "watchers__name"]
    ordering_fields = ["title", "effort"]
    pagination_class = PageNumberPagination


class ByCursor(Own):
    """The same in pages by cursor."""

    pagination_class = type("Pages", (CursorPagination,), {"ordering": ("-effort", "title")})


ROUTES: dict[str, Route] = {
    "list": route_of(Own),
    "filtered": route_of(Filtered),
    "cursor": route_of(ByCursor),
    "retrieve": route_of(Own, "retrieve"),
}
"""Kept from example to example: whatever two structures shared would come to light."""

QUERIES = (
    "",
    "title=ann",
    "title__in=ann,bob",
    "label__name=red",
    "pk__gte=2",
    "search=a",
    "ordering=-effort",
    "page_size=2",
)


class TitleOnly(msgspec.Struct):
    """What a task is called."""

    id: int
    title: str


@pytest.fixture(autouse=True)
def _no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random examples are another query every time."""
    monkeypatch.setattr(budget.Budget, "spend", lambda _: True)
    monkeypatch.setattr(own_rows, "MOST_PLANS", 1000)


def _tasks() -> list[int]:
    labels = [Label.objects.create(name=name, pk=at) for at, name in enumerate(("red", "blue", "ann"), 1)]
    for at, label in enumerate(labels):
        Bag.objects.create(
            name=label.name,
            label=label,
            day=datetime.date(2023 + at % 2, 1, 1),
            instant=datetime.datetime(2024, 3, 10, 23 - at, tzinfo=datetime.UTC),
        )
    made = []
    for at in range(9):
        task = Task.objects.create(
            title=WORDS[at % 7] or "t",
            code=str(at),
            owner_id=WORDS[(at * 3) % 5],
            label=[None, *labels][at % 4],
            effort=Decimal(at % 4) + at % 2,
            state="open" if at % 3 else "done",
        )
        task.watchers.set(labels[: at % 3])
        made.append(task.pk)
    return made


@settings(
    max_examples=max(EXAMPLES // 8, 1),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    clauses=st.lists(st.integers(0, len(CLAUSES) - 1), min_size=1, max_size=4),
    others=st.lists(st.integers(0, len(CLAUSES) - 1), min_size=1, max_size=3),
    who=st.lists(callers, min_size=2, max_size=3),
    kind=st.sampled_from(sorted(ROUTES)),
    query=st.sampled_from(QUERIES),
)
def test_random_rows_of_random_callers(
    db: None, clauses: list[int], others: list[int], who: list[Caller], kind: str, query: str
) -> None:
    """Whoever asks first and whatever is asked in between: everybody gets the ORM's own answer."""
    with undone():
        pks = _tasks()
        for caller in (*who, *who[::-1]):
            for wanted in (clauses, others):
                NOW.clauses, NOW.caller = tuple(wanted), caller
                if kind == "retrieve":
                    assert_same(ROUTES[kind], "", pks[caller.number % len(pks)], planned=False)
                else:
                    assert_same(ROUTES[kind], query if kind == "filtered" else "", planned=False)


def ask(kind: str, clauses: tuple[int, ...], caller: Caller, query: str = "") -> Any:
    """What the plan answers, None where it does not."""
    NOW.clauses, NOW.caller = clauses, caller
    return by_plan(ROUTES[kind], query)


@pytest.mark.parametrize("clause", range(len(CLAUSES)))
def test_each_clause_is_planned(clause: int) -> None:
    """Every caller gets what is its own; what says a value twice, or only when it is compiled, is left to the ORM."""
    with undone():
        _tasks()
        route = route_of(Own)
        for caller in (
            Caller("ann", 1, (Decimal(1), Decimal(3)), 3, datetime.date(2024, 3, 10)),
            Caller("bob", 2, (Decimal("2.5"), Decimal(2)), 1, datetime.date(2023, 1, 1)),
        ):
            NOW.clauses, NOW.caller = (clause,), caller
            assert_same(route, planned=CLAUSES[clause] not in (_mine_first, _either))


def test_one_structure_is_compiled_once() -> None:
    """A hundred callers have one statement."""
    route = route_of(Own)
    _tasks()
    NOW.clauses = (0, 13, 31)
    for at in range(100):
        NOW.caller = Caller(f"n{at}", 1, (), 1, datetime.date(2024, 3, 10))
        assert by_plan(route) is not None
    planned: Any = route.planned
    (plan,) = planned._rows._rows._plans.values()
    assert len(plan._bound) == 1


def test_a_query_that_is_always_another_one_is_left_to_the_orm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling it for every request would cost more than it saves; what was compiled stays planned."""
    monkeypatch.undo()
    route = route_of(Own)
    _tasks()
    NOW.clauses = (CLAUSES.index(_with_constant),)
    answered = []
    for at in range(budget.AT_ONCE + 20):
        NOW.caller = Caller(f"n{at}", 1, (), 1, datetime.date(2024, 3, 10))
        answered.append(by_plan(route) is not None)
    assert all(answered[: budget.AT_ONCE])
    assert not all(answered)
    NOW.caller = Caller("n0", 1, (), 1, datetime.date(2024, 3, 10))
    assert by_plan(route) is not None


class Loud(models.Func):
    """An expression of somebody's own, which knows more than it says."""

    function = "UPPER"


class Tenant(QuerySet[Any]):
    """Rows that narrow themselves."""

    def filter(self, *args: Any, **kwargs: Any) -> Any:
        return super().filter(*args, **kwargs)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (lambda: Task.objects.annotate(extra=Loud("title")), "nothing is known of what Loud depends on"),
        (lambda: Task.objects.extra(where=["1 = 1"]), "nothing is known of what ExtraWhere depends on"),
        (lambda: Task.objects.all().union(Task.objects.all()), "it is a combination of querysets"),
        (Task.objects.select_for_update, "it locks its rows"),
        (lambda: Task.objects.values("title"), "it has values instead of rows"),
        (lambda: Task.objects.prefetch_related(Prefetch("watchers", Label.objects.all())), "it says which related"),
        (lambda: Tenant(Task), "Tenant has its own filter"),
        (list, "gives other things than rows of Task"),
        (Label.objects.all, "gives other things than rows of Task"),
        (lambda: Task.objects.filter(label__bags__facts={"a": 1}), "it compares with a dict"),
    ],
)
def test_what_is_not_known_is_left_to_the_orm(rows: Any, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    """The log says so once, and the route from then on."""
    route = route_of(type("Rows", (Own,), {"get_queryset": lambda _: rows()}))
    with caplog.at_level(logging.INFO, "ironbolt.plans"):
        for _ in range(3):
            assert by_plan(route) is None
    assert reason in caplog.text
    assert len(caplog.records) == 1
    planned: Any = route.planned
    assert reason in planned.refusal


def test_rows_of_nobody_need_no_query(django_assert_num_queries: Any) -> None:
    """As with the ORM: an empty list, an empty page, and nothing that is found."""
    with django_assert_num_queries(0):
        for kind in ("list", "filtered", "cursor"):
            nobody = Caller("", None, (), 0, datetime.date(2024, 3, 10))
            found = ask(kind, (CLAUSES.index(_none_for_nobody),), nobody)
            assert found is not None
            assert found == by_orm(ROUTES[kind])
    assert by_plan(ROUTES["retrieve"], "", 1) == by_orm(ROUTES["retrieve"], "", 1)


@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_a_value_that_no_row_can_have_is_for_its_caller(first: int) -> None:
    """In an "or", a "not" or a subquery it changes the SQL: no other caller may get that."""
    _tasks()
    numbers = [2**70, -(2**70), 2, 3]
    for put in (
        lambda number: Task.objects.filter(Q(pk=number) | Q(owner_id="ann")),
        lambda number: Task.objects.filter(Q(pk__lt=number) | Q(owner_id="ann")),
        lambda number: Task.objects.exclude(pk=number),
        lambda number: Task.objects.filter(~Q(pk__lt=number)),
        lambda number: Task.objects.filter(pk__lt=number, owner_id="ann"),
        lambda number: Task.objects.filter(Exists(Label.objects.filter(pk=number, watched=OuterRef("pk")))),
        lambda number: Task.objects.annotate(extra=Exists(Label.objects.filter(pk=number, watched=OuterRef("pk")))),
        lambda number: Task.objects.annotate(extra=Count("watchers", filter=Q(pk=number))),
        lambda number: Task.objects.filter(pk__in=Task.objects.filter(Q(pk=number) | Q(pk=1))),
    ):
        asked: list[int] = []
        route = route_of(
            type("Rows", (Own,), {"get_queryset": lambda _, put=put, asked=asked: put(asked[-1]).order_by("pk")})
        )
        for number in (*numbers[first:], *numbers):
            asked.append(number)
            assert_same(route, planned=False)
        assert_same(route)


def test_a_manager_may_stand_for_its_rows() -> None:
    """As it may for the ORM."""
    _tasks()
    assert_same(route_of(type("Rows", (Own,), {"get_queryset": lambda _: Task.objects})))


def test_what_the_method_raises_is_the_answer() -> None:
    """As without a plan."""

    def refuse(_: Any) -> Any:
        raise Task.DoesNotExist

    assert_same(route_of(type("Rows", (Own,), {"get_queryset": refuse})))


def test_a_time_zone_of_a_request_is_its_own() -> None:
    """Of which day an instant is, is asked anew where the SQL depends on it."""
    with undone():
        _tasks()
        route = route_of(Own)
        NOW.clauses, NOW.caller = (CLAUSES.index(_of_a_day),), Caller("a", 1, (), 1, datetime.date(2024, 3, 11))
        for zone in ("UTC", "Asia/Tokyo", "UTC", "America/New_York"):
            with timezone.override(zone):
                assert_same(route, planned=False)


def test_infinity_is_not_everybodys(db: None) -> None:
    """A value of which no other is known never becomes a part of the statement."""
    rows = own_rows.OwnRows(Task, plan_of(TitleOnly, Task), shown=False)

    def titles(most: float) -> list[str]:
        opening = rows.opening(Task.objects.alias(size=Cast("effort", FloatField())).filter(size__lte=most), "default")
        assert opening.plan is not None
        ask = Ask(opening.key, (), lambda queryset, _: queryset, opening.begin)
        return [one.title for one in run(opening.plan.rows(ask), fetch_by_django("default"))]

    with undone():
        Task.objects.bulk_create([Task(title=str(at), code=str(at), effort=at) for at in range(3)])
        with pytest.raises(CannotPlan):
            titles(float("inf"))
        assert titles(1.0) == ["0", "1"]
        assert titles(0.0) == ["0"]


def test_what_distinct_rows_are_ordered_by_is_shown(db: None) -> None:
    """Else the database gives more columns than there are fields."""
    rows = own_rows.OwnRows(Task, plan_of(TitleOnly, Task), shown=False)
    opening = rows.opening(Task.objects.distinct().order_by("label__name"), "default")
    assert opening.plan is not None
    ask = Ask(opening.key, (), lambda queryset, _: queryset, opening.begin)
    with pytest.raises(CannotPlan, match="ordered by more than is shown"):
        run(opening.plan.rows(ask), fetch_by_django("default"))
