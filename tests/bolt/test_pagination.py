"""Pages of this door: what is refused at start, how they are described, and subclasses of one's own."""

from typing import Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from ironbolt.bolt import BoltAPI, Info, ModelViewSet, ReadOnlyModelViewSet
from ironbolt.bolt.pagination import CursorPagination, LimitOffsetPagination, PageNumberPagination, Pagination
from ironbolt.bolt.structs import ModelStruct
from ironbolt.testing import TestClient
from tests.project.models import Article, Bag, Chore, Person, Task


def client_of(model: Any, pagination: type[Pagination], shown: str = "title", **attributes: Any) -> TestClient:
    """A client of a list in pages."""
    api = BoltAPI()
    struct = msgspec.defstruct("Row", [(shown, Any)])
    view = {"model": model, "serializer_class": struct, "pagination_class": pagination, **attributes}
    api.viewset("/rows")(type("Rows", (ModelViewSet,), view))
    return TestClient(api)


def by(*ordering: Any) -> type[CursorPagination]:
    """Pages by cursor in this order."""
    return type("Pages", (CursorPagination,), {"ordering": ordering})


@pytest.mark.parametrize(
    ("model", "ordering", "reason"),
    [
        (
            Bag,
            ("small",),
            "'small' may be null, and nothing stands before or behind NULL, so that rows would be missed",
        ),
        (Bag, ("small",), "take PageNumberPagination or LimitOffsetPagination"),
        (Task, ("title", "label_id"), "'label_id' may be null"),
        (Task, ("label__name",), "'label__name' may be null"),
        (Task, ("label",), "'label' is a relation; order by label_id or a column behind it"),
        (Task, ("watchers__name",), "may be null"),
        (Task, ("colour",), "no field 'colour'"),
        (Task, (F("title").asc(),), "order by columns"),
        (Article, ("created_at__year",), "order by a plain column"),
        (Article, ("tags",), "order by a plain column"),
    ],
)
def test_orderings_that_lose_rows_are_refused_at_start(model: Any, ordering: Any, reason: str) -> None:
    """A column that rows can't be found again by is refused with the reason and what to do."""
    with pytest.raises(ImproperlyConfigured) as caught:
        client_of(model, by(*ordering), "pk")
    assert reason in str(caught.value)


def test_what_clients_may_order_by_is_checked_too() -> None:
    """Where a list comes by cursor, no column may be offered or be its default that the cursor can't use."""
    for attributes in ({"ordering_fields": ["name", "small"]}, {"ordering": "-day"}):
        with pytest.raises(ImproperlyConfigured, match="may be null"):
            client_of(Bag, by("name"), "name", **attributes)
    client_of(Bag, PageNumberPagination, "name", ordering_fields=["small"])


def test_newest_first_unless_something_else_is_said() -> None:
    """Without a word the newest come first, of a model that knows when its rows were made."""
    with pytest.raises(ImproperlyConfigured, match=r"CursorPagination: Task has no field 'created_at'; it has"):
        client_of(Task, CursorPagination)


def test_what_cuts_no_pages_is_refused_at_start() -> None:
    """Pages of another framework, or an instance, are told when the class is registered."""
    for wrong in (PageNumberPagination(), dict):
        with pytest.raises(ImproperlyConfigured, match=r"Rows\.pagination_class is no subclass of Pagination"):
            client_of(Task, wrong)  # type: ignore[arg-type]  # that is the mistake


@pytest.mark.django_db
def test_newest_first() -> None:
    """The default of pages by cursor."""
    for title in "abc":
        Article.objects.create(title=title)
    answer = client_of(Article, CursorPagination).get("/rows").json()
    assert [item["title"] for item in answer["results"]] == ["c", "b", "a"]


@pytest.mark.django_db
def test_a_key_in_another_table() -> None:
    """A model whose key is its parent's comes in pages by columns of both."""
    for n in range(5):
        Chore.objects.create(title=f"T{n % 2}", code=str(n), owner_id=str(n), room=str(n))
    client = client_of(Chore, type("Pages", (by("-title", "room"),), {"page_size": 2}), "room")
    found, link = [], "/rows"
    while link:
        body = client.get(link.removeprefix("http://testserver")).json()
        found += [item["room"] for item in body["results"]]
        link = body["next"]
    assert found == ["1", "3", "0", "2", "4"]


@pytest.mark.django_db
def test_unordered_rows_are_ordered_by_key() -> None:
    """Rows without an order of their own stand in that of their keys, so that pages don't overlap."""
    for name in "cab":
        Person.objects.create(name=name)
    for kind in (PageNumberPagination, LimitOffsetPagination):
        answer = client_of(Person, kind, "name").get("/rows").json()
        assert [item["name"] for item in answer["results"]] == ["c", "a", "b"]


