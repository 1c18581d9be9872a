"""Writing the catalogue."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from zlib import crc32

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from bookstore.catalog.catalogue import CATALOGUE, CatalogueEntry, read_catalogue
from bookstore.catalog.models import Author, Book, BookStatus, Category, Publisher
from bookstore.catalog.names import PersonName


@dataclass(frozen=True, slots=True)
class LoadedCatalogue:
    """What loading a catalogue has added, and how many of its books were there before."""

    books: int
    authors: int
    categories: int
    publishers: int
    already_there: int


def load_catalogue(path: Path | None = None) -> LoadedCatalogue:
    """Add the books of a catalogue file that the shop does not have yet, all of them or none.

    A book is known by its ISBN; one that is there stays as it is. Authors, categories and publishers are found by
    name. Prices and stock are invented, see `invented_price` and `invented_stock`.
    """
    entries = {entry.isbn: entry for entry in read_catalogue(path or CATALOGUE)}
    try:
        return _load(entries)
    except IntegrityError:
        # Another process was loading at the same time, and is through by now.
        return _load(entries)


def invented_price(isbn: str) -> Decimal:
    """A demo price from 6.99 to 59.99, always the same for the same ISBN. No shop has ever asked it."""
    return Decimal(6 + crc32(isbn.encode()) % 54) + Decimal("0.99")


def invented_stock(isbn: str) -> int:
    """A demo stock from 0 to 39 copies, always the same for the same ISBN."""
    return crc32(isbn[::-1].encode()) % 40


def _load(entries: dict[str, CatalogueEntry]) -> LoadedCatalogue:
    if not _missing(entries):
        return LoadedCatalogue(0, 0, 0, 0, already_there=len(entries))
    with transaction.atomic():
        # Looked up again, since someone may have loaded the file while this process waited for its turn to write.
        missing = _missing(entries)
        authors, new_authors = _authors(entry.author for entry in missing)
        categories, new_categories = _categories(name for entry in missing for name in entry.categories)
        publishers, new_publishers = _publishers(entry.publisher for entry in missing if entry.publisher)
        books = Book.objects.bulk_create(
            _book(entry, authors[entry.author], publishers.get(entry.publisher)) for entry in missing
        )
        _shelve(books, missing, categories)
    already_there = len(entries) - len(missing)
    return LoadedCatalogue(len(books), new_authors, new_categories, new_publishers, already_there)


def _missing(entries: dict[str, CatalogueEntry]) -> list[CatalogueEntry]:
    known = set(Book.objects.filter(isbn__in=entries).values_list("isbn", flat=True))
    return [entry for isbn, entry in entries.items() if isbn not in known]


def _book(entry: CatalogueEntry, author: Author, publisher: Publisher | None) -> Book:
    stock = invented_stock(entry.isbn)
    return Book(
        title=entry.title,
        subtitle=entry.subtitle,
        isbn=entry.isbn,
        author=author,
        publisher=publisher,
        price=invented_price(entry.isbn),
        stock=stock,
        status=BookStatus.AVAILABLE if stock else BookStatus.OUT_OF_STOCK,
        pages=entry.pages,
        language=entry.language,
        first_published=entry.first_published,
    )


def _authors(names: Iterable[PersonName]) -> tuple[dict[PersonName, Author], int]:
    wanted = dict.fromkeys(names)
    candidates = Author.objects.filter(last_name__in={name.last for name in wanted}).order_by("-id")
    # Of two authors with the same name the one that was there first gets the book: it comes last here, and wins.
    known = {PersonName(author.first_name, author.last_name): author for author in candidates}
    new = [Author(first_name=name.first, last_name=name.last) for name in wanted if name not in known]
    Author.objects.bulk_create(new)
    return known | {PersonName(author.first_name, author.last_name): author for author in new}, len(new)


def _publishers(names: Iterable[str]) -> tuple[dict[str, Publisher], int]:
    wanted = dict.fromkeys(names)
    known = {publisher.name: publisher for publisher in Publisher.objects.filter(name__in=wanted)}
    new = [Publisher(name=name) for name in wanted if name not in known]
    Publisher.objects.bulk_create(new)
    return known | {publisher.name: publisher for publisher in new}, len(new)


def _categories(names: Iterable[str]) -> tuple[dict[str, Category], int]:
    wanted = dict.fromkeys(names)
    known = {category.name: category for category in Category.objects.filter(name__in=wanted)}
    taken = set(Category.objects.values_list("slug", flat=True))
    new = []
    for name in wanted:
        if name not in known:
            slug = _free_slug(name, taken)
            taken.add(slug)
            new.append(Category(name=name, slug=slug))
    Category.objects.bulk_create(new)
    return known | {category.name: category for category in new}, len(new)


def _free_slug(name: str, taken: set[str]) -> str:
    slug = base = slugify(name) or "category"
    number = 2
    while slug in taken:
        slug = f"{base}-{number}"
        number += 1
    return slug


def _shelve(books: list[Book], entries: list[CatalogueEntry], categories: dict[str, Category]) -> None:
    shelf = Book.categories.through
    shelf.objects.bulk_create(
        shelf(book=book, category=categories[name])
        for book, entry in zip(books, entries, strict=True)
        for name in dict.fromkeys(entry.categories)
    )
