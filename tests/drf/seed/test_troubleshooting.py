"""Chapter “Troubleshooting”: each problem, and that what the guide marks as right is."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS, AllowAny, IsAuthenticated
from rest_framework.response import Response

from ironbolt.drf.views import BaseViewSetMixin
from tests.drf.seed.models import Article, Category, Product, Tag
from tests.drf.seed.serializers import ArticleSerializer, ProductSerializer
from tests.drf.seed.support import Site, caller, error_of, message_of

pytestmark = pytest.mark.django_db(transaction=True)


class Base(BaseViewSetMixin, viewsets.ModelViewSet):
    """What each problem is about."""

    queryset = Article.objects.all()
    serializer_class = ArticleSerializer

    def get_create_kwargs(self, serializer):
        return {"owner": self.request.user}


# --- errors not being caught ----------------------------------------------------------------------


class Caught(Base):
    # guide 1086-1089; the block has no body, which is a syntax error
    @action(detail=True, methods=["post"])
    def custom_action(self, request, pk=None):
        with self.error_boundary():
            # Your code here
            article = self.get_object()
            article.do_something()
            article.save()
            return Response(1 / (request.data["by"]))


def test_errors_of_an_action_are_caught(ann: User) -> None:
    """Whatever it is: an unknown row, a missing field, a division by zero; nothing of it is kept."""
    article = Article.objects.create(title="Iliad", owner=ann)
    with Site(articles=Caught):
        address = f"/articles/{article.pk}/custom_action/"
        assert error_of(caller(ann).post("/articles/999/custom_action/"))[0] == 404
        for sent in ({}, {"by": 0}):
            assert error_of(caller(ann).post(address, sent, format="json")) == (500, "server_error", {})
            article.refresh_from_db()
            assert article.title == "Iliad"
        assert caller(ann).post(address, {"by": 2}, format="json").json() == 0.5


# --- N+1 queries ----------------------------------------------------------------------------------


class Related(Base):
    # guide 1098-1102
    def get_queryset(self):
        queryset = super().get_queryset()
        if self.action == "list":
            return queryset.select_related("owner").prefetch_related("tags")
        return queryset


def test_list_takes_constant_queries(ann: User, assert_queries_constant: Any) -> None:
    """However many articles and tags there are; without it, it does not."""
    tag = Tag.objects.create(name="Epic")

    def more(count: int) -> None:
        for _ in range(count):
            Article.objects.create(title="x", owner=ann).tags.add(tag)

    with Site(articles=Related, unrelated=Base):
        assert_queries_constant(more, lambda: caller(ann).get("/articles/"))
        with pytest.raises(AssertionError, match="tags"):
            assert_queries_constant(more, lambda: caller(ann).get("/unrelated/"))


# --- SQL in errors --------------------------------------------------------------------------------


class Safe(BaseViewSetMixin, viewsets.ModelViewSet):
    # guide 1110-1111
    SAFE_DB_ERRORS = True  # Default, but verify
    queryset = Product.objects.all()
    serializer_class = ProductSerializer


class Unsafe(Safe):
    SAFE_DB_ERRORS = False


@pytest.mark.row("V04")
def test_database_tells_nothing_unless_it_may(ann: User) -> None:
    """The same violation, with and without the words of the database."""
    drinks = Category.objects.create(name="Drinks")
    sent = {"name": "Tea", "sku": "T1", "price": "3.00", "category": drinks.pk}
    with Site(products=Safe, unsafe=Unsafe):
        assert caller(ann).post("/products/", sent, format="json").status_code == 201
        safe = caller(ann).post("/products/", sent, format="json")
        assert message_of(safe) == "A database integrity constraint was violated."
        assert "seed_product" not in safe.content.decode()
        assert "seed_product" in message_of(caller(ann).post("/unsafe/", sent, format="json"))


# --- permissions ----------------------------------------------------------------------------------


class Allowing(Base):
    # guide 1120-1123
    def get_permissions(self):
        if self.action in ["create", "update"]:
            return [IsAuthenticated()]
        return [AllowAny()]


class AllowingReaders(Base):
    """Mended: what is not for reading is not for anybody."""

    def get_permissions(self):
        return [AllowAny()] if self.request.method in SAFE_METHODS else [IsAuthenticated()]


def test_printed_permissions_do_what_they_name(ann: User) -> None:
    """Creating and changing by PUT ask for a login; 1121 leaves PATCH and DELETE to anybody, mended it does not."""
    article = Article.objects.create(title="Iliad", owner=ann)
    address, sent = f"{article.pk}/", {"title": "Ilias"}
    with Site(articles=Allowing, mended=AllowingReaders):
        for prefix in ("articles", "mended"):
            assert caller().get(f"/{prefix}/").status_code == 200
            assert error_of(caller().post(f"/{prefix}/", sent, format="json"))[0] == 401
            assert error_of(caller().put(f"/{prefix}/{address}", sent, format="json"))[0] == 401
        assert error_of(caller().patch(f"/mended/{address}", sent, format="json"))[0] == 401
        assert error_of(caller().delete(f"/mended/{address}"))[0] == 401
        assert caller().patch(f"/articles/{address}", sent, format="json").status_code == 200
        assert caller(ann).delete(f"/mended/{address}").status_code == 204


# --- hooks of custom actions ----------------------------------------------------------------------


class Hooked(Base):
    called: list[str] = []

    def before_perform_update(self, serializer):
        self.called.append("before")

    def after_perform_update(self, instance, serializer):
        self.called.append("after")

    # guide 1131-1136: wrong
    @action(detail=True, methods=["post"])
    def wrong(self, request, pk=None):
        instance = self.get_object()
        instance.do_something()
        instance.save()

    # guide 1139-1144: “right”
    @action(detail=True, methods=["post"])
    def right(self, request, pk=None):
        with self.error_boundary():
            instance = self.get_object()
            instance.do_something()
            instance.save()

    @action(detail=True, methods=["post"])
    def mended(self, request, pk=None):
        """Saves by ``perform_update``, which calls the hooks, and answers."""
        with self.error_boundary():
            instance = self.get_object()
            instance.do_something()
            serializer = self.get_serializer(instance, data={"title": instance.title}, partial=True)
            serializer.is_valid(raise_exception=True)
            self.perform_update(serializer)
            return Response(serializer.data)


def test_action_sees_hooks_where_it_calls_them(ann: User) -> None:
    """Neither printed form does, and neither answers, which is a 500 that keeps nothing; the mended one does both."""
    article = Article.objects.create(title="Iliad", owner=ann)
    Hooked.called.clear()
    with Site(articles=Hooked):
        for name in ("wrong", "right"):
            assert error_of(caller(ann).post(f"/articles/{article.pk}/{name}/"))[0] == 500
            article.refresh_from_db()
            assert (article.title, Hooked.called) == ("Iliad", [])
        assert caller(ann).post(f"/articles/{article.pk}/mended/").json()["title"] == "Iliad!"
    article.refresh_from_db()
    assert (article.title, Hooked.called) == ("Iliad!", ["before", "after"])
