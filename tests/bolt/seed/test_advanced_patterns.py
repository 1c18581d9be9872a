"""Chapter “Advanced Patterns”."""

import msgspec
import pytest

from ironbolt.bolt import BoltAPI
from ironbolt.bolt.auth import HasPermission, IsAuthenticated, JWTAuthentication
from ironbolt.bolt.exceptions import Forbidden, HTTPException, NotFound
from ironbolt.bolt.middleware import cors, rate_limit
from ironbolt.bolt.params import Depends
from ironbolt.bolt.responses import FileResponse, StreamingResponse
from ironbolt.bolt.views import ViewSet
from ironbolt.testing import TestClient
from tests.bolt.seed.support import bearer, faults, message, routes_below

pytestmark = pytest.mark.row("B29")


def dependency_injection() -> BoltAPI:
    """A dependency in two handlers; the API says how callers prove who they are."""
    api = BoltAPI(auth=[JWTAuthentication()])

    # guide 2440-2463, its import above
    async def get_current_user(request: dict):
        """Extract user from auth context."""
        auth = request.get("auth", {})
        return {"id": auth.get("user_id"), "username": auth.get("username")}

    class ProfileViewSet(ViewSet):
        async def get(self, request, current_user: dict = Depends(get_current_user)):
            """Use dependency injection."""
            return {"profile": current_user, "settings": {}}

        @api.put("/profile/settings")
        async def update_settings(self, request, current_user: dict = Depends(get_current_user)):
            """Custom action with dependency injection."""
            return {"user_id": current_user["id"], "settings_updated": True}

    api.view("/profile")(ProfileViewSet)
    return api


@pytest.mark.row("B13", "B17", "B20")
def test_dependency_reads_the_request() -> None:
    """A dependency gets the request, even annotated as a dictionary, and its answer is the handler's argument."""
    client = TestClient(dependency_injection())
    profile = client.get("/profile", headers=bearer(username="ann"))
    assert profile.json() == {"profile": {"id": 7, "username": "ann"}, "settings": {}}
    assert client.put("/profile/settings", headers=bearer()).json() == {"user_id": 7, "settings_updated": True}
    assert client.get("/profile").json() == {"profile": {"id": None, "username": None}, "settings": {}}


@pytest.mark.row("B05", "B20")
def test_dependency_is_no_parameter_of_a_client() -> None:
    """What is injected can neither be sent in the query nor in the body."""
    client = TestClient(dependency_injection())
    answer = client.put("/profile/settings?current_user=x", json={"id": 1, "current_user": {"id": 1}})
    assert answer.json() == {"user_id": None, "settings_updated": True}


# guide 2467-2495, its import above


class CreateUserRequest(msgspec.Struct):
    username: str
    email: str
    password: str


class UpdateUserRequest(msgspec.Struct):
    username: str | None = None
    email: str | None = None


def request_validation() -> BoltAPI:
    """Two Structs; mended: 2493 asks msgspec for the fields, for a Struct has no `__dict__`."""

    class UserViewSet(ViewSet):
        async def post(self, request, data: CreateUserRequest):
            """Automatic request validation."""
            # data is validated CreateUserRequest instance
            return {"id": 123, "username": data.username, "email": data.email}

        async def patch(self, request, user_id: int, data: UpdateUserRequest):
            """Partial update with validation."""
            return {
                "id": user_id,
                "updated_fields": [k for k, v in msgspec.structs.asdict(data).items() if v is not None],
            }

    api = BoltAPI()
    api.view("/users", methods=["POST"])(UserViewSet)
    api.view("/users/{user_id}", methods=["PATCH"])(UserViewSet)
    return api


@pytest.mark.row("B03", "B06")
def test_requests_are_validated() -> None:
    """A handler gets a filled Struct, or the client a 400 that names every field at fault."""
    client = TestClient(request_validation())
    body = {"username": "ann", "email": "ann@example.com", "password": "secret"}
    assert client.post("/users", json=body).json() == {"id": 123, "username": "ann", "email": "ann@example.com"}
    refused = client.post("/users", json={"username": 1})
    assert (refused.status_code, faults(refused).keys()) == (400, {"username", "email", "password"})
    assert client.patch("/users/3", json={"email": "x"}).json() == {"id": 3, "updated_fields": ["email"]}
    assert client.patch("/users/3", json={}).json() == {"id": 3, "updated_fields": []}
    assert client.patch("/users/3", json={"email": None}).json() == {"id": 3, "updated_fields": []}
    assert faults(client.patch("/users/3", json={"email": 1})).keys() == {"email"}


