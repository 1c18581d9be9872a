"""What a rating may be: its bounds, its steps, its decimal places, and the words for what it may not."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured, ValidationError

from ironbolt.core.errors import NON_FIELD_ERRORS, Details, ValidationFailed
from ironbolt.core.validation import (
    AT_LEAST,
    AT_MOST,
    NOT_A_MULTIPLE,
    NOT_A_NUMBER,
    NOT_A_STRING,
    NOT_AN_OBJECT,
    NULL,
    REQUIRED,
    TOO_LONG,
    check_characters,
    is_plain_number,
    without_negative_zero,
)

RATING, COMMENT = "rating", "comment"

MOST_DECIMAL_PLACES = 4
LARGEST = Decimal(9999)
"""Bounds of the column that ratings are stored in."""

_LONGEST_NUMBER = 32
"""Characters of a number that is given as a text."""

NO_USER = "Only users rate."
"""What is told to a caller who has no row among the users, such as a program with a key."""

NOT_SO_MANY_PLACES = "Ensure that there are no more than {limit} decimal places."


class Given(msgspec.Struct, frozen=True):
    """A rating as it may be stored."""

    value: Decimal
    comment: str = ""


class Rated(msgspec.Struct, frozen=True):
    """What a client is told of its rating, and of all of them."""

    rating: Decimal
    comment: str
    average_rating: Decimal
    rating_count: int


RATED_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["rating", "comment", "average_rating", "rating_count"],
    "properties": {
        "rating": {"type": "string", "format": "decimal"},
        "comment": {"type": "string"},
        "average_rating": {
            "type": "string",
            "format": "decimal",
            "description": "Of all ratings, the new one included.",
        },
        "rating_count": {"type": "integer", "minimum": 1, "description": "How many users have rated."},
    },
}
"""What :class:`Rated` looks like, in the words of JSON Schema."""


class RatingRule(msgspec.Struct, frozen=True):
    """What ratings of one view may be.

    Attributes:
        least: the lowest.
        most: the highest.
        step: what lies between two of them, counted from the lowest; None for anything.
        decimal_places: how many they may have.
        comment_length: the most characters of a comment.
    """

    least: Decimal = Decimal(1)
    most: Decimal = Decimal(5)
    step: Decimal | None = None
    decimal_places: int = 2
    comment_length: int = 2_000

    def read(self, body: Any) -> Given:
        """What a client sent, which may be anything that JSON can say.

        Raises:
            ValidationFailed: with the faults of each field.
        """
        if not isinstance(body, Mapping):
            raise ValidationFailed({NON_FIELD_ERRORS: [NOT_AN_OBJECT]})
        faults: Details = {}
        value = self._value(body.get(RATING, msgspec.UNSET), faults)
        comment = self._comment(body.get(COMMENT, msgspec.UNSET), faults)
        if faults:
            raise ValidationFailed(faults)
        return Given(value, comment)

    def schema(self) -> dict[str, Any]:
        """What :meth:`read` takes, in the words of JSON Schema."""
        number: dict[str, Any] = {"type": "number", "minimum": float(self.least), "maximum": float(self.most)}
        text = {"type": "string", "format": "decimal"}
        return {
            "type": "object",
            "required": [RATING],
            "properties": {
                RATING: {"anyOf": [number, text], "examples": [float((self.least + self.most) / 2)]},
                COMMENT: {"type": "string", "maxLength": self.comment_length},
            },
        }

    def _value(self, raw: Any, faults: Details) -> Decimal:
        value = _number(raw)
        if isinstance(value, str):
            faults[RATING] = [value]
            return Decimal(0)
        if fault := self._fault(value):
            faults[RATING] = [fault]
        return without_negative_zero(value)  # type: ignore[no-any-return]  # a decimal stays one

    def _fault(self, value: Decimal) -> str | None:
        if value < self.least:
            return AT_LEAST.format(limit=self.least)
        if value > self.most:
            return AT_MOST.format(limit=self.most)
        if -_exponent(value.normalize()) > self.decimal_places:
            return NOT_SO_MANY_PLACES.format(limit=self.decimal_places)
        if self.step is not None and (value - self.least) % self.step:
            return NOT_A_MULTIPLE.format(limit=self.step)
        return None

    def _comment(self, raw: Any, faults: Details) -> str:
        if raw is msgspec.UNSET or raw is None:
            return ""
        if not isinstance(raw, str):
            faults[COMMENT] = [NOT_A_STRING]
            return ""
        comment = raw.strip()
        if len(comment) > self.comment_length:
            faults[COMMENT] = [TOO_LONG.format(limit=self.comment_length)]
        try:
            check_characters(comment)
        except ValidationError as error:
            faults[COMMENT] = error.messages
        return comment


def _number(raw: Any) -> Decimal | str:
    """The number that something stands for, else what is wrong with it."""
    if raw is msgspec.UNSET:
        return REQUIRED
    if raw is None:
        return NULL
    try:
        text = str(raw) if is_plain_number(raw) else ""
        value = Decimal(text) if len(text) <= _LONGEST_NUMBER else Decimal("NaN")
    except (InvalidOperation, ValueError):  # none, or a whole number that Python will not write out
        return NOT_A_NUMBER
    return value if value.is_finite() else NOT_A_NUMBER


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)  # of a finite number
    return exponent


def rule_of(view: type[Any]) -> RatingRule:
    """The rule that a view's attributes say: ``rating_min``, ``rating_max``, ``rating_step`` and so on.

    Raises:
        ImproperlyConfigured: no rating could be like that, or none be stored.
    """
    try:
        rule = RatingRule(
            Decimal(str(view.rating_min)),
            Decimal(str(view.rating_max)),
            None if view.rating_step is None else Decimal(str(view.rating_step)),
            view.rating_decimal_places,
            view.rating_comment_length,
        )
    except InvalidOperation:
        raise ImproperlyConfigured(f"{view.__name__}: a bound of its ratings is no number.") from None
    if reason := _why_not(rule):
        raise ImproperlyConfigured(f"{view.__name__}: {reason}")
    return rule


def _why_not(rule: RatingRule) -> str:
    reasons = {
        "rating_min is not below rating_max.": rule.least >= rule.most,
        f"ratings lie between {-LARGEST} and {LARGEST}.": max(abs(rule.least), abs(rule.most)) > LARGEST,
        f"rating_decimal_places is one of 0 to {MOST_DECIMAL_PLACES}.": not 0
        <= rule.decimal_places
        <= MOST_DECIMAL_PLACES,
        "rating_step is above 0.": rule.step is not None and rule.step <= 0,
        "rating_comment_length is at least 1.": rule.comment_length < 1,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")
