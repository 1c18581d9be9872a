"""Chapter “Authentication & Guards”."""

import pytest

from ironbolt.bolt import BoltAPI
from ironbolt.bolt.auth import APIKeyAuthentication, HasPermission, IsAdminUser, IsAuthenticated, JWTAuthentication
from ironbolt.bolt.views import ViewSet
from ironbolt.testing import TestClient
from tests.bolt.seed.support import bearer, routes_below

pytestmark = pytest.mark.row("B29")


def class_level_security() -> BoltAPI:
    """A class with auth, guards and an action."""
    api = BoltAPI()

    # guide 2267-2292
    class SecureViewSet(ViewSet):
        # Apply to ALL methods (including custom actions)
        auth = [JWTAuthentication()]
        guards = [IsAuthenticated()]

        async def get(self, request, resource_id: int):
            """Protected by class-level auth."""
            auth = request.get("auth", {})
            return {"resource_id": resource_id, "user_id": auth.get("user_id")}

        @api.post("/resources/{resource_id}/delete")
        async def delete_action(self, request, resource_id: int):
            """Custom action - also protected by class-level auth."""
            auth = request.get("auth", {})
            return {"resource_id": resource_id, "deleted_by": auth.get("user_id")}

    api.view("/resources/{resource_id}")(SecureViewSet)
    return api


@pytest.mark.row("B13", "B17", "B18")
def test_class_guards_its_actions_too() -> None:
    """An action spelled `@api.post` in the class is as closed as its methods, and its path is absolute."""
    api = class_level_security()
    assert routes_below(api, "/resources") == [
        ("GET", "/resources/{resource_id}"),
        ("POST", "/resources/{resource_id}/delete"),
    ]
    client = TestClient(api)
    assert client.get("/resources/3").status_code == client.post("/resources/3/delete").status_code == 401
    assert client.get("/resources/3", headers=bearer()).json() == {"resource_id": 3, "user_id": 7}
    assert client.post("/resources/3/delete", headers=bearer()).json() == {"resource_id": 3, "deleted_by": 7}


@pytest.mark.row("B17")
def test_wrong_method_is_told_before_the_login_is_asked_for() -> None:
    """A method nobody handles is a 405 for everybody."""
    assert TestClient(class_level_security()).delete("/resources/3").status_code == 405


def different_auth() -> BoltAPI:
    """An action with auth of its own."""
    api = BoltAPI()

    # guide 2296-2313, its import above
    class ArticleViewSet(ViewSet):
        # Default auth for standard methods
        auth = [JWTAuthentication()]
        guards = [IsAuthenticated()]

        async def get(self, request, article_id: int):
            """Requires JWT."""
            return {"id": article_id}

        # Custom action with different auth
        @api.post("/articles/{article_id}/webhook", auth=[APIKeyAuthentication(api_keys={"webhook-key": "system"})])
        async def webhook(self, request, article_id: int):
            """Webhook endpoint - requires API key instead of JWT."""
            return {"article_id": article_id, "processed": True}

    api.view("/articles/{article_id}")(ArticleViewSet)
    return api


@pytest.mark.row("B13", "B17")
def test_action_with_auth_of_its_own() -> None:
    """`auth=` puts an API key in the token's place for this action alone; the guards of the class stay."""
    client = TestClient(different_auth())
    key = {"X-API-Key": "webhook-key"}
    hook = "/articles/5/webhook"
    assert client.post(hook, headers=key).json() == {"article_id": 5, "processed": True}
    assert client.post(hook).status_code == 401
    assert client.post(hook, headers=bearer()).status_code == 401
    assert client.post(hook, headers={"X-API-Key": "another-key"}).status_code == 401
    assert client.get("/articles/5", headers=bearer()).json() == {"id": 5}
    assert client.get("/articles/5", headers=key).status_code == 401


@pytest.mark.row("B17")
@pytest.mark.parametrize("keys", [{"webhook-key": "system"}, {"webhook-key"}])
def test_api_keys_are_a_dictionary_or_a_set(keys) -> None:
    """`api_keys` names the keys that are good, with or without a name for each."""
    api = BoltAPI(auth=[APIKeyAuthentication(api_keys=keys)], guards=[IsAuthenticated()])
    api.get("/hook")(lambda: "in")
    client = TestClient(api)
    assert client.get("/hook", headers={"X-API-Key": "webhook-key"}).json() == "in"
    assert client.get("/hook", headers={"X-API-Key": "system"}).status_code == 401


