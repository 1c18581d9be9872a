"""The tables of the catalogue. What must never be wrong is a constraint of the database too."""

from string import ascii_lowercase, digits

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Length
from django.db.models.lookups import Exact, In

from bookstore.catalog import names
from bookstore.catalog.isbn import validate_isbn
from bookstore.shared.models import TimestampedModel

EARLIEST_YEAR = -3000
LATEST_YEAR = 2200


def _not_empty(field: str, *, name: str, message: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=~Q(**{field: ""}), name=name, violation_error_message=message)


def _only_characters(field: str, characters: str) -> Exact:
    # Trimming every allowed character must leave nothing. Unlike a regular expression, this needs no function that
    # Django adds to SQLite, so that the constraint also holds for whoever else opens the database.
    trimmed = models.Func(models.F(field), Value(characters), function="LTRIM", output_field=models.CharField())
    return Exact(trimmed, Value(""))


class Author(TimestampedModel):
    """Someone who writes. A person with one name only, like Homer, has it as the last name."""

    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100)
    email = models.EmailField(unique=True, null=True, blank=True)
    biography = models.TextField(blank=True)

    class Meta:
        ordering = ("last_name", "first_name", "id")
        indexes = (models.Index(fields=["last_name", "first_name"], name="catalog_author_name_idx"),)
        constraints = (
            _not_empty("last_name", name="catalog_author_last_name_given", message="An author has a last name."),
            _not_empty("email", name="catalog_author_email_not_empty", message="Leave the e-mail out or give one."),
        )

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """The name as it stands on the cover."""
        return names.full_name(self.first_name, self.last_name)


class Category(TimestampedModel):
    """A shelf of the shop; a book may stand on several."""

    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=100, unique=True)

    class Meta:
        verbose_name_plural = "categories"
        ordering = ("name", "id")
        constraints = (
            _not_empty("name", name="catalog_category_name_given", message="A category has a name."),
            _not_empty("slug", name="catalog_category_slug_given", message="A category has a slug."),
        )

    def __str__(self) -> str:
        return self.name


class Publisher(TimestampedModel):
    """A house that publishes books."""

    name = models.CharField(max_length=200, unique=True)
    website = models.URLField(blank=True)

    class Meta:
        ordering = ("name", "id")
        constraints = (_not_empty("name", name="catalog_publisher_name_given", message="A publisher has a name."),)

    def __str__(self) -> str:
        return self.name


class BookStatus(models.TextChoices):
    """Whether a book can be bought."""

    AVAILABLE = "available", "Available"
    OUT_OF_STOCK = "out_of_stock", "Out of stock"
    DISCONTINUED = "discontinued", "Discontinued"


class Book(TimestampedModel):
    """One edition of a book, which is what has an ISBN, a price and a stock."""

    title = models.CharField(max_length=200)
    subtitle = models.CharField(max_length=200, blank=True)
    isbn = models.CharField("ISBN", max_length=13, unique=True, validators=[validate_isbn])
    # A book without its author makes no sense, so an author of books cannot go; a publisher may leave its books behind.
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="books")
    publisher = models.ForeignKey(Publisher, on_delete=models.SET_NULL, related_name="books", null=True, blank=True)
    categories = models.ManyToManyField(Category, related_name="books", blank=True)
    price = models.DecimalField(max_digits=6, decimal_places=2, validators=[MinValueValidator(0)])
    pages = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    language = models.CharField(
        max_length=2,
        default="en",
        help_text="Two letters, as ISO 639-1 has them.",
        validators=[RegexValidator(r"\A[a-z]{2}\Z", "A language is two lower-case letters.")],
    )
    first_published = models.SmallIntegerField(
        null=True,
        blank=True,
        help_text="The year of the first edition of the work; negative before our era.",
        validators=[MinValueValidator(EARLIEST_YEAR), MaxValueValidator(LATEST_YEAR)],
    )
    publication_date = models.DateField(null=True, blank=True, help_text="The day on which this edition came out.")
    status = models.CharField(max_length=20, choices=BookStatus, default=BookStatus.AVAILABLE)
    stock = models.PositiveIntegerField(default=0)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ("title", "id")
        indexes = (
            models.Index(fields=["title"], name="catalog_book_title_idx"),
            models.Index(fields=["author", "publication_date"], name="catalog_book_author_date_idx"),
            models.Index(fields=["-created_at"], name="catalog_book_newest_idx"),
            models.Index(fields=["price"], name="catalog_book_price_idx"),
            models.Index(fields=["publication_date"], name="catalog_book_date_idx"),
        )
        constraints = (
            _not_empty("title", name="catalog_book_title_given", message="A book has a title."),
            models.CheckConstraint(
                condition=Q(In(Length("isbn"), [10, 13])) & Q(_only_characters("isbn", digits)),
                name="catalog_book_isbn_10_or_13_digits",
                violation_error_message="An ISBN is 10 or 13 digits.",
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0),
                name="catalog_book_price_not_negative",
                violation_error_message="A price is not negative.",
            ),
            models.CheckConstraint(
                condition=Q(pages__isnull=True) | Q(pages__gte=1),
                name="catalog_book_pages_positive",
                violation_error_message="A book has at least one page.",
            ),
            models.CheckConstraint(
                condition=Q(Exact(Length("language"), 2)) & Q(_only_characters("language", ascii_lowercase)),
                name="catalog_book_language_two_letters",
                violation_error_message="A language is two lower-case letters.",
            ),
            models.CheckConstraint(
                condition=Q(first_published__isnull=True) | Q(first_published__range=(EARLIEST_YEAR, LATEST_YEAR)),
                name="catalog_book_first_published_in_history",
                violation_error_message=f"A year lies between {EARLIEST_YEAR} and {LATEST_YEAR}.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=BookStatus.values),
                name="catalog_book_status_known",
                violation_error_message="A status is one of: " + ", ".join(BookStatus.values) + ".",
            ),
            models.CheckConstraint(
                condition=Q(stock__gte=0),
                name="catalog_book_stock_not_negative",
                violation_error_message="A stock is not negative.",
            ),
        )

    def __str__(self) -> str:
        return self.title
