"""Chapter “APIView”."""

import pytest

from ironbolt.bolt import BoltAPI, override
from ironbolt.bolt.auth import IsAdminUser, IsAuthenticated, JWTAuthentication
from ironbolt.bolt.views import APIView
from ironbolt.testing import TestClient
from tests.bolt.seed.support import bearer, routes_below

pytestmark = pytest.mark.row("B29")


def basic_usage() -> BoltAPI:
    """Two methods on one path."""

    # guide 426-443
    class UserProfileView(APIView):
        async def get(self, request, user_id: int):
            """Get user profile."""
            return {"id": user_id, "username": "johndoe", "email": "john@example.com"}

        async def put(self, request, user_id: int):
            """Update user profile."""
            # Access request body via msgspec.Struct validation
            return {"id": user_id, "updated": True}

    api = BoltAPI()
    api.view("/users/{user_id}/profile")(UserProfileView)
    return api


@pytest.mark.row("B02", "B05")
def test_methods_are_handlers() -> None:
    """Each method of the class answers the HTTP method of its name, with what the path holds."""
    client = TestClient(basic_usage())
    profile = {"id": 5, "username": "johndoe", "email": "john@example.com"}
    assert client.get("/users/5/profile").json() == profile
    assert client.put("/users/5/profile").json() == {"id": 5, "updated": True}
    assert client.put("/users/5/profile", json={"username": "x"}).json() == {"id": 5, "updated": True}


@pytest.mark.row("B02")
def test_method_that_is_not_there_is_a_405() -> None:
    """A method the class has no handler for is refused with those it has."""
    api = basic_usage()
    assert routes_below(api, "/users") == [("GET", "/users/{user_id}/profile"), ("PUT", "/users/{user_id}/profile")]
    refused = TestClient(api).delete("/users/5/profile")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS, PUT")


def class_level_configuration() -> BoltAPI:
    """Auth and guards of a class."""

    # guide 447-464
    class SecureView(APIView):
        # Apply to all methods in this view
        auth = [JWTAuthentication()]
        guards = [IsAuthenticated()]

        async def get(self, request):
            # Access auth context
            auth = request.get("auth", {})
            user_id = auth.get("user_id")
            return {"user_id": user_id, "message": "Secure data"}

        async def post(self, request):
            # Auth/guards automatically applied
            return {"created": True}

    api = BoltAPI()
    api.view("/secure")(SecureView)
    return api


@pytest.mark.row("B17", "B18")
def test_class_guards_every_method() -> None:
    """Without a token both methods are 401 with a challenge; with one the handler learns whose it is."""
    client = TestClient(class_level_configuration())
    for method in ("GET", "POST"):
        refused = client.request(method, "/secure")
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="api"')
    assert client.get("/secure", headers=bearer()).json() == {"user_id": 7, "message": "Secure data"}
    created = client.post("/secure", headers=bearer())
    assert (created.status_code, created.json()) == (200, {"created": True})


def method_level_overrides() -> BoltAPI:
    """A class as printed."""

    # guide 468-484
    class MixedSecurityView(APIView):
        # Default auth for all methods
        auth = [JWTAuthentication()]
        guards = [IsAuthenticated()]

        async def get(self, request):
            """Public read access."""
            return {"data": "public"}

        async def post(self, request):
            """Requires admin."""
            return {"created": True}

    api = BoltAPI()
    api.view("/mixed")(MixedSecurityView)
    return api


@pytest.mark.row("B17", "B18")
def test_docstring_opens_nothing() -> None:
    """As printed, both methods have the guards of the class, whatever their docstrings say."""
    client = TestClient(method_level_overrides())
    assert client.get("/mixed").status_code == 401
    assert client.post("/mixed").status_code == 401
    assert client.get("/mixed", headers=bearer()).json() == {"data": "public"}
    assert client.post("/mixed", headers=bearer()).json() == {"created": True}


def method_level_overrides_mended() -> BoltAPI:
    """The same class, doing what its docstrings say."""

    # guide 468-484, mended: 476 and 480 override
    class MixedSecurityView(APIView):
        # Default auth for all methods
        auth = [JWTAuthentication()]
        guards = [IsAuthenticated()]

        @override(auth=[], guards=[])
        async def get(self, request):
            """Public read access."""
            return {"data": "public"}

        @override(guards=[IsAdminUser()])
        async def post(self, request):
            """Requires admin."""
            return {"created": True}

    api = BoltAPI()
    api.view("/mixed")(MixedSecurityView)
    return api


@pytest.mark.row("B17", "B18")
def test_override_replaces_what_it_names() -> None:
    """`@override(auth=[], guards=[])` opens one method; `guards=` alone keeps the authentication of the class."""
    client = TestClient(method_level_overrides_mended())
    assert client.get("/mixed").json() == {"data": "public"}
    assert client.get("/mixed", headers={"Authorization": "Bearer nonsense"}).status_code == 200
    assert client.post("/mixed").status_code == 401
    assert client.post("/mixed", headers=bearer()).status_code == 403
    assert client.post("/mixed", headers=bearer(is_staff=True)).status_code == 403
    assert client.post("/mixed", headers=bearer(is_superuser=True)).json() == {"created": True}
