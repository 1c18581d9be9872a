"""Filters of this door: what is worked out at start, what is refused there, and what users build on it."""

import datetime
import enum
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Avg, Count, F, Q

from ironbolt.bolt import BoltAPI, Info, ModelViewSet, ReadOnlyModelViewSet, ViewSet
from ironbolt.bolt.filters import filters_of, lookup
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.bolt.structs import ModelStruct
from ironbolt.bolt.views import action
from ironbolt.core.filtering import Asked, FilterShape
from ironbolt.testing import TestClient
from tests.project.models import Bag, Label, Task


class TaskOut(msgspec.Struct):
    """A task as it is listed."""

    code: str


class Tasks(ModelViewSet):
    """Tasks without any filters."""

    queryset = Task.objects.all()
    serializer_class = TaskOut


def client_of(*, base: Any = Tasks, **attributes: Any) -> TestClient:
    """A client of a view set with something added."""
    api = BoltAPI(info=Info(served=True))
    api.viewset("/tasks")(type("Tasks", (base,), attributes))
    return TestClient(api)


def codes(client: TestClient, query: str = "", path: str = "/tasks") -> str:
    """The codes of the tasks that a list answers."""
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 200, answer.text
    return "".join(item["code"] for item in answer.json())


@pytest.fixture
def tasks(db: None) -> None:
    """Three tasks."""
    red = Label.objects.create(name="red")
    Task.objects.create(title="first", code="A", effort="1.50", label=red)
    Task.objects.create(title="second", code="B", effort="7", state="done")
    Task.objects.create(title="third", code="C", effort="3").watchers.add(red)


# --- filters of names of one's own --------------------------------------------------------------------


class State(enum.Enum):
    """How far a task is."""

    OPEN = "open"
    DONE = "done"


class TaskFilters(msgspec.Struct, rename={"title_like": "like"}):
    """Filters as an application names them."""

    min_effort: Annotated[Decimal | None, lookup("effort__gte"), msgspec.Meta(description="The least effort.")] = None
    title_like: Annotated[str | None, lookup("title__icontains")] = None
    state: State | None = None
    codes: Annotated[list[str] | None, lookup("code__in")] = None
    unlabelled: Annotated[bool | None, lookup("label__isnull")] = None
    watched_by: Annotated[str | None, lookup("watchers__name")] = None
    top: Annotated[Annotated[int, msgspec.Meta(ge=1, le=3)] | None, lookup("pk__lte")] = None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "ABC"),
        ("min_effort=3", "BC"),
        ("like=IR", "AC"),
        ("state=done", "B"),
        ("codes=A, C", "AC"),
        ("unlabelled=true", "BC"),
        ("watched_by=red", "C"),
        ("min_effort=", "ABC"),
        ("title_like=first", "ABC"),
        ("min_effort=2&state=open", "C"),
    ],
)
@pytest.mark.usefixtures("tasks")
def test_struct_of_filters(query: str, found: str) -> None:
    """The fields of a Struct are filters of their own names, each with its lookup."""
    assert codes(client_of(filterset_class=TaskFilters), query.replace(" ", "%20")) == found


@pytest.mark.parametrize(
    ("query", "details"),
    [
        ("min_effort=x", {"min_effort": ["A valid number is required."]}),
        ("min_effort=1234", {"min_effort": ["Ensure that there are no more than 3 digits before the decimal point."]}),
        ("min_effort=null", {"min_effort": ["A valid number is required."]}),
        ("state=lost", {"state": ['"lost" is not a valid choice.']}),
        (
            "top=4&codes=%00",
            {"top": ["Ensure this value is less than or equal to 3."], "codes": ["Null characters are not allowed."]},
        ),
        ("top=99999999999999999999999", {"top": ["Integer value out of range."]}),
        (f"codes={'x,' * 100}x", {"codes": ["No more than 100 items are taken at once."]}),
    ],
)
@pytest.mark.django_db
def test_faults_of_a_struct_of_filters(query: str, details: dict[str, list[str]]) -> None:
    """Types and constraints of the Struct are checked as those of any parameter, and those of the column too."""
    answer = client_of(filterset_class=TaskFilters).get(f"/tasks?{query}")
    assert (answer.status_code, set(answer.json()["error"]["details"])) == (400, set(details))
    if "99" not in query:
        assert answer.json()["error"]["details"] == details


