"""Chapter “Route Autodiscovery for ViewSets”."""

import inspect

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import BoltAPI, ViewSet, action
from ironbolt.bolt.views import ActionHandler
from ironbolt.testing import TestClient
from tests.bolt.seed.support import faults, routes_below
from tests.project.models import Article

pytestmark = pytest.mark.row("B29")


class ArticleSchema(msgspec.Struct):
    """Stand-in."""

    id: int
    title: str


def how_it_works() -> BoltAPI:
    """Three actions and two custom ones."""
    # guide 2014-2050, its imports above
    api = BoltAPI()

    @api.viewset("/users")
    class UserViewSet(ViewSet):
        """
        When you use @api.viewset(), the framework:
        1. Inspects the class for standard action methods
        2. Inspects the class for @action decorated methods
        3. Auto-generates routes for each discovered method
        4. Registers routes with proper HTTP methods and path parameters
        """

        async def list(self, request):
            """Discovered as: GET /users"""
            pass

        async def retrieve(self, request, id: int):
            """Discovered as: GET /users/{id}"""
            pass

        async def create(self, request, data: dict):
            """Discovered as: POST /users"""
            pass

        @action(methods=["POST"], detail=True)
        async def activate(self, request, id: int):
            """Discovered as: POST /users/{id}/activate"""
            pass

        @action(methods=["GET"], detail=False, path="search")
        async def search_users(self, request, query: str):
            """Discovered as: GET /users/search"""
            pass

    return api


@pytest.mark.row("B03", "B04", "B12")
def test_routes_are_those_of_the_docstrings() -> None:
    """Every method is discovered as the route that its docstring says."""
    assert routes_below(how_it_works(), "/users") == [
        ("GET", "/users"),
        ("GET", "/users/search"),
        ("GET", "/users/{id}"),
        ("POST", "/users"),
        ("POST", "/users/{id}/activate"),
    ]


@pytest.mark.row("B03", "B05", "B12")
def test_handlers_that_return_nothing_answer_null() -> None:
    """A method that ends without an answer is a success with the body null, 201 for a create."""
    client = TestClient(how_it_works())
    for answer in (client.get("/users"), client.get("/users/1"), client.post("/users/1/activate")):
        assert (answer.status_code, answer.json()) == (200, None)
    assert client.post("/users", json={}).status_code == 201
    assert client.get("/users/search", params={"query": "x"}).status_code == 200
    assert faults(client.get("/users/search")).keys() == {"query"}


@pytest.mark.row("B04")
@pytest.mark.parametrize("name", ["pk", "id", "slug", "uuid"])
def test_lookup_field_names_the_parameter(name) -> None:
    """`lookup_field` is the name between the braces (2084-2088), where the handlers take what comes."""
    api = BoltAPI()

    @api.viewset("/resources")
    class Resources(ViewSet):
        lookup_field = name

        async def retrieve(self, request, **kwargs):
            return kwargs

        @action(methods=["GET"], detail=True)
        async def size(self, request, **kwargs):
            return kwargs

    assert routes_below(api, "/resources") == [
        ("GET", f"/resources/{{{name}}}"),
        ("GET", f"/resources/{{{name}}}/size"),
    ]
    client = TestClient(api)
    assert client.get("/resources/x").json() == client.get("/resources/x/size").json() == {name: "x"}


@pytest.mark.row("B04")
def test_lookup_field_and_signature_that_disagree_are_refused_at_start() -> None:
    """A detail method that asks for another name than `lookup_field` says could never be called: told at start."""
    api = BoltAPI()

    @api.viewset("/articles")
    class ArticleViewSet(ViewSet):
        lookup_field = "slug"

        async def retrieve(self, request, id: int):
            return id

    with pytest.raises(ImproperlyConfigured, match="slug"):
        api.routes()


@pytest.mark.row("B04")
def test_signatures_that_disagree_are_refused_at_start() -> None:
    """Two detail methods that call the lookup by two names leave no name for it: told at start."""
    api = BoltAPI()

    @api.viewset("/articles")
    class ArticleViewSet(ViewSet):
        async def retrieve(self, request, id: int):
            return id

        async def destroy(self, request, slug: str):
            return slug

    with pytest.raises(ImproperlyConfigured, match="ArticleViewSet"):
        api.routes()


