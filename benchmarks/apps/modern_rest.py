"""django-modern-rest: msgspec, its own ``path``, its production mode, synchronous on WSGI."""

from http import HTTPStatus
from typing import Any

import msgspec
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from dmr import Body, Controller, Path, Query, modify
from dmr.plugins.msgspec import MsgspecSerializer
from dmr.routing import Router, path
from dmr.security.jwt import JWTSyncAuth
from dmr.throttling import SyncThrottle

from benchmarks.apps.forms import Author, Book, BookIn, Category, Hello, NestedBook, Page, Typed
from benchmarks.shop import models


class Key(msgspec.Struct):
    """Which book."""

    key: int


class Number(msgspec.Struct):
    """A parameter of the path."""

    number: int


class TypedQuery(msgspec.Struct):
    """Parameters of the query."""

    page: int
    size: int
    active: bool


class Limit(msgspec.Struct):
    """How many."""

    limit: int


class PageQuery(msgspec.Struct):
    """Which page."""

    author: int
    ordering: str
    page: int
    page_size: int


class Caller:
    """Who the token says is calling; no row is read for it, as with the others."""

    is_active = True
    is_authenticated = True

    def __init__(self, key: str) -> None:
        self.pk = key


class Token(JWTSyncAuth):
    """A token that may see the shop."""

    def get_user(self, token: Any) -> Any:
        """The caller."""
        return Caller(token.sub)

    def check_auth(self, user: Any, token: Any) -> None:
        """Refuse who may not."""
        from dmr.exceptions import NotAuthenticatedError

        if "shop.see" not in token.extras["permissions"]:
            raise NotAuthenticatedError


def shown(book: models.Book) -> Book:
    """A row as a Struct."""
    return Book(
        book.pk, book.title, book.isbn, book.author_id, book.price, book.pages, book.published, book.summary,
        book.created,
    )  # fmt: skip


def nested(book: models.Book) -> NestedBook:
    """A row with what belongs to it."""
    author = Author(book.author.pk, book.author.name, book.author.born)
    categories = [Category(one.pk, one.name, one.slug) for one in book.categories.all()]
    return NestedBook(
        book.pk, book.title, book.isbn, book.price, book.pages, book.published, book.summary, book.created, author,
        categories,
    )  # fmt: skip


def up_to(key: int) -> "QuerySet[models.Book]":
    """The books up to a key."""
    return models.Book.objects.filter(id__lte=key).order_by("id")


def first(most: int) -> "QuerySet[models.Book]":
    """The first books."""
    return models.Book.objects.order_by("id")[:most]


class HelloController(Controller[MsgspecSerializer]):
    """Hello by a class."""

    def get(self) -> Hello:
        """Say hello."""
        return Hello("Hello, world!", 42)


class GuardedController(Controller[MsgspecSerializer]):
    """For those who may, and not too often."""

    auth = (Token(),)
    throttling = (SyncThrottle(1_000_000, 1),)

    def get(self) -> Hello:
        """Say hello."""
        return Hello("Hello, world!", 42)


class TypedController(Controller[MsgspecSerializer]):
    """Parameters of several types."""

    def get(self, parsed_path: Path[Number], parsed_query: Query[TypedQuery]) -> Typed:
        """Tell what was understood."""
        return Typed(parsed_path.number, parsed_query.page, parsed_query.size, parsed_query.active)


class Books20(Controller[MsgspecSerializer]):
    """Twenty books."""

    def get(self) -> list[Book]:
        """List them."""
        return [shown(book) for book in up_to(20)]


class Books100(Controller[MsgspecSerializer]):
    """A hundred books."""

    def get(self) -> list[Book]:
        """List them."""
        return [shown(book) for book in up_to(100)]


class Rows(Controller[MsgspecSerializer]):
    """As many books as are asked for."""

    def get(self, parsed_query: Query[Limit]) -> list[Book]:
        """List them."""
        return [shown(book) for book in first(parsed_query.limit)]


class Nested(Controller[MsgspecSerializer]):
    """Twenty books with what belongs to them."""

    def get(self) -> list[NestedBook]:
        """List them."""
        rows = (
            models.Book.objects.select_related("author")
            .prefetch_related("categories")
            .filter(id__lte=20)
            .order_by("id")
        )
        return [nested(book) for book in rows]


class Paged(Controller[MsgspecSerializer]):
    """Books narrowed, ordered, page by page."""

    def get(self, parsed_query: Query[PageQuery]) -> Page:
        """List them."""
        rows = models.Book.objects.filter(author_id=parsed_query.author)
        end = parsed_query.page * parsed_query.page_size
        allowed = parsed_query.ordering.lstrip("-") in {"price", "title"}
        ordered = rows.order_by(parsed_query.ordering if allowed else "price")
        return Page(rows.count(), [shown(book) for book in ordered[end - parsed_query.page_size : end]])


class Books(Controller[MsgspecSerializer]):
    """The collection."""

    @modify(status_code=HTTPStatus.CREATED)
    def post(self, parsed_body: Body[BookIn]) -> Book:
        """Create one."""
        return shown(models.Book.objects.create(**msgspec.structs.asdict(parsed_body)))


class OneBook(Controller[MsgspecSerializer]):
    """Books, one at a time."""

    def get(self, parsed_path: Path[Key]) -> Book:
        """Get one."""
        return shown(get_object_or_404(models.Book, pk=parsed_path.key))

    def put(self, parsed_path: Path[Key], parsed_body: Body[BookIn]) -> Book:
        """Replace one."""
        book = get_object_or_404(models.Book, pk=parsed_path.key)
        for name, value in msgspec.structs.asdict(parsed_body).items():
            setattr(book, name, value)
        book.save()
        return shown(book)


router = Router(
    "",
    [
        path("hello", HelloController.as_view()),
        path("typed/<int:number>", TypedController.as_view()),
        path("guarded", GuardedController.as_view()),
        path("books20", Books20.as_view()),
        path("books100", Books100.as_view()),
        path("nested", Nested.as_view()),
        path("page", Paged.as_view()),
        path("rows", Rows.as_view()),
        path("books", Books.as_view()),
        path("books/<int:key>", OneBook.as_view()),
    ],
)

urlpatterns = [router.to_urlpatterns(namespace="shop")]
