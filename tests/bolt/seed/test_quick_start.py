"""Chapter “Quick Start”."""

import pytest

from ironbolt.bolt import BoltAPI, action
from ironbolt.bolt.views import APIView, ViewSet
from ironbolt.testing import TestClient
from tests.bolt.seed.support import faults, routes_below

pytestmark = pytest.mark.row("B29")

# guide 24-67, its imports above

api = BoltAPI()


# Simple APIView with decorator (recommended)
@api.view("/hello")
class HelloView(APIView):
    async def get(self, request):
        return {"message": "Hello, World!"}


# ViewSet for CRUD operations with decorator (recommended)
@api.viewset("/articles")
class ArticleViewSet(ViewSet):
    lookup_field = "article_id"  # Use 'article_id' instead of default 'pk'

    async def list(self, request):
        """GET /articles - List all articles"""
        return [{"id": 1, "title": "Article 1"}]

    async def retrieve(self, request, article_id: int):
        """GET /articles/{article_id} - Retrieve a single article"""
        return {"id": article_id, "title": "My Article"}

    async def create(self, request, data: dict):
        """POST /articles - Create a new article"""
        return {"id": 1, "created": True}

    async def update(self, request, article_id: int, data: dict):
        """PUT /articles/{article_id} - Update an article"""
        return {"id": article_id, "updated": True}

    async def destroy(self, request, article_id: int):
        """DELETE /articles/{article_id} - Delete an article"""
        return {"id": article_id, "deleted": True}

    # Custom action
    @action(methods=["POST"], detail=True)
    async def publish(self, request, article_id: int):
        """POST /articles/{article_id}/publish - Publish an article"""
        return {"id": article_id, "published": True}


@pytest.mark.row("B02")
def test_view_answers() -> None:
    """A class with a `get`, registered by `api.view`, answers GET."""
    answer = TestClient(api).get("/hello")
    assert (answer.status_code, answer.json()) == (200, {"message": "Hello, World!"})
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.row("B03", "B12")
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "expected"),
    [
        ("GET", "/articles", None, 200, [{"id": 1, "title": "Article 1"}]),
        ("GET", "/articles/5", None, 200, {"id": 5, "title": "My Article"}),
        ("POST", "/articles", {"title": "x"}, 201, {"id": 1, "created": True}),
        ("PUT", "/articles/5", {"title": "x"}, 200, {"id": 5, "updated": True}),
        ("DELETE", "/articles/5", None, 200, {"id": 5, "deleted": True}),
        ("POST", "/articles/5/publish", None, 200, {"id": 5, "published": True}),
    ],
)
def test_each_action_answers(method, path, body, status, expected) -> None:
    """Each action of a view set answers on the route that its docstring names, create with 201."""
    options = {} if body is None else {"json": body}
    answer = TestClient(api).request(method, path, **options)
    assert (answer.status_code, answer.json()) == (status, expected)


@pytest.mark.row("B03", "B04")
def test_routes_carry_the_lookup_field() -> None:
    """`lookup_field` names the parameter of every detail route."""
    assert routes_below(api, "/articles") == [
        ("DELETE", "/articles/{article_id}"),
        ("GET", "/articles"),
        ("GET", "/articles/{article_id}"),
        ("POST", "/articles"),
        ("POST", "/articles/{article_id}/publish"),
        ("PUT", "/articles/{article_id}"),
    ]


@pytest.mark.row("B03")
def test_action_that_is_not_implemented_is_a_405() -> None:
    """A view set without `partial_update` answers PATCH with 405 and says what is allowed."""
    answer = TestClient(api).patch("/articles/5", json={})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"


@pytest.mark.row("B04", "B05")
def test_lookup_is_typed_from_the_signature() -> None:
    """`article_id: int` takes whole numbers only: anything else is a 404 that names it."""
    answer = TestClient(api).get("/articles/five")
    assert answer.status_code == 404
    assert list(faults(answer)) == ["article_id"]


@pytest.mark.row("B06")
@pytest.mark.parametrize("content", [b"[1]", b"{", b"7", b"null"])
def test_body_that_is_no_object_is_a_400(content) -> None:
    """`data: dict` refuses what is no JSON object."""
    headers = {"Content-Type": "application/json"}
    assert TestClient(api).post("/articles", content=content, headers=headers).status_code == 400