@pytest.mark.usefixtures("tasks")
def test_defaults_and_required_filters() -> None:
    """A default narrows the list until the client says otherwise; a filter without one must be sent."""

    class Needed(msgspec.Struct, kw_only=True):
        state: Literal["open", "done"] = "open"
        codes: Annotated[list[str], lookup("code__in")] = msgspec.field(default_factory=lambda: ["A", "B"])
        below: Annotated[int, lookup("effort__lt")]

    client = client_of(filterset_class=Needed)
    assert codes(client, "below=9") == "A"
    assert codes(client, "below=9&state=done") == "B"
    assert codes(client, "below=9&codes=C") == "C"
    assert client.get("/tasks").json()["error"]["details"] == {"below": ["This field is required."]}


# --- what is refused at start ------------------------------------------------------------------------


def struct_of(annotation: Any, **options: Any) -> type[msgspec.Struct]:
    """A Struct with one filter, called ``f``."""
    return msgspec.defstruct("F", [("f", annotation, None)], **options)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"filterset_fields": ["colour"]}, "no field 'colour'; it has chore, code, effort"),
        ({"filterset_fields": {"title": ["near"]}}, "no lookup 'near'; there is contains, endswith, exact"),
        ({"filterset_fields": {"label": ["icontains"]}}, "Label has no field 'icontains'; it has bags, "),
        ({"filterset_fields": {"label__colour": ["exact"]}}, "Label has no field 'colour'"),
        ({"filterset_fields": {"title__exact": ["in"]}}, "nothing can stand behind the lookup 'exact'"),
        ({"filterset_fields": {"title": ["iregex"]}}, "regular expression"),
        ({"filterset_fields": "title"}, "is a list of names"),
        ({"filterset_fields": {"title": ["exact"], "title__exact": "exact"}}, "nothing can stand behind"),
        ({"filterset_fields": ["title", "title"]}, "two query parameters would be called title"),
        ({"search_fields": ["colour"]}, "no field 'colour'"),
        ({"search_fields": ["$title"]}, "regular expression"),
        ({"search_fields": ["@title"]}, "no lookup 'search'"),
        ({"search_fields": ["label"]}, "name a column behind it, such as label__name"),
        ({"ordering_fields": ["colour"]}, "no field 'colour'"),
        ({"ordering_fields": ["watchers__name"]}, "a row would come several times"),
        ({"ordering_fields": ["title__exact"]}, "rows are ordered by columns"),
        ({"ordering": ["-colour"]}, "no field 'colour'"),
        ({"date_range_fields": ["title"]}, "'title' is no column of dates"),
        ({"date_range_fields": ["colour"]}, "no field 'colour'"),
        ({"filterset_class": dict}, "is no msgspec.Struct"),
        ({"filterset_class": struct_of(str | None)}, "no field 'f'"),
        ({"filterset_class": struct_of(Annotated[str | None, lookup("title__regex")])}, "regular expression"),
        (
            {"filterset_class": struct_of(Annotated[str | None, lookup("effort__gte")])},
            "compared with Decimal, not with str",
        ),
        ({"filterset_class": struct_of(Annotated[int | None, lookup("label__isnull")])}, "compared with bool"),
        ({"filterset_class": struct_of(Annotated[str | None, lookup("code__in")])}, "'in' is asked with a list"),
        ({"filterset_class": struct_of(Annotated[list[str] | None, lookup("code")])}, "asked with one value"),
        (
            {"filterset_class": struct_of(Annotated[str | None, lookup("code")], namespace={"__post_init__": print})},
            "nor its __post_init__ called",
        ),
    ],
)
def test_what_can_not_be_asked_is_refused_at_start(attributes: dict[str, Any], reason: str) -> None:
    """A mistake is told when the class is registered, with what there is instead."""
    with pytest.raises(ImproperlyConfigured) as caught:
        client_of(**attributes)
    assert reason in str(caught.value)


