"""Tests of Ironbolt's Django middleware: the envelope where no door answered, and a trace for every request."""

import logging
from typing import Any

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation, ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, JsonResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_protect
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.views import APIView

from ironbolt.core import context
from ironbolt.core.context import TraceFilter
from ironbolt.core.errors import ApiError

logger = logging.getLogger("tests.middleware")

RAISED: dict[str, Exception] = {
    "404": Http404("secret"),
    "403": PermissionDenied(),
    "400": BadRequest("Not like this."),
    "suspicious": SuspiciousOperation("secret"),
    "validation": ValidationError({"a": "bad"}),
    "integrity": IntegrityError("UNIQUE constraint failed: secret.table"),
    "own": ApiError("Own.", details={"a": ["b"]}),
    "500": RuntimeError("secret"),
    "unrenderable": ApiError("\ud800 secret", headers={"A": "b"}),
    "forged": ApiError("x", headers={"A": "b\r\nSet-Cookie: c=d"}),
}


def burst(request: Any, name: str) -> HttpResponse:
    """Raise what the address names."""
    raise RAISED[name]


def page(request: Any, status: int) -> HttpResponse:
    """A page of HTML with this status."""
    response = HttpResponse("<h1>secret</h1>", status=status, headers={"Retry-After": "5", "ETag": '"page"'})
    response.set_cookie("seen", "1")
    response["Access-Control-Allow-Origin"] = "https://shop.example"
    return response


def logs(request: Any) -> JsonResponse:
    """Log a line, and say which trace it runs under."""
    logger.warning("working")
    return JsonResponse({"trace": context.current().trace_id})


def spoken(request: Any, media_type: str) -> HttpResponse:
    """An error that was put into JSON already."""
    return HttpResponse(b'{"own": 1}', status=409, content_type=media_type.replace("-", "/", 1))


@csrf_protect
def form(request: Any) -> HttpResponse:
    """A view that Django guards against forged requests."""
    return HttpResponse("posted")


def streamed(request: Any) -> StreamingHttpResponse:
    """A streamed error page, which has something to close."""
    return StreamingHttpResponse(Pieces([b"<h1>", b"secret"]), status=503)


class Pieces(list[bytes]):
    """What is streamed."""

    closed = 0

    def close(self) -> None:
        """Count it."""
        Pieces.closed += 1


class Browsed(APIView):
    """What people look at in a browser."""

    renderer_classes = (BrowsableAPIRenderer, JSONRenderer)
    permission_classes = (AllowAny,)

    def get(self, request: Any) -> Any:
        """Refuse, and say which field is wrong."""
        raise serializers.ValidationError({"title": ["Not like this."]})


urlpatterns = [
    route
    for base in ("api/", "")
    for route in (
        path(f"{base}raise/<str:name>", burst),
        path(f"{base}page/<int:status>", page),
        path(f"{base}logs", logs),
        path(f"{base}spoken/<str:media_type>", spoken),
        path(f"{base}form", form),
        path(f"{base}streamed", streamed),
        path(f"{base}browsed", Browsed.as_view()),
        path(f"{base}get-only", lambda request: HttpResponseNotAllowed(["GET", "HEAD"])),
    )
]


@pytest.fixture(params=[False, True], ids=["production", "DEBUG"])
def client(request: pytest.FixtureRequest, settings) -> Client:
    """A client of these views, with and without Django's pages for developers."""
    settings.ROOT_URLCONF = __name__
    settings.DEBUG = request.param
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def error_of(response: Any, status: int) -> dict[str, Any]:
    """The error of a response, which is nothing but the envelope."""
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    assert list(response.json()) == ["error"]
    assert b"secret" not in response.content
    error: dict[str, Any] = response.json()["error"]
    assert list(error) == ["code", "message", "details"]
    return error


@pytest.mark.row("V02")
@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("404", 404, "not_found"),
        ("403", 403, "permission_denied"),
        ("400", 400, "bad_request"),
        ("suspicious", 400, "bad_request"),
        ("validation", 400, "validation_error"),
        ("integrity", 409, "integrity_error"),
        ("own", 500, "server_error"),
        ("500", 500, "server_error"),
        ("unrenderable", 500, "server_error"),
        ("forged", 500, "server_error"),
    ],
)
def test_whatever_a_plain_view_raises_is_the_envelope(client: Client, name: str, status: int, code: str) -> None:
    """Below /api/ no exception is answered by a page, with DEBUG neither."""
    assert error_of(client.get(f"/api/raise/{name}"), status)["code"] == code


@pytest.mark.row("V03")
def test_unforeseen_exception_is_logged_with_its_traceback(client: Client, caplog) -> None:
    """The log has what the client is not told."""
    client.get("/api/raise/500")
    (record,) = (record for record in caplog.records if record.name == "ironbolt.errors")
    assert record.levelname == "CRITICAL"
    assert "secret" in str(record.exc_info[1])


@pytest.mark.row("V02")
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 418, 429, 500, 503])
def test_page_becomes_the_envelope(client: Client, status: int) -> None:
    """A page with an error status is replaced, whoever made it."""
    error_of(client.get(f"/api/page/{status}"), status)
    error_of(client.get("/api/streamed"), 503)


@pytest.mark.row("V02")
def test_the_bare_prefix_is_the_api_s_too(client: Client) -> None:
    """/api without its slash is answered in the envelope, /apix is not."""
    assert error_of(client.get("/api"), 404)["code"] == "not_found"
    assert client.get("/apix").headers["Content-Type"].startswith("text/html")


@pytest.mark.row("V02")
def test_a_mount_point_is_no_part_of_the_prefix(client: Client) -> None:
    """Below a root that itself looks like a prefix, pages stay pages; below any root the API is the API."""
    assert error_of(client.get("/api/nothing", SCRIPT_NAME="/shop"), 404)["code"] == "not_found"
    assert client.get("/page/404", SCRIPT_NAME="/api").headers["Content-Type"].startswith("text/html")


