"""What goes wrong in other typed doors to Django, and is right here: one test for each fault."""

import asyncio
from typing import Any

import msgspec
import pytest

from ironbolt.bolt import APIView, BoltAPI, Info, ModelViewSet, ViewSet
from ironbolt.bolt.auth import JWTAuthentication
from ironbolt.bolt.exceptions import HTTPException
from ironbolt.bolt.guards import IsAuthenticated
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.testing import AsyncTestClient, TestClient
from tests.project.models import Label


class LabelShape(msgspec.Struct):
    """A plain Struct, without a word of how it is made from a row or written to one."""

    id: int
    name: str


class Note(msgspec.Struct):
    """What is sent to a view set over plain data."""

    text: str
    stars: int = 0


api = BoltAPI(info=Info(served=False))


@api.view("/bare")
class Bare(APIView):
    """Handlers that do not ask for the request."""

    def get(self) -> dict[str, str]:
        """Synchronous."""
        return {"method": self.request.method}

    async def post(self) -> dict[str, str]:
        """Asynchronous."""
        return {"method": self.request.method}


@api.viewset("/notes")
class Notes(ViewSet):
    """Actions that are plain functions, over plain data."""

    def list(self, request: Any) -> list[dict[str, Any]]:
        """List."""
        return [{"text": "first"}]

    def create(self, request: Any, data: Note) -> Note:
        """Create."""
        return data

    def retrieve(self, request: Any, pk: int) -> dict[str, Any]:
        """Retrieve."""
        return {"pk": pk}


@api.view("/kept")
class Kept(APIView):
    """Keeps what it did on itself."""

    def get(self, name: str) -> list[str]:
        """Show what was kept, by this request and others."""
        kept: list[str] = vars(self).setdefault("kept", [])
        kept.append(name)
        return kept


@api.view("/meeting/{name}")
class Meeting(APIView):
    """Two requests that meet in the middle of their handlers."""

    met: asyncio.Barrier | None = None

    async def get(self, name: str) -> list[str]:
        """Say whose view this is, after the other request has set it on its own."""
        self.name = name
        assert self.met
        await self.met.wait()
        return [self.name, self.request.path]


@api.view("/private")
class Private(APIView):
    """For those who are known."""

    auth = [JWTAuthentication()]
    guards = [IsAuthenticated()]

    def get(self) -> None:
        """Nothing."""


@api.view("/raised/{status}")
class Raised(APIView):
    """Raises what it is told to."""

    def get(self, status: int) -> None:
        """Raise."""
        raise HTTPException(status, "Said so.")


@api.viewset("/labels")
class Labels(ModelViewSet):
    """The rows of a model by one plain Struct."""

    queryset = Label.objects.order_by("id")
    serializer_class = LabelShape
    pagination_class = PageNumberPagination


client = TestClient(api)
JSON_TYPE = {"content-type": "application/json"}


def envelope(code: str, message: str, **details: list[str]) -> dict[str, Any]:
    """The one body that errors have."""
    return {"error": {"code": code, "message": message, "details": details}}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_handler_that_does_not_ask_for_the_request(method: str) -> None:
    """`def get(self)` is called without the request, which stands on the view all the same."""
    answer = client.request(method, "/bare")
    assert (answer.status_code, answer.json()) == (200, {"method": method})


def test_plain_functions_are_actions_too() -> None:
    """`def list` and `def create` are routed as `async def` ones are, and answer."""
    assert {route.method for route in api.routes() if route.path == "/notes"} == {"GET", "POST"}
    listed = client.get("/notes")
    assert (listed.status_code, listed.json()) == (200, [{"text": "first"}])
    created = client.post("/notes", json={"text": "a"})
    assert (created.status_code, created.json()) == (201, {"text": "a", "stars": 0})


def test_a_view_answers_one_request_only() -> None:
    """What a handler keeps on its view is not there for the next request."""
    assert [client.get(f"/kept?name={name}").json() for name in "ab"] == [["a"], ["b"]]


def test_requests_at_once_have_a_view_each() -> None:
    """Of two requests in flight together each finds its own values and its own request on its view."""

    async def both() -> list[Any]:
        Meeting.met = asyncio.Barrier(2)
        asynchronous = AsyncTestClient(api)
        answers = await asyncio.gather(*(asynchronous.get(f"/meeting/{name}") for name in "ab"))
        return [answer.json() for answer in answers]

    assert asyncio.run(asyncio.wait_for(both(), 5)) == [["a", "/meeting/a"], ["b", "/meeting/b"]]


@pytest.mark.parametrize("path", ["/notes/x", "/labels/x", "/labels/1.0", "/labels/99999999999999999999"])
@pytest.mark.django_db
def test_key_that_is_no_integer_is_not_found(path: str) -> None:
    """An address whose key can't be is a 404 in the envelope, over plain data and over rows."""
    for method in ("GET", "HEAD") if path.startswith("/notes") else ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
        answer = client.request(method, path, json={"name": "a"})
        assert answer.status_code == 404, method
        assert method == "HEAD" or answer.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(("method", "path"), [("POST", "/notes"), ("POST", "/labels"), ("PATCH", "/labels/1")])
