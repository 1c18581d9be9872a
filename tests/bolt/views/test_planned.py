"""Tests of planned reads: which views have a plan, what takes it from them, and that answers stay the same."""

import datetime
from typing import Annotated, Any

import msgspec
import pytest
from django.db import connection, transaction
from django.db.models import Count
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ironbolt.bolt import BoltAPI, Info, ReadOnlyModelViewSet
from ironbolt.bolt.filters import lookup
from ironbolt.bolt.pagination import PageNumberPagination, Pagination
from ironbolt.bolt.structs import source
from ironbolt.core import context
from ironbolt.core.scope import Scope
from ironbolt.testing import TestClient
from tests.plans.reads import assert_same, by_orm, by_plan, route_of
from tests.project.models import Bag, Label, Task, Ticket

pytestmark = pytest.mark.django_db


class LabelOut(msgspec.Struct):
    """A label."""

    id: int
    name: str


class Labels(ReadOnlyModelViewSet):
    """Labels, by plan."""

    queryset = Label.objects.order_by("name")
    serializer_class = LabelOut


def view(**attributes: Any) -> Any:
    """Those labels with something more."""
    return type("More", (Labels,), attributes)


def call_super(name: str) -> Any:
    """An override that changes nothing."""
    return lambda self, *args, **kwargs: getattr(super(type(self), self), name)(*args, **kwargs)


class OwnPages(Pagination):
    """Pages that are cut by hand."""

    def paginate(self, queryset: Any, request: Any, read: Any) -> Any:
        """The first row only."""
        return [read(row) for row in queryset[:1]]


async def asynchronous(self: Any) -> Any:
    """A queryset that a coroutine makes."""
    return Label.objects.all()


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        *(
            ({name: call_super(name)}, f"{name} is overridden")
            for name in ("get_object", "get_serializer_class", "filter_queryset", "paginate_queryset")
        ),
        ({"before_perform_list": call_super("before_perform_list")}, "a hook takes rows"),
        ({"after_perform_list": call_super("after_perform_list")}, "a hook takes rows"),
        ({"get_queryset": asynchronous}, "get_queryset is asynchronous"),
        ({"pagination_class": OwnPages}, "it has its own pages"),
    ],
)
def test_an_override_leaves_the_plan(more: dict[str, Any], reason: str) -> None:
    """Whatever takes rows or instances needs the ORM; the route says why."""
    route = route_of(view(**more))
    assert (route.mode, route.planned, route.unplanned) == ("thread", None, reason)


def test_a_hook_of_single_objects_leaves_lists_alone() -> None:
    """Only the action is unplanned whose instance somebody wants."""
    hooked = view(after_perform_retrieve=call_super("after_perform_retrieve"))
    assert route_of(hooked).mode == "plan"
    assert route_of(hooked, "retrieve").unplanned == "a hook takes rows"


@pytest.mark.parametrize("action", ["list", "retrieve"])
def test_a_plain_view_set_is_planned(action: str) -> None:
    """Its route has a plan from the start."""
    assert route_of(Labels, action).mode == "plan"


@pytest.mark.parametrize("action", ["list", "retrieve"])
@pytest.mark.parametrize(
    "queryset",
    [Label.objects.extra(select={"x": "1"}), Label.objects.all().union(Label.objects.all())],
)
def test_a_queryset_that_cannot_be_planned_is_read_by_the_orm(queryset: Any, action: str) -> None:
    """The request gets what it would have got, and no error of a plan."""
    label = Label.objects.create(name="a")
    route = route_of(view(queryset=queryset), action)
    lookup = (label.pk,) if action == "retrieve" else ()
    assert by_plan(route, "", *lookup) is None
    if action == "list":
        assert b'"a"' in by_orm(route)[1]


class Named(msgspec.Struct):
    """Filters by names of one's own, typed by hand."""

    between: Annotated[tuple[int, int] | None, lookup("small__range")] = None
    sizes: Annotated[list[int] | None, lookup("small__in")] = None
    since: Annotated[datetime.date | None, lookup("day__gte")] = datetime.date(2024, 1, 1)


class BagOut(msgspec.Struct):
    """A bag."""

    name: str
    small: int | None


@pytest.fixture
def bags() -> None:
    """A few bags."""
    for at in range(5):
        Bag.objects.create(
            name=f"b{at}", small=at, level=1 + at % 2, day=datetime.date(2023 + at % 3, 1, 1), flag=at > 2
        )


