"""Chapter “Middleware”."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import BoltAPI
from ironbolt.bolt.auth import IsAuthenticated, JWTAuthentication
from ironbolt.bolt.middleware import cors, rate_limit, skip_middleware
from ironbolt.bolt.views import APIView, ViewSet
from ironbolt.testing import Answer, TestClient

pytestmark = pytest.mark.row("B29")

LOCAL, ELSEWHERE = "http://localhost:3000", "https://elsewhere.example"


def cors_middleware() -> BoltAPI:
    """Two routes with CORS."""
    api = BoltAPI()

    # guide 2370-2384, its import above
    class APIViewSet(ViewSet):
        @cors(origins=["http://localhost:3000"], credentials=True)
        async def get(self, request):
            """Endpoint with CORS enabled."""
            return {"data": "accessible from localhost:3000"}

        @api.post("/api/upload")
        @cors(origins=["*"], methods=["POST"])
        async def upload(self, request):
            """Custom action with CORS."""
            return {"uploaded": True}

    api.view("/api/data")(APIViewSet)
    return api


def preflight(client: TestClient, path: str, method: str, origin: str) -> Answer:
    """What a browser asks before it sends the request itself."""
    return client.options(path, headers={"Origin": origin, "Access-Control-Request-Method": method})


@pytest.mark.row("B19")
def test_named_origin_may_read_with_credentials() -> None:
    """The origin that is named gets its own name back, with credentials, and caches are told that it matters."""
    answer = TestClient(cors_middleware()).get("/api/data", headers={"Origin": LOCAL})
    assert answer.json() == {"data": "accessible from localhost:3000"}
    assert answer.headers["access-control-allow-origin"] == LOCAL
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "origin" in answer.headers["vary"].lower()


@pytest.mark.row("B19")
@pytest.mark.parametrize("headers", [{}, {"Origin": ELSEWHERE}, {"Origin": "http://localhost:30000"}])
def test_others_get_no_permission(headers) -> None:
    """A request from another origin, or from none, is answered without permission to read."""
    answer = TestClient(cors_middleware()).get("/api/data", headers=headers)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.row("B13", "B19")
def test_star_lets_every_origin_read() -> None:
    """`origins=["*"]` on an action answers the star, without credentials."""
    answer = TestClient(cors_middleware()).post("/api/upload", headers={"Origin": ELSEWHERE})
    assert answer.json() == {"uploaded": True}
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.row("B13", "B19")
def test_preflight_is_answered() -> None:
    """OPTIONS of a browser is answered by the decorator of the method that it asks about, with `methods` as told."""
    client = TestClient(cors_middleware())
    allowed = preflight(client, "/api/upload", "POST", ELSEWHERE)
    assert allowed.status_code in (200, 204)
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert allowed.headers["access-control-allow-methods"] == "POST"
    local = preflight(client, "/api/data", "GET", LOCAL)
    assert local.headers["access-control-allow-origin"] == LOCAL
    assert local.headers["access-control-allow-credentials"] == "true"
    assert "GET" in local.headers["access-control-allow-methods"]
    assert "access-control-allow-origin" not in preflight(client, "/api/data", "GET", ELSEWHERE).headers


@pytest.mark.row("B17", "B19")
def test_errors_and_preflights_have_cors_headers_too() -> None:
    """A browser sends no credentials with a preflight, and may read why its request was refused."""
    api = BoltAPI(auth=[JWTAuthentication()], guards=[IsAuthenticated()])

    @api.view("/data")
    class Data(APIView):
        @cors(origins=[LOCAL])
        async def get(self, request):
            return {}

    client = TestClient(api)
    assert preflight(client, "/data", "GET", LOCAL).headers["access-control-allow-origin"] == LOCAL
    refused = client.get("/data", headers={"Origin": LOCAL})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, LOCAL)


@pytest.mark.row("B19")
def test_star_with_credentials_is_refused_at_start() -> None:
    """Every origin with credentials would be every site in the user's name: told at start."""
    api = BoltAPI()

    with pytest.raises(ImproperlyConfigured):

        @api.view("/data")
        class Data(APIView):
            @cors(origins=["*"], credentials=True)
            async def get(self, request):
                return {}

        api.routes()


def rate_limiting() -> BoltAPI:
    """Two routes with limits."""
    api = BoltAPI()

    # guide 2388-2402, its import above
    class APIViewSet(ViewSet):
        @rate_limit(rps=100, burst=200)
        async def get(self, request):
            """Rate limited endpoint."""
            return {"data": "limited"}

        @api.post("/api/heavy")
        @rate_limit(rps=10, burst=20)
        async def heavy_operation(self, request):
            """Custom action with strict rate limit."""
            return {"processed": True}

    api.view("/api/data")(APIViewSet)
    return api


