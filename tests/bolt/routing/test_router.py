"""Tests of routes and of the way to them."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import APIView, BoltAPI, Info, ViewSet
from ironbolt.testing import TestClient


@pytest.fixture
def api() -> BoltAPI:
    """An API below a prefix."""
    return BoltAPI("/api", info=Info(served=False))


def test_fixed_segment_wins_over_a_parameter(api: BoltAPI) -> None:
    """A path written out wins over one with a parameter in the same place, whichever came first."""

    @api.get("/users/{name}")
    async def one(name: str) -> Any:
        return f"one {name}"

    @api.get("/users/search")
    async def search() -> Any:
        return "search"

    @api.get("/users/search/{word}/deep")
    async def deep(word: str) -> Any:
        return f"deep {word}"

    client = TestClient(api)
    assert client.get("/api/users/search").json() == "search"
    assert client.get("/api/users/else").json() == "one else"
    assert client.get("/api/users/search/x/deep").json() == "deep x"
    assert client.get("/api/users/search/x").status_code == 404


def test_trailing_slash_makes_no_difference(api: BoltAPI) -> None:
    """A path answers with and without a slash at its end, without a redirect."""

    @api.get("/users")
    async def users() -> Any:
        return []

    client = TestClient(api)
    assert client.get("/api/users").status_code == client.get("/api/users/").status_code == 200
    assert client.get("/api/users//").status_code == 404
    assert client.get("/api//users").status_code == 404
    assert client.get("/apiusers").status_code == 404


def test_empty_segment_is_no_parameter(api: BoltAPI) -> None:
    """A parameter is never the empty text."""

    @api.get("/a/{x}/b")
    async def handler(x: str) -> Any:
        return x

    assert TestClient(api).get("/api/a//b").status_code == 404


def test_wrong_method_says_what_is_allowed(api: BoltAPI) -> None:
    """A known path under another method is a 405 with Allow; OPTIONS and HEAD come by themselves."""

    @api.get("/users")
    async def users() -> Any:
        return [1]

    client = TestClient(api)
    refused = client.delete("/api/users")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    options = client.options("/api/users")
    assert (options.status_code, options.headers["allow"], options.content) == (204, "GET, HEAD, OPTIONS", b"")
    head = client.head("/api/users")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "3")


def test_duplicate_route_is_refused_at_start(api: BoltAPI) -> None:
    """The same method on the same path twice is told at start, by name."""

    @api.get("/users/{a}")
    async def first(a: str) -> Any:
        return a

    @api.get("/users/{b}")
    async def second(b: str) -> Any:
        return b

    with pytest.raises(ImproperlyConfigured, match=r"GET /api/users/\{b\} is registered twice \(as /api/users/\{a\}"):
        api.routes()


def test_only_what_a_viewset_implements_is_routed(api: BoltAPI) -> None:
    """A view set answers its own actions, async or not, and 405 for the others."""

    @api.viewset("/notes")
    class Notes(ViewSet):
        lookup_field = "id"

        def list(self, request: Any) -> Any:
            return ["listed by a plain function"]

        async def retrieve(self, id: int) -> Any:  # noqa: A002 - the name is the path's
            return {"id": id, "action": self.action}

        async def create(self, request: Any, data: dict[str, int]) -> Any:
            return data

    client = TestClient(api)
    assert client.get("/api/notes").json() == ["listed by a plain function"]
    assert client.get("/api/notes/7").json() == {"id": 7, "action": "retrieve"}
    created = client.post("/api/notes", json={"a": 1})
    assert (created.status_code, created.json()) == (201, {"a": 1})
    assert client.delete("/api/notes/7").headers["allow"] == "GET, HEAD, OPTIONS"


def test_view_instances_are_not_shared(api: BoltAPI) -> None:
    """Each request gets a fresh instance: what one leaves on self, the next does not see."""

    @api.view("/counter")
    class Counter(APIView):
        async def get(self) -> Any:
            self.seen = getattr(self, "seen", 0) + 1
            return self.seen

    client = TestClient(api)
    assert [client.get("/api/counter").json() for _ in range(3)] == [1, 1, 1]


def test_routes_can_be_added_until_the_first_request(api: BoltAPI) -> None:
    """Registering a route on an API that is being served is a clear error."""
    api.asgi()
    with pytest.raises(RuntimeError, match="register every route before that"):
        api.get("/late")(lambda: None)
