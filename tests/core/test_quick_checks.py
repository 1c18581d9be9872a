"""Tests of the glance at values: whatever it lets pass is what the whole check lets pass, to the letter."""

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from hypothesis import given, settings
from hypothesis import strategies as st

from ironbolt.core.quick_checks import DOUBT, quick_check
from ironbolt.core.validation import cleaned_value
from tests.project.models import Article, Bag, Chore, Label, Member, Receipt, Relic, Task, Ticket

FIELDS = [
    field
    for model in (Article, Bag, Chore, Label, Member, Receipt, Relic, Task, Ticket)
    for field in (*model._meta.concrete_fields, *model._meta.many_to_many)
]

VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.text(max_size=120),
    st.sampled_from(
        ["", " ", " a ", "open", "done", "dug", "\0", "é", "\ud800", "a b", "x" * 51, "a@b.org", "1", "low"]
    ),
    st.integers(-(2**65), 2**65),
    st.integers(-3, 3),
    st.booleans(),
    st.floats(),
    st.decimals(),
    st.sampled_from([Decimal("-0.00"), Decimal("1.005"), Decimal("999999.99"), Decimal("1E+3"), Decimal("sNaN")]),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, datetime.UTC, datetime.timezone(datetime.timedelta(hours=14))])),
    st.times(timezones=st.sampled_from([None, datetime.UTC])),
    st.timedeltas(),
    st.uuids(),
    st.lists(st.integers(-2, 2), max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)


def outcome(check: Callable[[], Any]) -> Any:
    """What comes of a value, which may be of a type that no form lets through."""
    try:
        return check()
    except ValidationError:
        return DOUBT
    except Exception as error:  # noqa: BLE001 - compared
        return str(error)


@settings(max_examples=1500, deadline=None)
@given(field=st.sampled_from(FIELDS), value=VALUES)
def test_what_passes_is_what_the_whole_check_makes_of_it(field: Any, value: Any) -> None:
    """The same value of the same type, and nothing that has a fault."""
    expected = outcome(lambda: cleaned_value(field, value))
    found = outcome(lambda: quick_check(field)(value))
    assert type(found) is type(expected)
    assert repr(found) == repr(expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "  a bag "),
        ("slug", "a-bag"),
        ("small", 7),
        ("amount", Decimal("1.50")),
        ("real", 1.5),
        ("flag", True),
        ("day", datetime.date(2020, 2, 29)),
        ("token", uuid.UUID(int=5)),
        ("level", 2),
        ("label", "red"),
    ],
)
def test_usual_values_need_no_more_than_a_glance(name: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole check is not asked."""
    check = quick_check(Bag._meta.get_field(name))

    def whole(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr("ironbolt.core.quick_checks.cleaned_value", whole)
    assert check(value) == (value.strip() if isinstance(value, str) else value)


def test_choices_that_a_function_gives_are_asked_for_each_time() -> None:
    """They may be others by now."""
    found = [("a", "A")]
    field: Any = models.CharField(max_length=5, choices=lambda: found)
    field.set_attributes_from_name("kind")
    check = quick_check(field)
    assert check("b") is DOUBT
    found.append(("b", "B"))
    assert check("b") == "b"