def guards_with_actions() -> BoltAPI:
    """Actions with guards of their own."""
    api = BoltAPI()

    # guide 2317-2337, its import above
    class DocumentViewSet(ViewSet):
        auth = [JWTAuthentication()]
        guards = [IsAuthenticated()]

        async def get(self, request, doc_id: int):
            """Anyone authenticated can read."""
            return {"id": doc_id}

        @api.post("/documents/{doc_id}/approve", guards=[IsAdminUser()])
        async def approve(self, request, doc_id: int):
            """Only admins can approve."""
            return {"id": doc_id, "approved": True}

        @api.post("/documents/{doc_id}/publish", guards=[HasPermission("documents.publish")])
        async def publish(self, request, doc_id: int):
            """Requires specific permission."""
            return {"id": doc_id, "published": True}

    api.view("/documents/{doc_id}")(DocumentViewSet)
    return api


@pytest.mark.row("B13", "B17", "B18")
@pytest.mark.parametrize(
    ("claims", "read", "approve", "publish"),
    [
        (None, 401, 401, 401),
        ({}, 200, 403, 403),
        ({"is_staff": True}, 200, 403, 403),
        ({"is_superuser": True}, 200, 200, 403),
        ({"is_admin": True}, 200, 200, 403),
        ({"permissions": ["documents.publish"]}, 200, 403, 200),
        ({"permissions": ["documents.read"]}, 200, 403, 403),
    ],
)
def test_each_route_has_its_guard(claims, read, approve, publish) -> None:
    """Anyone with a token reads, an administrator approves, who has the permission publishes."""
    client = TestClient(guards_with_actions())
    headers = {} if claims is None else bearer(**claims)
    assert client.get("/documents/9", headers=headers).status_code == read
    assert client.post("/documents/9/approve", headers=headers).status_code == approve
    assert client.post("/documents/9/publish", headers=headers).status_code == publish


@pytest.mark.row("B18")
def test_guarded_actions_answer_whom_they_let_in() -> None:
    """Behind its guard an action answers 200 with its body."""
    client = TestClient(guards_with_actions())
    approved = client.post("/documents/9/approve", headers=bearer(is_superuser=True))
    assert (approved.status_code, approved.json()) == (200, {"id": 9, "approved": True})
    published = client.post("/documents/9/publish", headers=bearer(permissions=["documents.publish"]))
    assert (published.status_code, published.json()) == (200, {"id": 9, "published": True})


def auth_context() -> BoltAPI:
    """A handler that looks at all that a token says, and one that tells it."""

    # guide 2341-2362
    class SecureViewSet(ViewSet):
        auth = [JWTAuthentication()]
        guards = [IsAuthenticated()]

        async def get(self, request, resource_id: int):
            """Access authentication context."""
            auth = request.get("auth", {})

            # JWT auth provides:
            user_id = auth.get("user_id")
            username = auth.get("username")  # noqa: F841 - the guide only names them
            is_admin = auth.get("is_admin", False)
            is_staff = auth.get("is_staff", False)  # noqa: F841 - the same
            permissions = auth.get("permissions", [])  # noqa: F841 - the same

            return {"resource_id": resource_id, "accessed_by": user_id, "is_admin": is_admin}

    class Telling(SecureViewSet):
        async def put(self, request, resource_id: int):
            auth = request.get("auth", {})
            return [auth.get("username"), auth.get("is_staff", False), auth.get("permissions", [])]

    api = BoltAPI()
    api.view("/resources/{resource_id}")(Telling)
    return api


@pytest.mark.row("B17")
@pytest.mark.parametrize(
    ("claims", "is_admin", "rest"),
    [
        ({}, False, [None, False, []]),
        ({"username": "ann", "is_staff": True, "permissions": ["a", "b"]}, False, ["ann", True, ["a", "b"]]),
        ({"is_superuser": True}, True, [None, False, []]),
        ({"is_admin": True}, True, [None, False, []]),
    ],
)
def test_token_tells_five_things(claims, is_admin, rest) -> None:
    """`request.get("auth")` holds user_id, username, is_admin, is_staff and permissions, as the token has them."""
    client = TestClient(auth_context())
    answer = client.get("/resources/3", headers=bearer(**claims))
    assert answer.json() == {"resource_id": 3, "accessed_by": 7, "is_admin": is_admin}
    assert client.put("/resources/3", headers=bearer(**claims)).json() == rest
    assert client.get("/resources/3").status_code == 401
