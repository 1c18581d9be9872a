"""``manage.py routes``."""

import json
import sys
from collections.abc import Iterator
from io import StringIO
from types import ModuleType
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import override_settings
from django.urls import include, path, re_path
from django.views.generic import TemplateView

from ironbolt.asgi import get_asgi_application
from ironbolt.bolt import APIView, BoltAPI, Info, ViewSet, WebSocket
from ironbolt.bolt.auth import HasPermission, IsAuthenticated, IsStaff, JWTAuthentication
from ironbolt.bolt.middleware import cors, rate_limit
from ironbolt.management.routing import django_rows

MODULE = "routes_of_a_test"


class Notes(ViewSet):
    """Two actions."""

    auth = [JWTAuthentication()]
    guards = [IsStaff() | HasPermission("notes.view")]

    @rate_limit(5, 10)
    async def list(self, request: Any) -> list[str]:
        return []

    @cors("https://a.example")
    def retrieve(self, pk: str) -> str:
        return pk


class OneOfOnesOwn:
    """A way to authenticate that says little of itself."""

    challenge = "Own"
    security_scheme = ("own", {"type": "http", "scheme": "own"})

    def authenticate(self, request: Any) -> None:
        return None


def api() -> BoltAPI:
    """Two routes of a view set, a function, a socket."""
    made = BoltAPI("/api", info=Info(served=False))
    made.viewset("/notes")(Notes)

    @made.post("/plain", auth=[OneOfOnesOwn()], guards=[IsAuthenticated()])
    async def plain(a: int = 1) -> int:
        return a

    @made.websocket("/live")
    async def live(socket: WebSocket) -> None: ...

    return made


@pytest.fixture
def module() -> Iterator[ModuleType]:
    """A module with an application and some APIs."""
    made: Any = ModuleType(MODULE)
    made.api = api()
    made.application = get_asgi_application(made.api)
    made.broken = BoltAPI("/broken", info=Info(served=False))

    @made.broken.view("/x")
    class Empty(APIView):
        """Nothing."""

    made.not_an_api = 1
    sys.modules[MODULE] = made
    with override_settings(ASGI_APPLICATION=f"{MODULE}.application"):
        yield made
    del sys.modules[MODULE]


def listed(*arguments: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("routes", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_table_has_every_route_with_guards_and_limits(module: ModuleType) -> None:
    """What the project serves, aligned, in plain text; columns that nobody needs are not there."""
    lines = listed().splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["METHOD", "PATH"],
        ["GET", "/api/notes"],
        ["GET", "/api/notes/{pk}"],
        ["POST", "/api/plain"],
        ["WEBSOCKET", "/api/live"],
    ]
    here = "tests.management.test_routes"
    assert f"{here}.Notes.list" in lines[1]
    assert f"{here}.Notes.retrieve" in lines[2]
    assert f"{here}.api.<locals>.plain" in lines[3]
    assert [line.split()[3] for line in lines[1:4]] == ["loop", "thread", "loop"]
    assert "(IsStaff or has permission notes.view)" in lines[1]
    assert "5/s, 10 at once, by ip" in lines[1]
    assert "https://a.example" in lines[2]
    assert "OneOfOnesOwn" in lines[3]
    assert "\x1b" not in "".join(lines)
    column = lines[0].index("RUNS")
    assert {line[column - 1] for line in lines} == {" "}
    assert "CORS" not in listed("--method", "POST")


def test_json_has_all_there_is_to_say(module: ModuleType) -> None:
    """Ways, guards and limits as data, for programs."""
    first = json.loads(listed("--json"))[0]
    assert first["auth"][0]["way"] == "jwt"
    assert first["guards"][0]["guards"][1] == {
        "kind": "token",
        "guard": "HasPermission",
        "permissions": ["notes.view"],
    }
    assert first["limit"] == {"rps": 5, "burst": 10, "key": "ip", "name": None}
    assert (first["cors"], first["runs"]) == (None, "loop")


def test_routes_are_narrowed_by_path_and_method(module: ModuleType) -> None:
    """By a part of the path, and by the method in any case; nothing found is an error, for scripts."""
    assert len(listed("notes").splitlines()) == 3
    assert len(listed("--method", "post").splitlines()) == 2
    with pytest.raises(CommandError, match="None of 4 routes is like that"):
        listed("nowhere")


def test_one_api_by_its_name(module: ModuleType) -> None:
    """Whether it is served or not; a name that leads to none says so."""
    for name in (f"{MODULE}:api", f"{MODULE}.api"):
        assert "/api/notes" in listed("--api", name)
    for value, reason in (
        (f"{MODULE}:not_an_api", "not a Bolt API"),
        (f"{MODULE}:nothing", "has no 'nothing'"),
        ("nowhere:api", "there is no module 'nowhere'"),
        (MODULE, "write it as module:name"),
    ):
        with pytest.raises(CommandError, match=reason):
            listed("--api", value)


def test_api_that_can_not_be_compiled_is_told_with_the_reason(module: ModuleType) -> None:
    """Which makes the command a check for continuous integration: it ends with 1."""
    with pytest.raises(CommandError, match="Empty at /broken/x has no handler") as raised:
        listed("--api", f"{MODULE}:broken")
    assert raised.value.returncode == 1


def test_application_inside_of_middleware_is_found(module: Any) -> None:
    """ASGI middleware keeps what it wraps under one of a few names."""

    class Around:
        def __init__(self, app: Any) -> None:
            self.app = app

        def __call__(self) -> None: ...

    module.application = Around(Around(module.application))
    assert "/api/notes" in listed()


def test_project_without_any_api_is_told_so(module: Any) -> None:
    """With the ways out; Django's own patterns are listed all the same."""
    module.application = get_asgi_application()
    with pytest.raises(CommandError, match="serves no Bolt API"):
        listed()
    assert listed("--all").startswith("METHOD")
    with override_settings(ASGI_APPLICATION=None), pytest.raises(CommandError, match="Set ASGI_APPLICATION"):
        listed()
    with override_settings(ASGI_APPLICATION=None):
        assert listed("--all").startswith("METHOD")


def test_django_s_own_patterns_are_read(rf: Any) -> None:
    """Included ones below their prefix, regular expressions as people read them, methods where a class tells them."""

    def view(request: Any) -> HttpResponse:
        return HttpResponse()

    inner = [re_path(r"^books/(?P<pk>[^/.]+)/$", TemplateView.as_view(template_name="x"))]
    patterns = [path("plain/<int:pk>", view), path("below/", include(inner)), re_path(r"^a\.b(?P<x>(c|d)+)\Z", view)]
    assert [(row.method, row.path, row.runs) for row in django_rows(patterns)] == [
        ("*", "/plain/<int:pk>", "django"),
        ("GET", "/below/books/<pk>/", "django"),
        ("*", "/a.b<x>", "django"),
    ]
