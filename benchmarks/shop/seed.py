"""Makes the tables and their rows, by statements that run inside the database: ten million rows take a minute.

Each value follows from the number of its row, so that every run has the same shop.
"""

from typing import Any

BOOKS = 20_000
AUTHORS = 1_000
CATEGORIES = 50
BOOKS_OF_AN_AUTHOR = BOOKS // AUTHORS

TABLES = ("shop_book_categories", "shop_book", "shop_category", "shop_author")

_SUMMARY = "A book of the shop, told about in one sentence or two, as the back of a cover does it; number "

_SQLITE = {
    "numbers": "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {most}) ",
    "source": "numbers",
    "day": "date('1900-01-01', '+' || (n * 37 % 40000) || ' days')",
    "moment": "datetime('2026-01-01', '+' || (n % 20000000) || ' seconds')",
    "price": "(500 + ((n / {authors}) * 7919 + n * 31) % 9973) / 100.0",
    "isbn": "printf('%013d', 9780000000000 + n)",
}
_POSTGRESQL = {
    "numbers": "",
    "source": "generate_series(1::bigint, {most}) AS numbers(n)",
    "day": "date '1900-01-01' + (n * 37 % 40000)::int",
    "moment": "timestamptz '2026-01-01 00:00:00+00' + (n % 20000000) * interval '1 second'",
    "price": "(500 + ((n / {authors}) * 7919 + n * 31) % 9973) / 100.0",
    "isbn": "lpad((9780000000000 + n)::text, 13, '0')",
}

_ROWS = {
    "author": "INSERT INTO shop_author (id, name, born) {numbers}SELECT n, 'Author ' || n, {day} FROM {source}",
    "category": "INSERT INTO shop_category (id, name, slug) "
    "{numbers}SELECT n, 'Category ' || n, 'category-' || n FROM {source}",
    "book": "INSERT INTO shop_book (id, title, isbn, author_id, price, pages, published, summary, created) "
    "{numbers}SELECT n, 'The book with the number ' || n, {isbn}, (n - 1) % {authors} + 1, {price}, "
    "100 + n % 900, {day}, '{summary}' || n, {moment} FROM {source}",
    "shelved": "INSERT INTO shop_book_categories (book_id, category_id) "
    "{numbers}SELECT (n - 1) / 3 + 1, (n * 7 + (n - 1) / 3) % {categories} + 1 FROM {source}",
}


def make_tables(connection: Any) -> None:
    """Make the tables anew through a Django connection."""
    from benchmarks.shop.models import Author, Book, Category

    with connection.cursor() as cursor:
        cascade = "" if connection.vendor == "sqlite" else " CASCADE"
        for table in TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS {table}{cascade}")
    with connection.schema_editor() as editor:
        for model in (Author, Category, Book):
            editor.create_model(model)


def empty_tables(connection: Any) -> None:
    """Remove every row, at once: the last requests of a turn may still be writing rows that refer to them."""
    from django.db import transaction

    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table}")


def fill_tables(connection: Any, books: int = BOOKS) -> None:
    """Fill the new tables with so many books, whose categories only the first 20,000 have."""
    shelved = 3 * min(books, BOOKS)
    with connection.cursor() as cursor:
        for name, most in (("author", AUTHORS), ("category", CATEGORIES), ("book", books), ("shelved", shelved)):
            cursor.execute(statement(name, most, connection.vendor))
        if connection.vendor == "postgresql":
            for table in ("shop_author", "shop_category", "shop_book"):
                sequence = f"pg_get_serial_sequence('{table}', 'id')"
                cursor.execute(f"SELECT setval({sequence}, max(id)) FROM {table}")
            cursor.execute("VACUUM ANALYZE shop_author, shop_book, shop_category, shop_book_categories")
        else:
            cursor.execute("ANALYZE")


def statement(name: str, most: int, vendor: str) -> str:
    """The statement that makes so many rows of one kind."""
    words = _SQLITE if vendor == "sqlite" else _POSTGRESQL
    numbers = {"most": most, "authors": AUTHORS, "categories": CATEGORIES, "summary": _SUMMARY}
    filled = {key: text.format(**numbers) for key, text in words.items()}
    return _ROWS[name].format(**filled, **numbers)
