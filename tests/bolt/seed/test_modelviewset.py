"""Chapter “ModelViewSet”."""

import msgspec
import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import BoltAPI
from ironbolt.bolt.views import ModelViewSet, ReadOnlyModelViewSet
from ironbolt.testing import TestClient
from tests.bolt.seed.support import faults, routes_below
from tests.project.models import Article

pytestmark = [pytest.mark.row("B29"), pytest.mark.django_db]


class ArticleCreateSchema(msgspec.Struct):
    """Stand-in for what a client sends."""

    title: str
    content: str
    author: str


@pytest.fixture
def draft() -> Article:
    """An article that nobody shall read yet."""
    return Article.objects.create(title="Draft", content="...", author="Ann", slug="draft")


@pytest.fixture
def published() -> Article:
    """One that everybody may."""
    return Article.objects.create(title="Out", content="Text", author="Bob", slug="out", status="published")


def basic_usage(**attributes: object) -> BoltAPI:
    """A view set of a model; the table is that of the tests' own app."""

    # guide 671-691, the model in tests.project
    # ModelViewSet - automatic CRUD
    class ArticleViewSet(ModelViewSet):
        model = Article
        lookup_field = "id"  # Default: 'id'

    # Automatically provides: list, retrieve, create, update, partial_update, destroy

    api = BoltAPI()
    api.viewset("/articles")(type("ArticleViewSet", (ArticleViewSet,), attributes))
    return api


@pytest.mark.row("B09")
def test_model_alone_can_be_read_and_deleted(draft) -> None:
    """`model =` alone derives what a client sees: every column of the model."""
    client = TestClient(basic_usage())
    shown = client.get(f"/articles/{draft.id}").json()
    assert (shown["id"], shown["title"], shown["content"], shown["author"]) == (draft.id, "Draft", "...", "Ann")
    assert shown.keys() == {field.name for field in Article._meta.fields}
    assert client.get("/articles").json() == [shown]
    assert client.delete(f"/articles/{draft.id}").json() == {"deleted": True}
    assert client.get(f"/articles/{draft.id}").status_code == 404


@pytest.mark.row("B09")
def test_model_alone_opens_no_column_for_writing(draft) -> None:
    """A write needs a Struct that says what a client may send: without one it is a 405."""
    client = TestClient(basic_usage())
    assert client.post("/articles", json={"title": "x"}).status_code == 405
    assert client.put(f"/articles/{draft.id}", json={"title": "x"}).status_code == 405
    assert client.patch(f"/articles/{draft.id}", json={"title": "x"}).status_code == 405


@pytest.mark.row("B09")
def test_model_with_a_struct_for_writes_has_all_six(draft) -> None:
    """With `create_serializer_class` the six actions of the block's last comment are there (the block, mended)."""
    api = basic_usage(create_serializer_class=ArticleCreateSchema)
    assert routes_below(api, "/articles") == [
        ("DELETE", "/articles/{id}"),
        ("GET", "/articles"),
        ("GET", "/articles/{id}"),
        ("PATCH", "/articles/{id}"),
        ("POST", "/articles"),
        ("PUT", "/articles/{id}"),
    ]
    client = TestClient(api)
    created = client.post("/articles", json={"title": "New", "content": "C", "author": "Eve"})
    assert created.status_code == 201
    assert created.json() == client.get(f"/articles/{created.json()['id']}").json()
    patched = client.patch(f"/articles/{draft.id}", json={"title": "Changed"}).json()
    assert (patched["title"], patched["content"]) == ("Changed", "...")
    replaced = client.put(f"/articles/{draft.id}", json={"title": "T", "content": "C", "author": "A"}).json()
    assert (replaced["title"], replaced["author"]) == ("T", "A")
    assert faults(client.put(f"/articles/{draft.id}", json={"title": "T"})).keys() == {"content", "author"}


@pytest.mark.row("B09")
def test_derived_struct_keeps_secrets() -> None:
    """What `model =` derives for a user has no password."""

    class UserViewSet(ReadOnlyModelViewSet):
        model = User

    api = BoltAPI()
    api.viewset("/users")(UserViewSet)
    user = User.objects.create_user("ann", password="a secret")
    answer = TestClient(api).get(f"/users/{user.pk}")
    assert answer.json()["username"] == "ann"
    assert "password" not in answer.json()


