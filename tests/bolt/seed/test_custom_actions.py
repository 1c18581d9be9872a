"""Chapter “Custom Actions”, up to its real-world examples: paths, inheritance, methods, answers."""

from datetime import UTC, datetime

import msgspec
import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import APIView, BoltAPI, ViewSet, action
from ironbolt.bolt.auth import IsAdminUser, IsAuthenticated, JWTAuthentication
from ironbolt.bolt.views import ActionHandler
from ironbolt.testing import TestClient
from tests.bolt.seed.support import bearer, faults, routes_below
from tests.project.models import Article, Member

pytestmark = [pytest.mark.row("B29"), pytest.mark.django_db]


def deep_dive() -> BoltAPI:
    """Two actions in a class, without which `self` means nothing."""
    api = BoltAPI()

    @api.viewset("/users")
    class UserViewSet(ViewSet):
        # guide 761-773
        @action(methods=["POST"], detail=True)
        async def activate(self, request, id: int):
            """Automatically generates: POST /users/{id}/activate"""
            pass

        @action(methods=["GET"], detail=False)
        async def active(self, request):
            """Automatically generates: GET /users/active"""
            pass

    return api


@pytest.mark.row("B12", "B04")
def test_action_makes_its_own_path() -> None:
    """The name of the function is the last segment, and the lookup's name comes from the signature."""
    api = deep_dive()
    assert routes_below(api, "/users") == [("GET", "/users/active"), ("POST", "/users/{id}/activate")]
    client = TestClient(api)
    assert client.post("/users/5/activate").status_code == 200
    assert client.get("/users/active").status_code == 200
    assert client.get("/users/5/activate").status_code == 405


@pytest.mark.row("B12")
def test_action_keeps_what_it_was_told() -> None:
    """`@action` makes an ActionHandler with the attributes of the guide's class (guide 779-794)."""
    guards = [IsAuthenticated()]

    @action(methods=["get", "Post"], detail=True, path="x-y", guards=guards, response_model=int, status_code=202)
    async def run(self, request):
        return 1

    assert isinstance(run, ActionHandler)
    assert run.fn.__name__ == "run"
    assert list(run.methods) == ["GET", "POST"]
    assert (run.detail, run.path, run.response_model, run.status_code) == (True, "x-y", int, 202)
    assert (run.auth, list(run.guards)) == (None, guards)


@pytest.mark.row("B12")
def test_action_needs_methods_and_detail() -> None:
    """`methods` and `detail` have no default, by the list of parameters (guide 835-836)."""
    with pytest.raises(TypeError):
        action(detail=True)
    with pytest.raises(TypeError):
        action(methods=["GET"])


@pytest.mark.row("B12")
def test_action_under_view_is_refused_at_start() -> None:
    """Custom actions only work with `api.viewset()`: a class that has one can't be given to `api.view()`."""
    api = BoltAPI()

    @api.view("/users")
    class UserView(ViewSet):
        async def get(self, request):
            return []

        @action(methods=["POST"], detail=False)
        async def activate(self, request):
            return {}

    with pytest.raises(ImproperlyConfigured, match="activate"):
        api.routes()


def path_generation() -> BoltAPI:
    """Three actions in a class."""
    api = BoltAPI()

    @api.viewset("/users")
    class UserViewSet(ViewSet):
        # guide 808-826
        # Function name as path
        @action(methods=["POST"], detail=True)
        async def activate(self, request, id: int):
            """Generates: POST /users/{id}/activate (path = 'activate')"""
            pass

        # Custom path
        @action(methods=["POST"], detail=True, path="reset-password")
        async def reset_user_password(self, request, id: int):
            """Generates: POST /users/{id}/reset-password (path = 'reset-password')"""
            pass

        # Collection-level with custom path
        @action(methods=["GET"], detail=False, path="search")
        async def search_users(self, request, query: str):
            """Generates: GET /users/search (path = 'search')"""
            pass

    return api


@pytest.mark.row("B12")
def test_path_replaces_the_name() -> None:
    """`path` names the segment in place of the function, which is then not routed under its own name."""
    api = path_generation()
    assert routes_below(api, "/users") == [
        ("GET", "/users/search"),
        ("POST", "/users/{id}/activate"),
        ("POST", "/users/{id}/reset-password"),
    ]
    client = TestClient(api)
    assert client.post("/users/1/reset_user_password").status_code == 404
    assert faults(client.get("/users/search")).keys() == {"query"}


class ArticleSchema(msgspec.Struct):
    """Stand-in."""

    id: int
    title: str