# guide 2499-2515, its import above


class UserResponse(msgspec.Struct):
    id: int
    username: str
    email: str


def response_validation() -> BoltAPI:
    """A return annotation, and a handler that breaks its word."""

    class UserViewSet(ViewSet):
        async def get(self, request, user_id: int) -> UserResponse:
            """Response model validation."""
            return UserResponse(id=user_id, username="johndoe", email="john@example.com")

    class Careless(ViewSet):
        async def get(self, request, user_id: int) -> UserResponse:
            if user_id == 1:
                return {"id": user_id, "username": "johndoe", "email": "john@example.com", "password": "secret"}
            return {"id": user_id, "username": ["secret"]}

    api = BoltAPI()
    api.view("/users/{user_id}")(UserViewSet)
    api.view("/careless/{user_id}")(Careless)
    return api


@pytest.mark.row("B07")
def test_responses_are_validated() -> None:
    """An answer is what the annotation says: other fields are dropped, and one that does not fit is a 500."""
    client = TestClient(response_validation())
    user = {"username": "johndoe", "email": "john@example.com"}
    assert client.get("/users/3").json() == {"id": 3, **user}
    assert client.get("/careless/1").json() == {"id": 1, **user}
    wrong = client.get("/careless/2")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (500, "server_error")
    assert "secret" not in wrong.text


def streaming() -> BoltAPI:
    """Two streams."""
    api = BoltAPI()

    # guide 2519-2547, its import above
    class DataViewSet(ViewSet):
        async def get(self, request):
            """Stream large dataset."""

            async def stream_data():
                for i in range(1000):
                    yield f"data: {i}\n"

            return StreamingResponse(stream_data(), media_type="text/event-stream")

        @api.get("/data/export")
        async def export(self, request):
            """Custom streaming action."""

            async def export_csv():
                yield "id,name,email\n"
                for i in range(10000):
                    yield f"{i},user{i},user{i}@example.com\n"

            return StreamingResponse(
                export_csv(),
                media_type="text/csv",
                headers={"Content-Disposition": "attachment; filename=users.csv"},
            )

    api.view("/data")(DataViewSet)
    return api


@pytest.mark.row("B13", "B21")
def test_streams_are_sent_whole() -> None:
    """Text from an asynchronous generator is sent piece by piece, under its type and with its own headers."""
    client = TestClient(streaming())
    events = client.get("/data", headers={"Accept": "text/event-stream"})
    assert events.status_code == 200
    assert events.headers["content-type"].startswith("text/event-stream")
    assert "content-length" not in events.headers
    assert events.text == "".join(f"data: {i}\n" for i in range(1000))
    export = client.get("/data/export")
    assert export.headers["content-type"].startswith("text/csv")
    assert export.headers["content-disposition"] == "attachment; filename=users.csv"
    lines = export.text.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (10001, "id,name,email", "9999,user9999,user9999@example.com")


def files(folder: str) -> BoltAPI:
    """Two ways to send a file; the folder stands in for the guide's `/path/to/file`."""
    api = BoltAPI()

    # guide 2551-2570, its import above
    class DownloadViewSet(ViewSet):
        async def get(self, request, file_id: int):
            """Download file."""
            return FileResponse(f"{folder}/{file_id}.pdf", filename="document.pdf")

        @api.get("/downloads/{file_id}/preview")
        async def preview(self, request, file_id: int):
            """Custom action: preview file."""
            return FileResponse(
                f"{folder}/{file_id}.pdf", media_type="application/pdf", headers={"Content-Disposition": "inline"}
            )

    api.view("/downloads/{file_id}")(DownloadViewSet)
    return api


@pytest.fixture
def file_client(tmp_path) -> TestClient:
    """A client of the files, of which there is one: 4.pdf."""
    (tmp_path / "4.pdf").write_bytes(b"%PDF-1.7 of ten thousand bytes".ljust(10_000, b"."))
    return TestClient(files(str(tmp_path)))


@pytest.mark.row("B13", "B21")
def test_file_is_downloaded_or_shown(file_client) -> None:
    """`filename` makes a download of that name, its type guessed; a header of one's own shows it in the browser."""
    download = file_client.get("/downloads/4")
    assert (download.status_code, len(download.content), download.content[:8]) == (200, 10_000, b"%PDF-1.7")
    assert download.headers["content-type"] == "application/pdf"
    assert download.headers["content-disposition"] == 'attachment; filename="document.pdf"'
    assert download.headers["content-length"] == "10000"
    shown = file_client.get("/downloads/4/preview")
    assert shown.content == download.content
    assert shown.headers["content-type"] == "application/pdf"
    assert shown.headers["content-disposition"] == "inline"


