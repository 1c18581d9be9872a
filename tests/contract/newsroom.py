"""Articles through both doors, for tests of what the features bring to a view set."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import jwt
import msgspec
from django.conf import settings
from django.contrib.auth.models import User
from django.urls import Resolver404, URLResolver
from django.urls.resolvers import RegexPattern
from rest_framework.permissions import AllowAny
from rest_framework.test import APIRequestFactory
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

from ironbolt.bolt import BoltAPI, Info
from ironbolt.bolt import views as bolt
from ironbolt.bolt.auth import JWTAuthentication
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.core import context
from ironbolt.drf import bulk, publishing, ratings, softdelete, views
from ironbolt.drf.fields import ReferenceField
from ironbolt.drf.pagination import AppPageNumberPagination
from ironbolt.drf.routers import AppRouter
from ironbolt.drf.serializers import AppModelSerializer
from ironbolt.testing import TestClient
from tests.newsroom.models import Article, Section

SHOWN = ("id", "title", "slug", "author", "section_id", "is_published", "average_rating", "rating_count")

Call = Callable[..., tuple[int, Any]]
"""Method and path below the articles, with ``json`` and ``user``; gives status and body."""


class ArticleOut(msgspec.Struct):
    """An article as the Bolt door shows it."""

    id: int
    title: str
    slug: str
    author: str
    section_id: int
    is_published: bool
    average_rating: Any
    rating_count: int


class ArticleIn(msgspec.Struct):
    """An article as it is written."""

    title: str
    section_id: int
    slug: str = ""


class ArticleSerializer(AppModelSerializer):
    """An article as the DRF door shows and takes it."""

    section_id = ReferenceField(Section)

    class Meta:
        model = Article
        fields = SHOWN


class BoltArticles(bolt.SoftDeleteMixin, bolt.PublishableMixin, bolt.RatableMixin, bolt.ModelViewSet):
    """Articles with all three features."""

    queryset = Article.objects.all()
    serializer_class = ArticleOut
    create_serializer_class = ArticleIn
    filterset_fields = ["author"]
    ordering_fields = ["title"]
    pagination_class = PageNumberPagination
    auth = [JWTAuthentication()]
    guards = []


class DRFArticles(softdelete.SoftDeleteMixin, publishing.PublishableMixin, ratings.RatableMixin, views.BaseViewSet):
    """The same through the other door."""

    queryset = Article.objects.all()
    serializer_class: Any = ArticleSerializer
    filterset_fields = ("author",)
    ordering_fields = ("title",)
    pagination_class = AppPageNumberPagination
    authentication_classes = (JWTStatelessUserAuthentication,)
    permission_classes: Any = (AllowAny,)


def through_bolt(*bases: type[Any], **attributes: Any) -> Call:
    """A caller of the Bolt door, over a view set of these bases with these attributes."""
    api = BoltAPI(info=Info(served=False))
    api.viewset("/articles")(type("Articles", bases or (BoltArticles,), attributes))
    client = TestClient(api)

    def call(method: str, path: Any = "", *, user: User | None = None, json: Any = msgspec.UNSET) -> tuple[int, Any]:
        answer = client.request(method, f"/articles{_below(path)}", json=json, headers=_headers(user))
        return answer.status_code, answer.json() if answer.content else None

    return call


def through_drf(*bases: type[Any], **attributes: Any) -> Call:
    """The same of the DRF door."""
    router = AppRouter()
    router.register("articles", type("Articles", bases or (DRFArticles,), attributes), basename="article")
    urls: Any = ModuleType("urls_of_articles")
    urls.urlpatterns = router.urls
    resolver = URLResolver(RegexPattern(r"^/"), urls)

    def call(method: str, path: Any = "", *, user: User | None = None, json: Any = msgspec.UNSET) -> tuple[int, Any]:
        body = "" if json is msgspec.UNSET else msgspec.json.encode(json).decode()
        address = f"/articles{_below(path)}"
        request = APIRequestFactory().generic(
            method, address, body, content_type="application/json", headers=_headers(user)
        )
        try:
            match = resolver.resolve(address.partition("?")[0])
        except Resolver404:
            return 404, None
        with context.using(context.Context(trace_id="-")):  # as the middleware does
            answer: Any = match.func(request, *match.args, **match.kwargs)
        return answer.status_code, msgspec.json.decode(answer.content) if answer.content else None

    return call


DOORS = {"drf": through_drf, "bolt": through_bolt}
MIXINS: dict[str, dict[str, type[Any]]] = {
    "drf": {
        "softdelete": softdelete.SoftDeleteMixin,
        "publishing": publishing.PublishableMixin,
        "ratings": ratings.RatableMixin,
        "bulk": bulk.BulkOperationMixin,
        "base": views.BaseViewSet,
    },
    "bolt": {
        "softdelete": bolt.SoftDeleteMixin,
        "publishing": bolt.PublishableMixin,
        "ratings": bolt.RatableMixin,
        "bulk": bolt.BulkOperationMixin,
        "base": bolt.ModelViewSet,
    },
}
VIEWS: dict[str, type[Any]] = {"drf": DRFArticles, "bolt": BoltArticles}


def person(name: str = "staff", *, is_staff: bool = False) -> User:
    """Somebody with a row among the users."""
    return User.objects.get_or_create(username=name, is_staff=is_staff)[0]


def _below(path: Any) -> str:
    return f"/{path}" if path != "" and not str(path).startswith("?") else str(path)


def _headers(user: User | None) -> dict[str, str]:
    if user is None:
        return {}
    claims = {
        "token_type": "access",
        "exp": 4102444800,
        "jti": "1",
        "user_id": str(user.pk),
        "username": user.username,
        "is_staff": user.is_staff,
    }
    return {"authorization": f"Bearer {jwt.encode(claims, settings.SECRET_KEY, 'HS256')}"}
