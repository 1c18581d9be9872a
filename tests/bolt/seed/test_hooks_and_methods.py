"""Chapter “ViewSet Hooks and Methods”."""

import msgspec
import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q

from ironbolt.bolt import BoltAPI, ModelViewSet, ViewSet
from ironbolt.bolt.auth import JWTAuthentication
from ironbolt.bolt.exceptions import HTTPException
from ironbolt.testing import TestClient
from tests.bolt.seed.support import bearer, message
from tests.project.models import Article, OwnedArticle

pytestmark = [pytest.mark.row("B29"), pytest.mark.django_db]


class ArticleSchema(msgspec.Struct):
    """Stand-in."""

    title: str
    status: str

    @classmethod
    def from_model(cls, obj):
        return cls(title=obj.title, status=obj.status)


@pytest.fixture
def ann() -> User:
    """An author."""
    return User.objects.create(username="ann")


@pytest.fixture
def bob() -> User:
    """Another one."""
    return User.objects.create(username="bob")


def write(author: User, title: str, status: str = "published", **columns: object) -> OwnedArticle:
    """An article of somebody's."""
    return OwnedArticle.objects.create(title=title, author=author, status=status, slug=title.lower(), **columns)


def titles(answer) -> list[str]:
    """What is listed."""
    assert answer.status_code == 200, answer
    return [article["title"] for article in answer.json()]