@pytest.mark.row("B21")
def test_file_is_sent_in_parts_and_only_when_new(file_client) -> None:
    """A range is a 206 with that part, a file the client has is a 304, HEAD sends no body, a missing file is a 404."""
    part = file_client.get("/downloads/4", headers={"Range": "bytes=0-7"})
    assert (part.status_code, part.content) == (206, b"%PDF-1.7")
    assert part.headers["content-range"] == "bytes 0-7/10000"
    etag = file_client.get("/downloads/4").headers["etag"]
    assert file_client.get("/downloads/4", headers={"If-None-Match": etag}).status_code == 304
    head = file_client.head("/downloads/4")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10000")
    missing = file_client.get("/downloads/5")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")


def error_handling() -> BoltAPI:
    """Exceptions as answers; the API says how callers prove who they are."""
    api = BoltAPI(auth=[JWTAuthentication()])

    # guide 2574-2603, its import above
    class ArticleViewSet(ViewSet):
        async def get(self, request, article_id: int):
            """Raise HTTP exceptions."""
            # Check if article exists
            if article_id > 1000:
                raise NotFound(detail=f"Article {article_id} not found")

            # Check permissions
            auth = request.get("auth", {})
            if not auth.get("can_read"):
                raise Forbidden(detail="You don't have permission to read this article")

            return {"id": article_id, "title": "Article"}

        @api.post("/articles/{article_id}/publish")
        async def publish(self, request, article_id: int):
            """Custom action with error handling."""
            # Custom validation
            if article_id < 1:
                raise HTTPException(
                    status_code=422, detail="Invalid article ID", headers={"X-Error-Code": "INVALID_ID"}
                )

            return {"id": article_id, "published": True}

    api.view("/articles/{article_id}")(ArticleViewSet)
    return api


@pytest.mark.row("B22")
def test_exceptions_become_answers() -> None:
    """NotFound is a 404, Forbidden a 403, HTTPException what it says, each with its sentence and its headers."""
    client = TestClient(error_handling())
    missing = client.get("/articles/1001")
    assert missing.status_code == 404
    assert missing.json() == {"error": {"code": "not_found", "message": "Article 1001 not found", "details": {}}}
    for headers in ({}, bearer()):
        refused = client.get("/articles/1000", headers=headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "permission_denied")
        assert message(refused) == "You don't have permission to read this article"
    invalid = client.post("/articles/0/publish")
    assert (invalid.status_code, message(invalid)) == (422, "Invalid article ID")
    assert invalid.headers["x-error-code"] == "INVALID_ID"
    assert client.post("/articles/-1/publish").status_code == 422
    assert client.post("/articles/1/publish").json() == {"id": 1, "published": True}


@pytest.mark.row("B17")
def test_claims_of_ones_own_are_there() -> None:
    """A claim that the library does not know, such as `can_read`, is in `request.get("auth")` under its name."""
    answer = TestClient(error_handling()).get("/articles/5", headers=bearer(can_read=True))
    assert (answer.status_code, answer.json()) == (200, {"id": 5, "title": "Article"})


# guide 2607-2690, its imports above


class ArticleRequest(msgspec.Struct):
    title: str
    content: str
    tags: list[str] = []


class ArticleResponse(msgspec.Struct):
    id: int
    title: str
    content: str
    author_id: int
    tags: list[str]


async def get_current_user(request: dict):
    auth = request.get("auth", {})
    return {"id": auth.get("user_id"), "is_admin": auth.get("is_admin", False)}


