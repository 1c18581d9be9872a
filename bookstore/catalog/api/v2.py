"""Books through the Bolt door: /api/v2/books."""

from typing import Annotated

from msgspec import Meta

from bookstore.catalog import names
from bookstore.catalog.api import listing
from bookstore.catalog.models import Author, Book, Category, Publisher
from ironbolt.bolt import ModelViewSet
from ironbolt.bolt.auth import IsStaff, JWTAuthentication, ReadOnly
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.bolt.structs import ModelInput, ModelStruct, computed

Isbn = Annotated[
    str,
    Meta(
        description="10 or 13 digits, the last of which checks the others.",
        examples=["9780441172719"],
        extra_json_schema={"format": "isbn"},
    ),
]


class AuthorOut(ModelStruct):
    """Who wrote it."""

    class Meta:
        model = Author
        fields = ["id", "full_name"]

    full_name = computed(names.full_name)


class PublisherOut(ModelStruct):
    """Who published it."""

    class Meta:
        model = Publisher
        fields = ["id", "name"]


class CategoryOut(ModelStruct):
    """A shelf it stands on."""

    class Meta:
        model = Category
        fields = ["id", "name", "slug"]


class BookOut(ModelStruct):
    """A book as everybody sees it."""

    class Meta:
        model = Book
        fields = [
            "id",
            "title",
            "subtitle",
            "isbn",
            "author",
            "publisher",
            "categories",
            "price",
            "pages",
            "language",
            "first_published",
            "publication_date",
            "status",
            "stock",
            "description",
            "created_at",
            "updated_at",
        ]

    author: AuthorOut
    publisher: PublisherOut | None
    categories: list[CategoryOut]


class BookIn(ModelInput, forbid_unknown_fields=True):
    """A book as staff write it; what is left out keeps its value, or gets the model's default."""

    class Meta:
        model = Book
        fields = [
            "title",
            "isbn",
            "author_id",
            "price",
            "subtitle",
            "publisher_id",
            "categories",
            "pages",
            "language",
            "first_published",
            "publication_date",
            "status",
            "stock",
            "description",
        ]
        rename = {"categories": "category_ids"}

    isbn: Isbn


class BookViewSet(ModelViewSet):
    """The books of the shop: everybody reads, staff write."""

    queryset = Book.objects.all()
    serializer_class = BookOut
    create_serializer_class = BookIn
    pagination_class = PageNumberPagination
    filterset_fields = listing.FILTERS
    date_range_fields = listing.DATE_RANGES
    search_fields = listing.SEARCHED
    ordering_fields = listing.ORDERINGS
    auth = [JWTAuthentication()]
    guards = [ReadOnly() | IsStaff()]
    tags = ["books"]