def complete_example() -> tuple[BoltAPI, type[ViewSet]]:
    """Ten routes."""
    # guide 2092-2148, its imports above
    api = BoltAPI()

    @api.viewset("/articles")
    class ArticleViewSet(ViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleSchema
        lookup_field = "slug"  # Use slug instead of pk

        # Standard actions - auto-discovered
        async def list(self, request):
            """Auto-generates: GET /articles"""
            pass

        async def retrieve(self, request, slug: str):
            """Auto-generates: GET /articles/{slug}"""
            pass

        async def create(self, request, data: dict):
            """Auto-generates: POST /articles"""
            pass

        async def update(self, request, slug: str, data: dict):
            """Auto-generates: PUT /articles/{slug}"""
            pass

        async def destroy(self, request, slug: str):
            """Auto-generates: DELETE /articles/{slug}"""
            pass

        # Custom actions - auto-discovered from @action decorator
        @action(methods=["POST"], detail=True)
        async def publish(self, request, slug: str):
            """Auto-generates: POST /articles/{slug}/publish"""
            pass

        @action(methods=["POST"], detail=True, path="unpublish")
        async def unpublish_article(self, request, slug: str):
            """Auto-generates: POST /articles/{slug}/unpublish (uses custom path)"""
            pass

        @action(methods=["GET"], detail=False)
        async def published(self, request):
            """Auto-generates: GET /articles/published"""
            pass

        @action(methods=["GET", "POST"], detail=False, path="drafts")
        async def draft_articles(self, request, data: dict | None = None):
            """Auto-generates: GET /articles/drafts AND POST /articles/drafts"""
            pass

    # Total routes generated: 10
    # Standard actions: 5 (list, retrieve, create, update, destroy)
    # Custom actions: 5 (publish, unpublish, published, drafts GET, drafts POST)
    return api, ArticleViewSet


TEN = [
    ("DELETE", "/articles/{slug}"),
    ("GET", "/articles"),
    ("GET", "/articles/drafts"),
    ("GET", "/articles/published"),
    ("GET", "/articles/{slug}"),
    ("POST", "/articles"),
    ("POST", "/articles/drafts"),
    ("POST", "/articles/{slug}/publish"),
    ("POST", "/articles/{slug}/unpublish"),
    ("PUT", "/articles/{slug}"),
]


@pytest.mark.row("B03", "B04", "B12")
def test_ten_routes_are_discovered() -> None:
    """Five standard and five custom routes, ten in all, and nothing for `partial_update`, which is not there."""
    api = complete_example()[0]
    assert routes_below(api, "/articles") == TEN
    client = TestClient(api)
    for method, path in TEN:
        body = {"json": {}} if method in ("POST", "PUT") else {}
        assert client.request(method, path.replace("{slug}", "a-slug"), **body).status_code in (200, 201)
    assert client.patch("/articles/a-slug", json={}).status_code == 405


def partial_implementation() -> BoltAPI:
    """Two routes."""
    api = BoltAPI()

    # guide 2154-2174
    @api.viewset("/articles")
    class ReadOnlyArticleViewSet(ViewSet):
        """Read-only ViewSet - only generates GET routes."""

        queryset = Article.objects.all()
        serializer_class = ArticleSchema

        async def list(self, request):
            """Generates: GET /articles"""
            pass

        async def retrieve(self, request, pk: int):
            """Generates: GET /articles/{pk}"""
            pass

        # No create, update, destroy implemented
        # Those routes are NOT generated

    # Generated routes: 2 (list, retrieve)
    # POST, PUT, PATCH, DELETE are not available
    return api


@pytest.mark.row("B03")
def test_what_is_not_implemented_is_not_available() -> None:
    """Two methods make two routes; POST, PUT, PATCH and DELETE are 405."""
    api = partial_implementation()
    assert routes_below(api, "/articles") == [("GET", "/articles"), ("GET", "/articles/{pk}")]
    client = TestClient(api)
    assert client.post("/articles", json={}).headers["allow"] == "GET, HEAD, OPTIONS"
    for method in ("PUT", "PATCH", "DELETE"):
        assert client.request(method, "/articles/1", json={}).status_code == 405


# guide 2180-2222, Pseudo-code for route discovery; mended: 2199 takes plain functions as well


def discover_routes(viewset_class, base_path):
    """The algorithm as the guide writes it down."""
    routes = []

    # 1. Discover standard action methods
    standard_actions = {
        "list": ("GET", base_path),
        "create": ("POST", base_path),
        "retrieve": ("GET", f"{base_path}/{{{viewset_class.lookup_field}}}"),
        "update": ("PUT", f"{base_path}/{{{viewset_class.lookup_field}}}"),
        "partial_update": ("PATCH", f"{base_path}/{{{viewset_class.lookup_field}}}"),
        "destroy": ("DELETE", f"{base_path}/{{{viewset_class.lookup_field}}}"),
    }

    for action_name, (method, path) in standard_actions.items():
        if hasattr(viewset_class, action_name):
            handler = getattr(viewset_class, action_name)
            if callable(handler) and inspect.isfunction(handler):
                routes.append((method, path, handler, action_name))

    # 2. Discover custom actions (methods with @action decorator)
    for attr_name in dir(viewset_class):
        attr = getattr(viewset_class, attr_name)

        # Check if it's an ActionHandler instance
        if isinstance(attr, ActionHandler):
            action_path = attr.path or attr.fn.__name__

            if attr.detail:
                # Detail action: /{base_path}/{lookup_field}/{action_path}
                path = f"{base_path}/{{{viewset_class.lookup_field}}}/{action_path}"
            else:
                # Collection action: /{base_path}/{action_path}
                path = f"{base_path}/{action_path}"

            # Register each HTTP method
            for method in attr.methods:
                routes.append((method, path, attr.fn, action_path))

    return routes


@pytest.mark.row("B12")
def test_algorithm_of_the_guide_finds_the_same_routes() -> None:
    """The guide's own algorithm, run over a class, finds what `api.viewset` routes."""
    api, view = complete_example()
    found = sorted((method, path) for method, path, _, _ in discover_routes(view, "/articles"))
    assert found == routes_below(api, "/articles") == TEN


@pytest.mark.row("B03", "B12")
def test_plain_functions_are_discovered_too() -> None:
    """Actions written as `def` are routed as those written as `async def`."""
    api = BoltAPI()

    @api.viewset("/articles")
    class ArticleViewSet(ViewSet):
        lookup_field = "id"

        def list(self, request):
            return "list"

        def create(self, request, data: dict):
            return data

        @action(methods=["POST"], detail=True)
        def publish(self, request, id: int):
            return id

    assert routes_below(api, "/articles") == sorted(
        (method, path) for method, path, _, _ in discover_routes(ArticleViewSet, "/articles")
    )
    client = TestClient(api)
    assert client.get("/articles").json() == "list"
    assert (client.post("/articles", json={"a": 1}).status_code, client.post("/articles/3/publish").json()) == (201, 3)


def less_boilerplate(api: BoltAPI, other: BoltAPI) -> None:
    """The same routes by hand in one API and discovered in another."""

    # guide 2233-2253; as printed both are the same API
    # ❌ Without autodiscovery (manual registration)
    @api.get("/users")
    async def list_users(request):
        pass

    @api.get("/users/{id}")
    async def get_user(request, id: int):
        pass

    @api.post("/users")
    async def create_user(request, data: dict):
        pass

    # ✅ With autodiscovery (automatic)
    @other.viewset("/users")
    class UserViewSet(ViewSet):
        async def list(self, request):
            pass

        async def retrieve(self, request, id: int):
            pass

        async def create(self, request, data: dict):
            pass


@pytest.mark.row("B01", "B03")
def test_manual_and_automatic_routes_are_the_same() -> None:
    """Three functions and one class make the same three routes."""
    by_hand, discovered = BoltAPI(), BoltAPI()
    less_boilerplate(by_hand, discovered)
    expected = [("GET", "/users"), ("GET", "/users/{id}"), ("POST", "/users")]
    assert routes_below(by_hand, "/users") == routes_below(discovered, "/users") == expected
    for api in (by_hand, discovered):
        assert TestClient(api).get("/users/7").json() is None
        assert TestClient(api).get("/users/x").status_code == 404


def test_the_same_route_twice_is_refused_at_start() -> None:
    """As printed, in one API, the functions and the class claim the same routes: told at start."""
    api = BoltAPI()
    less_boilerplate(api, api)
    with pytest.raises(ImproperlyConfigured, match="twice"):
        api.routes()


def test_base_path_is_changed_in_one_place() -> None:
    """All routes of a class, its actions included, follow the base path that it is registered at (2257)."""
    api = BoltAPI()
    api.viewset("/v2/essays")(complete_example()[1])
    assert routes_below(api, "/v2/essays") == [(method, f"/v2/essays{path[9:]}") for method, path in TEN]
