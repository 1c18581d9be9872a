"""Chapter “ModelViewSet Automatic CRUD”."""

import msgspec
import pytest
from django.contrib.auth.models import User
from django.db.models import Q

from ironbolt.bolt import BoltAPI, ModelViewSet, action
from ironbolt.bolt.auth import JWTAuthentication
from ironbolt.bolt.exceptions import HTTPException
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.testing import TestClient
from tests.bolt.seed.support import bearer, faults, message, routes_below
from tests.project.models import Article, OwnedArticle

pytestmark = [pytest.mark.row("B29"), pytest.mark.django_db]

SIX = [
    ("DELETE", "/articles/{id}"),
    ("GET", "/articles"),
    ("GET", "/articles/{id}"),
    ("PATCH", "/articles/{id}"),
    ("POST", "/articles"),
    ("PUT", "/articles/{id}"),
]

# guide 1757-1817, its imports above and its model in tests.project; the other blocks use its Structs


# Schemas
class ArticleSchema(msgspec.Struct):
    id: int
    title: str
    content: str
    author: str
    status: str
    created_at: str

    @classmethod
    def from_model(cls, obj):
        return cls(
            id=obj.id,
            title=obj.title,
            content=obj.content,
            author=obj.author,
            status=obj.status,
            created_at=obj.created_at.isoformat(),
        )


class ArticleCreateSchema(msgspec.Struct):
    title: str
    content: str
    author: str
    status: str = "draft"


