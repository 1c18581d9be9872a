"""Chapter “Unified ViewSet Pattern”."""

import msgspec
import pytest
from django.contrib.auth.models import User

from ironbolt.bolt import BoltAPI, ViewSet, action
from ironbolt.testing import TestClient
from tests.bolt.seed.support import faults, routes_below
from tests.project.models import Article, Person

pytestmark = [pytest.mark.row("B29"), pytest.mark.django_db]

# guide 174-314, its imports above; the blocks before it use its Structs

api = BoltAPI()


# Define serializers
class UserFull(msgspec.Struct):
    """Full user details for detail views."""

    id: int
    username: str
    email: str
    first_name: str
    last_name: str
    is_active: bool


class UserMini(msgspec.Struct):
    """Minimal user info for list views."""

    id: int
    username: str


class UserCreate(msgspec.Struct):
    """User creation schema."""

    username: str
    email: str
    first_name: str = ""
    last_name: str = ""


class UserUpdate(msgspec.Struct):
    """User update schema."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    is_active: bool | None = None


# Unified ViewSet
@api.viewset("/users")
class UserViewSet(ViewSet):
    queryset = User.objects.all()
    serializer_class = UserFull  # Used for detail views
    list_serializer_class = UserMini  # Used for list views
    lookup_field = "id"

    async def list(self, request, active: bool | None = None, limit: int = 100):
        """List users with optional filtering."""
        qs = User.objects.all()

        if active is not None:
            qs = qs.filter(is_active=active)

        qs = qs[:limit]

        users = []
        async for user in qs:
            users.append(UserMini(id=user.id, username=user.username))

        return users

    async def retrieve(self, request, id: int):
        """Retrieve a single user."""
        user = await User.objects.aget(id=id)
        return UserFull(
            id=user.id,
            username=user.username,
            email=user.email,
            first_name=user.first_name,
            last_name=user.last_name,
            is_active=user.is_active,
        )

    async def create(self, request, data: UserCreate):
        """Create a new user."""
        user = await User.objects.acreate(
            username=data.username, email=data.email, first_name=data.first_name, last_name=data.last_name
        )
        return UserFull(
            id=user.id,
            username=user.username,
            email=user.email,
            first_name=user.first_name,
            last_name=user.last_name,
            is_active=user.is_active,
        )

    async def update(self, request, id: int, data: UserUpdate):
        """Full update of a user."""
        user = await User.objects.aget(id=id)

        if data.email is not None:
            user.email = data.email
        if data.first_name is not None:
            user.first_name = data.first_name
        if data.last_name is not None:
            user.last_name = data.last_name
        if data.is_active is not None:
            user.is_active = data.is_active

        await user.asave()

        return UserFull(
            id=user.id,
            username=user.username,
            email=user.email,
            first_name=user.first_name,
            last_name=user.last_name,
            is_active=user.is_active,
        )

    async def partial_update(self, request, id: int, data: UserUpdate):
        """Partial update of a user."""
        # Same as update for this example
        return await self.update(request, id, data)

    async def destroy(self, request, id: int):
        """Delete a user."""
        user = await User.objects.aget(id=id)
        await user.adelete()
        return {"deleted": True, "user_id": id}

    # Custom actions still work!
    @api.post("/users/{id}/activate")
    async def activate(self, request, id: int):
        """Custom action: Activate a user."""
        user = await User.objects.aget(id=id)
        user.is_active = True
        await user.asave()
        return {"user_id": id, "activated": True}

    @api.get("/users/search")
    async def search(self, request, query: str):
        """Custom action: Search users."""
        users = []
        async for user in User.objects.filter(username__icontains=query)[:10]:
            users.append(UserMini(id=user.id, username=user.username))
        return {"query": query, "results": users}


@pytest.fixture
def ann() -> User:
    """A user."""
    return User.objects.create(username="ann", email="ann@example.com", first_name="Ann", password="a secret hash")


@pytest.fixture
def bob() -> User:
    """A user who may no longer log in."""
    return User.objects.create(username="bob", is_active=False)


def full(user: User, **changed: object) -> dict[str, object]:
    """A user as `UserFull` shows one."""
    names = ("id", "username", "email", "first_name", "last_name", "is_active")
    return {name: getattr(user, name) for name in names} | changed


@pytest.mark.row("B03", "B12", "B13")
def test_six_actions_and_two_custom_ones_are_routed() -> None:
    """`api.viewset` routes the six standard actions, `@api.post` and `@api.get` in the class theirs."""
    assert routes_below(api, "/users") == [
        ("DELETE", "/users/{id}"),
        ("GET", "/users"),
        ("GET", "/users/search"),
        ("GET", "/users/{id}"),
        ("PATCH", "/users/{id}"),
        ("POST", "/users"),
        ("POST", "/users/{id}/activate"),
        ("PUT", "/users/{id}"),
    ]


@pytest.mark.row("B05")
def test_list_filters_and_limits(ann, bob) -> None:
    """`active` and `limit` are read from the query: a bool that may be missing and an int with a default."""
    client = TestClient(api)
    mini = [{"id": ann.id, "username": "ann"}, {"id": bob.id, "username": "bob"}]
    assert sorted(client.get("/users").json(), key=lambda user: user["id"]) == mini
    assert client.get("/users", params={"active": "true"}).json() == mini[:1]
    assert client.get("/users?active=false").json() == mini[1:]
    assert len(client.get("/users?limit=1").json()) == 1
    assert faults(client.get("/users?active=maybe&limit=x")).keys() == {"active", "limit"}


@pytest.mark.row("B03")
def test_retrieve_shows_one_or_says_there_is_none(ann) -> None:
    """One user is shown in full; an id that is nobody's is a 404, without a try in the handler."""
    client = TestClient(api)
    assert client.get(f"/users/{ann.id}").json() == full(ann)
    missing = client.get(f"/users/{ann.id + 1}")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.row("B03", "B06")
