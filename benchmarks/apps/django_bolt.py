"""django-bolt: model view sets and class-based views, served by its own ``runbolt``."""

import datetime
from decimal import Decimal
from typing import Any

from django_bolt import BoltAPI, ModelViewSet, PageNumberPagination, ReadOnlyModelViewSet
from django_bolt.auth import IsAuthenticated, JWTAuthentication, Requires
from django_bolt.middleware import rate_limit
from django_bolt.serializers import Serializer
from django_bolt.views import APIView

from benchmarks.apps.forms import Hello, Typed
from benchmarks.shop import models
from benchmarks.work import ANSWERS

api = BoltAPI(openapi_config=None)


class BookOut(Serializer):
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


class BookIn(Serializer):
    """A book as it is written."""

    title: str
    isbn: str
    author_id: int
    price: Decimal
    pages: int
    published: datetime.date
    summary: str = ""


class AuthorOut(Serializer):
    """An author inside a book."""

    id: int
    name: str
    born: datetime.date


class CategoryOut(Serializer):
    """A category inside a book."""

    id: int
    name: str
    slug: str


class NestedOut(Serializer):
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


@api.view("/hello")
class HelloView(APIView):
    """Hello by a class."""

    async def get(self, request: Any) -> Hello:
        """Say hello."""
        return Hello("Hello, world!", 42)


@api.view("/typed/{number}")
class TypedView(APIView):
    """Parameters of several types."""

    async def get(self, request: Any, number: int, page: int, size: int, active: bool) -> Typed:
        """Tell what was understood."""
        return Typed(number, page, size, active)


@api.view("/guarded")
class GuardedView(APIView):
    """For those who may, and not too often."""

    auth = [JWTAuthentication()]
    guards = [IsAuthenticated(), Requires("permissions", "shop.see")]

    @rate_limit(rps=1_000_000, burst=1_000_000, key="user")
    async def get(self, request: Any) -> Hello:
        """Say hello."""
        return Hello("Hello, world!", 42)


@api.viewset("/books")
class Books(ModelViewSet):
    """Books, one at a time."""

    queryset = models.Book.objects.all()
    serializer_class = BookOut
    create_serializer_class = BookIn
    update_serializer_class = BookIn


@api.viewset("/books20")
class Books20(ReadOnlyModelViewSet):
    """Twenty books."""

    queryset = models.Book.objects.filter(id__lte=20).order_by("id")
    serializer_class = BookOut


@api.viewset("/books100")
class Books100(ReadOnlyModelViewSet):
    """A hundred books."""

    queryset = models.Book.objects.filter(id__lte=100).order_by("id")
    serializer_class = BookOut


@api.viewset("/nested")
class Nested(ReadOnlyModelViewSet):
    """Twenty books with what belongs to them."""

    queryset = (
        models.Book.objects.select_related("author").prefetch_related("categories").filter(id__lte=20).order_by("id")
    )
    serializer_class = NestedOut


@api.viewset("/page")
class Paged(ReadOnlyModelViewSet):
    """Books narrowed, ordered, page by page; filters are one's own code here."""

    queryset = models.Book.objects.all()
    serializer_class = BookOut
    pagination_class = PageNumberPagination

    async def filter_queryset(self, queryset: Any) -> Any:
        """Those of an author, in the order asked for."""
        query = self.request.query
        if author := query.get("author"):
            queryset = queryset.filter(author=author)
        if query.get("ordering", "").lstrip("-") in {"price", "title"}:
            queryset = queryset.order_by(query["ordering"])
        return queryset


@api.viewset("/rows")
class Rows(ReadOnlyModelViewSet):
    """As many books as are asked for."""

    queryset = models.Book.objects.order_by("id")
    serializer_class = BookOut

    async def filter_queryset(self, queryset: Any) -> Any:
        """The first of them."""
        return queryset[: int(self.request.query["limit"])]


for most in ANSWERS:
    about = {
        "__doc__": f"The first {most} books, for the curve of growth.",
        "queryset": models.Book.objects.filter(id__lte=most).order_by("id"),
        "serializer_class": BookOut,
    }
    api.viewset(f"/all{most}")(type(f"All{most}", (ReadOnlyModelViewSet,), about))
