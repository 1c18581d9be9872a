"""``success_response`` through both doors: the same body, whatever is in it."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.contract.tasks import through_bolt, through_drf

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[through_drf, through_bolt], ids=["drf", "bolt"])
def answer_to(request: pytest.FixtureRequest) -> Callable[..., tuple[int, Any]]:
    """Each door in turn: what a client gets of ``success_response`` with these arguments."""

    def ask(*args: Any, **kwargs: Any) -> tuple[int, Any]:
        def answer(self: Any, request: Any) -> Any:
            return self.success_response(*args, **kwargs)

        return request.param(list=answer)("GET")  # type: ignore[no-any-return]  # a parameter of a fixture is anything

    return ask


@pytest.mark.row("V17")
def test_data_message_and_status(answer_to: Callable[..., tuple[int, Any]]) -> None:
    """Each of the three reaches the client, by name as in the guide."""
    answer = answer_to(data={"id": 1}, message="Article published successfully", status_code=201)
    assert answer == (201, {"message": "Article published successfully", "data": {"id": 1}})


@pytest.mark.row("V17")
def test_arguments_by_position(answer_to: Callable[..., tuple[int, Any]]) -> None:
    """The order is data, message, status."""
    assert answer_to([1], "Done", 202) == (202, {"message": "Done", "data": [1]})


@pytest.mark.row("V17")
def test_data_may_be_left_out(answer_to: Callable[..., tuple[int, Any]]) -> None:
    """Both keys are always there, so that clients need not ask: data is null, the message a plain one."""
    assert answer_to(message="Article archived successfully") == (
        200,
        {"message": "Article archived successfully", "data": None},
    )
    assert answer_to() == (200, {"message": "Success", "data": None})


@pytest.mark.row("V17")
@pytest.mark.parametrize("data", [0, "", [], {}, False])
def test_empty_data_is_data(answer_to: Callable[..., tuple[int, Any]], data: Any) -> None:
    """What is empty stays what it is."""
    assert answer_to(data) == (200, {"message": "Success", "data": data})


def test_values_are_encoded_alike(answer_to: Callable[..., tuple[int, Any]]) -> None:
    """Dates and decimals look the same through both doors."""
    data = {"day": datetime.date(2026, 11, 21), "price": Decimal("9.90")}
    assert answer_to(data)[1]["data"] == {"day": "2026-11-21", "price": "9.90"}


def test_no_content_has_none(answer_to: Callable[..., tuple[int, Any]]) -> None:
    """A 204 has no body, whatever was given."""
    assert answer_to({"a": 1}, status_code=204) == (204, None)
