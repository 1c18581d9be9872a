"""Litestar with SQLAlchemy's asynchronous sessions: controllers, msgspec Structs, its own JWT, guard and limit."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Controller, Litestar, get, post, put
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.security.jwt import JWTAuth, Token
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from benchmarks.apps import alchemy
from benchmarks.apps.forms import Author, Book, BookIn, Category, Hello, NestedBook, Page, Typed
from benchmarks.shop.settings import SECRET_KEY


async def session() -> AsyncIterator[AsyncSession]:
    """A session for each request."""
    async with alchemy.sessions() as opened:
        yield opened


def shown(book: alchemy.Book) -> Book:
    """A row as a Struct."""
    return Book(
        book.id, book.title, book.isbn, book.author_id, book.price, book.pages, book.published, book.summary,
        book.created,
    )  # fmt: skip


def nested(book: alchemy.Book) -> NestedBook:
    """A row with what belongs to it."""
    author = Author(book.author.id, book.author.name, book.author.born)
    categories = [Category(one.id, one.name, one.slug) for one in book.categories]
    return NestedBook(
        book.id, book.title, book.isbn, book.price, book.pages, book.published, book.summary, book.created, author,
        categories,
    )  # fmt: skip


async def up_to(opened: AsyncSession, key: int) -> list[Book]:
    """The books up to a key."""
    wanted = select(alchemy.Book).where(alchemy.Book.id <= key).order_by(alchemy.Book.id)
    return [shown(book) for book in await opened.scalars(wanted)]


async def first(opened: AsyncSession, most: int) -> list[Book]:
    """The first books."""
    return [shown(book) for book in await opened.scalars(select(alchemy.Book).order_by(alchemy.Book.id).limit(most))]


class HelloController(Controller):
    """Hello by a class."""

    @get("/hello")
    async def hello(self) -> Hello:
        """Say hello."""
        return Hello("Hello, world!", 42)

    @get("/typed/{number:int}")
    async def typed(self, number: int, page: int, size: int, active: bool) -> Typed:
        """Tell what was understood."""
        return Typed(number, page, size, active)


async def caller(token: Token, connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Who the token says is calling; no row is read for it."""
    return token.sub


def may_see(connection: ASGIConnection[Any, Any, Any, Any], handler: Any) -> None:
    """Refuse who may not."""
    if "shop.see" not in connection.auth.extras["permissions"]:
        raise PermissionDeniedException


jwt_auth = JWTAuth[str](retrieve_user_handler=caller, token_secret=SECRET_KEY)
limit = RateLimitConfig(rate_limit=("second", 1_000_000))


class GuardedController(Controller):
    """For those who may, and not too often."""

    path = "/guarded"
    middleware = [jwt_auth.middleware, limit.middleware]
    guards = [may_see]

    @get()
    async def hello(self) -> Hello:
        """Say hello."""
        return Hello("Hello, world!", 42)


class Books(Controller):
    """The books."""

    dependencies = {"opened": Provide(session)}

    @get("/books20")
    async def books20(self, opened: AsyncSession) -> list[Book]:
        """Twenty books."""
        return await up_to(opened, 20)

    @get("/books100")
    async def books100(self, opened: AsyncSession) -> list[Book]:
        """A hundred books."""
        return await up_to(opened, 100)

    @get("/rows")
    async def rows(self, opened: AsyncSession, limit: int) -> list[Book]:
        """As many books as are asked for."""
        return await first(opened, limit)

    @get("/nested")
    async def nested(self, opened: AsyncSession) -> list[NestedBook]:
        """Twenty books with what belongs to them."""
        loaded = joinedload(alchemy.Book.author), selectinload(alchemy.Book.categories)
        wanted = select(alchemy.Book).options(*loaded).where(alchemy.Book.id <= 20).order_by(alchemy.Book.id)
        return [nested(book) for book in await opened.scalars(wanted)]

    @get("/page")
    async def page(self, opened: AsyncSession, author: int, ordering: str, page: int, page_size: int) -> Page:
        """Books narrowed, ordered, page by page."""
        table = alchemy.Book
        column = {"price": table.price, "title": table.title}[ordering.lstrip("-")]
        wanted = select(table).where(table.author_id == author)
        count = await opened.scalar(select(func.count()).select_from(table).where(table.author_id == author))
        ordered = wanted.order_by(column.desc() if ordering.startswith("-") else column)
        found = await opened.scalars(ordered.limit(page_size).offset((page - 1) * page_size))
        return Page(count or 0, [shown(book) for book in found])

    @get("/books/{key:int}")
    async def retrieve(self, opened: AsyncSession, key: int) -> Book:
        """Get one."""
        return shown(await self._find(opened, key))

    @post("/books")
    async def create(self, opened: AsyncSession, data: BookIn) -> Book:
        """Create one."""
        book = alchemy.Book(**msgspec.structs.asdict(data))
        opened.add(book)
        await opened.commit()
        return shown(book)

    @put("/books/{key:int}")
    async def update(self, opened: AsyncSession, key: int, data: BookIn) -> Book:
        """Replace one."""
        book = await self._find(opened, key)
        for name, value in msgspec.structs.asdict(data).items():
            setattr(book, name, value)
        await opened.commit()
        return shown(book)

    async def _find(self, opened: AsyncSession, key: int) -> alchemy.Book:
        book = await opened.get(alchemy.Book, key)
        if book is None:
            raise NotFoundException
        return book


application = Litestar([HelloController, GuardedController, Books], openapi_config=None)