def zero_boilerplate() -> BoltAPI:
    """Six actions by declaration."""
    api = BoltAPI()

    # ViewSet with automatic CRUD - NO method implementations needed!
    @api.viewset("/articles")
    class ArticleViewSet(ModelViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleSchema
        create_serializer_class = ArticleCreateSchema
        update_serializer_class = ArticleCreateSchema
        lookup_field = "id"

    # That's it! All CRUD operations are now available:
    # GET    /articles          -> list()
    # POST   /articles          -> create()
    # GET    /articles/{id}     -> retrieve()
    # PUT    /articles/{id}     -> update()
    # PATCH  /articles/{id}     -> partial_update()
    # DELETE /articles/{id}     -> destroy()
    return api


def provided_automatically(**attributes: object) -> BoltAPI:
    """Six actions with one serializer."""
    api = BoltAPI()

    # guide 1706-1716
    class ArticleViewSet(ModelViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleSchema
        lookup_field = "id"  # Default: 'pk'

    # Automatically provides these methods (no need to implement them):

    api.viewset("/articles")(type("ArticleViewSet", (ArticleViewSet,), attributes))
    return api


@pytest.fixture
def article() -> Article:
    """An article."""
    return Article.objects.create(title="First", content="Text", author="Ann")


def shown(article: Article) -> dict[str, object]:
    """An article as `ArticleSchema` shows it."""
    return msgspec.to_builtins(ArticleSchema.from_model(article))


@pytest.mark.row("B09")
@pytest.mark.parametrize("build", [zero_boilerplate, provided_automatically])
def test_six_actions_need_no_code(article, build) -> None:
    """All six work by declaration alone, whether writes have Structs of their own or not."""
    api = build()
    assert routes_below(api, "/articles") == SIX
    client, url = TestClient(api), f"/articles/{article.id}"
    assert client.get("/articles").json() == [shown(article)]
    assert client.get(url).json() == shown(article)

    created = client.post("/articles", json={"title": "New", "content": "C", "author": "Eve", "status": "draft"})
    new = Article.objects.get(title="New")
    assert (created.status_code, created.json()) == (201, shown(new))

    put = client.put(url, json={"title": "T", "content": "C", "author": "A", "status": "published"})
    article.refresh_from_db()
    assert (put.status_code, put.json(), article.title, article.status) == (200, shown(article), "T", "published")

    patched = client.patch(url, json={"content": "Changed"})
    article.refresh_from_db()
    assert (patched.json(), article.content, article.title) == (shown(article), "Changed", "T")

    gone = client.delete(url)
    assert (gone.status_code, gone.json()) == (200, {"deleted": True})
    assert client.get(url).status_code == client.delete(url).status_code == 404
    assert client.patch(url, json={}).status_code == 404


@pytest.mark.row("B09")
def test_what_the_database_decides_is_not_taken_from_a_client() -> None:
    """Where one serializer serves writes too, the key and what else no form may edit are left out of them."""
    body = {
        "id": 4711,
        "created_at": "2001-01-01T00:00:00Z",
        "title": "T",
        "content": "C",
        "author": "A",
        "status": "x",
    }
    assert TestClient(provided_automatically()).post("/articles", json=body).status_code == 201
    article = Article.objects.get()
    assert article.id != 4711
    assert article.created_at.year > 2001


@pytest.mark.row("B06", "B09")
def test_write_is_validated(article) -> None:
    """A body is checked against the Struct: POST and PUT name what is missing, PATCH what is wrong."""
    client, url = TestClient(zero_boilerplate()), f"/articles/{article.id}"
    for refused in (client.post("/articles", json={"title": "T"}), client.put(url, json={"title": "T"})):
        assert (refused.status_code, faults(refused).keys()) == (400, {"content", "author"})
    assert faults(client.patch(url, json={"title": 7})).keys() == {"title"}
    assert faults(client.patch(url, json={"title": None})).keys() == {"title"}
    assert client.patch(url, json=[1]).status_code == 400
    article.refresh_from_db()
    assert article.title == "First"


@pytest.mark.row("B09")
def test_put_writes_what_was_sent(article) -> None:
    """PUT leaves a field with a default as it is when the client does not send it."""
    Article.objects.update(status="published")
    client = TestClient(zero_boilerplate())
    put = client.put(f"/articles/{article.id}", json={"title": "T", "content": "C", "author": "A"})
    assert put.json()["status"] == "published"


def test_list_is_paged_where_the_class_says_so(article) -> None:
    """`pagination_class` turns the list into pages; without it all objects come at once."""
    Article.objects.create(title="Second")
    client = TestClient(provided_automatically(pagination_class=PageNumberPagination))
    page = client.get("/articles", params={"page": 2, "page_size": 1}).json()
    assert page.keys() == {"count", "next", "previous", "results"}
    assert (page["count"], page["next"], page["results"][0]["title"]) == (2, None, "Second")
    assert len(TestClient(provided_automatically()).get("/articles").json()) == 2


def overridden_methods() -> BoltAPI:
    """Two actions of one's own; the API says how callers prove who they are."""
    api = BoltAPI(auth=[JWTAuthentication()])

    # guide 1823-1884
    @api.viewset("/articles")
    class ArticleViewSet(ModelViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleSchema
        create_serializer_class = ArticleCreateSchema

        # Override list() for custom logic
        async def list(self, request, status: str | None = None):
            """
            Custom list implementation with filtering.
            Overrides the automatic ModelViewSet.list() method.
            """
            qs = await self.get_queryset()

            # Custom filtering
            if status:
                qs = qs.filter(status=status)

            # Apply standard filtering
            qs = await self.filter_queryset(qs)

            # Custom pagination logic
            results = []
            async for article in qs[:50]:  # Limit to 50
                results.append(ArticleSchema.from_model(article))

            return {"count": len(results), "results": results}

        # Override create() for custom validation
        async def create(self, request, data: ArticleCreateSchema):
            """
            Custom create with validation.
            Overrides the automatic ModelViewSet.create() method.
            """
            # Custom validation
            if len(data.title) < 10:
                raise HTTPException(status_code=400, detail="Title must be at least 10 characters")

            # Custom logic before creation
            auth = request.get("auth", {})
            author = auth.get("username", "anonymous")

            # Create with custom fields
            article = await Article.objects.acreate(
                title=data.title,
                content=data.content,
                author=author,  # Override author from auth
                status=data.status,
            )

            return ArticleSchema.from_model(article)

        # Keep retrieve(), update(), partial_update(), destroy() automatic!
        # They still work without any code

    return api


@pytest.mark.row("B09")
def test_list_of_ones_own(article) -> None:
    """An overridden `list` has its own parameters and answer, and calls `get_queryset` and `filter_queryset` itself."""
    client = TestClient(overridden_methods())
    assert client.get("/articles").json() == {"count": 1, "results": [shown(article)]}
    assert client.get("/articles?status=published").json() == {"count": 0, "results": []}


@pytest.mark.row("B09", "B17", "B22")
def test_create_of_ones_own() -> None:
    """An overridden `create` still gets a validated body and still answers 201."""
    client = TestClient(overridden_methods())
    body = {"title": "Long enough", "content": "C", "author": "ignored"}
    created = client.post("/articles", json=body, headers=bearer(username="ann"))
    assert (created.status_code, created.json()) == (201, shown(Article.objects.get()))
    assert created.json()["author"] == "ann"
    refused = client.post("/articles", json=body | {"title": "Short"})
    assert (refused.status_code, message(refused)) == (400, "Title must be at least 10 characters")
    assert faults(client.post("/articles", json={"title": "Long enough"})).keys() == {"content", "author"}


@pytest.mark.row("B17")
@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, None])
def test_missing_username_takes_the_default(headers) -> None:
    """`auth.get("username", "anonymous")` is “anonymous” for nobody, and for a token that has no such claim."""
    headers = bearer() if headers is None else headers
    body = {"title": "Long enough", "content": "C", "author": "ignored"}
    created = TestClient(overridden_methods()).post("/articles", json=body, headers=headers)
    assert (created.status_code, created.json()["author"]) == (201, "anonymous")


@pytest.mark.row("B09")
def test_the_other_actions_stay_automatic(article) -> None:
    """Retrieve, update, partial update and destroy work beside those that were overridden."""
    api = overridden_methods()
    assert routes_below(api, "/articles") == [(method, path.replace("{id}", "{pk}")) for method, path in SIX]
    client, url = TestClient(api), f"/articles/{article.id}"
    assert client.get(url).json() == shown(article)
    assert client.patch(url, json={"title": "T"}).json()["title"] == "T"
    assert client.put(url, json={"title": "P", "content": "C", "author": "A"}).json()["title"] == "P"
    assert client.delete(url).json() == {"deleted": True}


@pytest.mark.row("B09")
def test_overridden_action_may_call_super(article) -> None:
    """`super()` extends the automatic action (1888), awaited in `async def` and called in `def`."""
    api = BoltAPI()

    class Base(ModelViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleSchema
        create_serializer_class = ArticleCreateSchema

    @api.viewset("/async")
    class Awaited(Base):
        async def create(self, request, data: ArticleCreateSchema):
            data.title = data.title.upper()
            return await super().create(request, data)

        async def retrieve(self, request, pk: int):
            return {"wrapped": await super().retrieve(request, pk=pk)}

    @api.viewset("/sync")
    class Called(Base):
        def create(self, request, data: ArticleCreateSchema):
            data.title = data.title.upper()
            return super().create(request, data)

        def retrieve(self, request, pk: int):
            return {"wrapped": super().retrieve(request, pk=pk)}

    client = TestClient(api)
    for base in ("/async", "/sync"):
        created = client.post(base, json={"title": "long", "content": "C", "author": "A"})
        assert (created.status_code, created.json()["title"]) == (201, "LONG")
        assert client.get(f"{base}/{article.pk}").json() == {"wrapped": shown(article)}
        assert client.get(f"{base}/0").status_code == 404


def custom_actions() -> BoltAPI:
    """Automatic actions with three more."""
    api = BoltAPI()

    # guide 1896-1947, its imports above
    @api.viewset("/articles")
    class ArticleViewSet(ModelViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleSchema
        create_serializer_class = ArticleCreateSchema
        lookup_field = "id"

        # Automatic CRUD methods work out of the box

        # Add custom actions
        @action(methods=["POST"], detail=True)
        async def publish(self, request, id: int):
            """POST /articles/{id}/publish - Publish an article"""
            article = await self.get_object(id=id)
            article.status = "published"
            await article.asave()
            return ArticleSchema.from_model(article)

        @action(methods=["POST"], detail=True)
        async def archive(self, request, id: int):
            """POST /articles/{id}/archive - Archive an article"""
            article = await self.get_object(id=id)
            article.status = "archived"
            await article.asave()
            return {"id": id, "status": "archived"}

        @action(methods=["GET"], detail=False)
        async def published(self, request):
            """GET /articles/published - Get published articles"""
            qs = await self.get_queryset()
            qs = qs.filter(status="published")

            results = []
            async for article in qs[:100]:
                results.append(ArticleSchema.from_model(article))

            return results

    # All routes are auto-generated:
    # GET    /articles                  -> list() (automatic)
    # POST   /articles                  -> create() (automatic)
    # GET    /articles/{id}             -> retrieve() (automatic)
    # PUT    /articles/{id}             -> update() (automatic)
    # PATCH  /articles/{id}             -> partial_update() (automatic)
    # DELETE /articles/{id}             -> destroy() (automatic)
    # POST   /articles/{id}/publish     -> publish() (custom action)
    # POST   /articles/{id}/archive     -> archive() (custom action)
    # GET    /articles/published        -> published() (custom action)
    return api


@pytest.mark.row("B09", "B12")
def test_actions_beside_automatic_ones(article) -> None:
    """Three actions make nine routes, and `/articles/published` wins over `/articles/{id}`."""
    api = custom_actions()
    actions = [("GET", "published"), ("POST", "{id}/archive"), ("POST", "{id}/publish")]
    assert routes_below(api, "/articles") == sorted(SIX + [(method, f"/articles/{path}") for method, path in actions])
    client, url = TestClient(api), f"/articles/{article.id}"
    assert client.get("/articles/published").json() == []
    published = client.post(f"{url}/publish")
    article.refresh_from_db()
    assert (published.status_code, published.json(), article.status) == (200, shown(article), "published")
    assert client.get("/articles/published").json() == [shown(article)]
    assert client.post(f"{url}/archive").json() == {"id": article.id, "status": "archived"}
    assert client.get("/articles/published").json() == []
    assert client.post("/articles/0/publish").status_code == 404
    assert client.get(url).json()["status"] == "archived"


class OwnedArticleSchema(msgspec.Struct):
    """Stand-in."""

    id: int
    title: str
    author_id: int
    status: str


class OwnedArticleCreateSchema(msgspec.Struct):
    """Stand-in."""

    title: str
    content: str
    author_id: int


def customized_permissions() -> BoltAPI:
    """Rows and rights by caller; mended: `lookup_field` says the name that 1979 asks for."""
    Article = OwnedArticle  # noqa: N806 - here an author is a user
    ArticleSchema = OwnedArticleSchema  # noqa: N806 - the same
    ArticleCreateSchema = OwnedArticleCreateSchema  # noqa: N806 - the same
    api = BoltAPI(auth=[JWTAuthentication()])

    # guide 1953-1999, its import above
    @api.viewset("/articles")
    class ArticleViewSet(ModelViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleSchema
        create_serializer_class = ArticleCreateSchema
        lookup_field = "id"

        async def get_queryset(self):
            """Filter articles based on user permissions."""
            base_qs = await super().get_queryset()

            # Only show user's own articles or published articles
            auth = self.request.get("auth", {})
            user_id = auth.get("user_id")

            if user_id:
                base_qs = base_qs.filter(Q(author_id=user_id) | Q(status="published"))
            else:
                base_qs = base_qs.filter(status="published")

            return base_qs

        async def get_object(self, id: int = None, **lookup_kwargs):
            """Add object-level permissions."""
            article = await super().get_object(id=id, **lookup_kwargs)

            # Check if user can modify this article
            auth = self.request.get("auth", {})
            user_id = auth.get("user_id")

            # For update/delete, check ownership
            if self.action in ("update", "partial_update", "destroy"):
                if article.author_id != user_id:
                    raise HTTPException(status_code=403, detail="You can only modify your own articles")

            return article

        # All CRUD methods automatically use get_queryset() and get_object()
        # No need to override each method!

    return api


@pytest.fixture
def ann() -> User:
    """An author."""
    return User.objects.create(username="ann")


@pytest.fixture
def bob() -> User:
    """Another one."""
    return User.objects.create(username="bob")


@pytest.mark.row("B09", "B11", "B17")
def test_automatic_actions_use_the_overridden_queryset(ann, bob) -> None:
    """Who may not see a row gets a 404 for reading, changing and deleting it."""
    draft = OwnedArticle.objects.create(title="draft", author=ann)
    out = OwnedArticle.objects.create(title="out", author=ann, status="published")
    client, url = TestClient(customized_permissions()), f"/articles/{draft.id}"
    mine, others = bearer(user_id=ann.pk), bearer(user_id=bob.pk)
    assert {row["id"] for row in client.get("/articles", headers=mine).json()} == {draft.id, out.id}
    assert {row["id"] for row in client.get("/articles", headers=others).json()} == {out.id}
    assert {row["id"] for row in client.get("/articles").json()} == {out.id}
    assert client.get(url, headers=mine).status_code == 200
    assert client.get(url, headers=others).status_code == 404
    assert client.delete(url, headers=others).status_code == 404
    assert client.patch(url, json={"title": "x"}).status_code == 404


@pytest.mark.row("B09", "B17", "B22")
def test_automatic_actions_use_the_overridden_object(ann, bob) -> None:
    """What `get_object` refuses, update, partial update and destroy refuse in its words; reading stays open."""
    out = OwnedArticle.objects.create(title="out", author=ann, status="published")
    client, url = TestClient(customized_permissions()), f"/articles/{out.id}"
    mine, others = bearer(user_id=ann.pk), bearer(user_id=bob.pk)
    put = {"title": "T", "content": "C", "author_id": ann.pk}
    for headers in (others, {}):
        refused = [
            client.patch(url, json={"title": "x"}, headers=headers),
            client.put(url, json=put, headers=headers),
            client.delete(url, headers=headers),
        ]
        assert {(answer.status_code, message(answer)) for answer in refused} == {
            (403, "You can only modify your own articles")
        }
    assert client.get(url, headers=others).status_code == 200
    assert client.patch(url, json={"title": "x"}, headers=mine).json()["title"] == "x"
    assert client.put(url, json=put, headers=mine).json()["title"] == "T"
    assert client.delete(url, headers=mine).json() == {"deleted": True}
    assert not OwnedArticle.objects.exists()
