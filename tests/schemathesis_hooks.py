"""What schemathesis has to know of the shop to make valid input."""

import schemathesis
from hypothesis import strategies

from bookstore.catalog.isbn import check_digit


def _isbn(number: int) -> str:
    body = f"978{number:09}"
    return body + check_digit(body)


schemathesis.openapi.format("isbn", strategies.integers(0, 10**9 - 1).map(_isbn))
