"""An API as its users write it: every decorator, every level at which something can be said, every exception."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import APIView, BoltAPI, Info, ViewSet, action, exceptions, override
from ironbolt.bolt.auth import APIKeyAuthentication, JWTAuthentication, SessionAuthentication
from ironbolt.bolt.exceptions import HTTPException
from ironbolt.bolt.guards import (
    AllowAny,
    HasAllPermissions,
    HasAnyPermission,
    HasPermission,
    IsAdminUser,
    IsAuthenticated,
    IsStaff,
)
from ironbolt.bolt.middleware import cors, rate_limit, skip_middleware
from ironbolt.bolt.params import Depends
from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import JSON
from ironbolt.testing import TestClient

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def bearer(**claims: Any) -> dict[str, str]:
    """The header of somebody with these claims."""
    token = jwt.encode({"user_id": 7, "exp": 2**40, **claims}, settings.SECRET_KEY, "HS256")
    return {"Authorization": f"Bearer {token}"}


def new() -> BoltAPI:
    """An API without pages."""
    return BoltAPI(info=Info(served=False))


@pytest.mark.row("B01")
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("takes_request", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_functions_of_every_method(method: str, takes_request: bool, is_async: bool) -> None:
    """Each of the seven decorators serves a `def` and an `async def`, which stay plain functions."""

    def with_request(request: Request, number: int) -> JSON:
        return JSON(number, headers={"X-Asked": request.method})

    def without(number: int) -> JSON:
        return JSON(number, headers={"X-Asked": method})

    async def with_request_later(request: Request, number: int) -> JSON:
        return with_request(request, number)

    async def without_later(number: int) -> JSON:
        return without(number)

    chosen: Any = {(0, 0): without, (1, 0): with_request, (0, 1): without_later, (1, 1): with_request_later}[
        takes_request, is_async
    ]
    api = new()
    assert getattr(api, method.lower())("/numbers/{number}")(chosen) is chosen
    answer = TestClient(api).request(method, "/numbers/5")
    assert (answer.status_code, answer.headers["x-asked"]) == (200, method)
    assert answer.content == (b"" if method == "HEAD" else b"5")


@pytest.mark.row("B02")
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("takes_request", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_views_of_every_method(method: str, takes_request: bool, is_async: bool) -> None:
    """Each of the seven names is a handler of an APIView, with the request or without, sync or async."""

    def with_request(self: Any, request: Request, number: int) -> JSON:
        assert request is self.request
        return JSON(number, headers={"X-Asked": request.method})

    def without(self: Any, number: int) -> JSON:
        return JSON(number, headers={"X-Asked": self.request.method})

    async def with_request_later(self: Any, request: Request, number: int) -> JSON:
        return with_request(self, request, number)

    async def without_later(self: Any, number: int) -> JSON:
        return without(self, number)

    chosen: Any = {(0, 0): without, (1, 0): with_request, (0, 1): without_later, (1, 1): with_request_later}[
        takes_request, is_async
    ]
    api = new()
    api.view("/numbers/{number}")(type("Numbers", (APIView,), {method.lower(): chosen}))
    answer = TestClient(api).request(method, "/numbers/5")
    assert (answer.status_code, answer.headers["x-asked"]) == (200, method)
    assert answer.content == (b"" if method == "HEAD" else b"5")


class Documents(ViewSet):
    """Actions that decide everything an action can decide."""

    auth = [JWTAuthentication()]
    guards = [IsStaff()]

    def retrieve(self, request: Request, pk: int) -> str:
        """For staff."""
        return "retrieve"

    @action(methods=["GET", "PUT", "DELETE"], detail=True, path="state")
    def state(self, request: Request, pk: int) -> list[Any]:
        """Three methods of one action."""
        return [request.method, pk]

    @action(methods=["POST"], detail=True, path="state", status_code=202, auth=[], guards=[])
    async def set_state(self, request: Request, pk: int) -> list[Any]:
        """A fourth one on the same path, for everybody."""
        return [request.method, pk]

    @action(methods=["GET"], detail=False, guards=[IsAuthenticated()])
    def mine(self, request: Request) -> Any:
        """For whoever is known."""
        return request.get("auth")["user_id"]

    @action(methods=["GET"], detail=False, auth=[APIKeyAuthentication(api_keys={"key": "robot"})], guards=[AllowAny()])
    def export(self, request: Request) -> Any:
        """For another kind of caller."""
        return (request.get("auth") or {}).get("user_id")

    @action(methods=["get"], detail=False, response_model=dict[str, int], guards=[])
    def counts(self, request: Request) -> Any:
        """Held to what it says, which is not what it does when asked so."""
        return {"one": "1" if "wrong" in request.query else 1}


@pytest.mark.row("B12")
def test_actions_decide_for_themselves() -> None:
    """Methods, detail, path, auth, guards, response_model and status_code, each alone; the rest is the class's."""
    api = new()
    api.viewset("/documents")(Documents)
    assert sorted((route.method, route.path) for route in api.routes()) == [
        ("DELETE", "/documents/{pk}/state"),
        ("GET", "/documents/counts"),
        ("GET", "/documents/export"),
        ("GET", "/documents/mine"),
        ("GET", "/documents/{pk}"),
        ("GET", "/documents/{pk}/state"),
        ("POST", "/documents/{pk}/state"),
        ("PUT", "/documents/{pk}/state"),
    ]
    client, user, staff = TestClient(api), bearer(), bearer(is_staff=True)
    for method in ("GET", "PUT", "DELETE"):
        asked = [client.request(method, "/documents/3/state", headers=who) for who in ({}, user, staff)]
        assert [answer.status_code for answer in asked] == [401, 403, 200]
        assert asked[2].json() == [method, 3]
    for who in ({}, user, {"Authorization": "Bearer nonsense"}):
        opened = client.post("/documents/3/state", headers=who)
        assert (opened.status_code, opened.json()) == (202, ["POST", 3])
    wrong = client.patch("/documents/3/state")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "DELETE, GET, HEAD, OPTIONS, POST, PUT")
    assert [client.get("/documents/mine", headers=who).status_code for who in ({}, user)] == [401, 200]
    assert client.get("/documents/export", headers={"X-API-Key": "key"}).json() == "robot"
    assert client.get("/documents/export", headers=user).json() is None
    assert client.get("/documents/counts").json() == {"one": 1}
    assert client.get("/documents/counts?wrong").status_code == 500
    assert client.get("/documents/3", headers=user).status_code == 403


