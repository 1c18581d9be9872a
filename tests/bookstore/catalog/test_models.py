import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, models, transaction

from bookstore.catalog.models import Author, Book, Category, Publisher
from tests.bookstore.catalog.making import make_author, make_book, make_isbn

pytestmark = pytest.mark.django_db

BOOK_RULES = [
    ("title", "", "A book has a title."),
    ("isbn", "", "An ISBN is 10 or 13 digits."),
    ("isbn", "97803064061", "An ISBN is 10 or 13 digits."),
    ("isbn", "080442957X", "An ISBN is 10 or 13 digits."),
    ("price", "-0.01", "A price is not negative."),
    ("pages", 0, "A book has at least one page."),
    ("language", "EN", "A language is two lower-case letters."),
    ("language", "e", "A language is two lower-case letters."),
    ("first_published", -3001, "A year lies between -3000 and 2200."),
    ("first_published", 2201, "A year lies between -3000 and 2200."),
    ("status", "lost", "A status is one of: available, out_of_stock, discontinued."),
    ("stock", -1, "A stock is not negative."),
]


@pytest.mark.parametrize(("field", "value", "message"), BOOK_RULES)
def test_the_database_refuses_what_breaks_a_rule(field, value, message):
    """Each rule holds for writes that pass no validator at all."""
    book = make_book()
    with pytest.raises(IntegrityError), transaction.atomic():
        Book.objects.filter(pk=book.pk).update(**{field: value})


@pytest.mark.parametrize(("field", "value", "message"), BOOK_RULES)
def test_each_constraint_says_in_words_what_is_wrong(field, value, message):
    """Whoever validates a row sees a sentence, not the name of a constraint."""
    book = make_book()
    setattr(book, field, value)
    with pytest.raises(ValidationError) as refusal:
        book.validate_constraints()
    assert message in refusal.value.messages


@pytest.mark.parametrize(("field", "value", "message"), BOOK_RULES)
def test_each_rule_is_told_with_its_field(field, value, message):
    """Full validation names the field, so that a form can show the message beside it."""
    book = make_book()
    setattr(book, field, value)
    with pytest.raises(ValidationError) as refusal:
        book.full_clean()
    assert field in refusal.value.message_dict


@pytest.mark.parametrize("isbn", ["0306406152", "9780306406157"])
def test_both_lengths_of_isbn_can_be_stored(isbn):
    """ISBN-10 and ISBN-13 pass the validators and the database."""
    book = make_book(isbn=isbn)
    book.full_clean()


def test_a_book_needs_little_more_than_what_the_guides_mutation_gives():
    """Title, author, ISBN and price are enough; the rest has a default or may be missing."""
    book = Book.objects.create(title="New Book", author=make_author(), isbn=make_isbn(), price="29.99")
    book.refresh_from_db()
    assert (book.status, book.stock, book.language) == ("available", 0, "en")
    assert (book.publisher, book.pages, book.first_published, book.publication_date) == (None, None, None, None)
    assert book.created_at <= book.updated_at


def test_an_isbn_is_taken_once():
    """Two books never share an ISBN."""
    isbn = make_book().isbn
    with pytest.raises(IntegrityError), transaction.atomic():
        make_book(isbn=isbn)


def test_an_author_of_books_cannot_be_deleted():
    """A book is never left without its author."""
    book = make_book()
    with pytest.raises(models.ProtectedError):
        book.author.delete()


def test_a_publisher_leaves_its_books_behind():
    """Deleting a publisher keeps the books, without publisher."""
    publisher = Publisher.objects.create(name="A House")
    book = make_book(publisher=publisher)
    publisher.delete()
    book.refresh_from_db()
    assert book.publisher is None


def test_books_come_by_title_then_in_the_order_they_came_in():
    """The default order is the same on every read, equal titles included."""
    third, first, second = make_book(title="B"), make_book(title="A"), make_book(title="A")
    assert list(Book.objects.all()) == [first, second, third]


def test_names_are_how_rows_introduce_themselves():
    """What people see in lists and menus is a name."""
    author = make_author(first_name="Ursula K.", last_name="Le Guin")
    assert str(author) == author.full_name == "Ursula K. Le Guin"
    assert str(make_author(first_name="", last_name="Homer")) == "Homer"
    assert str(make_book(title="Emma")) == "Emma"
    assert str(Category(name="Poetry")) == "Poetry"
    assert str(Publisher(name="A House")) == "A House"


def test_several_authors_may_have_no_email_but_no_two_the_same():
    """Without an address there is nothing to be unique; an empty text is no address."""
    make_author(email=None)
    make_author(email=None)
    make_author(email="ann@example.com")
    for taken_or_empty in ("ann@example.com", ""):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_author(email=taken_or_empty)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Author, {"last_name": ""}),
        (Category, {"name": "", "slug": "poetry"}),
        (Category, {"name": "Poetry", "slug": ""}),
        (Publisher, {"name": ""}),
    ],
)
def test_what_has_a_name_must_have_one(model, values):
    """The database refuses an empty name or slug."""
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(**values)


def test_the_indexes_of_the_guide_are_there():
    """Title, author with date, and newest first are indexed, and whatever else a list is ordered by."""
    assert [index.fields for index in Book._meta.indexes] == [
        ["title"],
        ["author", "publication_date"],
        ["-created_at"],
        ["price"],
        ["publication_date"],
    ]


def test_the_migrations_say_what_the_models_say():
    """No model has changed without its migration."""
    call_command("makemigrations", "shared", "accounts", "catalog", check=True, dry_run=True, verbosity=0)
