"""Tests of errors outside of any view: in middleware, in the URLs, in the handlers themselves."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.test import Client
from django.urls import include, path, register_converter
from django.urls.converters import StringConverter
from django.views.decorators.csrf import csrf_exempt

from ironbolt.core.errors import ApiError
from ironbolt.handlers import FORGED, server_error

RAISED: dict[str, Exception] = {
    "404": Http404("secret"),
    "403": PermissionDenied("Not you."),
    "400": BadRequest("Not like this."),
    "suspicious": SuspiciousOperation("secret"),
    "big": RequestDataTooBig("secret"),
    "validation": ValidationError({"a": "bad"}),
    "database": OperationalError("secret"),
    "own": ApiError("Own.", details={"a": ["b"]}, headers={"Retry-After": "3"}),
    "unrenderable": ApiError("\ud800 secret"),
    "500": RuntimeError("secret"),
}

ANSWERS = {
    "404": (404, "not_found", "Not found.", {}),
    "403": (403, "permission_denied", "Not you.", {}),
    "400": (400, "bad_request", "Not like this.", {}),
    "suspicious": (400, "bad_request", None, {}),
    "big": (413, "payload_too_large", None, {}),
    "validation": (400, "validation_error", "Invalid input.", {"a": ["bad"]}),
    "database": (503, "db_operational_error", None, {}),
    "own": (500, "server_error", "Own.", {"a": ["b"]}),
    "unrenderable": (500, "server_error", None, {}),
    "500": (500, "server_error", None, {}),
}


def _asked(request: HttpRequest) -> tuple[str, str]:
    name, _, when = request.headers.get("Burst", "").partition(" ")
    return name, when


class Bursting:
    """A middleware that raises what a header names, before or after the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name, when = _asked(request)
        if when == "before":
            raise RAISED[name]
        response = self.get_response(request)
        if when == "after":
            raise RAISED[name]
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Or when the view is known."""
        name, when = _asked(request)
        if when == "view":
            raise RAISED[name]


class Broken(StringConverter):
    """A converter with a bug."""

    def to_python(self, value: str) -> str:
        """Not a ValueError, which would mean no match."""
        raise RuntimeError("secret")


register_converter(Broken, "broken")


@csrf_exempt
def plain(request: HttpRequest, **_: Any) -> HttpResponse:
    """A plain view, which reads its form."""
    return HttpResponse(f"{len(request.POST)} fields")


def form(request: HttpRequest) -> HttpResponse:
    """A view whose form is read by Django's check for forged requests."""
    return HttpResponse("posted")


def half(request: HttpRequest) -> StreamingHttpResponse:
    """An answer that fails when its head has gone."""

    def parts() -> Any:
        yield b"first"
        raise RuntimeError("secret")

    return StreamingHttpResponse(parts())


def late(request: HttpRequest) -> TemplateResponse:
    """An answer that fails when it is rendered, behind the view."""
    return TemplateResponse(request, "nothing/of/this/name.html")


handler400 = "ironbolt.handlers.bad_request"
handler403 = "ironbolt.handlers.permission_denied"
handler404 = "ironbolt.handlers.not_found"
handler500 = "ironbolt.handlers.server_error"

urlpatterns = [
    route
    for base in ("api/", "")
    for route in (
        path(f"{base}plain", plain),
        path(f"{base}form", form),
        path(f"{base}half", half),
        path(f"{base}late", late),
        path(f"{base}broken/<broken:value>", plain),
        path(f"{base}gone/", include([])),
    )
]

MIDDLEWARE = [
    "ironbolt.middleware.IronboltMiddleware",
    "tests.test_handlers.Bursting",
    "ironbolt.middleware.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "tests.test_handlers.Bursting",
]


@pytest.fixture(params=[False, True], ids=["production", "DEBUG"])
def client(request: pytest.FixtureRequest, settings) -> Client:
    """A client of these views, with and without Django's pages for developers."""
    settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, MIDDLEWARE
    settings.CSRF_FAILURE_VIEW = "ironbolt.handlers.csrf_failure"
    settings.DEBUG = request.param
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def error_of(response: Any, status: int) -> dict[str, Any]:
    """The error of a response, which is nothing but the envelope and betrays nothing."""
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    assert b"secret" not in response.content
    assert b"Traceback" not in response.content
    assert list(response.json()) == ["error"]
    error: dict[str, Any] = response.json()["error"]
    assert list(error) == ["code", "message", "details"]
    return error


@pytest.mark.row("V02")
@pytest.mark.parametrize("when", ["before", "after", "view"])
@pytest.mark.parametrize("name", RAISED)
def test_what_a_middleware_raises_goes_through_the_table(client: Client, name: str, when: str) -> None:
    """Status, code, message and details are what they would be if a view had raised it, with DEBUG as without."""
    status, code, message, details = ANSWERS[name]
    error = error_of(client.get("/api/plain", headers={"burst": f"{name} {when}"}), status)
    assert (error["code"], error["details"]) == (code, details)
    assert message is None or error["message"] == message


@pytest.mark.row("V02")
def test_an_address_that_nobody_has(client: Client) -> None:
    """A 404 outside of any view, also in a part of the URLs that is empty."""
    for address in ("/api/nothing", "/api/gone/x", "/api/", "/api/plain/", "/api/%ff%00"):
        assert error_of(client.get(address), 404) == {"code": "not_found", "message": "Not found.", "details": {}}


@pytest.mark.row("V02")
def test_a_fault_in_resolving_an_address(client: Client) -> None:
    """A converter with a bug is a plain fault."""
    assert error_of(client.get("/api/broken/x"), 500)["code"] == "server_error"


