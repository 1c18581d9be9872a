"""Soft delete in the Bolt door: reads stay planned, lookups of any name, rows from anywhere."""

import uuid
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ironbolt.bolt import BoltAPI, Info
from ironbolt.bolt.auth import IsStaff, JWTAuthentication
from ironbolt.bolt.exceptions import Forbidden
from ironbolt.bolt.guards import IsAuthenticated
from ironbolt.bolt.middleware import rate_limit
from ironbolt.bolt.views import ModelViewSet, RatableMixin, SoftDeleteMixin, SoftDeleteViewSet, override
from ironbolt.core.scope import Scope
from ironbolt.features.softdelete.rows import LIVING
from ironbolt.testing import TestClient
from tests.contract.newsroom import ArticleOut, BoltArticles, person, through_bolt
from tests.newsroom.models import Article, Page, Section

pytestmark = pytest.mark.django_db

OWN = Scope(("author",), lambda context: (context.user_id,))


class PageOut(msgspec.Struct):
    """A page."""

    id: uuid.UUID
    title: str


@pytest.fixture
def article() -> Article:
    """A deleted one beside one that is alive."""
    section = Section.objects.create(name="a", slug="a")
    Article.objects.create(section=section, title="alive", slug="alive")
    article = Article.objects.create(section=section, title="dead", slug="dead", author="ann")
    article.delete()
    return article


def view(**attributes: Any) -> Any:
    """Articles with something more."""
    return type("Articles", (BoltArticles,), attributes)


@pytest.mark.row("V10")
@pytest.mark.parametrize("action", ["list", "retrieve"])
@pytest.mark.parametrize(
    "made",
    [
        view,
        lambda: view(scope=OWN),
        lambda: view(queryset=None, model=Article),
        lambda: type(
            "Pages",
            (SoftDeleteViewSet,),
            {"queryset": Page.objects.all(), "serializer_class": PageOut, "auth": [JWTAuthentication()]},
        ),
        lambda: view(get_queryset=lambda self: Article.all_objects.all(), filterset_fields=()),
    ],
    ids=["queryset", "scope", "model", "plain manager", "get_queryset"],
)
def test_reads_stay_planned(made: Any, action: str) -> None:
    """What hides the deleted is a fixed part of the compiled query."""
    attributes = {"filterset_fields": (), "ordering_fields": ()}
    cls = type("Articles", (made(),), attributes)
    api = BoltAPI(info=Info(served=False))
    api.viewset("/rows")(cls)
    path = "/rows" if action == "list" else "/rows/{pk}"
    route = next(one for one in api.asgi().router.routes if (one.path, one.method) == (path, "GET"))
    assert (route.mode, route.unplanned) == ("plan", "")
    assert route.planned is not None


def test_a_planned_read_is_one_query_without_the_deleted(article: Article) -> None:
    """And the second one is compiled no more."""
    call = through_bolt()
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            status, page = call("GET")
        assert (status, page["count"]) == (200, 1)
        assert len(queries) == 1
        assert all("is_deleted" in query["sql"] for query in queries)
        assert call("GET", article.pk)[0] == 404


def test_scopes_are_put_together_once() -> None:
    """A subclass of a subclass asks once whether a row is alive, beside its own scope."""
    assert view().scope == LIVING
    again: Any = type("Again", (view(),), {})
    assert again.scope == LIVING
    assert view(scope=OWN).scope == OWN & LIVING
    again = type("Again", (view(scope=OWN),), {})
    assert again.scope == OWN & LIVING


@pytest.mark.parametrize("name", ["slug", "id"])
def test_lookups_are_those_of_the_class(article: Article, name: str) -> None:
    """Whatever it names its objects by."""
    staff = person(is_staff=True)
    call = through_bolt(lookup_field=name)
    key = getattr(article, name)
    assert call("POST", f"{key}/restore", user=staff)[1]["title"] == "dead"
    assert call("POST", f"{key}/publish", user=staff)[1]["is_published"]
    assert call("POST", f"{key}/rate", user=staff, json={"rating": 4})[0] == 200
    assert call("DELETE", key)[1] == {"deleted": True}


def test_rows_that_a_coroutine_makes(article: Article) -> None:
    """An asynchronous ``get_queryset`` is hidden and looked through as any."""

    async def get_queryset(self: Any) -> Any:
        return Article.all_objects.filter(author__in=["", "ann"])

    staff = person(is_staff=True)
    call = through_bolt(get_queryset=get_queryset)
    assert call("GET")[1]["count"] == 1
    assert call("GET", article.pk)[0] == 404
    assert call("GET", "deleted", user=staff)[1]["results"][0]["title"] == "dead"
    assert call("POST", f"{article.pk}/restore", user=staff)[0] == 200


def test_an_object_of_ones_own_is_asked_in_the_trash_too(article: Article) -> None:
    """Whoever guards objects by ``get_object`` guards the deleted ones."""

    def get_object(self: Any, pk: int) -> Any:
        found = super(BoltArticles, self).get_object(pk)
        if found.author == "ann" and self.request.auth["username"] != "chief":
            raise Forbidden("It is Ann's.")
        return found

    call = through_bolt(get_object=get_object)
    path = f"{article.pk}/restore"
    assert call("POST", path, user=person(is_staff=True))[1]["error"]["message"] == "It is Ann's."
    assert call("POST", path, user=person("chief", is_staff=True))[0] == 200


def test_guards_of_one_action_can_be_replaced(article: Article) -> None:
    """By ``override``, for one class and for no other."""
    restore = override(guards=[IsAuthenticated()])(SoftDeleteMixin.restore)
    call = through_bolt(restore=restore)
    customer = person("customer")
    assert through_bolt()("POST", f"{article.pk}/restore", user=customer)[0] == 403
    assert call("POST", f"{article.pk}/restore", user=customer)[0] == 200


