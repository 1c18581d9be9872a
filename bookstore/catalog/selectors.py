"""Reading the catalogue."""

from django.db.models import QuerySet

from bookstore.catalog.models import Book


def books() -> QuerySet[Book]:
    """All books with author, publisher and categories: two queries, however many books there are."""
    return Book.objects.select_related("author", "publisher").prefetch_related("categories")
