"""International Standard Book Numbers: pure functions, and the validator that the models use."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError

_SEPARATORS = re.compile(r"[\s\u2010-\u2015-]")
# Not str.isdigit(): that also accepts superscripts and the digits of other scripts.
_DIGITS = re.compile(r"[0-9]{10}|[0-9]{13}")


def normalise(text: str) -> str:
    """Drop the spaces and hyphens that people write between the groups of an ISBN."""
    return _SEPARATORS.sub("", text)


def has_valid_form(isbn: str) -> bool:
    """Say whether this is 10 or 13 plain digits, which is all that the guide asks for."""
    return _DIGITS.fullmatch(isbn) is not None


def check_digit(body: str) -> str:
    """Compute the last character for the first 9 or 12 digits of an ISBN; it is "X" for the ten of an ISBN-10."""
    if len(body) == 9:
        weighted = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), body, strict=True))
        remainder = -weighted % 11
        return "X" if remainder == 10 else str(remainder)
    if len(body) == 12:
        return str(-sum((3 if index % 2 else 1) * int(digit) for index, digit in enumerate(body)) % 10)
    raise ValueError("An ISBN has 9 or 12 digits before its check digit.")


def is_valid(isbn: str) -> bool:
    """Say whether this is an ISBN-10 or ISBN-13 in plain digits with the right check digit.

    An ISBN-10 that ends in X is not accepted: the shop stores digits only, and such a book has an ISBN-13 too.
    """
    return has_valid_form(isbn) and check_digit(isbn[:-1]) == isbn[-1]


def validate_isbn(isbn: str) -> None:
    """Refuse what is not 10 or 13 digits and, where BOOKSTORE_ISBN_CHECK_DIGIT is on, a wrong check digit."""
    if not has_valid_form(isbn):
        raise ValidationError("An ISBN is 10 or 13 digits, without hyphens.", code="invalid_isbn")
    if settings.BOOKSTORE_ISBN_CHECK_DIGIT and not is_valid(isbn):
        raise ValidationError("The check digit of this ISBN is wrong.", code="invalid_isbn")
