"""django-ninja: functions, orjson as its documentation advises, no pages of documentation."""

import datetime
from decimal import Decimal
from typing import Any

import jwt
import orjson
from django.shortcuts import get_object_or_404
from django.urls import path
from ninja import Field, FilterSchema, NinjaAPI, Query, Schema, Status
from ninja.pagination import PageNumberPagination, paginate
from ninja.renderers import BaseRenderer
from ninja.security import HttpBearer
from ninja.throttling import AuthRateThrottle

from benchmarks.shop import models


class OrjsonRenderer(BaseRenderer):
    """As its documentation has it."""

    media_type = "application/json"

    def render(self, request: Any, data: Any, *, response_status: int) -> Any:
        """Bytes."""
        return orjson.dumps(data, default=str, option=orjson.OPT_UTC_Z)


class Hello(Schema):
    """A small answer."""

    message: str
    number: int


class Typed(Schema):
    """Parameters, as they were understood."""

    number: int
    page: int
    size: int
    active: bool


class BookOut(Schema):
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


class BookIn(Schema):
    """A book as it is written."""

    title: str
    isbn: str
    author_id: int
    price: Decimal
    pages: int
    published: datetime.date
    summary: str = ""


class AuthorOut(Schema):
    """An author inside a book."""

    id: int
    name: str
    born: datetime.date


class CategoryOut(Schema):
    """A category inside a book."""

    id: int
    name: str
    slug: str


class NestedOut(Schema):
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


class Token(HttpBearer):
    """Its documentation's way to a JWT."""

    def authenticate(self, request: Any, token: str) -> Any:
        """The claims of a caller who may."""
        from django.conf import settings

        claims = jwt.decode(token, settings.SECRET_KEY, algorithms=["HS256"])
        return claims["sub"] if "shop.see" in claims["permissions"] else None


class BookFilter(FilterSchema):
    """By what a list is narrowed."""

    author_id: int | None = Field(None, alias="author")


api = NinjaAPI(renderer=OrjsonRenderer(), docs_url=None, openapi_url=None)


@api.get("/hello", response=Hello)
def hello(request: Any) -> Any:
    """Say hello."""
    return {"message": "Hello, world!", "number": 42}


@api.get("/typed/{int:number}", response=Typed)
def typed(request: Any, number: int, page: int, size: int, active: bool) -> Any:
    """Tell what was understood."""
    return {"number": number, "page": page, "size": size, "active": active}


@api.get("/guarded", response=Hello, auth=Token(), throttle=[AuthRateThrottle("100000/s")])
def guarded(request: Any) -> Any:
    """For those who may, and not too often."""
    return {"message": "Hello, world!", "number": 42}


@api.get("/books20", response=list[BookOut])
def books20(request: Any) -> Any:
    """Twenty books."""
    return models.Book.objects.filter(id__lte=20).order_by("id")


@api.get("/books100", response=list[BookOut])
def books100(request: Any) -> Any:
    """A hundred books."""
    return models.Book.objects.filter(id__lte=100).order_by("id")


@api.get("/nested", response=list[NestedOut])
def nested(request: Any) -> Any:
    """Twenty books with what belongs to them."""
    return models.Book.objects.select_related("author").prefetch_related("categories").filter(id__lte=20).order_by("id")


@api.get("/page", response=list[BookOut])
@paginate(PageNumberPagination)
def page(request: Any, filters: Query[BookFilter], ordering: str = "price") -> Any:
    """Books narrowed, ordered, page by page."""
    allowed = ordering.lstrip("-") in {"price", "title"}
    return filters.filter(models.Book.objects.all()).order_by(ordering if allowed else "price")


@api.get("/rows", response=list[BookOut])
def rows(request: Any, limit: int) -> Any:
    """As many books as are asked for."""
    return models.Book.objects.order_by("id")[:limit]


@api.get("/books/{int:key}", response=BookOut)
def retrieve(request: Any, key: int) -> Any:
    """Get one."""
    return get_object_or_404(models.Book, pk=key)


@api.post("/books", response={201: BookOut})
def create(request: Any, data: BookIn) -> Any:
    """Create one."""
    return Status(201, models.Book.objects.create(**data.dict()))


@api.put("/books/{int:key}", response=BookOut)
def update(request: Any, key: int, data: BookIn) -> Any:
    """Replace one."""
    book = get_object_or_404(models.Book, pk=key)
    for name, value in data.dict().items():
        setattr(book, name, value)
    book.save()
    return book


urlpatterns = [path("", api.urls)]
