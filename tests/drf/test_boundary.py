"""``error_boundary()``: the envelope of every error, and what becomes of that which was written."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError, OperationalError, ProgrammingError, connection
from django.http import Http404
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated, ParseError, Throttled, ValidationError
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from ironbolt.core.unit import current_unit
from tests.drf.shop import TaskViewSet, body_of
from tests.project.models import Label, Task

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.row("V18")]

Body = Callable[[Any], Any]


def call(body: Body, method: str = "POST", **attributes: Any) -> Response:
    """Call an own action with this body."""

    def own(self: Any, request: Any) -> Any:
        return body(self)

    methods: Any = [method.lower()]
    view: Any = type("View", (TaskViewSet,), {"own": action(methods=methods, detail=False)(own), **attributes})
    request = APIRequestFactory().generic(method, "/api/tasks/own/")
    response: Response = view.as_view({method.lower(): "own"})(request)
    return response


def labels() -> set[str]:
    """All that is kept."""
    return set(Label.objects.values_list("name", flat=True))


def write(name: str) -> None:
    """Leave a row behind."""
    Label.objects.create(name=name)


def raising(error: BaseException) -> Body:
    """A body that writes before its boundary and in it, and then raises."""

    def body(view: Any) -> Any:
        write("before")
        with view.error_boundary():
            write("within")
            raise error

    return body


METHODS = ("POST", "PUT", "PATCH", "DELETE", "GET")
ERRORS = [
    (ValidationError({"rating": ["Too high."]}), 400, "validation_error", {"rating": ["Too high."]}),
    (ValidationError("No."), 400, "validation_error", {"non_field_errors": ["No."]}),
    (DjangoValidationError({"title": ["Too long."]}), 400, "validation_error", {"title": ["Too long."]}),
    (DjangoValidationError("Not ready."), 400, "validation_error", {"non_field_errors": ["Not ready."]}),
    (ParseError(), 400, "parse_error", {}),
    (NotAuthenticated(), 401, "authentication_error", {}),
    (PermissionDenied("Not you."), 403, "permission_denied", {}),
    (ObjectDoesNotExist("x"), 404, "not_found", {}),
    (Task.DoesNotExist(), 404, "not_found", {}),
    (Http404(), 404, "not_found", {}),
    (IntegrityError("UNIQUE constraint failed: secret"), 409, "integrity_error", {}),
    (DataError("secret"), 400, "data_error", {}),
    (OperationalError("secret"), 503, "db_operational_error", {}),
    (ProgrammingError("secret"), 500, "db_error", {}),
    (Throttled(wait=3), 429, "throttled", {}),
    (RuntimeError("secret"), 500, "server_error", {}),
]


@pytest.mark.parametrize(
    ("error", "status", "code", "details"), ERRORS, ids=[f"{type(error[0]).__name__}-{error[1]}" for error in ERRORS]
)
def test_whatever_is_raised_is_the_envelope(error: Exception, status: int, code: str, details: Any) -> None:
    """With its status, code and details, under every method; of databases nothing is told."""
    for method in METHODS:
        response = call(raising(error), method)
        # Without a way to log in REST framework has no challenge to offer, and says 403.
        expected = 403 if status == 401 else status
        body = body_of(response)
        assert (response.status_code, body["error"]["code"], body["error"]["details"]) == (expected, code, details)
        assert set(body) == {"error"}
        assert "secret" not in str(body)
        Label.objects.all().delete()  # what stood before the boundary under GET


def test_texts_of_databases_are_told_where_the_view_says_so() -> None:
    """``SAFE_DB_ERRORS = False`` holds in a boundary too."""
    body = body_of(call(raising(IntegrityError("UNIQUE constraint failed")), SAFE_DB_ERRORS=False))
    assert body["error"]["message"] == "UNIQUE constraint failed"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_request_that_writes_is_undone_whole(method: str) -> None:
    """A write is one unit: what stood before the boundary is gone as well."""
    assert call(raising(RuntimeError()), method).status_code == 500
    assert labels() == set()


@pytest.mark.parametrize(("method", "attributes"), [("GET", {}), ("POST", {"transactional": False})])
def test_boundary_without_a_unit_is_a_transaction_of_its_own(method: str, attributes: dict[str, Any]) -> None:
    """What it wrote is undone; what stood before it was committed already."""
    assert call(raising(RuntimeError()), method, **attributes).status_code == 500
    assert labels() == {"before"}


def test_real_violation_is_told_by_its_fields() -> None:
    """A boundary takes nothing away from what a constraint is explained by."""
    Task.objects.create(title="a", code="A")

    def body(view: Any) -> Any:
        with view.error_boundary():
            write("within")
            Task.objects.create(title="b", code="A")

    response = call(body)
    assert (response.status_code, body_of(response)["error"]["details"]) == (
        409,
        {"code": ["This value is already taken."]},
    )
    assert labels() == set()


@pytest.mark.parametrize("method", METHODS)
def test_what_is_returned_in_it_is_answered_and_kept(method: str) -> None:
    """A boundary is no end of an action."""

    def body(view: Any) -> Any:
        with view.error_boundary():
            write("within")
            return view.success_response({"done": True}, message="Done.", status_code=202)

    response = call(body, method)
    assert (response.status_code, body_of(response)) == (202, {"message": "Done.", "data": {"done": True}})
    assert labels() == {"within"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("status", "kept"), [(200, {"within"}), (409, set())])
def test_handled_ends_it_with_an_answer(method: str, status: int, kept: set[str]) -> None:
    """``handled()`` passes through with the work done, unless its answer is an error."""

    def body(view: Any) -> Any:
        with view.error_boundary():
            write("within")
            view.handled(Response({"early": True}, status))

    response = call(body, method)
    assert (response.status_code, body_of(response)) == (status, {"early": True})
    assert labels() == kept


@pytest.mark.parametrize("method", METHODS)
def test_boundaries_nest(method: str) -> None:
    """An inner one that an outer one survives is undone alone; each is caught as what was raised."""

    def body(view: Any) -> Any:
        with view.error_boundary():
            write("outer")
            try:
                with view.error_boundary():
                    write("inner")
                    raise DjangoValidationError("No.")
            except DjangoValidationError:
                write("instead")
        return Response({})

    assert call(body, method).status_code == 200
    assert labels() == {"outer", "instead"}


@pytest.mark.parametrize("method", METHODS)
def test_what_an_inner_one_raises_undoes_the_outer_ones(method: str) -> None:
    """If nobody catches it, nothing is left."""

    def body(view: Any) -> Any:
        with view.error_boundary():
            write("outer")
            with view.error_boundary():
                write("inner")
                raise PermissionDenied

    assert call(body, method).status_code == 403
    assert labels() == set()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_database_may_be_used_after_one_that_failed(method: str) -> None:
    """A violated constraint that the action survives leaves no broken transaction behind."""
    Task.objects.create(title="a", code="A")

    def body(view: Any) -> Any:
        try:
            with view.error_boundary():
                Task.objects.create(title="b", code="A")
        except IntegrityError:
            write("instead")
        return Response({"tasks": Task.objects.count()})

    assert body_of(call(body, method)) == {"tasks": 1}
    assert labels() == {"instead"}


def test_notes_of_an_undone_part_are_forgotten() -> None:
    """A hook after the commit of what was undone does not run, one of what was kept does."""
    seen: list[str] = []

    def body(view: Any) -> Any:
        for code in ("A", "B"):
            try:
                with view.error_boundary():
                    serializer = view.get_serializer(data={"title": code, "code": code})
                    serializer.is_valid(raise_exception=True)
                    view.perform_create(serializer)
                    if code == "A":
                        raise DjangoValidationError("No.")
            except DjangoValidationError:
                continue
        return Response({})

    def after_commit_create(self: Any, instance: Task) -> None:
        seen.append(instance.code)

    assert call(body, after_commit_create=after_commit_create).status_code == 200
    assert (seen, [*Task.objects.values_list("code", flat=True)]) == (["B"], ["B"])


def test_views_own_answer_is_asked_for() -> None:
    """``handle_exception`` of the class has its say, and the work is undone all the same."""

    def handle_exception(self: Any, exc: Exception) -> Response:
        return Response({"sorry": str(exc)}, 418)

    response = call(raising(RuntimeError("so it is")), handle_exception=handle_exception)
    assert (response.status_code, body_of(response), labels()) == (418, {"sorry": "so it is"}, set())


def test_log_has_the_place_where_it_was_raised(caplog: pytest.LogCaptureFixture) -> None:
    """The traceback leads to the line in the action."""

    def deep_within() -> None:
        raise RuntimeError("lost")

    def body(view: Any) -> Any:
        with view.error_boundary():
            deep_within()

    with caplog.at_level(logging.CRITICAL, "ironbolt.errors"):
        assert call(body).status_code == 500
    assert "in deep_within" in caplog.text
    assert "RuntimeError: lost" in caplog.text


def test_boundary_under_get_is_no_unit_of_work() -> None:
    """Whoever reads holds no lock that a unit takes: neither the database, on SQLite, nor the rows it gets."""
    seen: list[Any] = []

    def body(view: Any) -> Any:
        with view.error_boundary():
            seen.append((current_unit(), connection.in_atomic_block))
        return Response({})

    call(body, "GET")
    call(body, "GET", transactional=False)
    assert seen == [(None, True)] * 2
