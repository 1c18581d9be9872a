"""Tests of routes and of the way to them."""

from typing import Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.bolt import APIView, BoltAPI, Info, ViewSet, action
from ironbolt.bolt.responses import Response
from ironbolt.bolt.routing import RouteDoc, Router
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


@pytest.mark.parametrize(
    "path", ["/users/a%2Fb", "/users/%2e%2e/x", "/users/a//", "/users/%00", "//users/a", "/users/" + "x/" * 5000]
)
def test_odd_paths_are_not_found(api: BoltAPI, path: str) -> None:
    """An encoded slash is a slash, dots are no way out, and nothing is too long to be told so."""

    @api.get("/users/{name}")
    async def one(name: str) -> Any:
        return name

    answer = TestClient(api).get(f"/api{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("caf%C3%A9", "café"),
        ("a.b", "a.b"),
        ("...", "..."),
        ("a%20b", "a b"),
        ("%25", "%"),
        ("x" * 9000,) * 2,
    ],
)
def test_parameter_is_any_one_segment(api: BoltAPI, sent: str, name: str) -> None:
    """Decoded, dots and all, however long."""

    @api.get("/users/{name}")
    async def one(name: str) -> Any:
        return name

    assert TestClient(api).get(f"/api/users/{sent}").json() == name


def test_methods_of_one_path_may_name_its_parameter_differently(api: BoltAPI) -> None:
    """Each handler gets the value under its own name."""

    @api.get("/users/{id}")
    async def read(id: int) -> Any:  # noqa: A002 - the name is the path's
        return id

    @api.delete("/users/{name}")
    async def delete(name: str) -> Any:
        return name

    client = TestClient(api)
    assert (client.get("/api/users/7").json(), client.delete("/api/users/7").json()) == (7, "7")
    assert client.put("/api/users/7").headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


def test_own_head_and_options_win(api: BoltAPI) -> None:
    """A handler for one of them is asked instead of what comes by itself."""

    @api.get("/x")
    async def read() -> Any:
        return "body"

    @api.head("/x")
    async def head() -> Response:
        return Response(headers={"X-Own": "head"})

    @api.options("/x")
    async def options() -> Any:
        return "own"

    client = TestClient(api)
    assert client.head("/api/x").headers["x-own"] == "head"
    assert client.options("/api/x").json() == "own"


@pytest.mark.row("B23")
def test_routes_are_discovered_found_and_refused_as_they_should(api: BoltAPI) -> None:
    """The whole of it: discovery, fixed before parameter, 405 with Allow, HEAD and OPTIONS, no dead routes."""

    @api.viewset("/notes")
    class Notes(ViewSet):
        async def list(self, request: Any) -> Any:
            return ["all"]

        async def retrieve(self, pk: str) -> Any:
            return pk

        @action(methods=["POST"], detail=True)
        async def pin(self, request: Any, pk: str) -> Any:
            return f"pinned {pk}"

        @action(methods=["GET"], detail=False)
        async def newest(self, request: Any) -> Any:
            return "newest"

    client = TestClient(api)
    assert [(route.method, route.path) for route in api.routes()] == [
        ("GET", "/api/notes"),
        ("GET", "/api/notes/{pk}"),
        ("POST", "/api/notes/{pk}/pin"),
        ("GET", "/api/notes/newest"),
    ]
    assert client.get("/api/notes/newest").json() == "newest"
    assert client.get("/api/notes/other").json() == "other"
    assert client.post("/api/notes/newest/pin").json() == "pinned newest"
    refused = client.put("/api/notes/other")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert refused.json()["error"]["code"] == "method_not_allowed"
    assert (client.head("/api/notes").status_code, client.head("/api/notes").content) == (200, b"")
    assert client.head("/api/notes/x/pin").status_code == 405
    assert client.options("/api/notes/x/pin").headers["allow"] == "OPTIONS, POST"

    for register in (
        lambda other: [other.get("/{a}")(_takes_a), other.get("/{a}")(_takes_a)],
        lambda other: other.viewset("/x")(type("Empty", (ViewSet,), {})),
        lambda other: other.get("/a//b")(lambda: None),
    ):
        other = BoltAPI(info=Info(served=False))
        register(other)
        with pytest.raises(ImproperlyConfigured):
            other.routes()


async def _takes_a(a: str) -> str:
    return a


class Stub(msgspec.Struct, frozen=True):
    """As much of a route as a router wants."""

    method: str
    path: str
    doc: RouteDoc = RouteDoc(name="stub")


SEGMENTS = st.sampled_from(["a", "b", "{x}", "{y}", "..."])
TEMPLATES = st.lists(SEGMENTS, max_size=4).filter(
    lambda parts: len([p for p in parts if "{" in p]) == len({p for p in parts if "{" in p})
)
PATHS = st.lists(st.sampled_from(["a", "b", "c", "", "...", "{x}", "é"]), max_size=5).map("/".join)


def naive(templates: list[list[str]], path: str) -> tuple[list[str], list[str]] | None:
    """The template for a path: of all that match, the one with a fixed segment where another has a parameter first."""
    parts = path.removesuffix("/").split("/") if path else []
    fits = [
        template
        for template in templates
        if len(template) == len(parts)
        and all((part != "") if "{" in own else own == part for own, part in zip(template, parts, strict=True))
    ]
    if not fits:
        return None
    best = min(fits, key=lambda template: ["{" in own for own in template])
    return best, [part for own, part in zip(best, parts, strict=True) if "{" in own]


@given(st.lists(TEMPLATES, max_size=8), PATHS)
def test_router_agrees_with_a_naive_one(templates: list[list[str]], path: str) -> None:
    """Over any set of templates and any path: the same template, the same values."""
    router: Router[Stub] = Router()
    known: dict[tuple[str, ...], list[str]] = {}
    for template in templates:
        shape = tuple("{}" if "{" in segment else segment for segment in template)
        if shape not in known:
            known[shape] = template
            router.add(Stub("GET", "/" + "/".join(template)))
        else:
            with pytest.raises(ImproperlyConfigured, match="registered twice"):
                router.add(Stub("GET", "/" + "/".join(template)))
    found, expected = router.find(f"/{path}"), naive(list(known.values()), path)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        methods, values = found
        assert (methods["GET"].path, values) == ("/" + "/".join(expected[0]), expected[1])
