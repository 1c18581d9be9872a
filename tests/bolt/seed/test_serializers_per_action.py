"""Chapter “Different Serializers Per Action”."""

import msgspec
import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from ironbolt.bolt import BoltAPI, ModelViewSet, ViewSet
from ironbolt.bolt.auth import JWTAuthentication
from ironbolt.testing import TestClient
from tests.bolt.seed.support import bearer, faults, routes_below
from tests.project.models import Article

pytestmark = [pytest.mark.row("B29"), pytest.mark.django_db]

# guide 1566-1621, its imports above; `from_model` is left out there, and reads the date that a user has


class UserMiniSchema(msgspec.Struct):
    """Minimal user info for lists."""

    id: int
    username: str

    @classmethod
    def from_model(cls, obj):
        return cls(id=obj.id, username=obj.username)


class UserFullSchema(msgspec.Struct):
    """Full user details."""

    id: int
    username: str
    email: str
    first_name: str
    last_name: str
    is_active: bool
    created_at: str

    @classmethod
    def from_model(cls, obj):
        names = ("id", "username", "email", "first_name", "last_name", "is_active")
        return cls(**{name: getattr(obj, name) for name in names}, created_at=obj.date_joined.isoformat())


class UserCreateSchema(msgspec.Struct):
    """Schema for creating users."""

    username: str
    email: str
    password: str
    first_name: str = ""
    last_name: str = ""