def inheritance() -> BoltAPI:
    """Auth and guards from the class; mended: `serializer_class` says what the list shows of a row."""
    api = BoltAPI()

    # guide 847-891, its imports above
    @api.viewset("/articles")
    class ArticleViewSet(ViewSet):
        serializer_class = ArticleSchema

        # Class-level security - inherited by all methods and actions
        auth = [JWTAuthentication()]
        guards = [IsAuthenticated()]

        async def list(self, request):
            """Inherits: JWTAuthentication + IsAuthenticated"""
            return Article.objects.all()[:100]

        @action(methods=["POST"], detail=True)
        async def publish(self, request, id: int):
            """
            Inherits: JWTAuthentication + IsAuthenticated
            Any authenticated user can publish.
            """
            article = await Article.objects.aget(id=id)
            article.published = True
            await article.asave()
            return {"id": id, "published": True}

        @action(methods=["POST"], detail=True, guards=[IsAdminUser()])
        async def feature(self, request, id: int):
            """
            Overrides guards: JWTAuthentication + IsAdminUser
            Only admins can feature articles.
            """
            article = await Article.objects.aget(id=id)
            article.featured = True
            await article.asave()
            return {"id": id, "featured": True}

        @action(methods=["GET"], detail=False, auth=[], guards=[])
        async def public_stats(self, request):
            """
            Overrides both: No auth, no guards (public endpoint)
            """
            return {
                "total": await Article.objects.acount(),
                "published": await Article.objects.filter(published=True).acount(),
            }

    return api


@pytest.mark.row("B12", "B17", "B18")
def test_actions_inherit_auth_and_guards() -> None:
    """An action that says nothing has the auth and the guards of its class, as the standard actions have."""
    article = Article.objects.create(title="First")
    client = TestClient(inheritance())
    assert client.get("/articles").status_code == 401
    assert client.get("/articles", headers=bearer()).json() == [{"id": article.id, "title": "First"}]
    assert client.post(f"/articles/{article.id}/publish").status_code == 401
    published = client.post(f"/articles/{article.id}/publish", headers=bearer())
    assert published.json() == {"id": article.id, "published": True}
    article.refresh_from_db()
    assert article.published


@pytest.mark.row("B12", "B18")
def test_guards_of_an_action_replace_those_of_the_class() -> None:
    """`guards=` replaces the guards alone: the token is still asked for, and read as the class says."""
    article = Article.objects.create(title="First")
    client = TestClient(inheritance())
    url = f"/articles/{article.id}/feature"
    assert client.post(url).status_code == 401
    assert client.post(url, headers=bearer()).status_code == 403
    assert client.post(url, headers=bearer(is_superuser=True)).json() == {"id": article.id, "featured": True}
    article.refresh_from_db()
    assert article.featured


@pytest.mark.row("B12")
def test_empty_lists_make_an_action_public() -> None:
    """`auth=[], guards=[]` opens an action to anybody, even with a token that is no good."""
    Article.objects.create(title="First", published=True)
    Article.objects.create(title="Second")
    client = TestClient(inheritance())
    assert client.get("/articles/public_stats").json() == {"total": 2, "published": 1}
    bad = client.get("/articles/public_stats", headers={"Authorization": "Bearer nonsense"})
    assert bad.status_code == 200


@pytest.mark.row("B12", "B17")
def test_guards_alone_emptied_keep_authentication() -> None:
    """`guards=[]` lets everybody in and still says who a caller with a token is."""
    api = BoltAPI()

    @api.viewset("/articles")
    class ArticleViewSet(ViewSet):
        auth = [JWTAuthentication()]
        guards = [IsAuthenticated()]

        @action(methods=["GET"], detail=False, guards=[])
        async def who(self, request):
            return request.get("auth", {}).get("user_id")

    client = TestClient(api)
    assert client.get("/articles/who").json() is None
    assert client.get("/articles/who", headers=bearer()).json() == 7
    assert client.get("/articles/who", headers={"Authorization": "Bearer nonsense"}).status_code == 401


@pytest.mark.row("B12", "B17")
def test_guard_left_without_authentication_is_refused_at_start() -> None:
    """`auth=[]` alone leaves a guard that nobody can pass: told at start."""
    api = BoltAPI()

    @api.viewset("/articles")
    class ArticleViewSet(ViewSet):
        auth = [JWTAuthentication()]
        guards = [IsAuthenticated()]

        @action(methods=["GET"], detail=False, auth=[])
        async def who(self, request):
            return None

    with pytest.raises(ImproperlyConfigured):
        api.routes()


