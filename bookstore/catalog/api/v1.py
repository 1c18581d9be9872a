"""The catalogue through the DRF door: /api/v1/."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookstore.catalog import selectors
from bookstore.catalog.api import listing
from bookstore.catalog.isbn import validate_isbn
from bookstore.catalog.models import Author, Book, Category, Publisher
from ironbolt.drf.fields import ReferenceField, ReferencesField
from ironbolt.drf.permissions import IsStaffOrReadOnly
from ironbolt.drf.serializers import AppModelSerializer
from ironbolt.drf.views import BaseViewSet


class AuthorSummary(AppModelSerializer):
    """An author, as a book names them."""

    full_name = serializers.CharField(read_only=True)

    class Meta:
        model = Author
        fields = read_only_fields = ("id", "full_name")


class PublisherSummary(AppModelSerializer):
    """A publisher, as a book names it."""

    class Meta:
        model = Publisher
        fields = read_only_fields = ("id", "name")


class CategorySummary(AppModelSerializer):
    """A category, as a book names it."""

    class Meta:
        model = Category
        fields = read_only_fields = ("id", "name", "slug")


@extend_schema_field(
    {"type": "string", "format": "isbn", "pattern": "^([0-9]{10}|[0-9]{13})$", "examples": ["9780141439518"]}
)
class IsbnField(serializers.CharField):
    """An ISBN of 10 or 13 digits with its check digit."""

    default_validators = (validate_isbn,)


class BookSerializer(AppModelSerializer):
    """A book: written by the keys of what belongs to it, read with their names."""

    isbn = IsbnField(max_length=13)
    author = AuthorSummary(read_only=True)
    author_id = ReferenceField(Author, write_only=True)
    publisher = PublisherSummary(read_only=True, allow_null=True)
    publisher_id = ReferenceField(Publisher, write_only=True, required=False, allow_null=True)
    categories = CategorySummary(many=True, read_only=True)
    category_ids = ReferencesField(Category, source="categories", write_only=True, required=False)

    class Meta:
        model = Book
        strict = True
        fields = (
            "id",
            "title",
            "subtitle",
            "isbn",
            "author",
            "author_id",
            "publisher",
            "publisher_id",
            "categories",
            "category_ids",
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
        )


class BookViewSet(BaseViewSet):
    """The books of the shop. Everybody reads, staff writes."""

    queryset = selectors.books()
    serializer_class = BookSerializer
    permission_classes = (IsStaffOrReadOnly,)
    filterset_fields = listing.FILTERS
    date_range_fields = listing.DATE_RANGES
    search_fields = listing.SEARCHED
    ordering_fields = listing.ORDERINGS
    envelope = True
