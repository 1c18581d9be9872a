"""Rows of the catalogue for tests: baker's random strings would break the rules."""

from itertools import count
from typing import Any

from model_bakery import baker

from bookstore.catalog.isbn import check_digit
from bookstore.catalog.models import Author, Book

_numbers = count(1)


def make_isbn() -> str:
    """Return a valid ISBN-13 that no other test has got."""
    body = f"979{next(_numbers):09}"
    return body + check_digit(body)


def make_author(**values: Any) -> Author:
    """Save an author with a name."""
    return baker.make(Author, **{"first_name": "Ann", "last_name": "Author", "email": None} | values)


def make_book(**values: Any) -> Book:
    """Save a book that keeps all the rules."""
    author = values.pop("author", None) or make_author()
    defaults = {"title": "A Book", "isbn": make_isbn(), "price": "9.99", "status": "available", "language": "en"}
    return baker.make(Book, author=author, **defaults | values)
