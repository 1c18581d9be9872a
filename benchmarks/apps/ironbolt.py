"""Ironbolt's Bolt door: default actions of model view sets, served by ``manage.py serve``."""

from typing import Any

from benchmarks.apps.forms import Hello, Typed
from benchmarks.shop import models
from benchmarks.work import ANSWERS
from ironbolt.asgi import get_asgi_application
from ironbolt.bolt import APIView, BoltAPI, Info, ModelViewSet, ReadOnlyModelViewSet
from ironbolt.bolt.auth import HasPermission, JWTAuthentication
from ironbolt.bolt.middleware import rate_limit
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.bolt.structs import ModelInput, ModelStruct

FIELDS = ["id", "title", "isbn", "author_id", "price", "pages", "published", "summary", "created"]

api = BoltAPI(info=Info(served=False))


class BookOut(ModelStruct):
    """A book."""

    class Meta:
        model = models.Book
        fields = FIELDS


class BookIn(ModelInput):
    """A book as it is written."""

    class Meta:
        model = models.Book
        fields = FIELDS[1:-1]


class AuthorOut(ModelStruct):
    """An author inside a book."""

    class Meta:
        model = models.Author
        fields = ["id", "name", "born"]


class CategoryOut(ModelStruct):
    """A category inside a book."""

    class Meta:
        model = models.Category
        fields = ["id", "name", "slug"]


class NestedOut(ModelStruct):
    """A book with what belongs to it."""

    class Meta:
        model = models.Book
        fields = ["id", "title", "isbn", "price", "pages", "published", "summary", "created"]

    author: AuthorOut
    categories: list[CategoryOut]


@api.view("/hello")
class HelloView(APIView):
    """Hello by a class."""

    async def get(self) -> Hello:
        """Say hello."""
        return Hello("Hello, world!", 42)


@api.view("/typed/{number}")
class TypedView(APIView):
    """Parameters of several types."""

    async def get(self, number: int, page: int, size: int, active: bool) -> Typed:
        """Tell what was understood."""
        return Typed(number, page, size, active)


@api.view("/guarded")
class GuardedView(APIView):
    """For those who may, and not too often."""

    auth = [JWTAuthentication()]
    guards = [HasPermission("shop.see")]

    @rate_limit(1_000_000, burst=1_000_000, key="user")
    async def get(self) -> Hello:
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

    queryset = models.Book.objects.filter(id__lte=20).order_by("id")
    serializer_class = NestedOut


@api.viewset("/page")
class Paged(ReadOnlyModelViewSet):
    """Books narrowed, ordered, page by page."""

    queryset = models.Book.objects.all()
    serializer_class = BookOut
    pagination_class = PageNumberPagination
    filterset_fields = ["author"]
    ordering_fields = ["price", "title"]


@api.viewset("/rows")
class Rows(ReadOnlyModelViewSet):
    """As many books as are asked for."""

    serializer_class = BookOut

    def get_queryset(self) -> Any:
        """The first of them."""
        return models.Book.objects.order_by("id")[: int(self.request.query["limit"])]


for most in ANSWERS:
    about = {
        "__doc__": f"The first {most} books, for the curve of growth.",
        "queryset": models.Book.objects.filter(id__lte=most).order_by("id"),
        "serializer_class": BookOut,
    }
    api.viewset(f"/all{most}")(type(f"All{most}", (ReadOnlyModelViewSet,), about))

application = get_asgi_application("benchmarks.apps.ironbolt.api")