@pytest.mark.row("B09")
def test_queryset_without_a_serializer_is_refused_at_start() -> None:
    """`queryset =` alone does not say what a client may see: told at start, by the class's name."""

    class ArticleViewSet(ModelViewSet):
        queryset = Article.objects.all()

    api = BoltAPI()
    api.viewset("/articles")(ArticleViewSet)
    with pytest.raises(ImproperlyConfigured, match="ArticleViewSet"):
        api.routes()


def custom_queryset() -> BoltAPI:
    """Rows chosen by a plain method."""

    # guide 695-702
    class PublishedArticleViewSet(ModelViewSet):
        model = Article

        def get_queryset(self):
            """Filter to only published articles."""
            return Article.objects.filter(status="published")

    api = BoltAPI()
    api.viewset("/articles")(PublishedArticleViewSet)
    return api


@pytest.mark.row("B09", "B11")
def test_get_queryset_may_be_a_plain_method(draft, published) -> None:
    """What `get_queryset` leaves out is neither listed nor shown nor deleted."""
    client = TestClient(custom_queryset())
    assert [article["id"] for article in client.get("/articles").json()] == [published.id]
    assert client.get(f"/articles/{published.id}").json()["title"] == "Out"
    assert client.get(f"/articles/{draft.id}").status_code == 404
    assert client.delete(f"/articles/{draft.id}").status_code == 404
    assert Article.objects.filter(pk=draft.pk).exists()


def custom_lookup_field() -> BoltAPI:
    """Rows found by slug."""

    # guide 706-711
    class ArticleViewSet(ModelViewSet):
        model = Article
        lookup_field = "slug"  # Use slug instead of id

    api = BoltAPI()
    api.viewset("/articles")(ArticleViewSet)
    return api


@pytest.mark.row("B04", "B09")
def test_lookup_field_finds_by_any_column(draft) -> None:
    """`lookup_field = "slug"` names the path's parameter and the column it is compared with."""
    api = custom_lookup_field()
    assert ("GET", "/articles/{slug}") in routes_below(api, "/articles")
    client = TestClient(api)
    assert client.get("/articles/draft").json()["id"] == draft.id
    assert client.get(f"/articles/{draft.id}").status_code == 404


def async_orm() -> BoltAPI:
    """Handlers of one's own on a model; mended: line 730 says what `data` is."""

    # guide 717-738
    class ArticleViewSet(ModelViewSet):
        model = Article

        async def get(self, request, article_id: int):
            """Custom retrieve with async ORM."""
            article = await Article.objects.aget(id=article_id)
            return {"id": article.id, "title": article.title, "content": article.content}

        async def post(self, request, data: ArticleCreateSchema):
            """Custom create with async ORM."""
            article = await Article.objects.acreate(title=data.title, content=data.content, author=data.author)
            return {"id": article.id, "created": True}

    api = BoltAPI()
    api.view("/articles", methods=["POST"])(ArticleViewSet)
    api.view("/articles/{article_id}", methods=["GET"])(ArticleViewSet)
    return api


@pytest.mark.row("B03")
def test_async_orm_works_under_method_names(draft) -> None:
    """`get` and `post` of a ModelViewSet work under `api.view`, with the asynchronous ORM inside."""
    api = async_orm()
    assert routes_below(api, "/articles") == [("GET", "/articles/{article_id}"), ("POST", "/articles")]
    client = TestClient(api)
    assert client.get(f"/articles/{draft.id}").json() == {"id": draft.id, "title": "Draft", "content": "..."}
    assert client.get("/articles/0").status_code == 404
    created = client.post("/articles", json={"title": "T", "content": "C", "author": "A"})
    assert created.json() == {"id": Article.objects.get(title="T").id, "created": True}
    assert faults(client.post("/articles", json={"title": "T"})).keys() == {"content", "author"}


def read_only() -> BoltAPI:
    """Two actions."""

    # guide 742-749, its import above
    class ArticleViewSet(ReadOnlyModelViewSet):
        model = Article

    # Only provides: list (GET without params) and retrieve (GET with params)

    api = BoltAPI()
    api.viewset("/articles")(ArticleViewSet)
    return api


@pytest.mark.row("B10")
def test_read_only_viewset_reads_only(draft) -> None:
    """ReadOnlyModelViewSet lists and retrieves; every write is a 405."""
    api = read_only()
    assert routes_below(api, "/articles") == [("GET", "/articles"), ("GET", "/articles/{pk}")]
    client = TestClient(api)
    assert client.get("/articles").json() == [client.get(f"/articles/{draft.id}").json()]
    assert client.post("/articles", json={}).status_code == 405
    for method in ("PUT", "PATCH", "DELETE"):
        assert client.request(method, f"/articles/{draft.id}", json={}).status_code == 405