def test_limits_of_one_action_can_be_set(article: Article) -> None:
    """By a decorator, for one class and for no other."""
    ann = person("ann")
    alive = Article.objects.get()
    call = through_bolt(rate=rate_limit(rps=1, burst=1)(RatableMixin.rate))
    answers = [call("POST", f"{alive.pk}/rate", user=ann, json={"rating": 4})[0] for _ in range(3)]
    assert answers[0] == 200
    assert 429 in answers
    open_call = through_bolt()
    assert {open_call("POST", f"{alive.pk}/rate", user=ann, json={"rating": 4})[0] for _ in range(3)} == {200}


def test_an_action_may_be_called_from_another(article: Article) -> None:
    """Overridden by an action of one's own, which calls the one it replaces."""
    from ironbolt.bolt import action

    class Articles(BoltArticles):
        @action(methods=["POST"], detail=True, path="restore", guards=[])
        def restore(self, request: Any, pk: int) -> Any:
            """Restore one, and say so."""
            return {"restored": super().restore(request, pk=pk).title}

    assert through_bolt(Articles)("POST", f"{article.pk}/restore") == (200, {"restored": "dead"})


def test_guards_without_authentication_are_refused_at_start() -> None:
    """Nobody could ever be staff."""
    api = BoltAPI(info=Info(served=False))
    with pytest.raises(ImproperlyConfigured, match="no authentication"):
        api.viewset("/rows")(view(auth=[]))
        api.asgi()
    api = BoltAPI(info=Info(served=False))
    api.viewset("/rows")(view(auth=[], trash_guards=[], restore_guards=[], rate_guards=[]))
    assert api.asgi().router.routes


def test_one_path_is_not_enough() -> None:
    """The trash has paths of its own, which ``api.view`` can't give it."""
    with pytest.raises(ImproperlyConfigured, match="needs the paths"):
        api = BoltAPI(info=Info(served=False))
        api.view("/rows")(view())
        api.asgi()


def test_everything_is_described() -> None:
    """Bodies, answers, parameters and errors of each action."""
    api = BoltAPI("api", info=Info(title="News"))
    api.viewset("/articles")(BoltArticles)
    document = TestClient(api).get("/api/openapi.json").json()
    paths = {path.removeprefix("/api"): item for path, item in document["paths"].items()}
    deleted = paths["/articles/deleted"]["get"]
    names = {item["name"] for item in deleted["parameters"]}
    assert names == {"author", "ordering", "page", "page_size"}
    assert "results" in str(_schema(document, deleted, "200"))
    assert {"401", "403", "404"} <= set(deleted["responses"])
    restore = paths["/articles/{pk}/restore"]["post"]
    assert "requestBody" not in restore
    assert "title" in _schema(document, restore, "200")["properties"]
    assert {"401", "403", "404", "409"} <= set(restore["responses"])
    bulk = paths["/articles/bulk_restore"]["post"]
    body = bulk["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["ids"] == {
        "type": "array",
        "items": {"type": "integer"},
        "minItems": 1,
        "maxItems": 1000,
    }
    assert set(_schema(document, bulk, "200")["properties"]) == {"restored", "not_found"}
    rate = paths["/articles/{pk}/rate"]["post"]
    rating = rate["requestBody"]["content"]["application/json"]["schema"]
    assert rating["required"] == ["rating"]
    assert rating["properties"]["rating"]["anyOf"][0] == {"type": "number", "minimum": 1.0, "maximum": 5.0}
    assert "average_rating" in _schema(document, rate, "200")["properties"]
    assert {"400", "401", "403", "404", "409"} <= set(rate["responses"])
    assert set(paths["/articles/{pk}/publish"]) == set(paths["/articles/{pk}/unpublish"]) == {"post"}
    assert {item["name"] for item in paths["/articles/published"]["get"]["parameters"]} == names


def _schema(document: dict[str, Any], operation: dict[str, Any], status: str) -> dict[str, Any]:
    schema: dict[str, Any] = operation["responses"][status]["content"]["application/json"]["schema"]
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def test_routes_name_the_actions() -> None:
    """Each under the method and path that the guide gives it, as a unit of work where it writes."""
    api = BoltAPI(info=Info(served=False))
    api.viewset("/articles")(BoltArticles)
    modes = {(route.method, route.path): route.mode for route in api.asgi().router.routes}
    assert modes["GET", "/articles/deleted"] == modes["GET", "/articles/published"] == "thread"
    for path in ("{pk}/restore", "bulk_restore", "{pk}/publish", "{pk}/unpublish", "{pk}/rate"):
        assert modes["POST", f"/articles/{path}"] == "unit"


def test_ready_made_view_sets() -> None:
    """A whole view set in three lines."""

    class Articles(SoftDeleteViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleOut
        auth = [JWTAuthentication()]
        guards = [IsStaff()]

    assert issubclass(Articles, ModelViewSet)
    assert through_bolt(Articles)("GET", user=person(is_staff=True)) == (200, [])


@pytest.mark.parametrize("later", [False, True])
def test_a_manager_is_as_good_as_its_rows(article: Article, later: bool) -> None:
    """A ``get_queryset`` that returns ``Article.objects`` shows nothing deleted either, and has a trash."""

    def get_queryset(self: Any) -> Any:
        return Article.all_objects

    async def get_queryset_later(self: Any) -> Any:
        return Article.all_objects

    call = through_bolt(get_queryset=get_queryset_later if later else get_queryset)
    assert [row["title"] for row in call("GET")[1]["results"]] == ["alive"]
    assert call("GET", article.pk)[0] == 404
    assert call("GET", "deleted", user=person(is_staff=True))[1]["count"] == 1