@pytest.mark.row("B12")
def test_actions_are_inherited_and_replaced() -> None:
    """A subclass has the actions of its base, under its own guards; one that it writes anew replaces the old one."""

    class Open(Documents):
        guards = []

        @action(methods=["GET"], detail=False, path="me")
        def mine(self, request: Request) -> str:
            """Elsewhere."""
            return "me"

    api = new()
    api.viewset("/documents")(Open)
    client, user = TestClient(api), bearer()
    assert client.get("/documents/3/state", headers=user).json() == ["GET", 3]
    assert client.get("/documents/me", headers=user).json() == "me"
    assert client.get("/documents/mine", headers=user).status_code == 404


def who(request: Request) -> Any:
    """Who is asking, as far as the handler knows."""
    return (request.get("auth") or {}).get("user_id")


class Levels(ViewSet):
    """Says who may at the level of the class, of a method and of an action."""

    auth = [APIKeyAuthentication(api_keys={"class": "class"})]

    def list(self, request: Request) -> Any:
        """As the class says."""
        return who(request)

    @override(auth=[APIKeyAuthentication(api_keys={"method": "method"})])
    def create(self, request: Request) -> Any:
        """As the method says."""
        return who(request)

    @action(methods=["GET"], detail=False, auth=[APIKeyAuthentication(api_keys={"action": "action"})])
    def other(self, request: Request) -> Any:
        """As the action says."""
        return who(request)


@pytest.mark.row("B17")
def test_authentication_at_every_level() -> None:
    """What an API says holds for functions and classes, until a class, a method, an action or a function differs."""
    api = BoltAPI(
        info=Info(served=False), auth=[APIKeyAuthentication(api_keys={"api": "api"})], guards=[IsAuthenticated()]
    )
    api.viewset("/levels")(Levels)
    api.get("/function")(who)
    api.get("/own", auth=[APIKeyAuthentication(api_keys={"own": "own"})])(who)
    api.get("/open", auth=[], guards=[])(who)
    client = TestClient(api)
    places = {
        ("GET", "/levels"): "class",
        ("POST", "/levels"): "method",
        ("GET", "/levels/other"): "action",
        ("GET", "/function"): "api",
        ("GET", "/own"): "own",
    }
    for (method, path), right in places.items():
        for key in places.values():
            answer = client.request(method, path, headers={"X-API-Key": key})
            assert answer.is_success is (key == right), (path, key)
            assert answer.json() == right if key == right else answer.status_code == 401
        refused = client.request(method, path)
        assert (refused.status_code, "www-authenticate" in refused.headers) == (401, True)
    assert (client.get("/open").status_code, client.get("/open").json()) == (200, None)


