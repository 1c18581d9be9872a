"""``handle_exception`` and registered errors through both doors: what a class or a project answers in its own way."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from rest_framework.response import Response as DRFResponse

from ironbolt.bolt.responses import JSON
from ironbolt.core import errors
from ironbolt.core.errors import problem_of, register_error
from tests.contract.tasks import Call, through_bolt, through_drf
from tests.project.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


class OutOfStockError(Exception):
    """An error of somebody's own."""


@pytest.fixture(params=[through_drf, through_bolt], ids=["drf", "bolt"])
def door(request: pytest.FixtureRequest) -> Any:
    """Each door in turn."""
    return request.param


def translating(door: Any, status: int = 410) -> dict[str, Any]:
    """A view set that answers every error in its own way, with the code that the table gives it."""
    response = JSON if door is through_bolt else DRFResponse

    def handle_exception(self: Any, exc: Exception) -> Any:
        return response({"mine": problem_of(exc).code}, status)

    return {"handle_exception": handle_exception}


def raising(error: Exception) -> dict[str, Any]:
    """A view set whose hook raises after a row was written."""

    def after_perform_create(view: Any, instance: Any, sent: Any) -> None:
        raise error

    return {"after_perform_create": after_perform_create}


SENT = {"title": "new", "code": "B"}


@pytest.mark.row("V22")
@pytest.mark.parametrize(
    ("request_of", "code"),
    [
        (lambda call: call("GET", 1_000_000), "not_found"),
        (lambda call: call("GET", "abc"), "not_found"),
        (lambda call: call("POST", json={"title": "new"}), "validation_error"),
        (lambda call: call("POST", json=[]), "validation_error"),
        (lambda call: call("POST", json={"title": "new", "code": "A"}), "integrity_error"),
    ],
    ids=["a missing row", "a bad key", "a bad body", "no object", "a conflict"],
)
def test_class_answers_whatever_went_wrong(door: Any, request_of: Callable[[Call], Any], code: str) -> None:
    """handle_exception has the first word, wherever in a request the error comes from."""
    Task.objects.create(title="there", code="A", owner_id="1")
    assert request_of(door(**translating(door))) == (410, {"mine": code})


@pytest.mark.row("V22")
def test_rest_is_left_to_the_base_class(door: Any) -> None:
    """What a subclass does not know goes to super(), which answers it as ever; the write is undone either way."""
    response = JSON if door is through_bolt else DRFResponse

    def handle_exception(self: Any, exc: Exception) -> Any:
        if isinstance(exc, OutOfStockError):
            return response({"error": {"code": "sold", "message": "Sold.", "details": {}}}, 410)
        return super(type(self), self).handle_exception(exc)

    for error, status, code in ((OutOfStockError(), 410, "sold"), (ValidationError("no"), 400, "validation_error")):
        call = door(handle_exception=handle_exception, **raising(error))
        answer = call("POST", json=SENT)
        assert (answer[0], answer[1]["error"]["code"]) == (status, code)
        assert not Task.objects.exists()


@pytest.mark.row("V22")
def test_registered_error_is_answered_by_both_doors(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line registers an error of one's own, with its status, code and sentence; it undoes a write as any does."""
    monkeypatch.setattr(errors, "_table", dict(errors._table))
    call = door(**raising(OutOfStockError("All sold.")))
    assert call("POST", json=SENT)[0] == 500
    register_error(OutOfStockError, status=409, code="out_of_stock")
    assert call("POST", json=SENT) == (
        409,
        {"error": {"code": "out_of_stock", "message": "All sold.", "details": {}}},
    )
    assert not Task.objects.exists()


@pytest.mark.row("V22")
def test_answer_that_calls_an_error_a_success_undoes_the_write_all_the_same(door: Any) -> None:
    """What was raised through a write undoes it, whatever status a class then gives it."""
    call = door(**translating(door, 200), **raising(OutOfStockError()))
    assert call("POST", json=SENT) == (200, {"mine": "server_error"})
    assert not Task.objects.exists()