@pytest.mark.row("V02")
def test_urls_that_cannot_be_imported(client: Client, settings) -> None:
    """Even where Django finds no handler there is an answer, and it tells no module."""
    settings.ROOT_URLCONF = "tests.no_such_urls"
    error = error_of(client.get("/api/plain"), 500)
    assert error["code"] == "server_error"
    assert "no_such_urls" not in str(error)


def test_a_handler_of_the_project_that_fails(client: Client, settings) -> None:
    """What fails in the page for errors is answered like any other failure."""
    settings.DEBUG = False

    def burst(*_: Any, **__: Any) -> HttpResponse:
        raise LookupError("secret")

    settings.ROOT_URLCONF = type("Urls", (), {"urlpatterns": urlpatterns, "handler404": burst, "handler500": burst})
    assert error_of(client.get("/api/nothing"), 500)["code"] == "server_error"


def test_exceptions_are_let_through_on_request(client: Client, settings) -> None:
    """DEBUG_PROPAGATE_EXCEPTIONS is obeyed."""
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True
    with pytest.raises(RuntimeError, match="secret"):
        client.get("/api/broken/x")


@pytest.mark.row("V02")
def test_an_unknown_host(client: Client) -> None:
    """A DisallowedHost names neither the host nor the settings; Django's security log knows it."""
    error = error_of(client.get("/api/plain", headers={"host": "evil.example"}), 400)
    assert error["code"] == "bad_request"
    assert "evil" not in str(error)


def test_an_attack_stays_in_the_security_log(client: Client, caplog) -> None:
    """Who listens to django.security hears of it as before."""
    client.get("/api/plain", headers={"host": "evil.example"})
    assert "django.security.DisallowedHost" in {record.name for record in caplog.records}


@pytest.mark.row("V02")
@pytest.mark.parametrize("address", ["/api/plain", "/api/form"])
def test_a_form_over_the_limits(client: Client, settings, address: str) -> None:
    """Too many fields, too large a body: 413, whether the view or Django's own check of forms reads it first."""
    client.cookies["csrftoken"] = "a" * 32
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2
    form = "application/x-www-form-urlencoded"
    too_many = client.post(address, "a=1&b=2&c=3", content_type=form)
    assert error_of(too_many, 413)["code"] == "payload_too_large"
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    too_large = client.post(address, "a=" + "x" * 20, content_type=form)
    assert error_of(too_large, 413)["code"] == "payload_too_large"


@pytest.mark.row("V02")
def test_a_form_that_cannot_be_read(client: Client) -> None:
    """A multipart body without a boundary is a parse_error."""
    client.cookies["csrftoken"] = "a" * 32
    for address in ("/api/plain", "/api/form"):
        broken = client.post(address, b"x", content_type="multipart/form-data")
        assert error_of(broken, 400)["code"] == "parse_error"


@pytest.mark.row("V02")
def test_a_forged_request(client: Client) -> None:
    """A 403 that says what is wrong, and not why Django found out."""
    error = error_of(client.post("/api/form"), 403)
    assert error == {"code": "permission_denied", "message": FORGED, "details": {}}
    page = client.post("/form")
    assert (page.status_code, page.headers["Content-Type"]) == (403, "text/html; charset=utf-8")


@pytest.mark.row("V02")
def test_an_answer_that_fails_when_it_is_rendered(client: Client) -> None:
    """A template that is missing is found out behind the view, and is a 500 all the same."""
    assert error_of(client.get("/api/late"), 500)["code"] == "server_error"


def test_a_stream_that_fails_breaks_off(client: Client) -> None:
    """Its head has gone: nothing can be said any more, and nothing is added to it."""
    response: Any = client.get("/api/half")
    assert response.status_code == 200
    with pytest.raises(RuntimeError, match="secret"):
        b"".join(response.streaming_content)


def test_problem_documents_are_given_here_too(client: Client) -> None:
    """Who asks for RFC 9457 gets it from a middleware's error."""
    wanted = {"accept": "application/problem+json", "burst": "validation before"}
    response = client.get("/api/plain", headers=wanted)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["errors"] == {"a": ["bad"]}


def test_headers_of_an_error_are_sent(client: Client) -> None:
    """What an error wants to say in headers arrives."""
    assert client.get("/api/plain", headers={"burst": "own before"}).headers["Retry-After"] == "3"


@pytest.mark.row("V03")
def test_an_unforeseen_error_of_a_middleware_is_logged_with_its_traceback(client: Client, settings, caplog) -> None:
    """Once, as critical."""
    settings.DEBUG = False
    client.get("/api/plain", headers={"burst": "500 before"})
    (record,) = (record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL"))
    assert (record.name, record.levelname) == ("ironbolt.errors", "CRITICAL")
    assert record.exc_info
    assert "secret" in str(record.exc_info[1])


@pytest.mark.parametrize("name", ["404", "403", "400", "suspicious", "500"])
def test_pages_stay_pages(client: Client, name: str) -> None:
    """Outside of the API Django answers browsers as it always did."""
    response = client.get("/plain", headers={"burst": f"{name} before", "accept": "text/html"})
    assert response.status_code == {"suspicious": 400}.get(name, 0) or int(name)
    assert response.headers["Content-Type"].startswith("text/html")


def test_a_server_error_that_nobody_raised(rf) -> None:
    """Whoever calls the handler by hand gets an answer."""
    assert json.loads(server_error(rf.get("/api/x")).content)["error"]["code"] == "server_error"
