"""The special viewsets of the DRF door: what the schema says of them, what the log says, what forms may send."""

import logging
from types import ModuleType
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from rest_framework.authentication import SessionAuthentication
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.test import APIRequestFactory, force_authenticate

from ironbolt.drf.routers import AppRouter
from ironbolt.drf.schema import AutoSchema
from ironbolt.drf.softdelete import SoftDeleteMixin, SoftDeleteViewSet
from ironbolt.drf.views import BaseViewSet
from tests.contract.newsroom import ArticleSerializer, DRFArticles, person
from tests.drf.shop import TaskSerializer
from tests.newsroom.models import Article, Section
from tests.project.models import Task

pytestmark = pytest.mark.django_db


def schema_of(**attributes: Any) -> dict[str, Any]:
    """The schema of articles with all features."""
    router = AppRouter()
    router.register("articles", type("Articles", (DRFArticles,), {"schema": AutoSchema(), **attributes}), "article")
    made: dict[str, Any] = SchemaGenerator(patterns=[path("", include(router.urls))]).get_schema(public=True)
    return made


def content(operation: dict[str, Any], status: str = "200") -> dict[str, Any]:
    """What an operation answers."""
    schema: dict[str, Any] = operation["responses"][status]["content"]["application/json"]["schema"]
    return schema


@pytest.mark.row("V10", "V11", "V12")
def test_the_schema_describes_each_action() -> None:
    """Bodies, answers, parameters, and who may."""
    schema = schema_of()
    paths = schema["paths"]
    for name in ("deleted", "published"):
        listed = paths[f"/articles/{name}/"]["get"]
        assert {item["name"] for item in listed["parameters"]} == {"author", "ordering", "page", "page_size"}
        assert "Paginated" in content(listed)["$ref"]
    for name in ("restore", "publish", "unpublish"):
        operation = paths[f"/articles/{{id}}/{name}/"]["post"]
        assert "requestBody" not in operation
        assert content(operation)["$ref"].endswith("/Article")
    bulk = paths["/articles/bulk_restore/"]["post"]
    keys = {"type": "array", "items": {"type": "integer"}}
    body = bulk["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["ids"] == {**keys, "minItems": 1, "maxItems": 1000}
    assert content(bulk)["properties"] == {"restored": keys, "not_found": keys}
    rate = paths["/articles/{id}/rate/"]["post"]
    body = rate["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["rating"]["anyOf"][0] == {"type": "number", "minimum": 1.0, "maximum": 5.0}
    assert content(rate)["required"] == ["rating", "comment", "average_rating", "rating_count"]


def test_the_schema_says_who_may() -> None:
    """The trash is closed even where the class is open, and ratings need a login."""
    paths = schema_of(permission_classes=(AllowAny,))["paths"]
    for address, method, is_open in (
        ("/articles/", "get", True),
        ("/articles/published/", "get", True),
        ("/articles/{id}/publish/", "post", True),
        ("/articles/deleted/", "get", False),
        ("/articles/{id}/restore/", "post", False),
        ("/articles/bulk_restore/", "post", False),
        ("/articles/{id}/rate/", "post", False),
    ):
        operation = paths[address][method]
        assert ({} in operation["security"]) is is_open, address
        assert ("403" in operation["responses"]) is not is_open, address


def test_bounds_of_ratings_are_described() -> None:
    """Those of the class."""
    rate = schema_of(rating_min=0, rating_max=10)["paths"]["/articles/{id}/rate/"]["post"]
    body = rate["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["rating"]["anyOf"][0] == {"type": "number", "minimum": 0.0, "maximum": 10.0}


def call(view: Any, action: dict[str, str], body: Any, **options: Any) -> Any:
    """One action, as staff."""
    key = options.pop("pk", None)
    request = APIRequestFactory().post("/articles/", body, **options)
    force_authenticate(request, person(is_staff=True))
    return view.as_view(action)(request, **({"pk": key} if key else {}))


@pytest.fixture
def article() -> Article:
    """A deleted one."""
    article = Article.objects.create(section=Section.objects.create(name="a", slug="a"), title="Iliad")
    article.delete()
    return article


def test_forms_send_keys_and_ratings(article: Article) -> None:
    """As HTML sends them: texts, a name several times."""
    view = type("Articles", (DRFArticles,), {"parser_classes": (MultiPartParser,)})
    answer = call(view, {"post": "bulk_restore"}, {"ids": [article.pk, 9]})
    assert answer.data == {"restored": [article.pk], "not_found": [9]}
    answer = call(view, {"post": "rate"}, {"rating": "4.5", "comment": "x"}, pk=str(article.pk))
    assert (answer.status_code, answer.data["rating"]) == (200, "4.5")


def test_actions_are_logged(article: Article, caplog: pytest.LogCaptureFixture) -> None:
    """Two lines for each, as of any other."""
    caplog.set_level(logging.INFO, "ironbolt.requests")
    view = type("Articles", (DRFArticles,), {"LOG_REQUESTS": True})
    call(view, {"post": "bulk_restore"}, {"ids": [article.pk]}, format="json")
    assert f"data={{'ids': [{article.pk}]}}" in caplog.text
    assert "status=200" in caplog.text


def test_a_model_without_the_columns_is_refused_when_urls_are_loaded() -> None:
    """Before any request, by the model of the serializer where no queryset says so."""

    class Tasks(SoftDeleteViewSet):
        serializer_class = TaskSerializer

    with pytest.raises(ImproperlyConfigured, match="Task has no is_deleted"):
        Tasks.as_view({"get": "list"})
    assert Task.objects.count() == 0


@pytest.mark.parametrize("in_front", [True, False])
def test_a_trash_in_front_of_a_base_that_deletes_is_refused(in_front: bool) -> None:
    """Rows would be gone though the class says that they are marked; in front it is what somebody wants."""

    def perform_destroy(view: Any, instance: Any) -> None:
        instance.hard_delete()

    company = type("Company", (BaseViewSet,), {"perform_destroy": perform_destroy})
    bases = (company, SoftDeleteMixin) if in_front else (SoftDeleteMixin, company)
    attributes = {"queryset": Article.objects.all(), "serializer_class": ArticleSerializer}
    view: Any = type("Articles", bases, attributes)
    if in_front:
        view.as_view({"delete": "destroy"})
        return
    with pytest.raises(ImproperlyConfigured, match=r"Articles: its perform_destroy\(\) behind SoftDeleteMixin"):
        view.as_view({"delete": "destroy"})


def test_the_browsable_api_shows_the_trash(article: Article, settings: Any, client: Any) -> None:
    """With everything that it makes of a page, among it links to the other actions."""
    own = {"renderer_classes": (BrowsableAPIRenderer, JSONRenderer), "authentication_classes": (SessionAuthentication,)}
    router = AppRouter()
    router.register("articles", type("Articles", (DRFArticles,), own), "article")
    settings.ROOT_URLCONF = urls = ModuleType("urls_of_the_trash")
    urls.urlpatterns = router.urls  # type: ignore[attr-defined]  # what Django looks for
    client.force_login(person(is_staff=True))
    for address in ("/articles/", "/articles/deleted/"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert (b"Iliad&quot;" in answer.content) is (address == "/articles/deleted/")
        assert b"/articles/published/" in answer.content