@pytest.mark.row("B17")
def test_five_facts_of_whoever_calls() -> None:
    """`request.get("auth")` tells user_id, is_admin, is_staff, permissions, and the username of who has one."""
    api = BoltAPI(info=Info(served=False), auth=[JWTAuthentication()])

    @api.get("/auth")
    def auth(request: Request) -> Any:
        told = request.get("auth")
        return [told["user_id"], told.get("username"), told["is_admin"], told["is_staff"], told["permissions"]]

    client = TestClient(api)
    claims = {"username": "ann", "is_admin": True, "is_staff": True, "permissions": ["a.b"]}
    assert client.get("/auth", headers=bearer(**claims)).json() == [7, "ann", True, True, ["a.b"]]
    assert client.get("/auth", headers=bearer()).json() == [7, None, False, False, []]


CALLERS: dict[str, dict[str, str]] = {
    "nobody": {},
    "user": bearer(),
    "staff": bearer(is_staff=True),
    "admin": bearer(is_admin=True),
    "root": bearer(is_superuser=True),
    "a": bearer(permissions=["a"]),
    "ab": bearer(permissions=["a", "b"]),
}
OTHERS = ["user", "staff", "admin", "root", "a", "ab"]


def from_tests(request: Request) -> bool:
    """A guard of one's own: a function of the request."""
    return request.get("auth")["user_id"] == 7 and "x" in request.query


@pytest.mark.row("B18")
@pytest.mark.parametrize(
    ("guard", "path", "allowed"),
    [
        (AllowAny(), "/t", ["nobody", *OTHERS]),
        (IsAuthenticated(), "/t", OTHERS),
        (IsStaff(), "/t", ["staff"]),
        (IsAdminUser(), "/t", ["admin", "root"]),
        (HasPermission("a"), "/t", ["a", "ab"]),
        (HasAnyPermission("b", "c"), "/t", ["ab"]),
        (HasAllPermissions("a", "b"), "/t", ["ab"]),
        (HasAllPermissions("a", "c"), "/t", []),
        (from_tests, "/t?x", OTHERS),
        (from_tests, "/t", []),
    ],
)
def test_guards_let_in_whom_they_say(guard: Any, path: str, allowed: list[str]) -> None:
    """Each guard by HTTP: nobody is asked to log in with a 401, somebody who may not hears a 403."""
    api = new()
    guards = [IsAuthenticated(), guard] if guard is from_tests else [guard]
    api.get("/t", auth=[JWTAuthentication()], guards=guards)(who)
    client = TestClient(api)
    for name, headers in CALLERS.items():
        expected = 200 if name in allowed else 401 if name == "nobody" else 403
        assert client.get(path, headers=headers).status_code == expected, name


@pytest.mark.row("B19")
def test_middleware_of_the_api_and_of_handlers() -> None:
    """CORS and limits hold for a whole API, several at once; a handler adds its own or skips one, and only that."""
    api = BoltAPI(info=Info(served=False), middleware=[cors("https://shop.example"), rate_limit(rps=1, burst=2)])

    def plain() -> int:
        return 1

    def handler(decorate: Callable[[Any], Any]) -> Any:
        return decorate(lambda: 1)

    api.get("/one")(plain)
    api.get("/other")(lambda: 1)
    api.get("/free")(handler(skip_middleware("rate_limit")))
    api.get("/secret")(handler(skip_middleware("cors")))
    api.get("/bare")(handler(skip_middleware("cors", "rate_limit")))
    api.get("/own")(handler(lambda fn: cors("https://own.example")(rate_limit(rps=1, burst=1)(fn))))
    client = TestClient(api, headers={"Origin": "https://shop.example"})

    def asked(path: str, times: int) -> list[tuple[int, str | None]]:
        answers = [client.get(path) for _ in range(times)]
        return [(answer.status_code, answer.headers.get("access-control-allow-origin")) for answer in answers]

    shop = "https://shop.example"
    assert asked("/free", 4) == [(200, shop)] * 4
    assert asked("/bare", 4) == [(200, None)] * 4
    assert asked("/own", 2) == [(200, None), (429, None)]
    assert asked("/one", 1) + asked("/other", 2) == [(200, shop), (200, shop), (429, shop)]
    assert asked("/secret", 1) == [(429, None)]
    refused = client.get("/one")
    assert (refused.json()["error"]["code"], refused.headers["retry-after"]) == ("throttled", "1")