def answers_until_refused(client: TestClient, method: str, path: str, most: int) -> list[Answer]:
    """The answers to one request after the other, up to the first refusal."""
    answers: list[Answer] = []
    while len(answers) < most and (not answers or answers[-1].status_code == 200):
        answers.append(client.request(method, path))
    return answers


@pytest.mark.row("B13", "B19")
def test_burst_is_let_through_and_then_no_more() -> None:
    """`burst` requests pass at once; soon after comes a 429 that says when to come back."""
    *passed, refused = answers_until_refused(TestClient(rate_limiting()), "POST", "/api/heavy", 200)
    assert len(passed) >= 20
    assert passed[0].json() == {"processed": True}
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "throttled")
    assert int(refused.headers["retry-after"]) >= 1
    assert any(name.startswith("ratelimit") for name in refused.headers)


@pytest.mark.row("B19")
def test_each_route_has_its_own_limit() -> None:
    """200 requests at once pass where 200 are allowed, and another route's limit is not touched by them."""
    client = TestClient(rate_limiting())
    assert {client.get("/api/data").status_code for _ in range(200)} == {200}
    assert len(answers_until_refused(client, "POST", "/api/heavy", 20)) == 20


@pytest.mark.row("B19")
def test_burst_is_the_rate_by_default() -> None:
    """Without `burst`, as many requests pass at once as a second allows."""
    api = BoltAPI()

    @api.get("/limited")
    @rate_limit(rps=3)
    async def limited():
        return 1

    *passed, refused = answers_until_refused(TestClient(api), "GET", "/limited", 100)
    assert 3 <= len(passed) < 20
    assert refused.status_code == 429


def skipping() -> BoltAPI:
    """An API with a limit for all, and a route without; the block leaves out the limit that it skips."""
    api = BoltAPI(middleware=[rate_limit(rps=1, burst=1)])

    # guide 2406-2414, its import above
    class APIViewSet(ViewSet):
        @skip_middleware("rate_limit")
        async def get(self, request):
            """Skip rate limiting for this endpoint."""
            return {"data": "unlimited"}

    api.view("/api/data")(APIViewSet)
    api.get("/api/other")(lambda: "limited")
    return api


@pytest.mark.row("B19")
def test_skipped_limit_is_not_counted() -> None:
    """`skip_middleware("rate_limit")` takes one method out of the limit that the API sets for all."""
    client = TestClient(skipping())
    assert [client.get("/api/data").json() for _ in range(5)] == [{"data": "unlimited"}] * 5
    assert answers_until_refused(client, "GET", "/api/other", 20)[-1].status_code == 429
    assert client.get("/api/data").status_code == 200


@pytest.mark.row("B19")
def test_skipping_what_does_not_exist_is_refused_at_start() -> None:
    """A name that no middleware has is a slip of the pen: told at start."""
    api = BoltAPI()

    with pytest.raises(ImproperlyConfigured):

        @api.get("/data")
        @skip_middleware("rate_limits")
        async def data():
            return 1

        api.routes()


def multiple() -> BoltAPI:
    """Two decorators on each method."""
    api = BoltAPI()

    # guide 2418-2434, its import above
    class APIViewSet(ViewSet):
        @cors(origins=["http://localhost:3000"])
        @rate_limit(rps=50)
        async def get(self, request):
            """Multiple middleware decorators."""
            return {"data": "protected"}

        @api.post("/api/action")
        @cors(origins=["*"])
        @rate_limit(rps=10)
        async def custom_action(self, request):
            """Custom action with multiple middleware."""
            return {"action": "completed"}

    api.view("/api/data")(APIViewSet)
    return api


@pytest.mark.row("B13", "B19")
def test_decorators_add_up() -> None:
    """CORS and a limit on one method both work, and the refusal of the limit can be read across origins."""
    client = TestClient(multiple(), headers={"Origin": LOCAL})
    got = client.get("/api/data")
    assert (got.json(), got.headers["access-control-allow-origin"]) == ({"data": "protected"}, LOCAL)
    assert "access-control-allow-credentials" not in got.headers
    *passed, refused = answers_until_refused(client, "POST", "/api/action", 200)
    assert len(passed) >= 10
    assert passed[0].json() == {"action": "completed"}
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (429, "*")