@pytest.mark.parametrize("body", [b"{", b'{"text": }', b"\xff", b"nonsense"])
@pytest.mark.django_db
def test_malformed_json_is_a_bad_request(method: str, path: str, body: bytes) -> None:
    """What is no JSON is a 400 of a view set too, told as what it is."""
    answer = client.request(method, path, content=body, headers=JSON_TYPE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "parse_error")
    assert list(answer.json()["error"]) == ["code", "message", "details"]


@pytest.mark.parametrize("body", [b"[]", b'[{"name": "b"}]', b'"name"', b"1", b"true"])
@pytest.mark.django_db
def test_patch_with_what_is_no_object_is_a_bad_request(body: bytes) -> None:
    """A PATCH, a PUT or a POST whose body is JSON but no object is a 400, and nothing is written."""
    label = Label.objects.create(name="a")
    for method, path in (("PATCH", f"/labels/{label.pk}"), ("PUT", f"/labels/{label.pk}"), ("POST", "/labels")):
        answer = client.request(method, path, content=body, headers=JSON_TYPE)
        assert answer.status_code == 400
        assert answer.json() == envelope("validation_error", "Invalid input.", non_field_errors=["Expected an object."])
    assert [*Label.objects.values_list("name")] == [("a",)]


@pytest.mark.django_db
def test_unique_violation_is_a_conflict() -> None:
    """What another row has already is a 409 that names the field and no table, for POST, PUT and PATCH."""
    first, second = (Label.objects.create(name=name) for name in "ab")
    for method, path in (("POST", "/labels"), ("PUT", f"/labels/{second.pk}"), ("PATCH", f"/labels/{second.pk}")):
        answer = client.request(method, path, json={"name": first.name})
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "integrity_error"
        assert list(answer.json()["error"]["details"]) == ["name"]
        assert "project_label" not in answer.text
    assert [*Label.objects.order_by("id").values_list("name", flat=True)] == ["a", "b"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/bare", "GET, HEAD, OPTIONS, POST"),
        ("PUT", "/notes", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/notes/1", "GET, HEAD, OPTIONS"),
        ("PATCH", "/labels", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/labels/1", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
    ],
)
def test_wrong_method_is_a_405(method: str, path: str, allow: str) -> None:
    """A path that is there, asked in a way that is not, says which ways there are."""
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert answer.json() == envelope("method_not_allowed", "This method is not allowed here.")
    options = client.options(path)
    assert (options.status_code, options.headers["allow"]) == (204, allow)


@pytest.mark.django_db
def test_head_is_answered_where_get_is() -> None:
    """HEAD has the status and the headers of GET, and no body."""
    label = Label.objects.create(name="a")
    for path in ("/kept?name=a", "/notes", "/notes/1", "/labels", f"/labels/{label.pk}", "/nowhere"):
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["content-length"] == str(len(get.content))
        assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize(
    ("page", "status"), [("x", 400), ("0", 400), ("-1", 400), ("1.5", 400), ("", 400), ("99", 404)]
)
@pytest.mark.django_db
def test_page_that_is_none_is_refused(page: str, status: int) -> None:
    """`?page=x` is no first page: what is no number is a 400 that names it, what no page has a 404."""
    Label.objects.create(name="a")
    answer = client.get(f"/labels?page={page}")
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (status, ["page"])


@pytest.mark.django_db
def test_plain_struct_is_enough_for_a_model() -> None:
    """One Struct, key included, creates, changes and shows rows; the key stays the database's own."""
    created = client.post("/labels", json={"name": "a"})
    label = Label.objects.get()
    assert (created.status_code, created.json()) == (201, {"id": label.pk, "name": "a"})
    path = f"/labels/{label.pk}"
    assert client.put(path, json={"name": "b"}).json() == {"id": label.pk, "name": "b"}
    assert client.patch(path, json={"id": label.pk + 1, "name": "c"}).json() == {"id": label.pk, "name": "c"}
    assert client.get(path).json() == {"id": label.pk, "name": "c"}
    assert client.delete(path).json() == {"deleted": True}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/labels/1", 404, "not_found"),
        ("GET", "/labels/x", 404, "not_found"),
        ("PUT", "/bare", 405, "method_not_allowed"),
        ("GET", "/private", 401, "authentication_error"),
        ("POST", "/notes", 400, "validation_error"),
        ("POST", "/labels", 400, "validation_error"),
        ("GET", "/kept", 400, "validation_error"),
        ("GET", "/raised/409", 409, "conflict"),
        ("GET", "/raised/418", 418, "bad_request"),
    ],
)
@pytest.mark.django_db
def test_errors_have_one_vocabulary(method: str, path: str, status: int, code: str) -> None:
    """Whoever refuses, router, login, types, rows or the handler itself: one shape with one set of codes."""
    answer = client.request(method, path, json={})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    error = answer.json()["error"]
    assert (list(answer.json()), list(error)) == (["error"], ["code", "message", "details"])
    assert error["code"] == code
    assert isinstance(error["message"], str)
    assert all(isinstance(said, list) for said in error["details"].values())