def test_columns_that_no_text_stands_for() -> None:
    """JSON can't be compared with a text, a day is no instant, and pages have first call on their names."""
    for attributes, reason in (
        ({"filterset_fields": ["facts"]}, "no text stands for a value of a JSONField"),
        ({"filterset_class": struct_of(Annotated[datetime.date | None, lookup("instant__gte")])}, "date_range_fields"),
        (
            {
                "filterset_class": struct_of(Annotated[int | None, lookup("small")], rename={"f": "page"}),
                "pagination_class": PageNumberPagination,
            },
            "would be called page",
        ),
    ):
        view = type("Bags", (ModelViewSet,), {"model": Bag, **attributes})
        with pytest.raises(ImproperlyConfigured) as caught:
            api = BoltAPI()
            api.viewset("/bags")(view)
            TestClient(api)
        assert reason in str(caught.value)


def test_filters_without_a_model() -> None:
    """A view set over plain data has nothing to filter by."""

    class Plain(ViewSet):
        search_fields = ["title"]

        def list(self, request: Any) -> Any:
            return []

    api = BoltAPI()
    api.viewset("/plain")(Plain)
    with pytest.raises(ImproperlyConfigured, match=r"Plain\.search_fields needs a model or a queryset"):
        TestClient(api)


# --- what users build on it ---------------------------------------------------------------------------


@pytest.mark.row("B15")
@pytest.mark.usefixtures("tasks")
def test_filters_in_code_of_ones_own() -> None:
    """An own list, an action and an override call the filters of the class, synchronous or not, and stay lazy."""

    class Own(Tasks):
        filterset_fields = ["state"]
        search_fields = ["title"]

        def filter_queryset(self, queryset: Any) -> Any:
            return super().filter_queryset(queryset).exclude(code=self.request.query.get("not", ""))

        async def list(self, request: Any) -> Any:
            rows = await self.get_queryset()
            rows = await self.filter_queryset(rows)
            return [{"code": row.code} async for row in rows[:2]]

        @action(methods=["GET"], detail=False)
        def short(self, request: Any) -> Any:
            return self.paginate_queryset(self.filter_queryset(self.get_queryset()))

        @action(methods=["GET"], detail=False)
        async def later(self, request: Any) -> Any:
            return await self.paginate_queryset(await self.filter_queryset(await self.get_queryset()))

    client = client_of(base=Own)
    assert codes(client, "state=open&not=A") == "C"
    for path in ("/tasks/short", "/tasks/later"):
        assert codes(client, "state=open", path) == "AC"
        assert client.get(f"{path}?state=x").status_code == 400


@pytest.mark.usefixtures("tasks")
def test_annotations_of_the_queryset() -> None:
    """What the class's queryset is annotated with is filtered, searched and ordered by like a column."""
    client = client_of(
        queryset=Task.objects.annotate(watching=Count("watchers"), shown=F("title")),
        filterset_fields={"watching": ["gte"]},
        search_fields=["shown"],
        ordering_fields=["watching"],
    )
    assert codes(client, "watching__gte=1") == "C"
    assert codes(client, "search=second") == "B"
    assert codes(client, "ordering=-watching") == "CBA"


@pytest.mark.usefixtures("tasks")
def test_ordering_by_names_of_ones_own() -> None:
    """A pair gives a column another name, which is the only one that clients may say."""
    client = client_of(ordering_fields=[("effort", "cost"), "code"], ordering=[F("effort").desc()])
    assert codes(client) == "BCA"
    assert codes(client, "ordering=cost") == "ACB"
    assert codes(client, "ordering=-cost,code") == "BCA"
    message = client.get("/tasks?ordering=effort").json()["error"]["details"]["ordering"][0]
    assert message.startswith('"effort" is not a valid choice. Choose from cost, code')


@pytest.mark.usefixtures("tasks")
def test_a_view_set_without_filters_ignores_them() -> None:
    """Where nothing is declared, nothing is filtered."""
    assert codes(client_of(), "state=done&search=x&ordering=code") == "ABC"


@pytest.mark.django_db
def test_every_fault_of_a_list_is_told_at_once() -> None:
    """Filters, search and ordering are read together."""
    client = client_of(filterset_fields=["effort"], search_fields=["title"], ordering_fields=["code"])
    answer = client.get("/tasks?effort=x&search=%00&ordering=x")
    assert set(answer.json()["error"]["details"]) == {"effort", "search", "ordering"}


# --- shape and values, for plans ----------------------------------------------------------------------


class Shaped(Tasks):
    """Tasks that may be asked everything."""

    filterset_fields = {"state": ["exact"], "effort": ["gte"], "code": ["in"], "label": ["isnull"]}
    search_fields = ["title"]
    ordering_fields = ["code"]


