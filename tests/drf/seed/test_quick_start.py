"""Chapters “Overview” and “Architecture”."""

import pytest
from django.contrib.auth.models import User
from rest_framework import viewsets

from ironbolt.drf.views import BaseViewSet, BaseViewSetMixin
from tests.drf.seed.models import Article
from tests.drf.seed.serializers import ArticleSerializer
from tests.drf.seed.support import Site, caller, error_of

pytestmark = pytest.mark.django_db(transaction=True)


# guide 45-47
class ArticleViewSet(BaseViewSetMixin, viewsets.ModelViewSet):
    queryset = Article.objects.all()
    serializer_class = ArticleSerializer


def test_two_lines_serve_everything_that_rest_framework_does(ann: User) -> None:
    """Create is the one that needs a hook here, since nobody sends an owner; the rest works as it stands."""
    article = Article.objects.create(title="Iliad", owner=ann)
    with Site(articles=ArticleViewSet):
        client = caller(ann)
        address = f"/articles/{article.pk}/"
        assert client.get("/articles/").json()["results"][0]["title"] == "Iliad"
        assert client.get(address).json()["owner"] == ann.pk
        assert client.put(address, {"title": "Odyssey"}, format="json").json()["title"] == "Odyssey"
        assert client.patch(address, {"status": "published"}, format="json").json()["status"] == "published"
        assert client.delete(address).status_code == 204
        assert client.get(address).status_code == 404
    assert not Article.objects.exists()


def test_errors_are_unified_without_a_word(ann: User) -> None:
    """Whatever goes wrong has the one envelope: a refusal, an unknown row, bad input, a missing owner, a bad method."""
    with Site(articles=ArticleViewSet):
        client = caller(ann)
        assert error_of(caller().get("/articles/")) == (401, "authentication_error", {})
        assert error_of(client.get("/articles/999/")) == (404, "not_found", {})
        assert error_of(client.get("/articles/abc/")) == (404, "not_found", {})
        assert error_of(client.post("/articles/", {}, format="json")) == (
            400,
            "validation_error",
            {"title": ["This field is required."]},
        )
        assert error_of(client.post("/articles/", "{", content_type="application/json"))[:2] == (400, "parse_error")
        assert error_of(client.post("/articles/", {"title": "x"}, format="json"))[:2] == (409, "integrity_error")
        assert error_of(client.patch("/articles/", {}, format="json")) == (405, "method_not_allowed", {})
    assert not Article.objects.exists()


def test_mixin_stands_before_the_viewset_and_both_layers_are_there() -> None:
    """The order of the guide's picture, and the layer above it."""
    names = [cls.__name__ for cls in ArticleViewSet.__mro__]
    order = [names.index(name) for name in ("ArticleViewSet", "BaseViewSetMixin", "ModelViewSet", "ViewSetMixin")]
    assert order == sorted(order)
    assert issubclass(BaseViewSet, BaseViewSetMixin)
    assert issubclass(BaseViewSet, viewsets.ModelViewSet)