STATUSES = {
    "BadRequest": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "MethodNotAllowed": 405,
    "NotAcceptable": 406,
    "Conflict": 409,
    "PayloadTooLarge": 413,
    "UnsupportedMediaType": 415,
    "TooManyRequests": 429,
}


@pytest.mark.row("B22")
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("name", STATUSES)
def test_exceptions_are_answers(name: str, is_async: bool) -> None:
    """Each has its status, with the sentence and headers that it is given, as HTTPException of that status has."""
    kind, status = getattr(exceptions, name), STATUSES[name]
    raised = [
        kind("Said so.", headers={"X-Why": "this"}),
        HTTPException(status, "Said so.", {"X-Why": "this"}),
        HTTPException(status_code=status, detail="Said so.", headers={"X-Why": "this"}),
    ]
    codes = set()
    for error in raised:

        def fail(error: Exception = error) -> Any:
            raise error

        def handler() -> Any:
            fail()

        async def later() -> Any:
            fail()

        api = new()
        api.get("/t")(later if is_async else handler)
        answer = TestClient(api).get("/t")
        told = answer.json()["error"]
        assert (answer.status_code, answer.headers["x-why"]) == (status, "this")
        assert (told["message"], told["details"]) == ("Said so.", {})
        codes.add(told["code"])
    assert len(codes) == 1
    silent = new()
    silent.get("/t")(lambda: (_ for _ in ()).throw(kind()))
    assert TestClient(silent).get("/t").json()["error"]["message"]


def real() -> str:
    """What a dependency gives outside of tests."""
    return "real"


class Connection:
    """Something to open and to close."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def opened(self, source: str = Depends(real)) -> Iterator[str]:
        """Synchronously."""
        self.log.append(f"open {source}")
        try:
            yield source
        finally:
            self.log.append(f"close {source}")

    async def opened_later(self, source: str = Depends(real)) -> AsyncIterator[str]:
        """On the loop."""
        self.log.append(f"open {source} later")
        try:
            yield source
        finally:
            self.log.append(f"close {source} later")


@pytest.mark.row("B20")
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("stands_in", [False, True])
def test_dependencies_of_views_and_functions(stands_in: bool, is_async: bool) -> None:
    """Generators are closed behind the handler, errors included; tests put others in their place, nested ones too."""
    made = Connection()

    class View(APIView):
        def get(self, one: str = Depends(made.opened), other: str = Depends(made.opened_later)) -> list[str]:
            made.log.append("handler")
            return [one, other]

        async def post(self, one: str = Depends(made.opened), other: str = Depends(made.opened_later)) -> None:
            raise exceptions.Conflict

    def handler(one: str = Depends(made.opened)) -> str:
        return one

    async def later(one: str = Depends(made.opened)) -> str:
        return one

    api = new()
    api.view("/view")(View)
    api.get("/function")(later if is_async else handler)
    if stands_in:
        api.dependency_overrides[real] = lambda name="fake": name
    source = "fake" if stands_in else "real"
    client = TestClient(api)
    assert client.get("/view").json() == [source, source]
    opened, closed = [f"open {source}", f"open {source} later"], [f"close {source} later", f"close {source}"]
    assert made.log == [*opened, "handler", *closed]
    made.log.clear()
    assert client.post("/view").status_code == 409
    assert made.log == [*opened, *closed]
    assert client.get("/function").json() == source
    assert client.get("/function?name=x").json() == ("x" if stands_in else source)


def test_an_inherited_route_has_one_door() -> None:
    """Of two classes that inherit a route and let in different callers the first one does not decide."""
    api = BoltAPI(info=Info(served=False), auth=[SessionAuthentication()])

    class Base(APIView):
        @api.post("/danger")
        def danger(self, request: Any) -> int:
            return 1

    @api.view("/open")
    class Open(Base):
        guards = []

        def get(self, request: Any) -> int:
            return 1

    @api.view("/closed")
    class Closed(Base):
        guards = [IsStaff()]

        def get(self, request: Any) -> int:
            return 1

    with pytest.raises(ImproperlyConfigured, match="different callers"):
        api.routes()
