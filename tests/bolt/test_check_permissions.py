"""``@check_permissions`` on the handlers of this door: wherever they stand, and what may not be asked."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import APIView, BoltAPI, Info, check_permissions, override
from ironbolt.bolt.auth import APIKeyAuthentication
from ironbolt.bolt.guards import HasDjangoPermission, IsAuthenticated, IsStaff, ReadOnly
from ironbolt.bolt.request import Request
from ironbolt.bolt.views import ListMixin, ModelViewSet
from ironbolt.testing import TestClient
from tests.project.models import Task

pytestmark = pytest.mark.row("V15")

KEYS = [APIKeyAuthentication({"k": "somebody"})]
KEY = {"X-API-Key": "k"}


def made(**options: Any) -> BoltAPI:
    """An API with keys."""
    return BoltAPI(auth=KEYS, guards=[], info=Info(served=False), **options)


def test_functions_and_methods_ask() -> None:
    """Above and below the registration, in a class for one path, and as a route within a class."""
    api = made()

    @api.get("/below")
    @check_permissions(IsAuthenticated)
    def below() -> str:
        return "in"

    @check_permissions(IsAuthenticated())
    @api.get("/above")
    async def above() -> str:
        return "in"

    @api.view("/view")
    class View(APIView):
        @check_permissions(IsAuthenticated)
        async def get(self) -> str:
            return "in"

        async def post(self) -> str:
            return "open"

        @check_permissions(IsAuthenticated)
        @api.get("/member")
        def member(self) -> str:
            return "in"

    client = TestClient(api)
    for path in ("/below", "/above", "/view", "/member"):
        assert (client.get(path).status_code, client.get(path, headers=KEY).status_code) == (401, 200), path
    assert client.post("/view").status_code == 200


def test_an_opened_handler_still_asks_what_it_was_decorated_with() -> None:
    """``override`` replaces the guards of the class, and not those that stand beside them."""
    api = made()

    @api.view("/")
    class View(APIView):
        guards = [IsStaff()]

        @override(guards=[])
        @check_permissions(IsAuthenticated)
        async def get(self) -> str:
            return "in"

    client = TestClient(api)
    assert (client.get("/").status_code, client.get("/", headers=KEY).status_code) == (401, 200)


@pytest.mark.django_db
def test_planned_reads_ask() -> None:
    """An action of Ironbolt's own asks before its plan, and that of other classes stays as it was."""
    api = made()

    @api.viewset("/closed")
    class Closed(ModelViewSet):
        model = Task
        list = check_permissions(IsAuthenticated)(ListMixin.list)

    @api.viewset("/open")
    class Open(ModelViewSet):
        model = Task

    routes = {(route.method, route.path): route for route in api.routes()}
    assert routes["GET", "/closed"].planned is not None
    client = TestClient(api)
    assert (client.get("/closed").status_code, client.get("/closed", headers=KEY).status_code) == (401, 200)
    assert client.get("/open").status_code == 200


def test_guards_are_those_of_the_route() -> None:
    """They are judged, reported and described as the others, and dropped where nobody can fail them."""
    api = made()

    @api.view("/")
    class View(APIView):
        guards = [IsAuthenticated()]

        @check_permissions(ReadOnly, "catalog.change_book", IsStaff)
        def get(self, request: Request) -> None:
            return None

    (route,) = api.routes()
    assert route.guards == (IsAuthenticated(), IsStaff(), HasDjangoPermission("catalog.change_book"))


def test_nobody_could_pass() -> None:
    """Where nobody can be known it is refused at start, as with ``guards``."""
    api = BoltAPI(info=Info(served=False))

    @api.get("/")
    @check_permissions(IsAuthenticated)
    def read() -> None:
        return None

    with pytest.raises(ImproperlyConfigured, match="nobody could ever pass"):
        api.routes()


def handler(request: Request) -> bool:
    """A guard that is a function, and what may be decorated."""
    return True


@pytest.mark.parametrize(
    ("guards", "message"),
    [
        ((), "wants at least one guard"),
        ((None,), "None is no guard"),
        (([IsStaff()],), "is no guard"),
        ((handler,), "name the guards in parentheses; of a function make a RequestGuard"),
        ((Task,), "is no guard"),
        (("change_task",), "'app_label.codename'"),
    ],
)
def test_what_is_no_guard_is_refused_at_import(guards: tuple[Any, ...], message: str) -> None:
    """Before there is a route."""
    with pytest.raises(ImproperlyConfigured, match=message):
        check_permissions(*guards)


@pytest.mark.parametrize("target", [APIView, 7], ids=["class", "number"])
def test_what_is_no_handler_is_refused_at_import(target: Any) -> None:
    """A class says ``guards``."""
    with pytest.raises(ImproperlyConfigured, match="@check_permissions stands on handlers"):
        check_permissions(IsStaff)(target)
