"""Ironbolt's DRF door: its base classes over the same serializers' fields, served by ``manage.py serve``."""

from typing import Any

from django.urls import path
from rest_framework import permissions, serializers, throttling
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

from benchmarks.shop import models
from ironbolt.asgi import get_asgi_application
from ironbolt.drf.base import BaseViewMixin
from ironbolt.drf.fields import ReferenceField
from ironbolt.drf.pagination import AppPageNumberPagination
from ironbolt.drf.reading.serializers import AppReadOnlyModelSerializer
from ironbolt.drf.serializers import AppModelSerializer
from ironbolt.drf.views import BaseViewSet

FIELDS = ("id", "title", "isbn", "author_id", "price", "pages", "published", "summary", "created")


class BookSerializer(AppModelSerializer):
    """A book, read and written."""

    author_id = ReferenceField(models.Author)

    class Meta:
        model = models.Book
        fields = FIELDS


class BookReader(AppReadOnlyModelSerializer):
    """A book that is only read."""

    class Meta:
        model = models.Book
        fields = FIELDS


class AuthorReader(AppReadOnlyModelSerializer):
    """An author inside a book."""

    class Meta:
        model = models.Author
        fields = ("id", "name", "born")


class CategoryReader(AppReadOnlyModelSerializer):
    """A category inside a book."""

    class Meta:
        model = models.Category
        fields = ("id", "name", "slug")


class NestedReader(AppReadOnlyModelSerializer):
    """A book with what belongs to it."""

    author = AuthorReader()
    categories = CategoryReader(many=True)

    class Meta:
        model = models.Book
        fields = (
            "id", "title", "isbn", "price", "pages", "published", "summary", "created", "author", "categories"
        )  # fmt: skip


class Query(serializers.Serializer[Any]):
    """Typed parameters."""

    page = serializers.IntegerField()
    size = serializers.IntegerField()
    active = serializers.BooleanField()


class MaySee(permissions.BasePermission):
    """What the token says."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Whether the caller may."""
        return bool(request.auth and "shop.see" in request.auth["permissions"])


class Limit(throttling.UserRateThrottle):
    """More than any caller asks; there are a thousand of them."""

    rate = "100000/s"


class Hello(BaseViewMixin, APIView):
    """Hello by a class."""

    def get(self, request: Any) -> Response:
        """Say hello."""
        return Response({"message": "Hello, world!", "number": 42})


class Guarded(Hello):
    """For those who may, and not too often."""

    authentication_classes = (JWTStatelessUserAuthentication,)
    permission_classes = (permissions.IsAuthenticated, MaySee)
    throttle_classes = (Limit,)


class Typed(BaseViewMixin, APIView):
    """Parameters of several types."""

    def get(self, request: Any, number: int) -> Response:
        """Tell what was understood."""
        query = Query(data=request.query_params)
        query.is_valid(raise_exception=True)
        return Response({"number": number, **query.validated_data})


class Books(BaseViewSet):
    """Books, one at a time."""

    queryset = models.Book.objects.all()
    serializer_class = BookSerializer

    def get_serializer_class(self) -> Any:
        """Another one for reading."""
        return BookReader if self.action in {"list", "retrieve"} else BookSerializer


class Books20(BaseViewSet):
    """Twenty books."""

    queryset = models.Book.objects.filter(id__lte=20).order_by("id")
    serializer_class = BookReader
    pagination_class = None
    http_method_names = ("get",)


class Books100(Books20):
    """A hundred books."""

    queryset = models.Book.objects.filter(id__lte=100).order_by("id")


class Nested(Books20):
    """Twenty books with what belongs to them."""

    serializer_class = NestedReader


class Paged(Books20):
    """Books narrowed, ordered, page by page."""

    queryset = models.Book.objects.all()
    pagination_class = AppPageNumberPagination
    filterset_fields = ("author",)
    ordering_fields = ("price", "title")


class Rows(Books20):
    """As many books as are asked for."""

    def get_queryset(self) -> Any:
        """The first of them."""
        return models.Book.objects.order_by("id")[: int(self.request.query_params["limit"])]


router = SimpleRouter(trailing_slash=False)
for name, view in {"books": Books, "books20": Books20, "books100": Books100, "nested": Nested}.items():
    router.register(name, view, basename=name)
router.register("page", Paged, basename="page")
router.register("rows", Rows, basename="rows")

urlpatterns = [
    path("hello", Hello.as_view()),
    path("typed/<int:number>", Typed.as_view()),
    path("guarded", Guarded.as_view()),
    *router.urls,
]

application = get_asgi_application()
