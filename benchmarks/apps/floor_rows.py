"""The floor's rows: SQL by hand on sqlite3, called where it stands, and on asyncpg with prepared statements.

SQLite keeps days, moments and prices as texts and numbers; its own functions spell them as JSON wants them, so that
nothing is made of them in Python.
"""

import asyncio
import datetime
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import asyncpg

from benchmarks.apps.forms import Author, Book, BookIn, Category, NestedBook, Page
from benchmarks.shop import database

BOOK = "id, title, isbn, author_id, price, pages, published, summary, created"
NESTED = (
    "b.id, b.title, b.isbn, b.price, b.pages, b.published, b.summary, b.created, a.id, a.name, a.born "
    "FROM shop_book b JOIN shop_author a ON a.id = b.author_id WHERE b.id <= "
)
SPELLED_VALUES = "printf('%.2f', {0}price), {0}pages, {0}published, {0}summary, replace({0}created, ' ', 'T') || 'Z'"
SPELLED = f"id, title, isbn, author_id, {SPELLED_VALUES.format('')}"
SPELLED_NESTED = (
    f"b.id, b.title, b.isbn, {SPELLED_VALUES.format('b.')}, a.id, a.name, a.born "
    "FROM shop_book b JOIN shop_author a ON a.id = b.author_id WHERE b.id <= "
)
SHELVED = "s.book_id, c.id, c.name, c.slug FROM shop_book_categories s JOIN shop_category c ON c.id = s.category_id"
WRITTEN = "title, isbn, author_id, price, pages, published, summary"
POOL = 8


class Rows(Protocol):
    """What the floor asks of a database."""

    async def open(self) -> None: ...
    async def books(self, most: int) -> list[Book]: ...
    async def up_to(self, key: int) -> list[Book]: ...
    async def nested(self, key: int) -> list[NestedBook]: ...
    async def page(self, author: int, size: int, offset: int) -> Page: ...
    async def book(self, key: int) -> Book: ...
    async def create(self, sent: BookIn) -> Book: ...
    async def update(self, key: int, sent: BookIn) -> Book: ...


def rows_for_environment() -> Rows:
    """Those of the database that the environment names."""
    url = database.address()
    return SqliteRows(database.sqlite_path(url)) if database.is_sqlite(url) else PostgresRows(url)