def combining_everything() -> BoltAPI:
    """All of it in one class, under two paths."""
    api = BoltAPI()

    class ArticleViewSet(ViewSet):
        # Class-level security
        auth = [JWTAuthentication()]
        guards = [IsAuthenticated()]

        @rate_limit(rps=100)
        async def get(
            self, request, article_id: int, current_user: dict = Depends(get_current_user)
        ) -> ArticleResponse:
            """Retrieve article with rate limiting."""
            if article_id > 1000:
                raise NotFound(detail=f"Article {article_id} not found")

            return ArticleResponse(
                id=article_id,
                title="My Article",
                content="Content here",
                author_id=current_user["id"],
                tags=["python", "django"],
            )

        @cors(origins=["*"])
        @rate_limit(rps=50)
        async def post(
            self, request, data: ArticleRequest, current_user: dict = Depends(get_current_user)
        ) -> ArticleResponse:
            """Create article with CORS and rate limiting."""
            return ArticleResponse(
                id=123, title=data.title, content=data.content, author_id=current_user["id"], tags=data.tags
            )

        @api.post("/articles/{article_id}/publish", guards=[HasPermission("articles.publish")])
        @rate_limit(rps=10)
        async def publish(self, request, article_id: int, current_user: dict = Depends(get_current_user)):
            """Custom action: publish article (admin only)."""
            if not current_user["is_admin"]:
                raise Forbidden(detail="Only admins can publish articles")

            return {"id": article_id, "published": True, "published_by": current_user["id"]}

        @api.get("/articles/{article_id}/export")
        @rate_limit(rps=5)
        async def export(self, request, article_id: int):
            """Custom action: export article as markdown."""

            async def generate_markdown():
                yield f"# Article {article_id}\n\n"
                yield "Content goes here...\n"

            return StreamingResponse(
                generate_markdown(),
                media_type="text/markdown",
                headers={"Content-Disposition": f"attachment; filename=article-{article_id}.md"},
            )

    api.view("/articles", methods=["POST"])(ArticleViewSet)
    api.view("/articles/{article_id}", methods=["GET"])(ArticleViewSet)
    return api


@pytest.mark.row("B03", "B13")
def test_class_under_two_paths_has_its_actions_once() -> None:
    """A class may be registered under several paths; its absolute routes are there once."""
    assert routes_below(combining_everything(), "/articles") == [
        ("GET", "/articles/{article_id}"),
        ("GET", "/articles/{article_id}/export"),
        ("POST", "/articles"),
        ("POST", "/articles/{article_id}/publish"),
    ]


@pytest.mark.row("B07", "B17", "B20", "B22")
def test_combined_read() -> None:
    """A guarded, limited read with a dependency answers its annotation, 401 without a token and 404 beyond."""
    client = TestClient(combining_everything())
    assert client.get("/articles/5").status_code == 401
    read = {"id": 5, "title": "My Article", "content": "Content here", "author_id": 7, "tags": ["python", "django"]}
    assert client.get("/articles/5", headers=bearer()).json() == read
    missing = client.get("/articles/1001", headers=bearer())
    assert (missing.status_code, message(missing)) == (404, "Article 1001 not found")


@pytest.mark.row("B06", "B19", "B20")
def test_combined_write() -> None:
    """A body with a default list is filled, and the answer may be read from every origin."""
    client = TestClient(combining_everything(), headers=bearer() | {"Origin": "https://elsewhere.example"})
    created = client.post("/articles", json={"title": "T", "content": "C"})
    assert created.status_code == 200
    assert created.json() == {"id": 123, "title": "T", "content": "C", "author_id": 7, "tags": []}
    assert created.headers["access-control-allow-origin"] == "*"
    assert client.post("/articles", json={"title": "T", "content": "C", "tags": ["a"]}).json()["tags"] == ["a"]
    refused = client.post("/articles", json={"title": "T", "tags": [1]})
    assert (refused.status_code, faults(refused).keys()) == (400, {"content", "tags.0"})


@pytest.mark.row("B13", "B17", "B18", "B22")
def test_combined_action() -> None:
    """An action has the auth of its class, a guard of its own, and a last check in its body."""
    client, url = TestClient(combining_everything()), "/articles/5/publish"
    permitted = {"permissions": ["articles.publish"]}
    assert client.post(url).status_code == 401
    assert client.post(url, headers=bearer(is_superuser=True)).status_code == 403
    refused = client.post(url, headers=bearer(**permitted))
    assert (refused.status_code, message(refused)) == (403, "Only admins can publish articles")
    published = client.post(url, headers=bearer(is_superuser=True, **permitted))
    assert published.json() == {"id": 5, "published": True, "published_by": 7}


@pytest.mark.row("B13", "B19", "B21")
def test_combined_stream() -> None:
    """A guarded, limited action streams; too many at once are refused."""
    client = TestClient(combining_everything())
    assert client.get("/articles/5/export").status_code == 401
    export = client.get("/articles/5/export", headers=bearer())
    assert export.text == "# Article 5\n\nContent goes here...\n"
    assert export.headers["content-type"].startswith("text/markdown")
    assert export.headers["content-disposition"] == "attachment; filename=article-5.md"
    statuses = [client.get("/articles/5/export", headers=bearer()).status_code for _ in range(50)]
    assert statuses[:3] == [200, 200, 200]
    assert 429 in statuses