def one_action_for_two_methods() -> BoltAPI:
    """One function for two methods."""
    User = Member  # noqa: N806 - the guide's user has preferences
    api = BoltAPI()

    # guide 903-924
    @api.viewset("/users")
    class UserViewSet(ViewSet):
        # Single action handling both GET and POST
        @action(methods=["GET", "POST"], detail=True, path="preferences")
        async def preferences(self, request, id: int, data: dict | None = None):
            """
            GET /users/{id}/preferences - Fetch preferences
            POST /users/{id}/preferences - Update preferences
            """
            if request.get("method") == "POST" and data:
                # Update preferences
                user = await User.objects.aget(id=id)
                user.preferences = data
                await user.asave()
                return {"id": id, "updated": True, "preferences": data}
            else:
                # Get preferences
                user = await User.objects.aget(id=id)
                return {"id": id, "preferences": user.preferences}

    return api


def two_actions_on_one_path() -> BoltAPI:
    """Two functions, one for each method."""
    User = Member  # noqa: N806 - the guide's user has preferences
    api = BoltAPI()

    # guide 928-947
    @api.viewset("/users")
    class UserViewSet(ViewSet):
        # GET /users/{id}/preferences
        @action(methods=["GET"], detail=True, path="preferences")
        async def get_preferences(self, request, id: int):
            """Fetch user preferences."""
            user = await User.objects.aget(id=id)
            return {"id": id, "preferences": user.preferences}

        # POST /users/{id}/preferences
        @action(methods=["POST"], detail=True, path="preferences")
        async def update_preferences(self, request, id: int, data: dict):
            """Update user preferences."""
            user = await User.objects.aget(id=id)
            user.preferences = data
            await user.asave()
            return {"id": id, "updated": True, "preferences": data}

    return api


@pytest.mark.row("B12")
@pytest.mark.parametrize("build", [one_action_for_two_methods, two_actions_on_one_path])
def test_two_methods_share_a_path(build) -> None:
    """GET and POST on one path work by one action that asks `request.get("method")`, and by two actions."""
    member = Member.objects.create(username="ann", preferences={"theme": "light"})
    api = build()
    url = f"/users/{member.pk}/preferences"
    assert routes_below(api, "/users") == [("GET", "/users/{id}/preferences"), ("POST", "/users/{id}/preferences")]
    client = TestClient(api)
    assert client.get(url).json() == {"id": member.pk, "preferences": {"theme": "light"}}
    sent = client.post(url, json={"theme": "dark"})
    assert (sent.status_code, sent.json()) == (
        200,
        {"id": member.pk, "updated": True, "preferences": {"theme": "dark"}},
    )
    assert client.get(url).json() == {"id": member.pk, "preferences": {"theme": "dark"}}
    assert client.post(url, json=[1]).status_code == 400
    assert client.put(url, json={}).status_code == 405


@pytest.mark.row("B06", "B12")
def test_optional_body_may_be_missing_or_null() -> None:
    """`data: dict | None = None` is None for a request without a body and for the body `null`."""
    member = Member.objects.create(username="ann", preferences={"theme": "light"})
    client = TestClient(one_action_for_two_methods())
    url = f"/users/{member.pk}/preferences"
    assert client.post(url).json() == {"id": member.pk, "preferences": {"theme": "light"}}
    assert client.post(url, json=None).json() == {"id": member.pk, "preferences": {"theme": "light"}}


# guide 955-1011, its imports above; mended: line 985 asks for the time without a zone, by a call that is deprecated


class UserActivationResponse(msgspec.Struct):
    id: int
    username: str
    is_active: bool
    activated_at: str


class ErrorResponse(msgspec.Struct):
    error: str
    code: str


def answers_and_statuses() -> BoltAPI:
    """`response_model` and `status_code`."""
    api = BoltAPI()

    @api.viewset("/users")
    class UserViewSet(ViewSet):
        @action(methods=["POST"], detail=True, response_model=UserActivationResponse, status_code=200)
        async def activate(self, request, id: int) -> UserActivationResponse:
            """
            POST /users/{id}/activate
            Returns 200 with UserActivationResponse schema.
            """
            user = await User.objects.aget(id=id)
            user.is_active = True
            activated_at = datetime.now(UTC).isoformat()
            await user.asave()

            return UserActivationResponse(
                id=user.id, username=user.username, is_active=user.is_active, activated_at=activated_at
            )

        @action(
            methods=["POST"],
            detail=False,
            status_code=201,  # Created
        )
        async def bulk_create(self, request, data: list[dict]):
            """
            POST /users/bulk_create
            Returns 201 (Created) status code.
            """
            users = []
            for item in data:
                user = await User.objects.acreate(**item)
                users.append({"id": user.id, "username": user.username})

            return {"created": len(users), "users": users}

    return api