class SqliteRows:
    """Through sqlite3, in the event loop: a query takes less time than a change of threads."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def open(self) -> None:
        connection = sqlite3.connect(self._path, timeout=database.SQLITE_TIMEOUT_SECONDS, isolation_level=None)
        for pragma in database.SQLITE_PRAGMAS:
            connection.execute(pragma)
        self._run = connection.execute

    async def books(self, most: int) -> list[Book]:
        return [Book(*row) for row in self._run(f"SELECT {SPELLED} FROM shop_book ORDER BY id LIMIT ?", (most,))]

    async def up_to(self, key: int) -> list[Book]:
        return [Book(*row) for row in self._run(f"SELECT {SPELLED} FROM shop_book WHERE id <= ? ORDER BY id", (key,))]

    async def nested(self, key: int) -> list[NestedBook]:
        found = self._run(f"SELECT {SPELLED_NESTED}? ORDER BY b.id", (key,)).fetchall()
        shelves = defaultdict[int, list[Category]](list)
        marks = ",".join("?" * len(found))
        keys = [row[0] for row in found]
        for book, *category in self._run(f"SELECT {SHELVED} WHERE s.book_id IN ({marks})", keys):
            shelves[book].append(Category(*category))
        return [NestedBook(*row[:8], Author(*row[8:]), shelves[row[0]]) for row in found]

    async def page(self, author: int, size: int, offset: int) -> Page:
        (count,) = self._run("SELECT count(*) FROM shop_book WHERE author_id = ?", (author,)).fetchone()
        order = "WHERE author_id = ? ORDER BY price DESC, id DESC LIMIT ? OFFSET ?"
        found = self._run(f"SELECT {SPELLED} FROM shop_book {order}", (author, size, offset))
        return Page(count, [Book(*row) for row in found])

    async def book(self, key: int) -> Book:
        return Book(*self._run(f"SELECT {SPELLED} FROM shop_book WHERE id = ?", (key,)).fetchone())

    async def create(self, sent: BookIn) -> Book:
        created = datetime.datetime.now(datetime.UTC)
        values = (*self._written(sent), created.replace(tzinfo=None).isoformat(" "))
        made = self._run(f"INSERT INTO shop_book ({WRITTEN}, created) VALUES (?,?,?,?,?,?,?,?)", values)
        return Book(made.lastrowid or 0, *_values(sent), created)

    async def update(self, key: int, sent: BookIn) -> Book:
        changes = ", ".join(f"{name.strip()} = ?" for name in WRITTEN.split(","))
        statement = f"UPDATE shop_book SET {changes} WHERE id = ? RETURNING {SPELLED}"
        (row,) = self._run(statement, (*self._written(sent), key)).fetchall()
        return Book(*row)

    def _written(self, sent: BookIn) -> tuple[Any, ...]:
        title, isbn, author, price, pages, published, summary = _values(sent)
        return title, isbn, author, float(price), pages, published.isoformat(), summary


class PostgresRows:
    """Through asyncpg, which prepares each statement once for each connection."""

    def __init__(self, url: str) -> None:
        self._url = database.asyncpg_url(url)

    async def open(self) -> None:
        # asyncpg's own pool asks the database to forget everything after each use: one more way there and back.
        self._idle: asyncio.LifoQueue[asyncpg.Connection] = asyncio.LifoQueue()
        for _ in range(POOL):
            self._idle.put_nowait(await asyncpg.connect(self._url))

    async def _fetch(self, statement: str, *values: Any) -> list[Any]:
        async with self._connection() as connection:
            return await connection.fetch(statement, *values)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        connection = await self._idle.get()
        try:
            yield connection
        finally:
            self._idle.put_nowait(connection)

    async def books(self, most: int) -> list[Book]:
        found = await self._fetch(f"SELECT {BOOK} FROM shop_book ORDER BY id LIMIT $1", most)
        return [Book(*row) for row in found]

    async def up_to(self, key: int) -> list[Book]:
        found = await self._fetch(f"SELECT {BOOK} FROM shop_book WHERE id <= $1 ORDER BY id", key)
        return [Book(*row) for row in found]

    async def nested(self, key: int) -> list[NestedBook]:
        async with self._connection() as connection:
            found = await connection.fetch(f"SELECT {NESTED}$1 ORDER BY b.id", key)
            keys = [row[0] for row in found]
            shelved = await connection.fetch(f"SELECT {SHELVED} WHERE s.book_id = ANY($1)", keys)
        shelves = defaultdict[int, list[Category]](list)
        for book, *category in shelved:
            shelves[book].append(Category(*category))
        return [NestedBook(*tuple(row)[:8], Author(*tuple(row)[8:]), shelves[row[0]]) for row in found]

    async def page(self, author: int, size: int, offset: int) -> Page:
        order = "WHERE author_id = $1 ORDER BY price DESC, id DESC LIMIT $2 OFFSET $3"
        async with self._connection() as connection:
            count = await connection.fetchval("SELECT count(*) FROM shop_book WHERE author_id = $1", author)
            found = await connection.fetch(f"SELECT {BOOK} FROM shop_book {order}", author, size, offset)
        return Page(count, [Book(*row) for row in found])

    async def book(self, key: int) -> Book:
        return Book(*(await self._fetch(f"SELECT {BOOK} FROM shop_book WHERE id = $1", key))[0])

    async def create(self, sent: BookIn) -> Book:
        statement = f"INSERT INTO shop_book ({WRITTEN}, created) VALUES ($1,$2,$3,$4,$5,$6,$7,now()) RETURNING {BOOK}"
        return Book(*(await self._fetch(statement, *_values(sent)))[0])

    async def update(self, key: int, sent: BookIn) -> Book:
        changes = ", ".join(f"{name.strip()} = ${place}" for place, name in enumerate(WRITTEN.split(","), 1))
        statement = f"UPDATE shop_book SET {changes} WHERE id = $8 RETURNING {BOOK}"
        return Book(*(await self._fetch(statement, *_values(sent), key))[0])


def _values(sent: BookIn) -> tuple[Any, ...]:
    return sent.title, sent.isbn, sent.author_id, sent.price, sent.pages, sent.published, sent.summary