def custom_queryset() -> tuple[BoltAPI, type[ViewSet]]:
    """Rows by caller; the API says how callers prove who they are, which the block leaves out."""
    Article = OwnedArticle  # noqa: N806 - here an author is a user
    api = BoltAPI(auth=[JWTAuthentication()])

    # guide 1285-1329
    @api.viewset("/articles")
    class ArticleViewSet(ViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleSchema

        async def get_queryset(self):
            """
            Override to customize base queryset.
            Called at the beginning of list(), retrieve(), etc.
            """
            # Get base queryset (returns a fresh clone)
            base_qs = await super().get_queryset()

            # Filter based on authentication context
            auth = self.request.get("auth", {})
            user_id = auth.get("user_id")

            if user_id:
                # Show user's own articles plus published articles
                base_qs = base_qs.filter(Q(author_id=user_id) | Q(status="published"))
            else:
                # Anonymous users only see published articles
                base_qs = base_qs.filter(status="published")

            # Apply default ordering
            base_qs = base_qs.order_by("-created_at")

            # Performance optimization
            base_qs = base_qs.select_related("author")

            return base_qs

        async def list(self, request):
            """List uses the filtered queryset from get_queryset()."""
            queryset = await self.get_queryset()
            results = []
            async for article in queryset[:100]:
                results.append(ArticleSchema.from_model(article))
            return results

    return api, ArticleViewSet


@pytest.mark.row("B11", "B17")
def test_queryset_depends_on_the_caller(ann, bob, django_assert_num_queries) -> None:
    """An asynchronous `get_queryset` reads the caller from `self.request`; anonymous ones see what is published."""
    for author in (ann, bob):
        write(author, f"{author.username}-out")
        write(author, f"{author.username}-draft", "draft")
    client = TestClient(custom_queryset()[0])
    with django_assert_num_queries(1):
        assert titles(client.get("/articles")) == ["bob-out", "ann-out"]
    mine = client.get("/articles", headers=bearer(user_id=ann.pk))
    assert titles(mine) == ["bob-out", "ann-draft", "ann-out"]


@pytest.mark.row("B11")
def test_nothing_leaks_into_the_next_request(ann) -> None:
    """A filter of one request is gone in the next: the base queryset is a fresh clone each time."""
    write(ann, "draft", "draft")
    api, view = custom_queryset()
    client = TestClient(api)
    assert titles(client.get("/articles", headers=bearer(user_id=ann.pk))) == ["draft"]
    assert titles(client.get("/articles")) == []
    assert titles(client.get("/articles", headers=bearer(user_id=ann.pk))) == ["draft"]
    assert not view.queryset.query.where
    assert view.queryset._result_cache is None


@pytest.mark.row("B11")
def test_base_queryset_serves_plain_methods_too(ann) -> None:
    """`super().get_queryset()` may be awaited, and a plain method may use what it returns as it is."""
    write(ann, "out")
    write(ann, "draft", "draft")
    api = BoltAPI()

    @api.viewset("/articles")
    class ArticleViewSet(ModelViewSet):
        queryset = OwnedArticle.objects.all()
        serializer_class = ArticleSchema

        def get_queryset(self):
            return super().get_queryset().filter(status="published")

    assert titles(TestClient(api).get("/articles")) == ["out"]


@pytest.mark.row("B11")
def test_overridden_queryset_is_used_by_the_automatic_actions(ann) -> None:
    """List and retrieve that a ModelViewSet brings along ask an asynchronous `get_queryset` as well."""
    write(ann, "out")
    draft = write(ann, "draft", "draft")
    view = custom_queryset()[1]
    del view.list
    api = BoltAPI(auth=[JWTAuthentication()])
    api.viewset("/articles")(type("Automatic", (view, ModelViewSet), {}))
    client = TestClient(api)
    assert titles(client.get("/articles")) == ["out"]
    assert client.get(f"/articles/{draft.pk}").status_code == 404
    assert client.get(f"/articles/{draft.pk}", headers=bearer(user_id=ann.pk)).status_code == 200


def custom_object() -> BoltAPI:
    """An object by its slug, with a check of its own; the API says how callers prove who they are."""
    Article = OwnedArticle  # noqa: N806 - here an author is a user
    api = BoltAPI(auth=[JWTAuthentication()])

    # guide 1341-1386
    @api.viewset("/articles")
    class ArticleViewSet(ViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleSchema
        lookup_field = "slug"  # Use slug instead of pk

        async def get_object(self, slug: str = None, **lookup_kwargs):
            """
            Override to customize object retrieval.
            Used by retrieve(), update(), partial_update(), destroy().
            """
            # Get filtered queryset
            queryset = await self.get_queryset()

            # Custom lookup logic
            if slug:
                lookup_kwargs = {"slug": slug}

            try:
                # Retrieve object
                obj = await queryset.aget(**lookup_kwargs)

                # Custom permission check
                auth = self.request.get("auth", {})
                user_id = auth.get("user_id")

                if obj.status == "draft" and obj.author_id != user_id:
                    raise HTTPException(status_code=403, detail="You don't have permission to view this draft")

                return obj

            except Article.DoesNotExist:
                raise HTTPException(status_code=404, detail=f"Article with slug '{slug}' not found")

        async def retrieve(self, request, slug: str):
            """GET /articles/{slug}"""
            article = await self.get_object(slug=slug)
            return ArticleSchema.from_model(article)

    return api


@pytest.mark.row("B04", "B22")
def test_object_is_found_checked_and_refused(ann, bob) -> None:
    """What an overridden `get_object` raises is the answer, in its own words: 403 for another's draft, 404 for none."""
    write(ann, "out")
    write(ann, "draft", "draft")
    client = TestClient(custom_object())
    assert client.get("/articles/out").json() == {"title": "out", "status": "published"}
    stranger = client.get("/articles/draft", headers=bearer(user_id=bob.pk))
    assert (stranger.status_code, message(stranger)) == (403, "You don't have permission to view this draft")
    assert client.get("/articles/draft").status_code == 403
    missing = client.get("/articles/none")
    assert (missing.status_code, message(missing)) == (404, "Article with slug 'none' not found")


@pytest.mark.row("B17")
def test_user_id_compares_with_a_foreign_key(ann) -> None:
    """The `user_id` of a token has the type that it has in the database, so that an author is known as such."""
    write(ann, "draft", "draft")
    client = TestClient(custom_object())
    assert client.get("/articles/draft", headers=bearer(user_id=ann.pk)).status_code == 200
    assert client.get("/articles/draft", headers=bearer(user_id=str(ann.pk))).status_code == 200


@pytest.mark.row("B04", "B22")
def test_missing_object_is_an_http_exception(ann) -> None:
    """`get_object` takes a key or a lookup by name, and turns DoesNotExist into HTTPException(404)."""
    article = write(ann, "out")
    api = BoltAPI()

    @api.viewset("/articles")
    class ArticleViewSet(ViewSet):
        queryset = OwnedArticle.objects.all()
        serializer_class = ArticleSchema

        async def retrieve(self, request, pk: int):
            try:
                found = [await self.get_object(pk), await self.get_object(pk=pk), await self.get_object(id=pk)]
            except HTTPException as error:
                return error.status_code
            return len({each.pk for each in found})

    client = TestClient(api)
    assert client.get(f"/articles/{article.pk}").json() == 1
    assert client.get("/articles/0").json() == 404


# guide 1398-1454


class ArticleMiniSchema(msgspec.Struct):
    """Minimal article info for lists."""

    id: int
    title: str
    author: str


class ArticleDetailSchema(msgspec.Struct):
    """Full article details."""

    id: int
    title: str
    content: str
    author: str
    created_at: str
    tags: list[str]


class ArticleCreateSchema(msgspec.Struct):
    """Schema for creating articles."""

    title: str
    content: str
    tags: list[str] = []


class ArticleUpdateSchema(msgspec.Struct):
    """Schema for updating articles."""

    title: str | None = None
    content: str | None = None
    tags: list[str] | None = None


def action_specific_serializers() -> type[ViewSet]:
    """A class that chooses by `self.action`."""
    api = BoltAPI()

    @api.viewset("/articles")
    class ArticleViewSet(ViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleDetailSchema  # Default serializer

        def get_serializer_class(self, action: str | None = None):
            """
            Return different serializers based on action.
            Called automatically by the framework.
            """
            # Use instance action if not provided
            if action is None:
                action = self.action

            # Action-specific serializers
            if action == "list":
                return ArticleMiniSchema
            elif action == "retrieve":
                return ArticleDetailSchema
            elif action == "create":
                return ArticleCreateSchema
            elif action in ("update", "partial_update"):
                return ArticleUpdateSchema

            # Default
            return self.serializer_class

    assert api.routes() is not None
    return ArticleViewSet


@pytest.mark.row("B14")
def test_chosen_serializers_are_used_by_the_automatic_actions() -> None:
    """A ModelViewSet asks `get_serializer_class` for each action: how to show rows, and what to take from a client."""
    api = BoltAPI()
    api.viewset("/articles")(type("Served", (action_specific_serializers(), ModelViewSet), {}))
    client = TestClient(api)
    created = client.post("/articles", json={"title": "T", "content": "C", "author": "ignored", "tags": ["a"]})
    article = Article.objects.get()
    detail = {"id": article.pk, "title": "T", "content": "C", "author": "", "tags": ["a"]}
    body = created.json()
    assert (created.status_code, body.pop("created_at")[:4], body) == (201, str(article.created_at.year), detail)
    assert client.get("/articles").json() == [{"id": article.pk, "title": "T", "author": ""}]
    assert client.get(f"/articles/{article.pk}").json().keys() == detail.keys() | {"created_at"}
    patched = client.patch(f"/articles/{article.pk}", json={"tags": ["b"]}).json()
    assert (patched["title"], patched["tags"]) == ("T", ["b"])
    assert client.post("/articles", json={"title": "T"}).status_code == 400


@pytest.mark.row("B14")
def test_action_is_known_to_the_view() -> None:
    """`self.action` is the name of the running action, and `get_serializer_class()` without argument goes by it."""
    api = BoltAPI()

    @api.viewset("/articles")
    class Told(action_specific_serializers()):
        async def list(self, request):
            return [self.action, self.get_serializer_class().__name__]

        async def retrieve(self, request, pk: int):
            return [self.action, self.get_serializer_class().__name__]

        async def partial_update(self, request, pk: int):
            return [self.action, self.get_serializer_class().__name__]

        async def destroy(self, request, pk: int):
            return [self.action, self.get_serializer_class().__name__]

    client = TestClient(api)
    assert client.get("/articles").json() == ["list", "ArticleMiniSchema"]
    assert client.get("/articles/1").json() == ["retrieve", "ArticleDetailSchema"]
    assert client.patch("/articles/1").json() == ["partial_update", "ArticleUpdateSchema"]
    assert client.delete("/articles/1").json() == ["destroy", "ArticleDetailSchema"]


@pytest.mark.row("B14")
def test_no_serializer_at_all_is_an_error() -> None:
    """The chain of fallbacks ends in an exception."""
    view = ViewSet()
    view.action = "list"
    with pytest.raises(ImproperlyConfigured):
        view.get_serializer_class()


def filtering() -> tuple[BoltAPI, type[ViewSet]]:
    """Filters, search, order and dates from the query string."""
    Article = OwnedArticle  # noqa: N806 - here an author is a user
    api = BoltAPI()

    # guide 1466-1534, its import above
    @api.viewset("/articles")
    class ArticleViewSet(ViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleSchema

        async def filter_queryset(self, queryset):
            """
            Apply filtering, ordering, and searching to queryset.
            Called after get_queryset() but before queryset evaluation.

            This method receives a lazy QuerySet and returns a lazy QuerySet.
            The queryset is NOT evaluated here - it's evaluated later during iteration.
            """
            # Extract query parameters from request
            query_params = self.request.get("query", {})

            # Filtering
            status = query_params.get("status")
            if status:
                queryset = queryset.filter(status=status)

            author_id = query_params.get("author_id")
            if author_id:
                queryset = queryset.filter(author_id=author_id)

            # Searching (across multiple fields)
            search = query_params.get("search")
            if search:
                queryset = queryset.filter(
                    Q(title__icontains=search) | Q(content__icontains=search) | Q(author__username__icontains=search)
                )

            # Ordering
            ordering = query_params.get("ordering", "-created_at")
            if ordering:
                # Support multiple fields: ?ordering=-created_at,title
                order_fields = [f.strip() for f in ordering.split(",")]
                queryset = queryset.order_by(*order_fields)

            # Date range filtering
            date_from = query_params.get("date_from")
            if date_from:
                queryset = queryset.filter(created_at__gte=date_from)

            date_to = query_params.get("date_to")
            if date_to:
                queryset = queryset.filter(created_at__lte=date_to)

            return queryset

        async def list(self, request):
            """
            GET /articles?status=published&search=django&ordering=-created_at
            """
            qs = await self.get_queryset()  # Get base queryset
            qs = await self.filter_queryset(qs)  # Apply filters (still lazy)

            # Queryset is evaluated here during iteration
            results = []
            async for article in qs[:100]:  # Limit to 100 results
                results.append(ArticleSchema.from_model(article))

            return results

    return api, ArticleViewSet


def filtering_by_itself() -> tuple[BoltAPI, type[ViewSet]]:
    """The same hook under a list that a ModelViewSet brings along."""
    view = filtering()[1]
    del view.list
    api = BoltAPI()
    automatic = type("Automatic", (view, ModelViewSet), {})
    api.viewset("/articles")(automatic)
    return api, automatic


@pytest.mark.parametrize("build", [filtering, filtering_by_itself])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["zope", "guide", "django"]),
        ("status=published", ["guide", "django"]),
        ("search=DJANGO", ["guide", "django"]),
        ("search=bob", ["zope"]),
        ("ordering=title", ["django", "guide", "zope"]),
        ("ordering=-status,title", ["django", "guide", "zope"]),
        ("ordering=status,-title", ["zope", "guide", "django"]),
        ("ordering=", ["django", "guide", "zope"]),
        ("status=published&author_id={ann}&ordering=-created_at&search=text", ["django"]),
        ("author_id={bob}", ["zope"]),
        ("date_from=2020-01-01T00:00:00Z", ["zope", "guide", "django"]),
        ("date_to=2020-01-01T00:00:00Z", []),
        ("page=2&unknown=x", ["zope", "guide", "django"]),
    ],
)
def test_query_narrows_the_list(ann, bob, build, query, expected) -> None:
    """The example requests (guide 1544-1556) narrow and order, asked by hand or by the automatic `list`."""
    write(ann, "django", content="text")
    write(ann, "guide", content="about Django")
    write(bob, "zope", "draft")
    found = titles(TestClient(build()[0]).get(f"/articles?{query.format(ann=ann.pk, bob=bob.pk)}"))
    assert found == expected if query != "ordering=" else sorted(found) == expected


def test_filter_queryset_is_lazy(ann, django_assert_num_queries) -> None:
    """The hook gets a queryset that was not evaluated, and the whole list costs one query."""
    write(ann, "django")
    view = filtering_by_itself()[1]
    seen = []

    async def filter_queryset(self, queryset):
        seen.append(queryset._result_cache)
        return queryset.select_related("author")

    api = BoltAPI()
    api.viewset("/articles")(type("Watched", (view,), {"filter_queryset": filter_queryset}))
    with django_assert_num_queries(1):
        assert titles(TestClient(api).get("/articles")) == ["django"]
    assert seen == [None]