def bags_view(**more: Any) -> Any:
    """Bags, by plan."""
    return type(
        "Bags", (ReadOnlyModelViewSet,), {"queryset": Bag.objects.order_by("name"), "serializer_class": BagOut, **more}
    )


@pytest.mark.parametrize(
    "query", ["", "between=1,3", "between=3,3", "between=4,1", "sizes=1,1,2", "sizes=9", "since=0001-01-01", "since=x"]
)
def test_filters_of_ones_own_are_planned(bags: None, query: str) -> None:
    """Ranges whose ends are the same, values that come twice, and defaults."""
    assert_same(route_of(bags_view(filterset_class=Named)), query)


def test_a_page_of_ones_own_knows_the_ordering(bags: None) -> None:
    """A pagination that overrides page() gets what the client orders by, as by the ORM."""

    class Told(Pagination):
        def page(self, rows: Any, request: Any) -> Any:
            found = yield from rows.part(0, 2)
            return {"by": list(self.asked_ordering), "results": found}

    told = bags_view(ordering_fields=["small"], ordering=["name"], pagination_class=Told)
    route = route_of(told)
    for query, ordering in (("", ["name"]), ("ordering=-small", ["-small"])):
        request_by_plan, by_the_orm = by_plan(route, query), by_orm(route, query)
        assert request_by_plan == by_the_orm
        assert msgspec.json.decode(by_the_orm[1])["by"] == ordering


values: list[Any] = []


def bind(_: context.Context) -> tuple[Any, ...]:
    """The values of a scope, as the test has set them."""
    return tuple(values)


@pytest.mark.parametrize("first", range(6))
def test_a_scope_binds_the_values_of_each_request(bags: None, first: int) -> None:
    """Whoever asks first: nobody's rows are shown to another, and nobody at all sees those of None."""
    asked = [(True, 1), (False, 1), (True, 2), (1, True), (True, 2**70), (None, 1)]
    route = route_of(bags_view(scope=Scope(("flag", "level"), bind)))
    for turn in (*asked[first:], *asked):
        values[:] = turn
        assert_same(route, "", planned=False)
    values[:] = (True, 2)
    assert assert_same(route) == (200, b'[{"name":"b3","small":3}]')


def test_a_manager_is_asked_for_every_request() -> None:
    """Its rows may depend on who asks: no plan may keep those of the first."""

    class Tickets(ReadOnlyModelViewSet):
        model = Ticket
        serializer_class = msgspec.defstruct("Out", [("code", str)])

    Ticket.every.create(code="open")
    Ticket.every.create(code="shut", closed=True)
    route = route_of(Tickets)
    assert by_plan(route) is None
    assert by_orm(route) == (200, b'[{"code":"OPEN"}]')
    declared = view(queryset=Ticket.objects.all(), serializer_class=Tickets.serializer_class)
    assert assert_same(route_of(declared)) == (200, b'[{"code":"OPEN"}]')


def test_the_current_time_zone_is_that_of_the_request() -> None:
    """Of which day an instant is, is asked anew for everybody."""
    Bag.objects.create(name="late", instant=datetime.datetime(2024, 3, 10, 23, tzinfo=datetime.UTC))
    route = route_of(bags_view(filterset_fields={"instant": ["date"]}))
    for zone, day in (("UTC", 10), ("Asia/Tokyo", 11), ("UTC", 10), ("America/New_York", 10)):
        with timezone.override(zone):
            found = assert_same(route, f"instant__date=2024-03-{day}", planned=False)
            assert found == (200, b'[{"name":"late","small":null}]')


def test_the_first_odd_request_leaves_the_plan_to_the_others(bags: None) -> None:
    """A key that no row can have is a 404, and the next request is planned."""
    label = Label.objects.create(name="a")
    route = route_of(Labels, "retrieve")
    assert assert_same(route, "", 2**70, planned=False)[0] == 404
    assert assert_same(route, "", label.pk)[0] == 200
    assert assert_same(route, "", 2**70)[0] == 404


def test_several_objects_of_one_name_are_a_conflict(bags: None) -> None:
    """It does not say which one is meant."""
    assert assert_same(route_of(bags_view(lookup_field="level"), "retrieve"), "", 1)[0] == 409


