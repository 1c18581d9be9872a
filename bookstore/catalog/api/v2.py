"""Books through the Bolt door: /api/v2/books."""

import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from bookstore.catalog.models import Book
from ironbolt.bolt import ModelViewSet
from ironbolt.bolt.auth import IsStaff, JWTAuthentication, ReadOnly
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.bolt.structs import source

Isbn = Annotated[
    str,
    Meta(
        description="10 or 13 digits, the last of which checks the others.",
        examples=["9780441172719"],
        extra_json_schema={"format": "isbn"},
    ),
]


class AuthorOut(Struct):
    """Who wrote it."""

    id: int
    full_name: str


class PublisherOut(Struct):
    """Who published it."""

    id: int
    name: str


class CategoryOut(Struct):
    """A shelf it stands on."""

    id: int
    name: str
    slug: str


class BookOut(Struct):
    """A book as everybody sees it."""

    id: int
    title: str
    subtitle: str
    isbn: str
    author: AuthorOut
    publisher: PublisherOut | None
    categories: list[CategoryOut]
    price: Decimal
    pages: int | None
    language: str
    first_published: int | None
    publication_date: datetime.date | None
    status: str
    stock: int
    description: str
    created_at: datetime.datetime
    updated_at: datetime.datetime


class BookIn(Struct, forbid_unknown_fields=True):
    """A book as staff write it; what is left out keeps its value, or gets the model's default."""

    title: str
    isbn: Isbn
    author_id: int
    price: Decimal
    subtitle: str | UnsetType = UNSET
    publisher_id: int | UnsetType | None = UNSET
    category_ids: Annotated[list[int], source("categories")] | UnsetType = UNSET
    pages: int | UnsetType | None = UNSET
    language: str | UnsetType = UNSET
    first_published: int | UnsetType | None = UNSET
    publication_date: datetime.date | UnsetType | None = UNSET
    status: str | UnsetType = UNSET
    stock: int | UnsetType = UNSET
    description: str | UnsetType = UNSET


class BookViewSet(ModelViewSet):
    """The books of the shop: everybody reads, staff write."""

    queryset = Book.objects.all()
    serializer_class = BookOut
    create_serializer_class = BookIn
    pagination_class = PageNumberPagination
    auth = [JWTAuthentication()]
    guards = [ReadOnly() | IsStaff()]
    tags = ["books"]