class UserUpdateSchema(msgspec.Struct):
    """Schema for updating users."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None


def class_attributes() -> BoltAPI:
    """Serializers by attribute, used by hand."""
    api = BoltAPI()

    @api.viewset("/users")
    class UserViewSet(ViewSet):
        queryset = User.objects.all()

        # Action-specific serializer classes
        serializer_class = UserFullSchema  # Default (fallback)
        list_serializer_class = UserMiniSchema  # For list() action
        detail_serializer_class = UserFullSchema  # For retrieve() action (optional)
        create_serializer_class = UserCreateSchema  # For create() action
        update_serializer_class = UserUpdateSchema  # For update()/partial_update()

        async def list(self, request):
            """Uses list_serializer_class (UserMiniSchema)."""
            qs = await self.get_queryset()
            results = []
            async for user in qs[:100]:
                results.append(UserMiniSchema.from_model(user))
            return results

        async def retrieve(self, request, id: int):
            """Uses detail_serializer_class or serializer_class (UserFullSchema)."""
            user = await self.get_object(id=id)
            return UserFullSchema.from_model(user)

    return api


@pytest.fixture
def ann() -> User:
    """A user."""
    return User.objects.create(username="ann", email="ann@example.com", password="a secret hash")


def full(user: User) -> dict[str, object]:
    """A user as `UserFullSchema` shows one."""
    return msgspec.to_builtins(UserFullSchema.from_model(user))


@pytest.mark.row("B14")
def test_two_actions_show_two_structs(ann) -> None:
    """A view set may declare all five serializers and build its answers by hand."""
    api = class_attributes()
    assert routes_below(api, "/users") == [("GET", "/users"), ("GET", "/users/{id}")]
    client = TestClient(api)
    assert client.get("/users").json() == [{"id": ann.id, "username": "ann"}]
    assert client.get(f"/users/{ann.id}").json() == full(ann)
    assert client.get("/users/0").status_code == 404


class First(msgspec.Struct):
    """A Struct to be told from others."""

    id: int


class Second(msgspec.Struct):
    """Another."""

    id: int


class Third(msgspec.Struct):
    """A third."""

    id: int


@pytest.mark.row("B14")
@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (
            {"serializer_class": First},
            {"list": First, "retrieve": First, "create": First, "update": First, "partial_update": First},
        ),
        (
            {"serializer_class": First, "list_serializer_class": Second, "detail_serializer_class": Third},
            {"list": Second, "retrieve": Third, "create": First, "update": First},
        ),
        (
            {"serializer_class": First, "create_serializer_class": Second},
            {"create": Second, "update": Second, "partial_update": Second, "retrieve": First},
        ),
        (
            {"serializer_class": First, "create_serializer_class": Second, "update_serializer_class": Third},
            {"create": Second, "update": Third, "partial_update": Third, "list": First, "publish": First},
        ),
    ],
)
def test_fallback_chain(declared, expected) -> None:
    """An action has its own serializer, an update else that for creating, any else `serializer_class` (1630-1657)."""
    view = type("UserViewSet", (ModelViewSet,), {"queryset": User.objects.all(), **declared})()
    assert {action: view.get_serializer_class(action) for action in expected} == expected


def model_viewset(**attributes: object) -> BoltAPI:
    """A ModelViewSet that is all declaration."""
    api = BoltAPI()

    # guide 1639-1650
    class UserViewSet(ModelViewSet):
        queryset = User.objects.all()
        serializer_class = UserFullSchema
        list_serializer_class = UserMiniSchema
        create_serializer_class = UserCreateSchema
        update_serializer_class = UserUpdateSchema

        # ModelViewSet methods automatically call get_serializer_class(action)
        # No need to manually specify serializers in each method!

    api.viewset("/users")(type("UserViewSet", (UserViewSet,), attributes))
    return api


@pytest.mark.row("B09", "B14")
def test_each_action_uses_its_serializer(ann) -> None:
    """Lists show the small Struct, a user alone and after a change the full one, by its own `from_model`."""
    client = TestClient(model_viewset())
    assert client.get("/users").json() == [{"id": ann.id, "username": "ann"}]
    assert client.get(f"/users/{ann.id}").json() == full(ann)
    patched = client.patch(f"/users/{ann.id}", json={"first_name": "Ann", "username": "ignored"})
    ann.refresh_from_db()
    assert (patched.status_code, patched.json()) == (200, full(ann))
    assert (ann.first_name, ann.username, ann.email) == ("Ann", "ann", "ann@example.com")


@pytest.mark.row("B09")
def test_null_is_not_the_same_as_nothing(ann) -> None:
    """A field that PATCH leaves out keeps its value; null for a column that takes none is a 400 that names it."""
    client = TestClient(model_viewset())
    refused = client.patch(f"/users/{ann.id}", json={"email": None})
    assert (refused.status_code, faults(refused).keys()) == (400, {"email"})
    ann.refresh_from_db()
    assert ann.email == "ann@example.com"


@pytest.mark.row("B09", "B14")
def test_created_user_is_answered_without_the_password() -> None:
    """What a client sends to create is not what it gets; the password is hashed in a hook (the block, mended)."""

    def before_perform_create(self, data):
        data.password = make_password(data.password)

    client = TestClient(model_viewset(before_perform_create=before_perform_create))
    sent = {"username": "eve", "email": "eve@example.com", "password": "correct horse"}
    created = client.post("/users", json=sent)
    eve = User.objects.get(username="eve")
    assert (created.status_code, created.json()) == (201, full(eve))
    assert eve.check_password("correct horse")
    assert faults(client.post("/users", json={"username": "x"})).keys() == {"email", "password"}


class ArticleFullSchema(msgspec.Struct):
    """Stand-in."""

    id: int
    title: str
    content: str


class ArticleMiniSchema(msgspec.Struct):
    """Stand-in."""

    id: int


class ArticleDetailSchema(msgspec.Struct):
    """Stand-in."""

    id: int
    title: str


class ArticleAdminListSchema(msgspec.Struct):
    """Stand-in."""

    id: int
    status: str


class ArticleAdminDetailSchema(msgspec.Struct):
    """Stand-in."""

    id: int
    title: str
    status: str


class ArticleCreateSchema(msgspec.Struct):
    """Stand-in."""

    title: str
    content: str


class ArticleUpdateSchema(msgspec.Struct):
    """Stand-in."""

    title: str


def dynamic_selection() -> BoltAPI:
    """Serializers by role; a ModelViewSet brings the actions that the block leaves out."""
    api = BoltAPI()

    # guide 1663-1690
    @api.viewset("/articles")
    class ArticleViewSet(ViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleFullSchema

        def get_serializer_class(self, action: str | None = None):
            """Dynamically select serializer based on action and context."""
            if action is None:
                action = self.action

            # Different serializers based on user role
            auth = self.request.get("auth", {})
            is_admin = auth.get("is_admin", False)

            if action == "list":
                # Admins see more info in lists
                return ArticleAdminListSchema if is_admin else ArticleMiniSchema
            elif action == "retrieve":
                # Admins see full details including metadata
                return ArticleAdminDetailSchema if is_admin else ArticleDetailSchema
            elif action == "create":
                return ArticleCreateSchema
            elif action in ("update", "partial_update"):
                return ArticleUpdateSchema

            return self.serializer_class

    served = BoltAPI(auth=[JWTAuthentication()])
    served.viewset("/articles")(type("Served", (ArticleViewSet, ModelViewSet), {}))
    return served


@pytest.mark.row("B14", "B17")
def test_serializer_may_depend_on_the_caller() -> None:
    """`get_serializer_class` is asked anew for each request, and reads who asks from `self.request`."""
    article = Article.objects.create(title="First", content="Text")
    client, admin = TestClient(dynamic_selection()), bearer(is_superuser=True)
    url = f"/articles/{article.id}"
    assert client.get("/articles").json() == [{"id": article.id}]
    assert client.get("/articles", headers=admin).json() == [{"id": article.id, "status": "draft"}]
    assert client.get("/articles", headers=bearer(is_staff=True)).json() == [{"id": article.id}]
    assert client.get(url).json() == {"id": article.id, "title": "First"}
    assert client.get(url, headers=admin).json() == {"id": article.id, "title": "First", "status": "draft"}


@pytest.mark.row("B09", "B14")
def test_write_struct_is_chosen_for_each_request_too() -> None:
    """What a client may send to create and to update is what the override says for these actions."""
    client = TestClient(dynamic_selection())
    created = client.post("/articles", json={"title": "New", "content": "C"})
    article = Article.objects.get()
    assert (created.status_code, created.json()["id"]) == (201, article.id)
    assert client.post("/articles", json={"title": "New"}).status_code == 400
    assert client.patch(f"/articles/{article.id}", json={"title": "T", "content": "ignored"}).status_code == 200
    article.refresh_from_db()
    assert (article.title, article.content) == ("T", "C")
