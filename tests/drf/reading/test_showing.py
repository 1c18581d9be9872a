"""Columns of the project's own: their values are objects, and fields show what they make of them."""

from typing import Any

from django.db import models
from rest_framework import serializers

from ironbolt.drf.reading.showing import show_of


class Code:
    """What such a column holds, which nothing can put into a set."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any) -> None:
        self.value = value

    def __str__(self) -> str:
        return f"code-{self.value}"

    def __float__(self) -> float:
        return float(self.value)


class Holding:
    """A column that makes objects of what is stored."""

    def from_db_value(self, value: Any, *_: Any) -> Any:
        """Such an object."""
        return Code(value)


class CodeField(Holding, models.CharField):
    """A text that is an object."""


class RateField(Holding, models.FloatField):
    """A number that is an object."""


class PriceField(Holding, models.DecimalField):
    """A price that is an object."""


class ShortField(models.CharField):
    """A column of the project's own that holds what is stored."""


def test_values_that_a_column_makes_go_through_their_field() -> None:
    """As REST framework shows them, however alike column and field look."""
    text, rate = show_of(serializers.CharField(), CodeField()), show_of(serializers.FloatField(), RateField())
    price = show_of(serializers.DecimalField(max_digits=5, decimal_places=2), PriceField())
    assert text is not None
    assert rate is not None
    assert price is not None
    assert (text(Code("q")), text(None)) == ("code-q", None)
    assert rate(Code("2.5")) == 2.5


def test_a_price_that_is_an_object_is_not_remembered() -> None:
    """A memory would ask for its hash."""
    field: Any = serializers.DecimalField(max_digits=5, decimal_places=2)
    field.to_representation = str
    show = show_of(field, PriceField())
    assert show is not None
    assert show(Code("1")) == "code-1"


def test_other_columns_are_shown_as_they_are() -> None:
    """Django's own, and those that only differ in how they are stored or checked."""
    assert show_of(serializers.CharField(), ShortField()) is None
    assert show_of(serializers.JSONField(), models.JSONField()) is None
