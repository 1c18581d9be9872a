"""FastAPI with SQLAlchemy's asynchronous sessions: pydantic response models, which it serializes by itself."""

import datetime
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from benchmarks.apps import alchemy
from benchmarks.shop.settings import SECRET_KEY


class Form(BaseModel):
    """Of all."""

    model_config = ConfigDict(from_attributes=True)


class Hello(Form):
    """A small answer."""

    message: str
    number: int


class Typed(Form):
    """Parameters, as they were understood."""

    number: int
    page: int
    size: int
    active: bool


class BookIn(Form):
    """A book as it is written."""

    title: str
    isbn: str
    author_id: int
    price: Decimal
    pages: int
    published: datetime.date
    summary: str = ""


class BookOut(Form):
    """A book."""

    id: int
    title: str
    isbn: str
    author_id: int
    price: Decimal
    pages: int
    published: datetime.date
    summary: str
    created: datetime.datetime


class AuthorOut(Form):
    """An author inside a book."""

    id: int
    name: str
    born: datetime.date


class CategoryOut(Form):
    """A category inside a book."""

    id: int
    name: str
    slug: str


class NestedOut(Form):
    """A book with what belongs to it."""

    id: int
    title: str
    isbn: str
    price: Decimal
    pages: int
    published: datetime.date
    summary: str
    created: datetime.datetime
    author: AuthorOut
    categories: list[CategoryOut]


class Page(Form):
    """Some of the books."""

    count: int
    results: list[BookOut]


async def session() -> AsyncIterator[AsyncSession]:
    """A session for each request."""
    async with alchemy.sessions() as opened:
        yield opened


async def caller(said: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> dict[str, Any]:
    """Who is calling, if they may."""
    claims: dict[str, Any] = jwt.decode(said.credentials, SECRET_KEY, algorithms=["HS256"])
    if "shop.see" not in claims["permissions"]:
        raise HTTPException(403)
    return claims


Session = Annotated[AsyncSession, Depends(session)]
application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


@application.get("/hello")
async def hello() -> Hello:
    """Say hello."""
    return Hello(message="Hello, world!", number=42)


@application.get("/typed/{number}")
async def typed(number: int, page: int, size: int, active: bool) -> Typed:
    """Tell what was understood."""
    return Typed(number=number, page=page, size=size, active=active)


@application.get("/guarded")
async def guarded(claims: Annotated[dict[str, Any], Depends(caller)]) -> Hello:
    """For those who may; there is no limit in FastAPI."""
    return Hello(message="Hello, world!", number=42)


@application.get("/books20", response_model=list[BookOut])
async def books20(opened: Session) -> Any:
    """Twenty books."""
    return (await opened.scalars(select(alchemy.Book).where(alchemy.Book.id <= 20).order_by(alchemy.Book.id))).all()


@application.get("/books100", response_model=list[BookOut])
async def books100(opened: Session) -> Any:
    """A hundred books."""
    return (await opened.scalars(select(alchemy.Book).where(alchemy.Book.id <= 100).order_by(alchemy.Book.id))).all()


@application.get("/rows", response_model=list[BookOut])
async def rows(opened: Session, limit: int) -> Any:
    """As many books as are asked for."""
    return (await opened.scalars(select(alchemy.Book).order_by(alchemy.Book.id).limit(limit))).all()


@application.get("/nested", response_model=list[NestedOut])
async def nested(opened: Session) -> Any:
    """Twenty books with what belongs to them."""
    loaded = joinedload(alchemy.Book.author), selectinload(alchemy.Book.categories)
    return (
        await opened.scalars(
            select(alchemy.Book).options(*loaded).where(alchemy.Book.id <= 20).order_by(alchemy.Book.id)
        )
    ).all()


@application.get("/page", response_model=Page)
async def paged(opened: Session, author: int, ordering: str, page: int, page_size: int) -> Any:
    """Books narrowed, ordered, page by page."""
    table = alchemy.Book
    column = {"price": table.price, "title": table.title}[ordering.lstrip("-")]
    wanted = select(table).where(table.author_id == author)
    count = await opened.scalar(select(func.count()).select_from(table).where(table.author_id == author))
    ordered = wanted.order_by(column.desc() if ordering.startswith("-") else column)
    found = await opened.scalars(ordered.limit(page_size).offset((page - 1) * page_size))
    return {"count": count, "results": found.all()}


@application.get("/books/{key}", response_model=BookOut)
async def retrieve(opened: Session, key: int) -> Any:
    """Get one."""
    book = await opened.get(alchemy.Book, key)
    if book is None:
        raise HTTPException(404)
    return book


@application.post("/books", status_code=201, response_model=BookOut)
async def create(opened: Session, data: BookIn) -> Any:
    """Create one."""
    book = alchemy.Book(**data.model_dump())
    opened.add(book)
    await opened.commit()
    return book


@application.put("/books/{key}", response_model=BookOut)
async def update(opened: Session, key: int, data: BookIn) -> Any:
    """Replace one."""
    book = await retrieve(opened, key)
    for name, value in data.model_dump().items():
        setattr(book, name, value)
    await opened.commit()
    return book