def test_shape_and_values_are_apart() -> None:
    """Requests that ask the same with other values have one shape, which is a key of a dictionary."""
    filters = filters_of(Shaped)
    asked = filters.read({"code__in": "A,B", "effort__gte": "1", "label__isnull": "1", "search": "x y", "page": "9"})
    again = filters.read({"code__in": "C,D", "effort__gte": "2", "label__isnull": "on", "search": "z, a"})
    shape = FilterShape(((1, 1), (2, 2), (3, 1)), 2, ())
    assert asked.shape == again.shape == shape
    assert hash(asked.shape) == hash(again.shape)
    assert asked.values == (Decimal(1), "A", "B", "x", "y")
    others = [{"label__isnull": "0"}, {"code__in": "A"}, {"search": "x"}, {"ordering": "code"}, {}]
    shapes = {filters.read(query).shape for query in others}
    assert len(shapes) == 5
    assert shape not in shapes
    assert filters_of(Shaped) is filters


@pytest.mark.usefixtures("tasks")
def test_a_shape_is_applied_to_any_values() -> None:
    """Shape and values together are the rows that were asked for."""
    filters = filters_of(Shaped)
    shape = filters.read({"code__in": "A,B", "search": "x", "ordering": "-code"}).shape
    rows = filters.apply(Task.objects.all(), Asked(shape, ("B", "C", "ir")))
    assert [task.code for task in rows] == ["C"]
    assert [task.code for task in filters.apply(Task.objects.filter(Q()), Asked())] == ["A", "B", "C"]


# --- the description ----------------------------------------------------------------------------------


def test_parameters_are_described() -> None:
    """The description of a list knows its filters with their types, once each."""
    client = client_of(
        filterset_class=TaskFilters,
        filterset_fields={"effort": ["lt"], "label": ["exact", "in"]},
        search_fields=["title"],
        ordering_fields=["code"],
        ordering="code",
        pagination_class=PageNumberPagination,
    )
    document = client.get("/openapi.json").json()
    found = {item["name"]: item for item in document["paths"]["/tasks"]["get"]["parameters"]}
    assert [*found] == [
        "effort__lt",
        "label",
        "label__in",
        "min_effort",
        "like",
        "state",
        "codes",
        "unlabelled",
        "watched_by",
        "top",
        "search",
        "ordering",
        "page",
        "page_size",
    ]
    assert found["effort__lt"]["schema"]["pattern"] == r"^-?[0-9]{1,3}(\.[0-9]{1,2})?$"
    assert found["label__in"]["schema"]["items"]["type"] == "integer"
    assert (found["label__in"]["style"], found["label__in"]["explode"]) == ("form", False)
    assert found["min_effort"]["description"] == "The least effort."
    assert found["ordering"]["schema"] == {"type": "array", "items": {"type": "string", "enum": ["-code", "code"]}}
    assert found["ordering"]["explode"] is False
    assert found["search"]["schema"]["maxLength"] == 200
    assert all(item["required"] is False for item in found.values())
    assert (
        "parameters" not in document["paths"]["/tasks"]["post"] or not document["paths"]["/tasks"]["post"]["parameters"]
    )


def test_ranges_of_instants_are_described() -> None:
    """Of a column of instants a range takes days and instants, and says so."""
    view = type("Bags", (ModelViewSet,), {"model": Bag, "date_range_fields": ["day", "instant"]})
    api = BoltAPI()
    api.viewset("/bags")(view)
    parameters = TestClient(api).get("/openapi.json").json()["paths"]["/bags"]["get"]["parameters"]
    found = {item["name"]: item["schema"] for item in parameters}
    assert found["day_before"] == {"type": "string", "format": "date"}
    assert found["instant_after"] == {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}


class LabelOut(ModelStruct):
    """A label."""

    class Meta:
        model = Label
        fields = ["id", "name"]


def test_an_average_can_be_filtered() -> None:
    """A decimal that an expression gives has no number of digits."""
    api = BoltAPI(info=Info(served=False))

    @api.viewset("/labels")
    class Labels(ReadOnlyModelViewSet):
        queryset = Label.objects.annotate(mean=Avg("tasks__effort"))
        serializer_class = LabelOut
        filterset_fields = {"mean": ["gte"]}

    assert api.routes()
