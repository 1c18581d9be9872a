"""The catalogue in Django's admin."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db import models
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from bookstore.catalog.models import Author, Book, Category, Publisher

if TYPE_CHECKING:
    AuthorModelAdmin = admin.ModelAdmin[Author]
    BookModelAdmin = admin.ModelAdmin[Book]
    CategoryModelAdmin = admin.ModelAdmin[Category]
    PublisherModelAdmin = admin.ModelAdmin[Publisher]
else:  # Django's own class takes no type argument at run time.
    AuthorModelAdmin = BookModelAdmin = CategoryModelAdmin = PublisherModelAdmin = admin.ModelAdmin

TIMESTAMPS = ("created_at", "updated_at")


@admin.register(Author)
class AuthorAdmin(AuthorModelAdmin):
    """Authors, with the number of their books."""

    list_display = ("last_name", "first_name", "email", "book_count")
    list_display_links = ("last_name", "first_name")
    search_fields = ("first_name", "last_name", "email")
    readonly_fields = TIMESTAMPS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Author]:
        """Count the books in the same query."""
        return super().get_queryset(request).annotate(number_of_books=Count("books"))

    @admin.display(description="books", ordering="number_of_books")
    def book_count(self, author: Author) -> int:
        """The number of books that the shop has of this author."""
        return int(getattr(author, "number_of_books", 0))


@admin.register(Category)
class CategoryAdmin(CategoryModelAdmin):
    """Categories; the slug is proposed from the name."""

    list_display = ("name", "slug", "updated_at")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = TIMESTAMPS


@admin.register(Publisher)
class PublisherAdmin(PublisherModelAdmin):
    """Publishers."""

    # What Django 6 assumes by itself; Django 5.2 asks for a decision.
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_display = ("name", "website", "updated_at")
    search_fields = ("name",)
    readonly_fields = TIMESTAMPS


@admin.register(Book)
class BookAdmin(BookModelAdmin):
    """Books: what one looks for first is title, ISBN and author."""

    list_display = ("title", "author", "isbn", "price", "stock", "status", "first_published")
    list_filter = ("status", "language", "categories")
    list_select_related = ("author", "publisher")
    list_per_page = 50
    search_fields = ("title", "subtitle", "isbn", "author__first_name", "author__last_name", "publisher__name")
    search_help_text = "Title, ISBN, author or publisher"
    autocomplete_fields = ("author", "publisher", "categories")
    readonly_fields = TIMESTAMPS
    save_on_top = True
    fieldsets = (
        (None, {"fields": ("title", "subtitle", "author", "isbn", "categories", "description")}),
        ("Edition", {"fields": ("publisher", "publication_date", "first_published", "pages", "language")}),
        ("Sale", {"fields": ("price", "stock", "status")}),
        ("Record", {"fields": TIMESTAMPS, "classes": ("collapse",)}),
    )
