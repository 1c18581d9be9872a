from decimal import Decimal

import pytest
from django.db import IntegrityError

from bookstore.catalog import services
from bookstore.catalog.catalogue import CATALOGUE, CatalogueError, read_catalogue
from bookstore.catalog.isbn import is_valid
from bookstore.catalog.models import Author, Book, Category, Publisher
from bookstore.catalog.services import invented_price, invented_stock, load_catalogue
from tests.bookstore.catalog.making import make_author, make_book

pytestmark = pytest.mark.django_db

HEADER = "title,subtitle,authors,publisher,year,isbn,pages,language,categories"
DISPOSSESSED = (
    "The Dispossessed,An Ambiguous Utopia,Ursula K. Le Guin,Harper,1974,"
    "978-0-06-051275-0,387,en,Fiction|Science Fiction"
)
ILIAD = "The Iliad,,Homer,,-750,9780140275360,,en,Poetry"


@pytest.fixture
def catalogue(tmp_path):
    """A function that writes lines into a catalogue file."""

    def write(*lines):
        path = tmp_path / "books.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
        return path

    return write


def test_the_shops_own_catalogue_has_at_least_200_books_with_valid_isbns():
    """What a fresh clone serves is a real catalogue, every ISBN of it right and there once."""
    entries = list(read_catalogue(CATALOGUE))
    assert len(entries) >= 200
    assert len({entry.isbn for entry in entries}) == len(entries)
    assert all(is_valid(entry.isbn) and entry.title and entry.author.last for entry in entries)


def test_loading_it_keeps_every_rule_of_the_models():
    """Rows written in bulk would pass the validators that bulk writing skips."""
    loaded = load_catalogue()
    assert loaded.books == Book.objects.count()
    for book in Book.objects.all():
        book.clean_fields()
    for row in (*Author.objects.all(), *Category.objects.all(), *Publisher.objects.all()):
        row.clean_fields()


def test_a_second_loading_adds_nothing_and_asks_once(django_assert_num_queries):
    """A start with a full shop costs one query."""
    first = load_catalogue()
    with django_assert_num_queries(1):
        second = load_catalogue()
    assert (second.books, second.already_there) == (0, first.books)


def test_loading_takes_a_fixed_number_of_queries(django_assert_max_num_queries):
    """Hundreds of books are written in bulk."""
    with django_assert_max_num_queries(16):
        load_catalogue()


def test_a_line_becomes_a_book_with_its_author_publisher_and_categories(catalogue):
    """Everything in the line arrives, the ISBN without its hyphens."""
    load_catalogue(catalogue(DISPOSSESSED))
    book = Book.objects.get(isbn="9780060512750")
    assert (book.title, book.subtitle, book.pages) == ("The Dispossessed", "An Ambiguous Utopia", 387)
    assert (book.author.first_name, book.author.last_name) == ("Ursula K.", "Le Guin")
    assert book.publisher is not None
    assert book.publisher.name == "Harper"
    assert book.first_published == 1974
    assert sorted(book.categories.values_list("slug", flat=True)) == ["fiction", "science-fiction"]


def test_what_a_line_leaves_empty_stays_empty(catalogue):
    """Publisher and pages may be unknown, and a year may lie before our era."""
    load_catalogue(catalogue(ILIAD))
    book = Book.objects.get()
    assert (book.publisher, book.pages, book.subtitle, book.first_published) == (None, None, "", -750)
    assert (book.author.first_name, book.author.last_name) == ("", "Homer")


def test_a_book_that_is_there_stays_as_it_is(catalogue):
    """Loading never undoes what the shop has changed."""
    make_book(isbn="9780060512750", title="My own title", price="1.00")
    loaded = load_catalogue(catalogue(DISPOSSESSED, ILIAD))
    assert (loaded.books, loaded.already_there) == (1, 1)
    book = Book.objects.get(isbn="9780060512750")
    assert (book.title, book.price) == ("My own title", Decimal("1.00"))


def test_authors_categories_and_publishers_that_are_there_are_used(catalogue):
    """Names are found again; of two authors with one name the older gets the book."""
    first, _ = (make_author(first_name="Ursula K.", last_name="Le Guin") for _ in range(2))
    fiction = Category.objects.create(name="Fiction", slug="novels")
    harper = Publisher.objects.create(name="Harper")
    loaded = load_catalogue(catalogue(DISPOSSESSED))
    book = Book.objects.get()
    assert (loaded.authors, loaded.categories, loaded.publishers) == (0, 1, 0)
    assert (book.author, book.publisher) == (first, harper)
    assert fiction in book.categories.all()


def test_a_slug_that_is_taken_gets_a_number(catalogue):
    """Two categories whose names look alike in an address both get one."""
    Category.objects.create(name="Science-Fiction", slug="science-fiction")
    load_catalogue(catalogue(DISPOSSESSED))
    assert Category.objects.get(name="Science Fiction").slug == "science-fiction-2"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (DISPOSSESSED.replace("275-0", "275-1"), "not a valid ISBN"),
        (DISPOSSESSED.replace("The Dispossessed", ""), "title is missing"),
        (DISPOSSESSED.replace("Ursula K. Le Guin", ""), "author is missing"),
        (DISPOSSESSED.replace("1974", "soon"), "soon"),
        ("Too short", "title, subtitle, authors"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_loaded(catalogue, line, reason):
    """The error says file, line and reason; the good lines before it are not written."""
    with pytest.raises(CatalogueError, match=rf"books\.csv, line 3: .*{reason}"):
        load_catalogue(catalogue(ILIAD, line))
    assert not Book.objects.exists()


def test_a_failure_half_way_leaves_nothing_behind(catalogue, monkeypatch):
    """Authors and books written before the failure are rolled back with it."""

    def fail(*_):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(services, "_shelve", fail)
    with pytest.raises(RuntimeError, match="disk"):
        load_catalogue(catalogue(DISPOSSESSED))
    assert not any(model.objects.exists() for model in (Book, Author, Category, Publisher))


def test_a_loading_that_meets_another_one_starts_over(catalogue, monkeypatch):
    """What the other process has committed meanwhile is found and left alone."""
    shelve = services._shelve

    def meet(*arguments):
        monkeypatch.setattr(services, "_shelve", shelve)
        raise IntegrityError("this ISBN is there")

    monkeypatch.setattr(services, "_shelve", meet)
    assert load_catalogue(catalogue(DISPOSSESSED)).books == 1
    assert (Book.objects.count(), Author.objects.count()) == (1, 1)


def test_prices_and_stock_are_invented_but_always_the_same():
    """They depend on the ISBN alone and stay in the range that is documented."""
    isbns = [entry.isbn for entry in read_catalogue(CATALOGUE)]
    prices = [invented_price(isbn) for isbn in isbns]
    assert prices == [invented_price(isbn) for isbn in isbns]
    assert Decimal("6.99") <= min(prices) < max(prices) <= Decimal("59.99")
    assert all(0 <= invented_stock(isbn) < 40 for isbn in isbns)


def test_a_book_without_stock_is_not_called_available():
    """Stock and status of the invented data agree."""
    load_catalogue()
    assert not Book.objects.filter(stock=0).exclude(status="out_of_stock").exists()
    assert not Book.objects.filter(stock__gt=0).exclude(status="available").exists()