def described(pagination: type[Pagination]) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Parameters by name, the schema of the page, and the statuses of a list."""
    document = client_of(Task, pagination).get("/openapi.json").json()
    operation = document["paths"]["/rows"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return {item["name"]: item["schema"] for item in operation["parameters"]}, schema, [*operation["responses"]]


def test_pages_are_described() -> None:
    """Each kind of page says what it takes and answers; only a numbered page can be one that is not there."""
    parameters, schema, statuses = described(PageNumberPagination)
    assert [*parameters] == ["page", "page_size"]
    assert {*schema["properties"]} == {"count", "next", "previous", "results"}
    assert "404" in statuses
    small = type("Small", (LimitOffsetPagination,), {"page_size": 5, "max_page_size": 9})
    parameters, schema, statuses = described(small)
    limit = parameters["limit"]
    assert {key: limit[key] for key in ("minimum", "maximum", "default")} == {"minimum": 1, "maximum": 9, "default": 5}
    assert parameters["offset"]["minimum"] == 0
    assert {*schema["properties"]} == {"count", "next", "previous", "results"}
    assert "404" not in statuses
    parameters, schema, _ = described(by("title"))
    assert [*parameters] == ["cursor", "page_size"]
    assert {*schema["properties"]} == {"next", "previous", "results"}


@pytest.mark.django_db
def test_pages_of_ones_own() -> None:
    """A class that cuts pages in its own way takes the place of ours."""

    class Halves(Pagination):
        def paginate(self, queryset: Any, request: Any, read: Any) -> dict[str, Any]:
            return {"half": [read(row) for row in queryset[: queryset.count() // 2]]}

    for name in "abcd":
        Person.objects.create(name=name)
    assert client_of(Person, Halves, "name").get("/rows").json() == {"half": [{"name": "a"}, {"name": "b"}]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pages", "query", "names"),
    [
        (PageNumberPagination, "page=x&page_size=1000", {"page", "page_size"}),
        (LimitOffsetPagination, "limit=0&offset=-1", {"limit", "offset"}),
        (CursorPagination, "page_size=1000&page=x&cursor=x", {"page_size"}),
        (None, "page_size=1000", set()),
    ],
)
@pytest.mark.parametrize("planned", [True, False])
def test_faults_of_filters_and_pages_come_together(pages: Any, query: str, names: set[str], planned: bool) -> None:
    """One answer tells all that is wrong with a query, whoever reads the rows."""
    api = BoltAPI(info=Info(served=False))

    class Tasks(ModelViewSet):
        model = Task
        filterset_fields = {"effort": ["gte"]}
        ordering = ["title"]
        pagination_class = pages

    class Own(Tasks):
        def get_queryset(self) -> Any:
            return super().get_queryset()

    api.viewset("/tasks")(Tasks if planned else Own)
    answer = TestClient(api).get(f"/tasks?effort__gte=much&{query}")
    assert answer.status_code == 400
    assert set(answer.json()["error"]["details"]) == {"effort__gte", *names}


class ArticleOut(ModelStruct):
    """An article."""

    class Meta:
        model = Article
        fields = ["id", "title"]


def test_no_cursor_is_made_that_can_not_be_read() -> None:
    """A column whose texts may not fit into a cursor is refused at start."""

    class Pages(CursorPagination):
        ordering = "content"

    api = BoltAPI(info=Info(served=False))

    @api.viewset("/articles")
    class Articles(ReadOnlyModelViewSet):
        model = Article
        pagination_class = Pages

    with pytest.raises(ImproperlyConfigured, match="too long for a cursor"):
        api.routes()


@pytest.mark.django_db
def test_rows_that_are_equal_stand_on_one_page_each() -> None:
    """An order of the queryset's own gets the key behind it, as one of the view set does."""
    api = BoltAPI(info=Info(served=False))

    @api.viewset("/articles")
    class Articles(ReadOnlyModelViewSet):
        queryset = Article.objects.order_by("-status")
        serializer_class = ArticleOut
        pagination_class = PageNumberPagination

    Article.objects.create(title="a")
    with CaptureQueriesContext(connection) as queries:
        TestClient(api).get("/articles")
    assert queries.captured_queries[-1]["sql"].count(" DESC") == 2


@pytest.mark.django_db
def test_a_cursor_belongs_to_one_list() -> None:
    """Another list of the same model refuses it, whatever else is asked there; the same list takes it."""
    for title in "abc":
        Article.objects.create(title=title)
    api = BoltAPI(info=Info(served=False))
    struct = msgspec.defstruct("Row", [("title", Any)])
    view = {"model": Article, "serializer_class": struct, "pagination_class": by("title")}
    for path in ("/open", "/closed"):
        api.viewset(path)(type("Rows", (ReadOnlyModelViewSet,), view))
    client = TestClient(api)
    link = client.get("/open?page_size=1").json()["next"].removeprefix("http://testserver")
    assert client.get(link).json()["results"] == [{"title": "b"}]
    assert client.get(link.replace("/open?", "/open/?")).status_code == 200
    answer = client.get(link.replace("/open", "/closed"))
    details = {"cursor": ["This is no cursor of this list."]}
    assert (answer.status_code, answer.json()["error"]["details"]) == (400, details)


def test_a_slice_has_no_pages_by_cursor() -> None:
    """A queryset that is cut already is told at start; pages by number may be cut from it."""
    rows = Article.objects.order_by("title")[:5]
    with pytest.raises(ImproperlyConfigured, match=r"Rows\.queryset is a slice"):
        client_of(None, by("title"), queryset=rows)