def test_headers_and_cookies_of_a_replaced_page_stay(client: Client) -> None:
    """What other middleware said of the answer still holds; what spoke of the page has gone with it."""
    response = client.get("/api/page/429")
    assert response.headers["Retry-After"] == "5"
    assert response.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.cookies["seen"].value == "1"
    assert "ETag" not in response.headers
    assert int(response.headers["Content-Length"]) == len(response.content)


@pytest.mark.row("V02")
def test_unknown_path_is_the_envelope(client: Client) -> None:
    """No page for developers, and no page of the site, is the answer to a wrong address."""
    assert error_of(client.get("/api/nothing"), 404)["code"] == "not_found"
    assert error_of(client.get("/api/nothing%0a%00"), 404)["code"] == "not_found"


@pytest.mark.row("V02")
def test_unknown_host_is_the_envelope(client: Client) -> None:
    """A host that is not ours is refused in the envelope, without naming the settings."""
    error = error_of(client.get("/api/logs", headers={"host": "evil.example"}), 400)
    assert error["code"] == "bad_request"
    assert "ALLOWED_HOSTS" not in str(error)


@pytest.mark.row("V02")
def test_forged_form_is_the_envelope(client: Client) -> None:
    """The failure of Django's check against forged requests is a 403 in the envelope."""
    assert error_of(client.post("/api/form"), 403)["code"] == "permission_denied"


def test_wrong_method_keeps_allow(client: Client) -> None:
    """A 405 says which methods there are."""
    response = client.get("/api/get-only")
    assert error_of(response, 405)["code"] == "method_not_allowed"
    assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "media_type", ["application-json; charset=utf-8", "Application-JSON ;x=1", "application-problem+json"]
)
def test_json_of_others_is_left_alone(client: Client, media_type: str) -> None:
    """An error that somebody has put into JSON is theirs."""
    assert client.get(f"/api/spoken/{media_type}").content == b'{"own": 1}'


def test_problem_document_is_given_on_request(client: Client) -> None:
    """Who asks for RFC 9457 gets it for pages and exceptions alike."""
    for address in ("/api/page/404", "/api/raise/404"):
        response = client.get(address, headers={"accept": "application/problem+json"})
        assert response.headers["Content-Type"] == "application/problem+json"
        assert (response.json()["status"], response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("address", "status"),
    [("/raise/404", 404), ("/raise/403", 403), ("/raise/500", 500), ("/page/404", 404), ("/form", 403)],
)
def test_site_outside_of_the_api_is_untouched(client: Client, address: str, status: int) -> None:
    """Elsewhere Django answers as it always did."""
    response = client.post(address) if address == "/form" else client.get(address)
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")


def test_prefixes_are_a_setting(client: Client, settings) -> None:
    """Which paths are an API is for the project to say."""
    settings.IRONBOLT = {"API_PREFIXES": ["/raise/", "/page/"]}
    assert error_of(client.get("/raise/404"), 404)
    assert client.get("/api/page/404").headers["Content-Type"].startswith("text/html")


def test_trace_id_goes_in_and_out(client: Client) -> None:
    """A caller's id is kept and answered, inside and outside of the API; a malformed one is replaced."""
    for address in ("/logs", "/api/logs", "/api/raise/500", "/raise/404", "/nothing"):
        response = client.get(address, headers={"x-request-id": "order-4711"})
        assert response.headers["X-Request-ID"] == "order-4711"
    forged = client.get("/api/logs", headers={"x-request-id": "a b\tc"})
    assert len(forged.headers["X-Request-ID"]) == 32
    assert forged.json()["trace"] == forged.headers["X-Request-ID"]


def test_log_lines_of_a_request_carry_its_trace(client: Client, caplog) -> None:
    """What a view logs, and what the error table and Django log, bears the trace of the request."""
    caplog.handler.addFilter(TraceFilter())
    client.get("/api/logs", headers={"x-request-id": "order-4711"})
    client.get("/api/raise/500", headers={"x-request-id": "order-4712"})
    client.get("/api/page/404", headers={"x-request-id": "order-4713"})
    traces = [(record.name, record.trace_id) for record in caplog.records]
    assert ("tests.middleware", "order-4711") in traces
    assert ("ironbolt.errors", "order-4712") in traces
    assert ("django.request", "order-4713") in traces
    assert context.current().trace_id == "-"


def test_no_slash_is_added_below_the_api(settings) -> None:
    """A path that lacks its slash is a 404 of the API, under DEBUG too; elsewhere Django redirects as ever."""
    settings.MIDDLEWARE = ["ironbolt.middleware.IronboltMiddleware", "ironbolt.middleware.CommonMiddleware"]
    settings.ROOT_URLCONF = type("Urls", (), {"urlpatterns": [path("api/x/", logs), path("x/", logs)]})
    settings.DEBUG = True
    assert Client().post("/api/x").status_code == 404
    assert Client().get("/api/x").json()["error"]["code"] == "not_found"
    assert Client().get("/x").status_code == 301


def test_pages_of_the_browsable_api_are_answers_of_a_door(client: Client) -> None:
    """With the fault beside its field, which nobody would find in an envelope made from the status."""
    response = client.get("/api/browsed", headers={"accept": "text/html"})
    assert (response.status_code, response["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert "Not like this." in response.content.decode()
    assert response["X-Request-ID"]


def test_what_a_replaced_answer_holds_open_is_closed(client: Client) -> None:
    """With the answer in its place."""
    Pieces.closed = 0
    assert client.get("/api/streamed").status_code == 503
    assert Pieces.closed == 1
