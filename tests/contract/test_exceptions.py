"""The exception table, through both doors: whatever is raised, the same status, code and log line."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.core import exceptions as django_errors
from django.db import models
from django.db import utils as database_errors
from django.http import Http404
from rest_framework import exceptions as drf_errors
from rest_framework.response import Response as DRFResponse
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import ViewSet as DRFViewSet

from ironbolt.bolt import APIView, BoltAPI, Info
from ironbolt.bolt.responses import JSON
from ironbolt.core import errors
from ironbolt.core.errors import ApiError, register_error
from ironbolt.drf.views import BaseViewSetMixin
from ironbolt.testing import TestClient

Raise = Callable[..., tuple[int, dict[str, Any]]]


def through_drf(raised: Exception, **attributes: Any) -> tuple[int, dict[str, Any]]:
    """Raise in a view of the DRF door."""

    class View(BaseViewSetMixin, DRFViewSet):
        permission_classes = ()

        def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> DRFResponse:
            raise raised

    made: Any = type("View", (View,), attributes)
    view = made.as_view({"get": "retrieve"})
    answer = view(APIRequestFactory().get("/things/1"))
    return answer.status_code, answer.data


def through_bolt(raised: Exception, **attributes: Any) -> tuple[int, dict[str, Any]]:
    """Raise in a view of the Bolt door."""

    class View(APIView):
        async def get(self) -> None:
            raise raised

    api = BoltAPI(info=Info(served=False))
    api.view("/things/1")(type("View", (View,), attributes))
    answer = TestClient(api).get("/things/1")
    return answer.status_code, answer.json()


@pytest.fixture(params=[through_drf, through_bolt], ids=["drf", "bolt"])
def answer_to(request: pytest.FixtureRequest) -> Raise:
    """Each door in turn."""
    door: Raise = request.param
    return door


PROTECTED = "This object is still referenced by others and can't be deleted."

TABLE = [
    (drf_errors.ValidationError({"a": {"b": ["bad"]}}), 400, "validation_error", {"a.b": ["bad"]}),
    (drf_errors.ParseError(), 400, "parse_error", {}),
    (drf_errors.NotAuthenticated(), 401, "authentication_error", {}),
    (drf_errors.AuthenticationFailed(), 401, "authentication_error", {}),
    (drf_errors.PermissionDenied(), 403, "permission_denied", {}),
    (drf_errors.NotFound(), 404, "not_found", {}),
    (drf_errors.MethodNotAllowed("GET"), 405, "method_not_allowed", {}),
    (drf_errors.Throttled(wait=3), 429, "throttled", {}),
    (Http404(), 404, "not_found", {}),
    (django_errors.ObjectDoesNotExist(), 404, "not_found", {}),
    (django_errors.PermissionDenied(), 403, "permission_denied", {}),
    (django_errors.ValidationError({"a": ["bad"]}), 400, "validation_error", {"a": ["bad"]}),
    (database_errors.IntegrityError("UNIQUE constraint failed: t.c"), 409, "integrity_error", {}),
    (models.ProtectedError("no", set()), 409, "protected_object", {}),
    (models.RestrictedError("no", set()), 409, "protected_object", {}),
    (database_errors.DataError("value too long: t.c"), 400, "data_error", {}),
    (database_errors.OperationalError("no such table: t"), 503, "db_operational_error", {}),
    (database_errors.ProgrammingError("syntax error: t"), 500, "db_error", {}),
]


def name_of(value: object) -> str | None:
    """A readable name for a case."""
    return f"{type(value).__module__.split('.')[0]}.{type(value).__name__}" if isinstance(value, Exception) else None


@pytest.mark.row("V02", "V03")
@pytest.mark.parametrize(("raised", "status", "code", "details"), TABLE, ids=name_of)
def test_every_exception_has_its_status_and_code(answer_to: Raise, raised, status, code, details, caplog) -> None:
    """Each of the eighteen exceptions is answered by its status and code, in the one envelope."""
    with caplog.at_level(logging.DEBUG, "ironbolt.errors"):
        got, body = answer_to(raised)
    assert got == status
    assert set(body) == {"error"}
    assert (body["error"]["code"], body["error"]["details"]) == (code, details)
    assert body["error"]["message"]
    (record,) = (record for record in caplog.records if record.name == "ironbolt.errors")
    expected = "CRITICAL" if status >= 500 else "WARNING" if status in (401, 403, 409, 429) else "DEBUG"
    assert record.levelname == expected
    assert bool(record.exc_info) is (status >= 500)


@pytest.mark.row("V03")
def test_anything_else_is_a_500_with_its_traceback_in_the_log(answer_to: Raise, caplog) -> None:
    """What nobody foresaw is a 500 without a word of detail, and a critical line with the traceback."""
    status, body = answer_to(RuntimeError("password=hunter2"))
    assert (status, body["error"]["code"], body["error"]["details"]) == (500, "server_error", {})
    assert "hunter2" not in str(body)
    (record,) = (record for record in caplog.records if record.name == "ironbolt.errors")
    assert record.levelname == "CRITICAL"
    assert record.exc_info
    assert "hunter2" in str(record.exc_info[1])


DATABASE = [(exc, code) for exc, status, code, _ in TABLE if "db" in code or code in ("integrity_error", "data_error")]


@pytest.mark.row("V04")
@pytest.mark.parametrize(("raised", "code"), DATABASE, ids=name_of)
def test_database_texts_are_kept_back(answer_to: Raise, raised, code) -> None:
    """No word of the database leaves, unless the settings or the view allow it."""
    assert str(raised) not in str(answer_to(raised))
    shown = answer_to(raised, SAFE_DB_ERRORS=False)
    assert shown[1]["error"]["message"] == str(raised)
    assert shown[1]["error"]["code"] == code


@pytest.mark.row("V04")
@pytest.mark.parametrize(("raised", "code"), DATABASE, ids=name_of)
def test_setting_shows_database_texts_everywhere(answer_to: Raise, raised, code, settings) -> None:
    """SAFE_DB_ERRORS = False shows them in every view that does not say otherwise."""
    settings.IRONBOLT = {"SAFE_DB_ERRORS": False}
    assert answer_to(raised)[1]["error"]["message"] == str(raised)
    assert str(raised) not in str(answer_to(raised, SAFE_DB_ERRORS=True))


class OutOfStock(Exception):
    """An application's own error."""


