"""Chapter “Mixins”."""

from datetime import UTC, datetime

import msgspec
import pytest

from ironbolt.bolt import BoltAPI

# guide 602-610
from ironbolt.bolt.views import (
    CreateMixin,  # Create resource
    DestroyMixin,  # Delete resource
    ListMixin,  # List resources
    RetrieveMixin,  # Get single resource
    UpdateMixin,  # Update resource
    ViewSet,
)
from ironbolt.testing import TestClient
from tests.bolt.seed.support import faults, routes_below
from tests.project.models import Article

pytestmark = pytest.mark.row("B29")

# guide 614-638, its imports above


class ArticleViewSet(ViewSet, ListMixin, RetrieveMixin, CreateMixin):
    queryset = None  # Set to Django QuerySet for automatic ORM integration

    async def get_queryset(self):
        """Override to customize queryset."""
        # Return list of articles
        return [{"id": 1, "title": "First Article"}, {"id": 2, "title": "Second Article"}]

    async def get_object(self, **kwargs):
        """Override to fetch single object."""
        article_id = kwargs.get("article_id")
        return {"id": article_id, "title": "Article"}

    async def create_object(self, data):
        """Override to handle creation."""
        return {"id": 123, **data}


# Mixins provide default implementations for get/post


class ArticlesByAction(ArticleViewSet):
    """The same class with a name for its lookup."""

    lookup_field = "article_id"


def by_method() -> BoltAPI:
    """Registered under both its paths by `api.view`."""
    api = BoltAPI()
    api.view("/articles")(ArticleViewSet)
    api.view("/articles/{article_id}")(ArticleViewSet)
    return api


def by_action() -> BoltAPI:
    """Registered once by `api.viewset`."""
    api = BoltAPI()
    api.viewset("/articles")(ArticlesByAction)
    return api


@pytest.mark.row("B08")
@pytest.mark.parametrize("build", [by_method, by_action])
def test_mixins_answer_over_plain_data(build) -> None:
    """The mixins work over whatever `get_queryset`, `get_object` and `create_object` return, without any rows."""
    api = build()
    assert routes_below(api, "/articles") == [
        ("GET", "/articles"),
        ("GET", "/articles/{article_id}"),
        ("POST", "/articles"),
    ]
    client = TestClient(api)
    assert client.get("/articles").json() == [
        {"id": 1, "title": "First Article"},
        {"id": 2, "title": "Second Article"},
    ]
    found = client.get("/articles/7").json()
    assert (str(found["id"]), found["title"]) == ("7", "Article")
    created = client.post("/articles", json={"title": "Third"})
    assert (created.status_code, created.json()) == (201, {"id": 123, "title": "Third"})


@pytest.mark.row("B08")
@pytest.mark.parametrize("build", [by_method, by_action])
def test_mixins_that_are_missing_are_405(build) -> None:
    """Without UpdateMixin and DestroyMixin nothing answers PUT, PATCH and DELETE; POST belongs to the collection."""
    client = TestClient(build())
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        assert client.request(method, "/articles/7", json={}).status_code == 405


class ArticleSchema(msgspec.Struct):
    id: int
    title: str
    content: str


class ArticleWrite(msgspec.Struct):
    title: str
    content: str = ""


class EveryMixin(ViewSet, ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin):
    """All five over rows, as the list “Mixin Method Mapping” (640-646) has them."""

    queryset = Article.objects.order_by("id")
    serializer_class = ArticleSchema
    create_serializer_class = ArticleWrite
    lookup_field = "id"


def every_mixin_by_method() -> BoltAPI:
    """Under `api.view`."""
    api = BoltAPI()
    api.view("/articles")(EveryMixin)
    api.view("/articles/{id}")(EveryMixin)
    return api


def every_mixin_by_action() -> BoltAPI:
    """Under `api.viewset`."""
    api = BoltAPI()
    api.viewset("/articles")(EveryMixin)
    return api


@pytest.mark.django_db
@pytest.mark.row("B08", "B14")
@pytest.mark.parametrize("build", [every_mixin_by_method, every_mixin_by_action])
def test_five_mixins_answer_over_rows(build) -> None:
    """With a queryset the five mixins list, show, create, update and delete rows, in both spellings."""
    api = build()
    assert routes_below(api, "/articles") == [
        ("DELETE", "/articles/{id}"),
        ("GET", "/articles"),
        ("GET", "/articles/{id}"),
        ("PATCH", "/articles/{id}"),
        ("POST", "/articles"),
        ("PUT", "/articles/{id}"),
    ]
    client = TestClient(api)
    created = client.post("/articles", json={"title": "First"})
    article = Article.objects.get()
    row = {"id": article.pk, "title": "First", "content": ""}
    assert (created.status_code, created.json()) == (201, row)
    assert client.get("/articles").json() == [row]
    assert client.get(f"/articles/{article.pk}").json() == row
    put = client.put(f"/articles/{article.pk}", json={"title": "Second", "content": "C"})
    assert put.json() == {"id": article.pk, "title": "Second", "content": "C"}
    patched = client.patch(f"/articles/{article.pk}", json={"content": "D"})
    assert patched.json() == {"id": article.pk, "title": "Second", "content": "D"}
    assert faults(client.put(f"/articles/{article.pk}", json={"content": "E"})).keys() == {"title"}
    assert client.delete(f"/articles/{article.pk}").json() == {"deleted": True}
    assert client.get(f"/articles/{article.pk}").status_code == 404


def custom_mixin() -> BoltAPI:
    """A mixin of one's own; mended: line 656 asks for the time without a zone, by a call that is deprecated."""

    # guide 650-663
    class TimestampMixin:
        """Add timestamps to responses."""

        async def add_timestamps(self, data: dict) -> dict:
            data["timestamp"] = datetime.now(UTC).isoformat()
            return data

    class ArticleViewSet(ViewSet, TimestampMixin):
        async def get(self, request, article_id: int):
            data = {"id": article_id, "title": "Article"}
            return await self.add_timestamps(data)

    api = BoltAPI()
    api.view("/articles/{article_id}")(ArticleViewSet)
    return api


@pytest.mark.row("B03", "B08")
def test_mixin_of_ones_own_adds_methods() -> None:
    """A plain class beside ViewSet lends its methods, and routes nothing."""
    api = custom_mixin()
    assert routes_below(api, "/articles") == [("GET", "/articles/{article_id}")]
    answer = TestClient(api).get("/articles/4").json()
    assert datetime.fromisoformat(answer.pop("timestamp")).tzinfo is not None
    assert answer == {"id": 4, "title": "Article"}
