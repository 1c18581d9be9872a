"""Tests of what a model asks of a field, in the words of JSON Schema."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from hypothesis import given
from hypothesis import strategies as st

from bookstore.catalog.models import Book
from ironbolt.bolt.openapi.constraints import constraints_of
from ironbolt.bolt.responses import encode_json
from ironbolt.core.validation import NOT_BLANK
from tests.project.models import Bag, Chore, Receipt, Task


def of(model: type[models.Model], name: str) -> dict[str, Any]:
    """What a column asks."""
    return constraints_of(model._meta.get_field(name))  # type: ignore[arg-type]  # columns only


@pytest.mark.parametrize(
    ("model", "name", "schema"),
    [
        (Book, "title", {"maxLength": 200, "minLength": 1, "pattern": NOT_BLANK}),
        (Book, "subtitle", {"maxLength": 200}),
        (Book, "description", {}),
        (Book, "status", {"enum": ["available", "out_of_stock", "discontinued"]}),
        (Bag, "slug", {"maxLength": 50, "pattern": r"^$|^[-a-zA-Z0-9_]+$"}),
        (Bag, "label", {"maxLength": 50, "minLength": 1, "pattern": NOT_BLANK}),
        (Bag, "facts", {}),
        (Bag, "level", {"enum": [1, 2]}),
        (Bag, "flag", {}),
    ],
)
def test_text_and_choices(model: Any, name: str, schema: dict[str, Any]) -> None:
    """Lengths, patterns and choices are told; a key is told as the column that it points to."""
    assert of(model, name) == schema


@pytest.mark.parametrize(("model", "name"), [(Task, "label"), (Receipt, "chore")])
def test_numeric_key_has_the_bounds_of_its_column(model: Any, name: str) -> None:
    """A key to a number is a number that the column can hold, through inheritance too."""
    schema = of(model, name)
    assert schema["type"] == "integer"
    assert schema["minimum"] < schema["maximum"] <= 2**63 - 1


def test_keys_of_many_are_told_one_by_one() -> None:
    """A list of keys is as long as a write may be, each item a key."""
    schema = of(Task, "watchers")
    assert schema["items"]["type"] == "integer"
    assert schema["maxItems"] == 1_000
    assert of(Chore, "watchers") == schema


def test_key_that_is_no_number_is_told_as_what_it_is() -> None:
    """A UUID key is text of that format."""
    field = models.ForeignKey(Bag, on_delete=models.CASCADE)
    field.opts = Task._meta  # a field that belongs to nobody, resolved by hand
    assert constraints_of(field) == {"type": "string", "format": "uuid"}


def test_bounds_are_numbers() -> None:
    """A bound that is given as a decimal or a function is a number all the same."""
    field = models.DecimalField(
        max_digits=4,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01")), MinValueValidator(lambda: 0), MaxValueValidator(Decimal(50))],
    )
    text, number = constraints_of(field)["anyOf"]
    assert number == {"type": "number", "minimum": 0.01, "maximum": 50.0, "exclusiveMaximum": 100, "multipleOf": 0.01}
    assert text["pattern"] == r"^\d{1,2}(\.\d{1,2})?$"
    assert b'"minimum":0.01' in encode_json(number)
    real = models.FloatField(validators=[MaxValueValidator(2.5)])
    assert constraints_of(real) == {"maximum": 2.5}


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-200, max_value=200))
def test_pattern_of_a_decimal_takes_what_the_column_takes(value: Decimal) -> None:
    """As text, a value matches exactly where the model's own check passes."""
    field = models.DecimalField(max_digits=4, decimal_places=2)
    pattern = constraints_of(field)["anyOf"][0]["pattern"]
    assert bool(re.search(pattern, str(value))) is (abs(value) < 100)


@pytest.mark.parametrize(
    "validator",
    [RegexValidator("a", inverse_match=True), RegexValidator("a", flags=re.IGNORECASE)],
    ids=["inverse", "flags"],
)
def test_pattern_that_json_schema_can_not_say_is_left_out(validator: Any) -> None:
    """A description says less rather than something wrong, of URLs for one."""
    field = models.CharField(max_length=5, blank=True, validators=[validator])
    assert constraints_of(field) == {"maxLength": 5}
    assert constraints_of(models.URLField(blank=True)) == {"maxLength": 200}


def test_blank_choice_may_be_sent_where_the_column_may_be_blank() -> None:
    """An optional choice has the empty one too."""
    field = models.CharField(max_length=5, blank=True, choices=[("a", "A")])
    assert constraints_of(field) == {"enum": ["", "a"]}
