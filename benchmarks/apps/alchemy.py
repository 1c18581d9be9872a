"""The same tables for SQLAlchemy, with an asynchronous engine as FastAPI's and Litestar's users set it up."""

import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, DateTime, ForeignKey, Numeric, String, Table, Text, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from benchmarks.shop import database

POOL = 8


class Moment(TypeDecorator[datetime.datetime]):
    """A moment in UTC, which SQLite keeps without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """To the database."""
        return value.replace(tzinfo=None) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """From the database."""
        return value.replace(tzinfo=datetime.UTC) if value is not None and dialect.name == "sqlite" else value


class Base(DeclarativeBase):
    """Of all tables."""


class Author(Base):
    """Who wrote books."""

    __tablename__ = "shop_author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    born: Mapped[datetime.date]


class Category(Base):
    """A shelf."""

    __tablename__ = "shop_category"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    slug: Mapped[str] = mapped_column(String(50))


shelved = Table(
    "shop_book_categories",
    Base.metadata,
    Column("book_id", ForeignKey("shop_book.id"), primary_key=True),
    Column("category_id", ForeignKey("shop_category.id"), primary_key=True),
)


class Book(Base):
    """What is sold."""

    __tablename__ = "shop_book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    isbn: Mapped[str] = mapped_column(String(13))
    author_id: Mapped[int] = mapped_column(ForeignKey("shop_author.id"))
    price: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    pages: Mapped[int]
    published: Mapped[datetime.date]
    summary: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime.datetime] = mapped_column(Moment, default=lambda: datetime.datetime.now(datetime.UTC))
    author: Mapped[Author] = relationship()
    categories: Mapped[list[Category]] = relationship(secondary=shelved)


def make_engine() -> AsyncEngine:
    """The engine for the database that the environment names."""
    url = database.address()
    if not database.is_sqlite(url):
        return create_async_engine(database.alchemy_url(url), pool_size=POOL, max_overflow=0)
    timeout = database.SQLITE_TIMEOUT_SECONDS
    engine = create_async_engine(
        database.alchemy_url(url), pool_size=POOL, max_overflow=0, connect_args={"timeout": timeout}
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        for pragma in database.SQLITE_PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    return engine


engine = make_engine()
sessions: async_sessionmaker[AsyncSession] = async_sessionmaker(engine, expire_on_commit=False)