def test_queries_are_counted_as_any_others(bags: None) -> None:
    """One for the last page and one for each relation to many, the first request included; none for what is no page."""
    struct = msgspec.defstruct("Out", [("name", str), ("bags", list[BagOut])])
    Label.objects.create(name="a")
    api = BoltAPI(info=Info(served=False))
    api.viewset("/labels")(view(serializer_class=struct, pagination_class=PageNumberPagination))
    client = TestClient(api)
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/labels").status_code == 200
        assert len(queries) == 2
        with TestCase().assertNumQueries(0):
            assert client.get("/labels?page=x").status_code == 400


@pytest.mark.parametrize(
    ("query", "status", "queries"),
    [("page_size=2", 200, 2), ("page=2&page_size=2", 200, 1), ("page_size=3", 200, 1), ("page=3&page_size=2", 404, 1)],
)
def test_a_last_page_tells_how_many_rows_there_are(bags: None, query: str, status: int, queries: int) -> None:
    """Only a page with others behind it has them counted by a second query."""
    Label.objects.bulk_create(Label(name=name) for name in "abc")
    api = BoltAPI(info=Info(served=False))
    api.viewset("/labels")(view(serializer_class=LabelOut, pagination_class=PageNumberPagination))
    client = TestClient(api)
    with CaptureQueriesContext(connection) as found:
        answer = client.get(f"/labels?{query}")
    assert (answer.status_code, len(found)) == (status, queries)
    assert status == 404 or answer.json()["count"] == 3


def test_a_read_is_part_of_the_transaction_around_it() -> None:
    """It sees what was written there, and not what was undone."""
    api = BoltAPI(info=Info(served=False))
    api.viewset("/labels")(Labels)
    client = TestClient(api)
    assert client.get("/labels").json() == []
    with transaction.atomic():
        Label.objects.create(name="mine")
        assert [label["name"] for label in client.get("/labels").json()] == ["mine"]
        transaction.set_rollback(True)
    assert client.get("/labels").json() == []


def test_distinct_rows_are_not_merged() -> None:
    """Two tasks of one title are two, though only their titles are shown."""
    for at in range(2):
        Task.objects.create(title="same", code=str(at), owner_id=str(at))
    struct = msgspec.defstruct("Out", [("title", str)])
    tasks = view(queryset=Task.objects.distinct(), serializer_class=struct)
    assert assert_same(route_of(tasks), planned=False) == (200, b'[{"title":"same"},{"title":"same"}]')


def test_annotations_are_read_from_the_rows() -> None:
    """Counted by the database, and filtered by."""
    Label.objects.create(name="a").watched.add(Task.objects.create(title="t", code="1"))
    struct = msgspec.defstruct("Out", [("name", str), ("many", Annotated[int, source("many")])])
    labels = Label.objects.annotate(many=Count("watched")).order_by("name")
    route = route_of(view(queryset=labels, serializer_class=struct, filterset_fields={"many": ["gte"]}))
    assert assert_same(route, "many__gte=1") == (200, b'[{"name":"a","many":1}]')
    assert assert_same(route, "many__gte=2") == (200, b"[]")


def test_a_slice_is_planned_as_a_whole(bags: None) -> None:
    """Its pages are cut by the ORM, and what can't be done with a slice is told by the ORM too."""
    some = Bag.objects.order_by("name")[1:3]
    assert assert_same(route_of(bags_view(queryset=some)))[1].count(b"name") == 2
    paged = route_of(bags_view(queryset=some, pagination_class=PageNumberPagination))
    assert by_plan(paged) is None
    assert by_orm(paged)[0] == 200
    mine = route_of(bags_view(queryset=None, model=Bag, get_queryset=lambda _: Bag.objects.order_by("-name")[:2]))
    assert assert_same(mine)[1].count(b"name") == 2


def test_the_routes_know_why_a_queryset_has_no_plan() -> None:
    """Without a request where the class says enough, else after the first one."""
    declared: Any = route_of(view(queryset=Label.objects.extra(select={"x": "1"}))).planned
    assert declared.refusal == "it has SQL of its own"
    plain: Any = route_of(Labels).planned
    assert plain.refusal == ""
    route = route_of(view(get_queryset=lambda _: Label.objects.select_for_update()))
    asked: Any = route.planned
    assert asked.refusal == ""
    assert by_plan(route) is None
    assert asked.refusal == "it locks its rows"
