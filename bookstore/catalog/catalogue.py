"""The catalogue as a file: one book a line, facts only."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bookstore.catalog.isbn import is_valid, normalise
from bookstore.catalog.names import PersonName, split_name

CATALOGUE = Path(__file__).parent / "data" / "books.csv"
COLUMNS = ("title", "subtitle", "authors", "publisher", "year", "isbn", "pages", "language", "categories")


class CatalogueError(ValueError):
    """A line of a catalogue file cannot be a book."""


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A book as the file has it."""

    isbn: str
    title: str
    subtitle: str
    author: PersonName
    publisher: str
    first_published: int | None
    pages: int | None
    language: str
    categories: tuple[str, ...]

    @classmethod
    def from_row(cls, row: dict[str, str]) -> Self:
        """Read one line; a book with several authors is filed under the first."""
        if None in row.values() or set(row) != set(COLUMNS):
            raise ValueError("a line has the columns " + ", ".join(COLUMNS))
        text = {column: row[column].strip() for column in COLUMNS}
        isbn = normalise(text["isbn"])
        if not is_valid(isbn):
            raise ValueError(f"{text['isbn']!r} is not a valid ISBN")
        if not text["title"]:
            raise ValueError("the title is missing")
        author = split_name(text["authors"].split("|")[0])
        if not author.last:
            raise ValueError("the author is missing")
        return cls(
            isbn=isbn,
            title=text["title"],
            subtitle=text["subtitle"],
            author=author,
            publisher=text["publisher"],
            first_published=int(text["year"]) if text["year"] else None,
            pages=int(text["pages"]) if text["pages"] else None,
            language=text["language"] or "en",
            categories=tuple(name.strip() for name in text["categories"].split("|") if name.strip()),
        )


def read_catalogue(path: Path) -> Iterator[CatalogueEntry]:
    """Yield the books of a file; a line that cannot be read is named in the error."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            try:
                yield CatalogueEntry.from_row(row)
            except ValueError as error:
                raise CatalogueError(f"{path.name}, line {reader.line_num}: {error}") from error
