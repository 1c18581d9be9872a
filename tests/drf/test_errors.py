"""Every error of this door: its body, its headers, its line in the log."""

import logging
from typing import Any

import pytest
from django.db import IntegrityError
from django.http import HttpResponse
from django.utils import translation
from rest_framework import exceptions as drf_errors
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.decorators import api_view
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import InvalidToken

from ironbolt.core.errors import register_error
from ironbolt.drf.base import BaseViewMixin
from ironbolt.drf.exceptions import exception_handler
from tests.drf.shop import TaskViewSet, body_of, call


def raising(exc: Exception, **attributes: Any) -> type[Any]:
    """A viewset that raises in its list."""

    def fail(self: Any, request: Any) -> None:
        raise exc

    return type("View", (TaskViewSet,), {"list": fail, **attributes})


class QuotaExceeded(drf_errors.APIException):
    status_code = 402
    default_detail = "Your quota is used up."
    default_code = "quota_exceeded"


@pytest.mark.row("V03")
@pytest.mark.parametrize(
    ("raised", "status", "code", "message"),
    [
        (drf_errors.NotAcceptable(), 406, "not_acceptable", None),
        (drf_errors.UnsupportedMediaType("x/y"), 415, "unsupported_media_type", None),
        (QuotaExceeded(), 402, "quota_exceeded", "Your quota is used up."),
        (drf_errors.APIException("Odd.", code="odd"), 500, "odd", "Odd."),
        (drf_errors.APIException(), 500, "server_error", None),
        (InvalidToken("Token is expired"), 401, "authentication_error", "Token is expired"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_other_exceptions_of_rest_framework(raised, status, code, message) -> None:
    """What the guide's table leaves out is answered by the status and the code that it names."""
    view = raising(raised, authentication_classes=(BasicAuthentication,))
    response = call(view, "GET")
    assert response.status_code == status
    error = body_of(response)["error"]
    assert error["code"] == code
    assert message is None or error["message"] == message


def test_details_of_an_unknown_exception_are_flattened() -> None:
    """An exception with several messages shows them as details."""
    error = body_of(call(raising(QuotaExceeded({"books": ["Too many."]})), "GET"))["error"]
    assert error == {
        "code": "quota_exceeded",
        "message": "Your quota is used up.",
        "details": {"books": ["Too many."]},
    }


NOT_ALLOWED = "You do not have permission to perform this action."


class Closed(drf_errors.PermissionDenied):
    default_detail = "The shop is closed."


@pytest.mark.parametrize(
    ("raised", "status", "message", "details"),
    [
        (
            drf_errors.PermissionDenied({"reason": "no", "until": "May"}),
            403,
            NOT_ALLOWED,
            {"reason": ["no"], "until": ["May"]},
        ),
        (drf_errors.NotFound({"shelf": ["Gone."]}), 404, "Not found.", {"shelf": ["Gone."]}),
        (drf_errors.NotFound(["a", "b"]), 404, "Not found.", {"non_field_errors": ["a", "b"]}),
        (drf_errors.NotFound({"detail": {"a": "b"}}), 404, "Not found.", {"detail.a": ["b"]}),
        (drf_errors.PermissionDenied({"detail": "Pay first.", "due": "9"}), 403, "Pay first.", {"due": ["9"]}),
        (drf_errors.ParseError({"line": "7"}), 400, "Malformed request.", {"line": ["7"]}),
        (drf_errors.Throttled(detail={"limit": "9"}), 429, "Request was throttled.", {"limit": ["9"]}),
        (QuotaExceeded({"detail": "Nine books."}), 402, "Nine books.", {}),
        (Closed(), 403, "The shop is closed.", {}),
        (Closed({"until": "May"}), 403, "The shop is closed.", {"until": ["May"]}),
        (drf_errors.PermissionDenied(), 403, NOT_ALLOWED, {}),
        (
            type("Over", (drf_errors.PermissionDenied,), {"default_detail": {"a": "b"}})(),
            403,
            NOT_ALLOWED,
            {"a": ["b"]},
        ),
    ],
)
def test_what_an_exception_says_is_answered(raised: Any, status: int, message: str, details: Any) -> None:
    """A sentence, its own or that of its class, is the message; what else it says are details."""
    response = call(raising(raised), "GET")
    error = body_of(response)["error"]
    assert (response.status_code, error["message"], error["details"]) == (status, message, details)


@pytest.mark.parametrize(
    ("raised", "message", "details"),
    [
        (drf_errors.AuthenticationFailed({"device": "lost"}), None, {"device": ["lost"]}),
        (InvalidToken({"detail": "Expired.", "messages": [{"token_class": "X"}]}), "Expired.", {}),
    ],
)
@pytest.mark.parametrize("authentication", [BasicAuthentication, SessionAuthentication])
def test_what_a_refusal_of_credentials_says_is_answered(
    raised: Any, message: str | None, details: Any, authentication: Any
) -> None:
    """But not what simplejwt says of the classes of tokens it tried."""
    error = body_of(call(raising(raised, authentication_classes=(authentication,)), "GET"))["error"]
    assert error["details"] == details
    assert error["message"] != NOT_ALLOWED
    assert message in (None, error["message"])


def test_standard_words_beside_details_are_in_the_language_of_the_client() -> None:
    """As they are without details."""
    with translation.override("de"):
        plain = body_of(call(raising(drf_errors.PermissionDenied()), "GET"))["error"]
        error = body_of(call(raising(drf_errors.PermissionDenied({"bis": "Mai"})), "GET"))["error"]
    assert error["message"] == plain["message"]
    assert error["message"].startswith("Sie sind nicht berechtigt")
    assert error["details"] == {"bis": ["Mai"]}


@pytest.mark.row("V02")
def test_challenge_decides_between_401_and_403() -> None:
    """Without credentials it is 401 with a challenge; 403 where no authentication has one, as REST framework rules."""
    closed = {"permission_classes": (IsAuthenticated,)}
    challenging = call(type("V", (TaskViewSet,), {**closed, "authentication_classes": (BasicAuthentication,)}), "GET")
    assert challenging.status_code == 401
    assert challenging.headers["WWW-Authenticate"].startswith("Basic")
    silent = call(type("V", (TaskViewSet,), {**closed, "authentication_classes": (SessionAuthentication,)}), "GET")
    assert silent.status_code == 403
    assert body_of(silent)["error"]["message"] == "Authentication credentials were not provided."
    assert {body_of(one)["error"]["code"] for one in (challenging, silent)} == {"authentication_error"}


@pytest.mark.row("V02")
def test_wrong_method_is_told_before_authentication() -> None:
    """A wrong method is a 405 with Allow, whoever asks."""
    view = type(
        "V",
        (TaskViewSet,),
        {"permission_classes": (IsAuthenticated,), "authentication_classes": (BasicAuthentication,)},
    )
    for method in ("DELETE", "BREW"):
        response = call(view, method)
        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


class Busy(BaseThrottle):
    def allow_request(self, request: Any, view: Any) -> bool:
        return False

    def wait(self) -> float:
        return 2.2


def test_throttled_says_when_to_come_back() -> None:
    """A throttled client is told in whole seconds when to come back."""
    response = call(type("V", (TaskViewSet,), {"throttle_classes": (Busy,)}), "GET")
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "3"


@pytest.mark.row("V02")
def test_problem_document_has_the_same_facts() -> None:
    """A client that prefers application/problem+json gets RFC 9457 with the same facts."""
    raised = drf_errors.ValidationError({"a": {"b": ["bad"]}})
    response = call(raising(raised), "GET", accept="application/problem+json")
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "Accept" in response.headers["Vary"]
    body = body_of(response)
    assert (body["status"], body["code"], body["errors"]) == (400, "validation_error", {"a.b": ["bad"]})


class Table(BaseRenderer):
    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, media_type: str | None = None, context: Any = None) -> bytes:
        return b"a,b"


def test_error_is_json_whatever_the_view_renders() -> None:
    """A view that renders something else still answers its errors as JSON."""
    response = call(raising(drf_errors.NotFound(), renderer_classes=(Table,)), "GET", accept="text/csv")
    assert response.headers["Content-Type"] == "application/json"
    assert body_of(response)["error"]["code"] == "not_found"


@pytest.mark.row("V02", "V03")
def test_plain_view_gets_the_envelope_by_the_setting() -> None:
    """A view that knows nothing of Ironbolt answers in the envelope, for a line in the settings."""

    class Plain(APIView):
        authentication_classes = ()
        permission_classes = ()

        def get_exception_handler(self) -> Any:
            return exception_handler

        def get(self, request: Any) -> Response:
            raise RuntimeError("secret")

    response = Plain.as_view()(APIRequestFactory().get("/"))
    response.render()
    assert response.status_code == 500
    assert body_of(response)["error"]["code"] == "server_error"
    assert b"secret" not in response.content


def test_handler_of_the_project_is_kept(settings) -> None:
    """A project's own EXCEPTION_HANDLER goes before the one of this door; REST framework's does not."""
    configured = {"EXCEPTION_HANDLER": lambda exc, context: Response({"mine": True}, 418)}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, **configured}
    assert call(raising(ValueError()), "GET").data == {"mine": True}
    settings.REST_FRAMEWORK = {"EXCEPTION_HANDLER": "rest_framework.views.exception_handler"}
    assert call(raising(ValueError()), "GET").status_code == 500


@pytest.mark.row("V03")
def test_each_error_is_one_line_in_the_log(client, caplog, settings) -> None:
    """An error leaves one line, at the level of its severity: Django does not add its own."""
    settings.ROOT_URLCONF = "tests.drf.shop"
    with caplog.at_level(logging.DEBUG):
        client.delete("/api/tasks/")
    lines = [record for record in caplog.records if record.name in ("django.request", "ironbolt.errors")]
    assert [(line.name, line.levelname) for line in lines] == [("ironbolt.errors", "DEBUG")]


class Broken(BaseRenderer):
    media_type = "application/json"
    format = "json"

    def render(self, data: Any, media_type: str | None = None, context: Any = None) -> bytes:
        raise RuntimeError("no way to say this")


def test_failing_renderer_is_an_error_like_any_other() -> None:
    """What a renderer raises is answered in the envelope too."""
    view = type("V", (TaskViewSet,), {"list": lambda self, request: Response({}), "renderer_classes": (Broken,)})
    assert body_of(call(view, "GET"))["error"]["code"] == "server_error"


def test_handler_may_answer_with_a_response_of_django() -> None:
    """A handler may return any response."""
    view = type("V", (TaskViewSet,), {"list": lambda self, request: HttpResponse(b"raw")})
    assert call(view, "GET").content == b"raw"


@pytest.mark.row("V22")
def test_registered_error_of_ones_own(monkeypatch) -> None:
    """An exception registered once is answered by every view of this door."""
    from ironbolt.core import errors

    class SoldOut(Exception):
        pass

    monkeypatch.setattr(errors, "_table", dict(errors._table))
    register_error(SoldOut, status=410, code="sold_out")
    response = call(raising(SoldOut("Gone.")), "GET")
    assert response.status_code == 410
    assert body_of(response)["error"] == {"code": "sold_out", "message": "Gone.", "details": {}}


def test_mixin_works_before_any_api_view() -> None:
    """The mixin gives its errors to a view that is no viewset."""

    class View(BaseViewMixin, APIView):
        authentication_classes = ()
        permission_classes = ()

        def get(self, request: Any) -> Response:
            raise drf_errors.NotFound

    response = View.as_view()(APIRequestFactory().get("/"))
    assert body_of(response)["error"]["code"] == "not_found"


def test_function_view_gets_the_envelope() -> None:
    """A function view gets the envelope from the settings of the project."""

    @api_view(["GET"])
    def view(request: Any) -> Response:
        raise drf_errors.ParseError

    response = view(APIRequestFactory().get("/", headers={"accept": "application/json"}))
    response.render()
    assert response.status_code in (400, 401)
    assert set(body_of(response)) == {"error"}


@pytest.mark.parametrize("status", [200, 302, 99, 600])
def test_status_that_is_no_error_is_a_mistake_of_ours(status: int) -> None:
    """An exception with such a status is answered as a 500."""
    exc = drf_errors.APIException("moved")
    exc.status_code = status
    response = call(raising(exc), "GET")
    assert (response.status_code, body_of(response)["error"]["code"]) == (500, "server_error")


@pytest.mark.django_db
@pytest.mark.parametrize("mixins", [(BaseViewMixin,), ()])
def test_view_without_a_serializer_writes_and_is_told_its_violations(mixins: Any) -> None:
    """A serializer is asked for where somebody needs one: neither the unit of work nor the answer to an error does."""

    def choose(self: Any) -> Any:
        raise KeyError(self.request.method)

    def post(self: Any, request: Any) -> Response:
        if request.query_params:
            raise IntegrityError("UNIQUE constraint failed: secret.table")
        return Response({"done": True})

    for chooses in ({}, {"get_serializer_class": choose}):
        attributes = {"permission_classes": (AllowAny,), "post": post, **chooses}
        attributes["get_exception_handler"] = lambda self: exception_handler
        made: Any = type("View", (*mixins, GenericAPIView), attributes)
        view = made.as_view()
        assert view(APIRequestFactory().post("/")).data == {"done": True}
        refused = view(APIRequestFactory().post("/?refuse=1"))
        assert (refused.status_code, refused.data["error"]["details"]) == (409, {})
