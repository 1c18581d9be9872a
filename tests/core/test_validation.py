"""Tests of what a model says of a value: what passes here the database takes."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from bookstore.catalog.models import Author, Book, BookStatus
from ironbolt.core.errors import ValidationFailed
from ironbolt.core.validation import MOST_KEYS, check_value, clean_values
from tests.project.models import Bag, Task

ZONES = (
    st.timezones()
    | st.just(datetime.UTC)
    | st.integers(-1439, 1439).map(lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes)))
)
TEXT = st.text(st.characters()) | st.sampled_from(["", " ", "\x00", "\ud800", "a" * 300, "en", "9780441172719", "open"])
VALUES = {
    str: TEXT,
    int: st.integers() | st.sampled_from([0, 2**31 - 1, 2**31, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**30]),
    float: st.floats(),
    Decimal: st.decimals() | st.sampled_from([Decimal(x) for x in ("1e1000000", "1e-1000000", "0e1000000", "-0")]),
    bool: st.booleans(),
    datetime.date: st.dates(),
    datetime.datetime: st.datetimes(timezones=st.none() | ZONES),
    datetime.time: st.times(timezones=st.none() | ZONES),
    datetime.timedelta: st.timedeltas() | st.sampled_from([datetime.timedelta.max, datetime.timedelta.min]),
    uuid.UUID: st.uuids(),
}
OF_BOOKS = {
    "title": str,
    "subtitle": str,
    "isbn": str,
    "price": Decimal,
    "pages": int,
    "language": str,
    "first_published": int,
    "publication_date": datetime.date,
    "status": str,
    "stock": int,
    "description": str,
}
OF_BAGS = {
    "name": str,
    "slug": str,
    "small": int,
    "big": int,
    "positive": int,
    "real": float,
    "amount": Decimal,
    "flag": bool,
    "day": datetime.date,
    "instant": datetime.datetime,
    "clock": datetime.time,
    "span": datetime.timedelta,
    "token": uuid.UUID,
    "level": int,
}


def pairs(types: dict[str, Any]) -> st.SearchStrategy[tuple[str, Any]]:
    """A column, and a value of the type that a Struct would give it."""
    return st.sampled_from(sorted(types)).flatmap(
        lambda name: st.tuples(st.just(name), VALUES[types[name]] | st.none())
    )


class TestAgainstTheDatabase(TestCase):
    """Whatever the check lets pass, the database takes."""

    @settings(max_examples=400)
    @given(pairs(OF_BOOKS))
    def test_every_column_of_a_book(self, pair: tuple[str, Any]) -> None:
        """A value that a book's column may have can be saved."""
        author, _ = Author.objects.get_or_create(last_name="Homer")
        sound = {"title": "T", "isbn": "9780441172719", "price": Decimal(1), "author": author}
        self.check(Book, sound, *pair)

    @settings(max_examples=400)
    @given(pairs(OF_BAGS))
    def test_every_other_type_of_column(self, pair: tuple[str, Any]) -> None:
        """A value of any other type that passes can be saved."""
        self.check(Bag, {}, *pair)

    def check(self, model: Any, sound: dict[str, Any], name: str, value: Any) -> None:
        """Save what passes the check, and read it again."""
        try:
            cleaned = clean_values(model, {name: value})
        except ValidationFailed as error:
            assert list(error.details) == [name]  # noqa: PT017 - either outcome is right
            return
        with transaction.atomic():
            made = model(**{**sound, **cleaned})
            made.save(force_insert=True)
            made.refresh_from_db()
            made.delete()


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        (Book, "price", 0.5),
        (Book, "price", 7),
        (Book, "status", BookStatus.AVAILABLE),
        (Bag, "level", "1"),
        (Bag, "small", "12"),
        (Bag, "token", "0" * 32),
        (Bag, "facts", {"a": [1]}),
        (Bag, "label_id", "anything"),
        (Task, "watchers", [1, 2]),
    ],
)
def test_value_in_another_type_than_the_column_can_be_checked(model: Any, name: str, value: Any) -> None:
    """A Struct may declare a price as a float or a key as text; what the model can read passes."""
    if name == "level":
        with pytest.raises(ValidationError, match="not a valid choice"):
            check_value(model._meta.get_field(name), value)
    else:
        check_value(model._meta.get_field(name), value)


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        (Book, "price", float("nan")),
        (Book, "price", float("inf")),
        (Book, "price", Decimal("sNaN")),
        (Book, "price", "ten"),
        (Book, "pages", "ten"),
        (Book, "author_id", "ten"),
        (Book, "author_id", 10**30),
        (Bag, "token", "ten"),
        (Bag, "day", "2024-02-30"),
        (Bag, "level", [1]),
        (Bag, "instant", datetime.datetime(1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=14)))),
        (Bag, "clock", datetime.time(1, tzinfo=datetime.UTC)),
        (Bag, "span", datetime.timedelta.max),
        (Task, "watchers", ["x"]),
        (Task, "watchers", [10**30]),
        (Task, "watchers", range(MOST_KEYS + 1)),
        (Task, "title", None),
    ],
)
def test_value_that_no_column_takes_is_invalid(model: Any, name: str, value: Any) -> None:
    """What would have burst in the database, or on the way there, is refused as invalid input."""
    with pytest.raises(ValidationError) as caught:
        check_value(model._meta.get_field(name), value)
    assert all(caught.value.messages)


def test_every_field_at_fault_is_named() -> None:
    """All faults are told at once, and strings count trimmed."""
    with pytest.raises(ValidationFailed) as caught:
        clean_values(Book, {"title": "  ", "language": " en ", "stock": -1, "isbn": "1"})
    assert set(caught.value.details) == {"title", "stock", "isbn"}


def test_what_is_no_column_passes_untouched() -> None:
    """Values for anything but a column are none of the model's business here."""
    assert clean_values(Book, {"full_title": "  x ", "title": " x "}) == {"full_title": "  x ", "title": "x"}


def test_date_and_time_without_a_zone_is_in_that_of_the_project() -> None:
    """A naive moment is taken in the project's time zone, as forms take it."""
    (value,) = clean_values(Bag, {"instant": datetime.datetime(2024, 5, 1, 12)}).values()  # noqa: DTZ001 - the point
    assert value.tzinfo is not None
