"""What goes over the wire, as Structs, for those who take msgspec: the shapes are the same for all."""

import datetime
from decimal import Decimal

import msgspec


class Hello(msgspec.Struct):
    """A small answer."""

    message: str
    number: int


class Typed(msgspec.Struct):
    """Parameters, as they were understood."""

    number: int
    page: int
    size: int
    active: bool


class Book(msgspec.Struct):
    """A book as it is read."""

    id: int
    title: str
    isbn: str
    author_id: int
    price: Decimal
    pages: int
    published: datetime.date
    summary: str
    created: datetime.datetime


class BookIn(msgspec.Struct):
    """A book as it is written."""

    title: str
    isbn: str
    author_id: int
    price: Decimal
    pages: int
    published: datetime.date
    summary: str = ""


class Author(msgspec.Struct):
    """An author inside a book."""

    id: int
    name: str
    born: datetime.date


class Category(msgspec.Struct):
    """A category inside a book."""

    id: int
    name: str
    slug: str


class NestedBook(msgspec.Struct):
    """A book with what belongs to it."""

    id: int
    title: str
    isbn: str
    price: Decimal
    pages: int
    published: datetime.date
    summary: str
    created: datetime.datetime
    author: Author
    categories: list[Category]


class Page(msgspec.Struct):
    """Some of the books."""

    count: int
    results: list[Book]
