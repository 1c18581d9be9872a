"""The four tables of the catalogue."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import migrations, models
from django.db.models.functions import Length
from django.db.models.lookups import Exact, In

from bookstore.catalog.isbn import validate_isbn


class Migration(migrations.Migration):
    """Make authors, categories, publishers and books."""

    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Author",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("first_name", models.CharField(blank=True, max_length=100)),
                ("last_name", models.CharField(max_length=100)),
                ("email", models.EmailField(blank=True, max_length=254, null=True, unique=True)),
                ("biography", models.TextField(blank=True)),
            ],
            options={
                "ordering": ("last_name", "first_name", "id"),
                "indexes": [models.Index(fields=["last_name", "first_name"], name="catalog_author_name_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=~models.Q(last_name=""),
                        name="catalog_author_last_name_given",
                        violation_error_message="An author has a last name.",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(email=""),
                        name="catalog_author_email_not_empty",
                        violation_error_message="Leave the e-mail out or give one.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Category",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=100, unique=True)),
                ("slug", models.SlugField(max_length=100, unique=True)),
            ],
            options={
                "verbose_name_plural": "categories",
                "ordering": ("name", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=~models.Q(name=""),
                        name="catalog_category_name_given",
                        violation_error_message="A category has a name.",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(slug=""),
                        name="catalog_category_slug_given",
                        violation_error_message="A category has a slug.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Publisher",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=200, unique=True)),
                ("website", models.URLField(blank=True)),
            ],
            options={
                "ordering": ("name", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=~models.Q(name=""),
                        name="catalog_publisher_name_given",
                        violation_error_message="A publisher has a name.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Book",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("title", models.CharField(max_length=200)),
                ("subtitle", models.CharField(blank=True, max_length=200)),
                ("isbn", models.CharField(max_length=13, unique=True, validators=[validate_isbn], verbose_name="ISBN")),
                ("price", models.DecimalField(decimal_places=2, max_digits=6, validators=[MinValueValidator(0)])),
                ("pages", models.PositiveIntegerField(blank=True, null=True, validators=[MinValueValidator(1)])),
                (
                    "language",
                    models.CharField(
                        default="en",
                        help_text="Two letters, as ISO 639-1 has them.",
                        max_length=2,
                        validators=[RegexValidator(r"\A[a-z]{2}\Z", "A language is two lower-case letters.")],
                    ),
                ),
                (
                    "first_published",
                    models.SmallIntegerField(
                        blank=True,
                        help_text="The year of the first edition of the work; negative before our era.",
                        null=True,
                        validators=[MinValueValidator(-3000), MaxValueValidator(2200)],
                    ),
                ),
                (
                    "publication_date",
                    models.DateField(blank=True, help_text="The day on which this edition came out.", null=True),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("available", "Available"),
                            ("out_of_stock", "Out of stock"),
                            ("discontinued", "Discontinued"),
                        ],
                        default="available",
                        max_length=20,
                    ),
                ),
                ("stock", models.PositiveIntegerField(default=0)),
                ("description", models.TextField(blank=True)),
                ("author", models.ForeignKey(on_delete=models.PROTECT, related_name="books", to="catalog.author")),
                ("categories", models.ManyToManyField(blank=True, related_name="books", to="catalog.category")),
                (
                    "publisher",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=models.SET_NULL, related_name="books", to="catalog.publisher"
                    ),
                ),
            ],
            options={
                "ordering": ("title", "id"),
                "indexes": [
                    models.Index(fields=["title"], name="catalog_book_title_idx"),
                    models.Index(fields=["author", "publication_date"], name="catalog_book_author_date_idx"),
                    models.Index(fields=["-created_at"], name="catalog_book_newest_idx"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=~models.Q(title=""),
                        name="catalog_book_title_given",
                        violation_error_message="A book has a title.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            In(Length("isbn"), [10, 13]),
                            Exact(
                                models.Func(
                                    models.F("isbn"),
                                    models.Value("0123456789"),
                                    function="LTRIM",
                                    output_field=models.CharField(),
                                ),
                                models.Value(""),
                            ),
                        ),
                        name="catalog_book_isbn_10_or_13_digits",
                        violation_error_message="An ISBN is 10 or 13 digits.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(price__gte=0),
                        name="catalog_book_price_not_negative",
                        violation_error_message="A price is not negative.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(pages__isnull=True) | models.Q(pages__gte=1),
                        name="catalog_book_pages_positive",
                        violation_error_message="A book has at least one page.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            Exact(Length("language"), 2),
                            Exact(
                                models.Func(
                                    models.F("language"),
                                    models.Value("abcdefghijklmnopqrstuvwxyz"),
                                    function="LTRIM",
                                    output_field=models.CharField(),
                                ),
                                models.Value(""),
                            ),
                        ),
                        name="catalog_book_language_two_letters",
                        violation_error_message="A language is two lower-case letters.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(first_published__isnull=True)
                        | models.Q(first_published__range=(-3000, 2200)),
                        name="catalog_book_first_published_in_history",
                        violation_error_message="A year lies between -3000 and 2200.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(status__in=["available", "out_of_stock", "discontinued"]),
                        name="catalog_book_status_known",
                        violation_error_message="A status is one of: available, out_of_stock, discontinued.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(stock__gte=0),
                        name="catalog_book_stock_not_negative",
                        violation_error_message="A stock is not negative.",
                    ),
                ],
            },
        ),
    ]