def test_create_makes_a_user() -> None:
    """A valid body becomes a user and a 201; what is missing is named."""
    client = TestClient(api)
    answer = client.post("/users", json={"username": "eve", "email": "eve@example.com"})
    assert answer.status_code == 201
    assert answer.json() == full(User.objects.get(username="eve"))
    refused = client.post("/users", json={"email": 7})
    assert (refused.status_code, faults(refused).keys()) == (400, {"username", "email"})


def test_taken_name_is_a_409(ann) -> None:
    """A second user of the same name is a conflict that names the field and shows nothing of the database."""
    answer = TestClient(api).post("/users", json={"username": "ann", "email": "x@example.com"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "integrity_error")
    assert "auth_user" not in answer.text


@pytest.mark.row("B03")
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_update_changes_what_is_sent(ann, method) -> None:
    """PUT and PATCH share one handler, which may call its sibling as a plain method."""
    answer = TestClient(api).request(method, f"/users/{ann.id}", json={"first_name": "Anna", "is_active": False})
    assert (answer.status_code, answer.json()) == (200, full(ann, first_name="Anna", is_active=False))
    ann.refresh_from_db()
    assert (ann.first_name, ann.is_active, ann.email) == ("Anna", False, "ann@example.com")


@pytest.mark.row("B03")
def test_destroy_deletes(ann) -> None:
    """DELETE removes the user and answers what the handler returns."""
    answer = TestClient(api).delete(f"/users/{ann.id}")
    assert (answer.status_code, answer.json()) == (200, {"deleted": True, "user_id": ann.id})
    assert not User.objects.exists()


@pytest.mark.row("B13")
def test_custom_actions_still_work(ann, bob) -> None:
    """A static path (`/users/search`) wins over `/users/{id}`, and an action's path has its own parameter."""
    client = TestClient(api)
    assert client.post(f"/users/{bob.id}/activate").json() == {"user_id": bob.id, "activated": True}
    bob.refresh_from_db()
    assert bob.is_active
    found = client.get("/users/search", params={"query": "AN"})
    assert found.json() == {"query": "AN", "results": [{"id": ann.id, "username": "ann"}]}
    assert faults(client.get("/users/search")).keys() == {"query"}
    assert client.post("/users/0/activate").status_code == 404


def two_viewsets() -> BoltAPI:
    """The old pattern; mended: a slice is not awaited, and annotations say what a client may see of a user."""
    # guide 76-96
    api = BoltAPI()

    # Separate ViewSet for list operations
    class UserListViewSet(ViewSet):
        async def get(self, request, limit: int = 100) -> list[UserMini]:
            return User.objects.all()[:limit]

    @api.view("/users")
    class UserListViewSet(ViewSet):  # noqa: F811 - the guide shows it without and with its decorator
        async def get(self, request, limit: int = 100) -> list[UserMini]:
            return User.objects.all()[:limit]

    # Separate ViewSet for detail operations
    @api.view("/users/{user_id}")
    class UserDetailViewSet(ViewSet):
        async def get(self, request, user_id: int) -> UserFull:
            return await User.objects.aget(id=user_id)

        async def put(self, request, user_id: int, data: UserUpdate):
            # ... update logic
            pass

    return api


@pytest.mark.row("B03", "B07")
def test_old_pattern_works_with_two_classes(ann, bob) -> None:
    """`get` and `put` of a ViewSet work under `api.view`; rows become what the return annotation says."""
    client = TestClient(two_viewsets())
    listed = client.get("/users").json()
    assert sorted(user["username"] for user in listed) == ["ann", "bob"]
    assert all(user.keys() == {"id", "username"} for user in listed)
    assert len(client.get("/users", params={"limit": 1}).json()) == 1
    assert client.get(f"/users/{ann.id}").json() == full(ann)
    assert client.put(f"/users/{ann.id}", json={}).status_code == 200
    assert client.get("/users/0").status_code == 404


@pytest.mark.row("B07")
def test_row_is_never_sent_whole(ann) -> None:
    """Where nothing says what a client may see of a row, nothing of it leaves, least of all a password."""
    api = BoltAPI()

    @api.view("/users/{user_id}")
    class UserDetailViewSet(ViewSet):
        async def get(self, request, user_id: int):
            return await User.objects.aget(id=user_id)

    answer = TestClient(api).get(f"/users/{ann.id}")
    assert answer.status_code == 500
    assert "secret" not in answer.text


def one_viewset() -> BoltAPI:
    """The new pattern; mended: lines 108 and 116, and the decorator stands on the class that has the methods."""
    # guide 99-146
    api = BoltAPI()

    # One line - automatic route generation!
    @api.viewset("/users")
    class UserViewSet(ViewSet):
        queryset = User.objects.all()
        serializer_class = UserFull
        list_serializer_class = UserMini  # Optional: different serializer for lists
        lookup_field = "id"  # Default: 'pk'

        async def list(self, request, limit: int = 100):
            """GET /users"""
            return User.objects.all()[:limit]

        async def retrieve(self, request, id: int):
            """GET /users/{id}"""
            return await User.objects.aget(id=id)

        async def create(self, request, data: UserCreate):
            """POST /users"""
            return await User.objects.acreate(**msgspec.structs.asdict(data))

        async def update(self, request, id: int, data: UserUpdate):
            """PUT /users/{id}"""
            user = await User.objects.aget(id=id)
            # ... update logic
            return user

        async def partial_update(self, request, id: int, data: UserUpdate):
            """PATCH /users/{id}"""
            # ... partial update logic
            pass

        async def destroy(self, request, id: int):
            """DELETE /users/{id}"""
            user = await User.objects.aget(id=id)
            await user.adelete()
            return {"deleted": True}

    return api


@pytest.mark.row("B03")
def test_one_class_makes_six_routes() -> None:
    """The six routes are those of the comment at the block's end, and of the table of standard actions."""
    assert routes_below(one_viewset(), "/users") == [
        ("DELETE", "/users/{id}"),
        ("GET", "/users"),
        ("GET", "/users/{id}"),
        ("PATCH", "/users/{id}"),
        ("POST", "/users"),
        ("PUT", "/users/{id}"),
    ]


@pytest.mark.row("B07", "B14")
def test_rows_are_sent_through_the_serializer_of_the_action(ann) -> None:
    """Rows that a handler returns are shown by `list_serializer_class` in lists, else by `serializer_class`."""
    client = TestClient(one_viewset())
    assert client.get("/users").json() == [{"id": ann.id, "username": "ann"}]
    assert client.get(f"/users/{ann.id}").json() == full(ann)
    assert client.put(f"/users/{ann.id}", json={"email": "new@example.com"}).json() == full(ann)
    created = client.post("/users", json={"username": "eve", "email": "eve@example.com"})
    assert (created.status_code, created.json()) == (201, full(User.objects.get(username="eve")))


@pytest.mark.row("B07")
def test_other_answers_pass_by_the_serializer(ann) -> None:
    """What is no row is sent as it is: None as null, a dictionary as an object."""
    client = TestClient(one_viewset())
    nothing = client.patch(f"/users/{ann.id}", json={})
    assert (nothing.status_code, nothing.json()) == (200, None)
    assert client.delete(f"/users/{ann.id}").json() == {"deleted": True}


class ArticleFullSchema(msgspec.Struct):
    """Stand-in."""

    id: int
    title: str
    content: str
    author: str


class ArticleMiniSchema(msgspec.Struct):
    """Stand-in."""

    id: int
    title: str


class ArticleDetailSchema(msgspec.Struct):
    """Stand-in."""

    id: int
    title: str
    content: str


class ArticleSchema(msgspec.Struct):
    """Stand-in."""

    id: int
    title: str

    @classmethod
    def from_model(cls, obj):
        return cls(id=obj.id, title=obj.title.upper())


@pytest.fixture
def article() -> Article:
    """An article."""
    return Article.objects.create(title="First", content="Text", author="Ann", slug="first")


def serializers_per_action() -> BoltAPI:
    """A class that chooses by action, and a view set that leaves the choice to it."""

    # guide 320-333
    class ArticleViewSet(ViewSet):
        serializer_class = ArticleFullSchema
        list_serializer_class = ArticleMiniSchema
        detail_serializer_class = ArticleDetailSchema

        def get_serializer_class(self, action=None):
            """Override to customize serializer per action."""
            if action == "list":
                return self.list_serializer_class
            elif action == "retrieve":
                return self.detail_serializer_class
            return self.serializer_class

    api = BoltAPI()

    @api.viewset("/articles")
    class Served(ArticleViewSet):
        async def list(self, request):
            return Article.objects.all()

        async def retrieve(self, request, pk: int):
            return await Article.objects.aget(pk=pk)

        async def create(self, request, data: dict):
            return await Article.objects.acreate(**data)

        @action(methods=["GET"], detail=True)
        async def whole(self, request, pk: int):
            return await Article.objects.aget(pk=pk)

    return api


@pytest.mark.row("B07", "B14")
def test_overridden_choice_of_serializer_is_asked(article) -> None:
    """`get_serializer_class` is asked how to show the rows of each action; a created one is shown as by retrieve."""
    client = TestClient(serializers_per_action())
    mini = {"id": article.id, "title": "First"}
    assert client.get("/articles").json() == [mini]
    assert client.get(f"/articles/{article.id}").json() == mini | {"content": "Text"}
    assert client.get(f"/articles/{article.id}/whole").json() == mini | {"content": "Text", "author": "Ann"}
    created = client.post("/articles", json={"title": "Second", "content": "", "author": "Bob"}).json()
    assert created == {"id": created["id"], "title": "Second", "content": ""}


def custom_lookup_field() -> BoltAPI:
    """Articles found by slug."""

    # guide 339-351
    class ArticleViewSet(ViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleSchema
        lookup_field = "slug"  # Use slug instead of pk

        async def retrieve(self, request, slug: str):
            """Retrieve article by slug."""
            article = await self.get_object(slug=slug)
            return ArticleSchema.from_model(article)

    # Generates: GET /articles/{slug}

    api = BoltAPI()
    api.viewset("/articles")(ArticleViewSet)
    return api


@pytest.mark.row("B03", "B04")
def test_lookup_by_slug(article) -> None:
    """`lookup_field = "slug"` makes `/articles/{slug}`; `get_object` finds by it or answers 404."""
    api = custom_lookup_field()
    assert routes_below(api, "/articles") == [("GET", "/articles/{slug}")]
    client = TestClient(api)
    assert client.get("/articles/first").json() == {"id": article.id, "title": "FIRST"}
    assert client.get("/articles/none").status_code == 404


def read_only() -> BoltAPI:
    """Two actions of six."""

    # guide 357-379
    class ReadOnlyArticleViewSet(ViewSet):
        """Read-only ViewSet - only list and retrieve."""

        queryset = Article.objects.all()
        serializer_class = ArticleSchema

        async def list(self, request):
            """List articles."""
            articles = []
            async for article in await self.get_queryset():
                articles.append(ArticleSchema.from_model(article))
            return articles

        async def retrieve(self, request, pk: int):
            """Retrieve single article."""
            article = await self.get_object(pk)
            return ArticleSchema.from_model(article)

        # No create, update, destroy - those routes won't be registered

    # Only generates:
    # GET /articles       -> list()
    # GET /articles/{pk}  -> retrieve()

    api = BoltAPI()
    api.viewset("/articles")(ReadOnlyArticleViewSet)
    return api


@pytest.mark.row("B03", "B11")
def test_only_the_implemented_actions_are_routed(article) -> None:
    """Two methods make two routes, under the default lookup `pk`; the others are 405."""
    api = read_only()
    assert routes_below(api, "/articles") == [("GET", "/articles"), ("GET", "/articles/{pk}")]
    client = TestClient(api)
    assert client.get("/articles").json() == [{"id": article.id, "title": "FIRST"}]
    assert client.get(f"/articles/{article.id}").json() == {"id": article.id, "title": "FIRST"}
    assert client.get("/articles/0").status_code == 404
    assert client.post("/articles", json={}).status_code == 405
    assert client.delete(f"/articles/{article.id}").status_code == 405


@pytest.mark.row("B11")
def test_queryset_is_fresh_for_each_request(article) -> None:
    """Rows made between two requests are seen by the second: the class's queryset keeps nothing."""
    client = TestClient(read_only())
    assert len(client.get("/articles").json()) == 1
    Article.objects.create(title="Second")
    assert len(client.get("/articles").json()) == 2


class PersonSchema(msgspec.Struct):
    """Stand-in."""

    id: int
    name: str


ReadDTO = PersonSchema
person1, person2 = Person(id=1, name="Ann", password="secret"), Person(id=2, name="Bob")
person = person1


def litestar_controller() -> BoltAPI:
    """Litestar's controller; mended into ours: its base, its decorators and the name of its DTO."""
    api = BoltAPI()

    # guide 386-397
    class PersonController(ViewSet):
        serializer_class = ReadDTO

        @api.get("/persons")
        def list_persons(self) -> list[Person]:
            return [person1, person2]

        @api.get("/persons/{id}")
        def get_person(self, id: int) -> Person:
            return person

    api.viewset("/persons")(PersonController)
    return api


def bolt_viewset() -> BoltAPI:
    """The same as a view set."""

    # guide 400-411
    class PersonViewSet(ViewSet):
        serializer_class = PersonSchema

        async def list(self, request) -> list[Person]:
            return [person1, person2]

        async def retrieve(self, request, id: int) -> Person:
            return person

    # Automatic route generation

    api = BoltAPI()
    api.viewset("/persons")(PersonViewSet)
    return api


@pytest.mark.row("B03", "B04", "B07", "B13")
@pytest.mark.parametrize("build", [litestar_controller, bolt_viewset])
def test_both_patterns_tell_one_from_many(build) -> None:
    """An annotation with a model says one or many, and the serializer says what is shown; `id` is inferred."""
    api = build()
    assert routes_below(api, "/persons") == [("GET", "/persons"), ("GET", "/persons/{id}")]
    client = TestClient(api)
    assert client.get("/persons").json() == [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob"}]
    assert client.get("/persons/1").json() == {"id": 1, "name": "Ann"}
