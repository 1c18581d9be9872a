"""What a rating may be."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.core.errors import ValidationFailed
from ironbolt.features.ratings.rules import Given, RatingRule, rule_of


class Stars:
    """A view's attributes, as they are if nobody says otherwise."""

    rating_min: Any = 1
    rating_max: Any = 5
    rating_step: Any = None
    rating_decimal_places = 2
    rating_comment_length = 2_000


@pytest.mark.parametrize(
    ("raw", "value"), [(4.5, "4.5"), (1, "1"), (5, "5"), ("4.25", "4.25"), (4.350, "4.35"), ("3.0000", "3")]
)
def test_numbers_and_texts_in_plain_notation_are_ratings(raw: Any, value: str) -> None:
    """As the value that was written, not as what a float makes of it."""
    assert RatingRule().read({"rating": raw}).value == Decimal(value)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (..., "This field is required."),
        (None, "This field may not be null."),
        (True, "A valid number is required."),
        ("", "A valid number is required."),
        ("four", "A valid number is required."),
        ("1e0", "A valid number is required."),
        ("٤", "A valid number is required."),
        ([4], "A valid number is required."),
        ({"value": 4}, "A valid number is required."),
        (float("nan"), "A valid number is required."),
        (float("inf"), "A valid number is required."),
        ("4" * 400, "A valid number is required."),
        (10**400, "A valid number is required."),
        (0.99, "Ensure this value is greater than or equal to 1."),
        (-3, "Ensure this value is greater than or equal to 1."),
        (5.01, "Ensure this value is less than or equal to 5."),
        pytest.param(10**5000, "A valid number is required.", id="endless"),
        (1e300, "Ensure this value is less than or equal to 5."),
        (4.125, "Ensure that there are no more than 2 decimal places."),
    ],
)
def test_anything_else_is_refused_by_name(raw: Any, message: str) -> None:
    """The field is named, and what is wrong with it."""
    body = {} if raw is ... else {"rating": raw}
    with pytest.raises(ValidationFailed) as caught:
        RatingRule().read(body)
    assert caught.value.details == {"rating": [message]}


@pytest.mark.parametrize("body", [[], "x", 4, None])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    """Whatever else JSON can be."""
    with pytest.raises(ValidationFailed) as caught:
        RatingRule().read(body)
    assert caught.value.details == {"non_field_errors": ["Expected an object."]}


def test_every_fault_is_told_at_once() -> None:
    """That of the rating and that of the comment."""
    with pytest.raises(ValidationFailed) as caught:
        RatingRule(comment_length=3).read({"rating": 9, "comment": "long"})
    assert caught.value.details == {
        "rating": ["Ensure this value is less than or equal to 5."],
        "comment": ["Ensure this field has no more than 3 characters."],
    }


@pytest.mark.parametrize(
    ("raw", "comment"), [(..., ""), (None, ""), ("", ""), ("  good  ", "good"), ("two\nlines", "two\nlines")]
)
def test_a_comment_is_optional(raw: Any, comment: str) -> None:
    """It is trimmed, and may be missing in each way."""
    body = {"rating": 4} if raw is ... else {"rating": 4, "comment": raw}
    assert RatingRule().read(body) == Given(Decimal(4), comment)


@pytest.mark.parametrize("raw", [4, [], "nul\0", "half\ud800"])
def test_a_comment_is_text_that_can_be_stored(raw: Any) -> None:
    """What is none is refused by name."""
    with pytest.raises(ValidationFailed) as caught:
        RatingRule().read({"rating": 4, "comment": raw})
    assert list(caught.value.details) == ["comment"]


def test_steps_are_counted_from_the_lowest() -> None:
    """Half stars from a half one on; nothing between."""
    rule = RatingRule(Decimal("0.5"), Decimal(5), Decimal("0.5"))
    assert rule.read({"rating": 3.5}).value == Decimal("3.5")
    with pytest.raises(ValidationFailed, match=r"Invalid input") as caught:
        rule.read({"rating": 3.25})
    assert caught.value.details == {"rating": ["Ensure this value is a multiple of 0.5."]}


def test_a_view_says_what_its_ratings_are() -> None:
    """By its attributes, floats included."""
    view = type(
        "Hotel", (Stars,), {"rating_min": 0, "rating_max": "10", "rating_step": 0.1, "rating_decimal_places": 1}
    )
    rule = rule_of(view)
    assert (rule.least, rule.most, rule.step) == (Decimal(0), Decimal(10), Decimal("0.1"))
    assert rule.read({"rating": 0}).value == 0
    assert str(rule.read({"rating": -0.0}).value) == "0.0"


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"rating_min": 5}, "not below"),
        ({"rating_max": "many"}, "no number"),
        ({"rating_max": 10_000}, "lie between"),
        ({"rating_decimal_places": 5}, "0 to 4"),
        ({"rating_decimal_places": -1}, "0 to 4"),
        ({"rating_step": 0}, "above 0"),
        ({"rating_comment_length": 0}, "at least 1"),
    ],
)
def test_impossible_rules_are_refused_at_start(attributes: dict[str, Any], reason: str) -> None:
    """The class is named."""
    with pytest.raises(ImproperlyConfigured, match=rf"Hotel: .*{reason}"):
        rule_of(type("Hotel", (Stars,), attributes))
