"""Chapter “ViewSet”."""

import msgspec
import pytest

from ironbolt.bolt import BoltAPI
from ironbolt.bolt.responses import Response
from ironbolt.bolt.views import ViewSet
from ironbolt.testing import TestClient
from tests.bolt.seed.support import faults, routes_below

pytestmark = pytest.mark.row("B29")

# guide 504-562, its imports above


class CreateArticleRequest(msgspec.Struct):
    title: str
    content: str
    author: str


class UpdateArticleRequest(msgspec.Struct):
    title: str = None
    content: str = None


class ArticleViewSet(ViewSet):
    async def get(self, request, article_id: int):
        """Retrieve a single article by ID."""
        # In real app, fetch from database
        return {"id": article_id, "title": "Django-Bolt Guide", "content": "...", "author": "John Doe"}

    async def post(self, request, data: CreateArticleRequest):
        """Create a new article."""
        # data is automatically validated
        # In real app, save to database
        return {"id": 123, "title": data.title, "content": data.content, "author": data.author, "created": True}

    async def put(self, request, article_id: int, data: UpdateArticleRequest):
        """Update an existing article."""
        # In real app, update in database
        return {"id": article_id, "title": data.title, "updated": True}

    async def patch(self, request, article_id: int, data: UpdateArticleRequest):
        """Partially update an article."""
        # In real app, partial update in database
        return {"id": article_id, "updated": True}

    async def delete(self, request, article_id: int):
        """Delete an article."""
        # In real app, delete from database
        return {"id": article_id, "deleted": True}


@pytest.fixture
def client() -> TestClient:
    """The class under both its paths: `methods` says which of its handlers answer where."""
    api = BoltAPI()
    api.view("/articles", methods=["POST"])(ArticleViewSet)
    api.view("/articles/{article_id}", methods=["GET", "PUT", "PATCH", "DELETE"])(ArticleViewSet)
    assert routes_below(api, "/articles") == [
        ("DELETE", "/articles/{article_id}"),
        ("GET", "/articles/{article_id}"),
        ("PATCH", "/articles/{article_id}"),
        ("POST", "/articles"),
        ("PUT", "/articles/{article_id}"),
    ]
    return TestClient(api)


@pytest.mark.row("B03")
def test_viewset_answers_by_method_names(client) -> None:
    """A ViewSet whose handlers are named after HTTP methods works under `api.view`."""
    read = {"id": 5, "title": "Django-Bolt Guide", "content": "...", "author": "John Doe"}
    assert client.get("/articles/5").json() == read
    assert client.put("/articles/5", json={"title": "T"}).json() == {"id": 5, "title": "T", "updated": True}
    assert client.put("/articles/5", json={}).json() == {"id": 5, "title": None, "updated": True}
    assert client.patch("/articles/5", json={"content": "C"}).json() == {"id": 5, "updated": True}
    assert client.delete("/articles/5").json() == {"id": 5, "deleted": True}
    assert client.get("/articles").status_code == 405


@pytest.mark.row("B06")
def test_body_is_validated(client) -> None:
    """A Struct is filled from the body, or the answer is a 400 that names every field at fault."""
    body = {"title": "T", "content": "C", "author": "A"}
    assert client.post("/articles", json=body).json() == {"id": 123, **body, "created": True}
    refused = client.post("/articles", json={"title": 1, "content": "C"})
    assert (refused.status_code, faults(refused).keys()) == (400, {"title", "author"})
    assert client.put("/articles/5", json={"title": None}).status_code == 400
    assert client.patch("/articles/5", json=[]).status_code == 400
    assert client.post("/articles").status_code == 400


class EveryMethod(ViewSet):
    """The seven names of the list “Standard Methods” (492-500)."""

    async def get(self, request):
        return "get"

    async def post(self, request):
        return "post"

    async def put(self, request):
        return "put"

    async def patch(self, request):
        return "patch"

    async def delete(self, request):
        return "delete"

    async def head(self, request):
        return Response(headers={"X-Asked": "head"})

    async def options(self, request):
        return {"methods": ["GET"]}


@pytest.mark.row("B02", "B03")
def test_seven_method_names_are_recognised() -> None:
    """Seven names are handlers; `head` and `options` replace what comes by itself."""
    api = BoltAPI()
    api.view("/every")(EveryMethod)
    client = TestClient(api)
    for method in ("get", "post", "put", "patch", "delete"):
        assert client.request(method.upper(), "/every").json() == method
    head = client.head("/every")
    assert (head.status_code, head.headers["x-asked"], head.content) == (200, "head", b"")
    assert client.options("/every").json() == {"methods": ["GET"]}


def path_parameters() -> BoltAPI:
    """Two parameters of a path."""

    # guide 568-578
    class CommentViewSet(ViewSet):
        async def get(self, request, post_id: int, comment_id: int):
            """Nested resource: get comment on a post."""
            return {"post_id": post_id, "comment_id": comment_id, "text": "Great post!"}

    api = BoltAPI()
    api.view("/posts/{post_id}/comments/{comment_id}")(CommentViewSet)
    return api


@pytest.mark.row("B05")
def test_path_parameters_become_arguments() -> None:
    """Every parameter of a path arrives as the argument of its name, in its type."""
    client = TestClient(path_parameters())
    answer = client.get("/posts/3/comments/14")
    assert answer.json() == {"post_id": 3, "comment_id": 14, "text": "Great post!"}
    assert client.get("/posts/3/comments/x").status_code == 404


def query_parameters() -> BoltAPI:
    """Arguments that no path names."""

    # guide 582-594
    class SearchViewSet(ViewSet):
        async def get(self, request, query: str, page: int = 1, limit: int = 10):
            """Search with pagination."""
            # Query parameters extracted from URL: ?query=django&page=2&limit=20
            return {"query": query, "page": page, "limit": limit, "results": []}

    api = BoltAPI()
    api.view("/search")(SearchViewSet)
    return api


@pytest.mark.row("B05")
def test_query_parameters_become_arguments() -> None:
    """Query parameters are typed, have defaults, and each bad or missing one is named."""
    client = TestClient(query_parameters())
    sent = client.get("/search?query=django&page=2&limit=20")
    assert sent.json() == {"query": "django", "page": 2, "limit": 20, "results": []}
    assert client.get("/search?query=x").json() == {"query": "x", "page": 1, "limit": 10, "results": []}
    refused = client.get("/search?page=two&limit=x")
    assert (refused.status_code, faults(refused).keys()) == (400, {"query", "page", "limit"})