@pytest.mark.row("B07", "B12")
def test_response_model_is_sent() -> None:
    """An action answers 200 with the fields of its `response_model`."""
    user = User.objects.create(username="ann", is_active=False)
    answer = TestClient(answers_and_statuses()).post(f"/users/{user.pk}/activate")
    assert answer.status_code == 200
    body = answer.json()
    assert datetime.fromisoformat(body.pop("activated_at")) <= datetime.now(UTC)
    assert body == {"id": user.pk, "username": "ann", "is_active": True}


@pytest.mark.row("B06", "B12")
def test_status_code_is_sent() -> None:
    """`status_code=201` is the status of a success, and only of that."""
    client = TestClient(answers_and_statuses())
    answer = client.post("/users/bulk_create", json=[{"username": "ann"}, {"username": "bob"}])
    made = [{"id": user.pk, "username": user.username} for user in User.objects.order_by("pk")]
    assert (answer.status_code, answer.json()) == (201, {"created": 2, "users": made})
    refused = client.post("/users/bulk_create", json=[{"username": "eve"}, 7])
    assert (refused.status_code, faults(refused).keys()) == (400, {"1"})
    assert client.post("/users/bulk_create", json={"username": "eve"}).status_code == 400


@pytest.mark.row("B07", "B12")
def test_response_model_validates_plain_data() -> None:
    """A dictionary is cut to the fields of the `response_model`; one that does not fit is a 500 that shows nothing."""
    api = BoltAPI()

    class Brief(msgspec.Struct):
        id: int

    @api.viewset("/users")
    class UserViewSet(ViewSet):
        @action(methods=["GET"], detail=False, response_model=Brief)
        async def right(self, request):
            return {"id": 1, "password": "secret"}

        @action(methods=["GET"], detail=False, response_model=Brief)
        async def wrong(self, request):
            return {"id": "secret"}

    client = TestClient(api)
    assert client.get("/users/right").json() == {"id": 1}
    wrong = client.get("/users/wrong")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (500, "server_error")
    assert "secret" not in wrong.text


def old_pattern() -> BoltAPI:
    """The old spelling."""
    api = BoltAPI()

    # guide 1252-1258
    # ❌ Manual path specification - repetitive and error-prone
    class UserViewSet(ViewSet):
        @api.post("/users/{id}/activate")
        async def activate(self, request, id: int):
            pass

    api.viewset("/users")(UserViewSet)
    return api


def new_pattern() -> BoltAPI:
    """The new spelling; mended: the decorator of line 1268 stands on the class that has the action."""
    api = BoltAPI()

    # guide 1261-1271
    # ✅ Automatic path generation - clean and maintainable
    @api.viewset("/users")  # Required for @action to work
    class UserViewSet(ViewSet):
        @action(methods=["POST"], detail=True)
        async def activate(self, request, id: int):
            pass

    return api


@pytest.mark.row("B12", "B13")
@pytest.mark.parametrize("build", [old_pattern, new_pattern])
def test_old_and_new_pattern_make_the_same_route(build) -> None:
    """`@api.post` in a class and `@action` lead to the same route."""
    api = build()
    assert routes_below(api, "/users") == [("POST", "/users/{id}/activate")]
    assert TestClient(api).post("/users/3/activate").status_code == 200


@pytest.mark.row("B13")
def test_old_pattern_waits_for_its_class() -> None:
    """A route declared in a class body is not served unless the class is registered."""
    api = BoltAPI()

    class UserViewSet(ViewSet):
        @api.post("/users/{id}/activate")
        async def activate(self, request, id: int):
            pass

    assert TestClient(api).post("/users/3/activate").status_code == 404


@pytest.mark.row("B13")
def test_old_pattern_works_in_an_apiview() -> None:
    """An APIView may carry such a route too; `@action` it may not."""
    api = BoltAPI()

    @api.view("/users")
    class UserView(APIView):
        async def get(self, request):
            return []

        @api.post("/users/{id}/activate")
        async def activate(self, request, id: int):
            return id

    assert TestClient(api).post("/users/3/activate").json() == 3