@pytest.mark.row("V22")
def test_own_exception_can_be_registered(answer_to: Raise, monkeypatch) -> None:
    """An application maps its own exception, subclasses included, once for both doors."""
    monkeypatch.setattr(errors, "_table", dict(errors._table))
    register_error(OutOfStock, status=409, code="out_of_stock")
    status, body = answer_to(type("Sold", (OutOfStock,), {})("The last copy is gone."))
    assert status == 409
    assert body["error"] == {"code": "out_of_stock", "message": "The last copy is gone.", "details": {}}


@pytest.mark.row("V22")
def test_most_derived_mapping_decides(answer_to: Raise, monkeypatch) -> None:
    """A mapping for a subclass goes before that of its base, whichever was registered first."""
    monkeypatch.setattr(errors, "_table", dict(errors._table))
    register_error(django_errors.PermissionDenied, status=404, code="hidden", message="Not here.")
    assert answer_to(django_errors.PermissionDenied("secret"))[0] == 404
    assert answer_to(ApiError())[0] == 500


@pytest.mark.row("V22")
def test_handle_exception_can_be_extended(answer_to: Raise) -> None:
    """A subclass answers an error of its own and leaves the rest to the base class."""
    response = JSON if answer_to is through_bolt else DRFResponse

    def handle_exception(self: Any, exc: Exception) -> Any:
        if isinstance(exc, OutOfStock):
            return response({"error": {"code": "sold", "message": "Sold.", "details": {}}}, 410)
        return super(type(self), self).handle_exception(exc)

    assert answer_to(OutOfStock(), handle_exception=handle_exception)[0] == 410
    assert answer_to(Http404(), handle_exception=handle_exception)[0] == 404


def test_validation_status_is_a_setting(answer_to: Raise, settings) -> None:
    """Whoever prefers 422 for invalid input says so once."""
    settings.IRONBOLT = {"VALIDATION_STATUS": 422}
    assert answer_to(django_errors.ValidationError("no"))[0] == 422
    assert answer_to(drf_errors.ValidationError("no"))[0] == 422
