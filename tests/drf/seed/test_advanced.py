"""Chapter “Advanced Features”."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated

from ironbolt.drf.bulk import BulkOperationViewSet
from ironbolt.drf.publishing import PublishableViewSet
from ironbolt.drf.ratings import RatableViewSet
from ironbolt.drf.softdelete import SoftDeleteViewSet
from ironbolt.drf.views import BaseViewSet, BaseViewSetMixin
from tests.drf.seed.models import Article, Category, Product, Story
from tests.drf.seed.serializers import ArticleSerializer, ProductSerializer, StorySerializer
from tests.drf.seed.support import Site, caller, error_of

pytestmark = pytest.mark.django_db(transaction=True)


# --- 1: soft deletes ------------------------------------------------------------------------------


# guide 488-490
class StoryViewSet(SoftDeleteViewSet):
    queryset = Story.objects.all()
    serializer_class = StorySerializer


@pytest.mark.row("V10")
def test_trash_is_listed_and_restored(ann: User, chief: User) -> None:
    """The three addresses of 494-496; the trash is for staff."""
    stories = [Story.objects.create(title=title) for title in ("Iliad", "Odyssey", "Aeneid")]
    keys = [story.pk for story in stories]
    with Site(articles=StoryViewSet):
        for key in keys:
            assert caller(ann).delete(f"/articles/{key}/").status_code == 204
        assert error_of(caller(ann).get("/articles/deleted/"))[0] == 403
        assert caller(chief).get("/articles/deleted/").json()["count"] == 3
        assert caller(chief).post(f"/articles/{keys[0]}/restore/").json()["title"] == "Iliad"
        assert error_of(caller(ann).post("/articles/bulk_restore/", {"ids": keys}, format="json"))[0] == 403
        restored = caller(chief).post("/articles/bulk_restore/", {"ids": keys[1:]}, format="json")
        assert restored.json() == {"restored": keys[1:], "not_found": []}
        assert caller(ann).get("/articles/").json()["count"] == 3


# --- 2: publishing --------------------------------------------------------------------------------


# guide 503-505
class PublishableArticles(PublishableViewSet):
    queryset = Article.objects.all()
    serializer_class = ArticleSerializer


@pytest.mark.row("V11")
def test_articles_are_published_and_taken_back(ann: User) -> None:
    """The three addresses of 509-511; who published is recorded."""
    first, _ = (Article.objects.create(title=title, owner=ann) for title in ("Iliad", "Odyssey"))
    with Site(articles=PublishableArticles):
        assert caller(ann).post(f"/articles/{first.pk}/publish/").json()["is_published"] is True
        assert [one["id"] for one in caller(ann).get("/articles/published/").json()["results"]] == [first.pk]
        first.refresh_from_db()
        assert first.published_by == ann
        assert caller(ann).post(f"/articles/{first.pk}/unpublish/").json()["is_published"] is False
        assert caller(ann).get("/articles/published/").json()["count"] == 0


# --- 3: ratings -----------------------------------------------------------------------------------


@pytest.fixture
def tea() -> Product:
    """Something to rate."""
    return Product.objects.create(name="Tea", sku="T1", price=3, category=Category.objects.create(name="Drinks"))


# guide 518-520
class RatableProducts(RatableViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer


@pytest.mark.row("V12")
def test_products_are_rated(ann: User, bob: User, tea: Product) -> None:
    """The address and the body of 524-527; a second rating of a user takes the place of the first."""
    with Site(products=RatableProducts):
        rate = f"/products/{tea.pk}/rate/"
        assert caller(ann).post(rate, {"rating": 1}, format="json").status_code == 200
        assert caller(ann).post(rate, {"rating": 4.5}, format="json").json()["average_rating"] == "4.50"
        assert caller(bob).post(rate, {"rating": 3}, format="json").json()["rating_count"] == 2
        assert caller(ann).get(f"/products/{tea.pk}/").json()["average_rating"] == "3.75"


# --- 4: bulk operations ---------------------------------------------------------------------------


# guide 534-536
class BulkArticles(BulkOperationViewSet):
    queryset = Article.objects.all()
    serializer_class = ArticleSerializer

    def get_create_kwargs(self, serializer):
        return {"owner": self.request.user}


def test_articles_are_written_in_bulk(ann: User) -> None:
    """The three requests of 546-564, and what they leave in the database."""
    with Site(articles=BulkArticles):
        client = caller(ann)
        made = client.post(
            "/articles/bulk_create/",
            [{"title": "Article 1", "content": "..."}, {"title": "Article 2", "content": "..."}],
            format="json",
        )
        assert made.status_code == 201
        first, second = (one["id"] for one in made.json())
        changed = client.patch(
            "/articles/bulk_update/",
            [{"id": first, "status": "published"}, {"id": second, "status": "draft"}],
            format="json",
        )
        assert [one["status"] for one in changed.json()] == ["published", "draft"]
        assert Article.objects.get(pk=first).status == "published"
        gone = client.delete("/articles/bulk_delete/", {"ids": [first, second]}, format="json")
        assert gone.status_code < 300
    assert not Article.objects.exists()


def test_printed_commands_send_a_form(ann: User) -> None:
    """546-564 lack ``Content-Type``, and curl says it is a form: refused, whoever reads forms or not."""

    class WithForms(BulkArticles):
        parser_classes = (JSONParser, FormParser)

    with Site(articles=BulkArticles, forms=WithForms):
        body = '[{"title": "Article 1", "content": "..."}]'
        as_curl = {"content_type": "application/x-www-form-urlencoded"}
        assert error_of(caller(ann).post("/articles/bulk_create/", body, **as_curl))[:2] == (
            415,
            "unsupported_media_type",
        )
        assert error_of(caller(ann).post("/forms/bulk_create/", body, **as_curl))[:2] == (400, "validation_error")
    assert not Article.objects.exists()


# --- 5: filtering ---------------------------------------------------------------------------------


class Filtered(BaseViewSet):
    # guide 572-582
    queryset = Article.objects.all()
    serializer_class = ArticleSerializer

    # Enable Django Filter
    filterset_fields = ["status", "owner", "created_at"]

    # Enable full-text search
    search_fields = ["title", "content", "owner__username"]

    # Enable ordering
    ordering_fields = ["created_at", "updated_at", "title"]


@pytest.mark.row("V14")
def test_articles_are_filtered_searched_and_ordered(ann: User, bob: User) -> None:
    """The queries of 589-595; what can't be is a 400 with its name."""
    Article.objects.create(title="Iliad", owner=ann, status="published")
    Article.objects.create(title="Odyssey", content="About Django.", owner=ann)
    Article.objects.create(title="Aeneid", owner=bob, status="published")
    with Site(articles=Filtered):

        def titles(query: str) -> list[str]:
            return [one["title"] for one in caller(ann).get(f"/articles/?{query}").json()["results"]]

        assert titles(f"status=published&owner={ann.pk}") == ["Iliad"]
        assert titles("search=django") == ["Odyssey"]
        assert titles("search=bob") == ["Aeneid"]
        assert titles("ordering=-created_at") == ["Aeneid", "Odyssey", "Iliad"]
        assert titles("ordering=title") == ["Aeneid", "Iliad", "Odyssey"]
        for name, value in (("owner", "x"), ("created_at", "yesterday"), ("ordering", "owner__password")):
            answer = error_of(caller(ann).get("/articles/", {name: value}))
            assert (*answer[:2], [*answer[2]]) == (400, "validation_error", [name])


# --- 6: permissions -------------------------------------------------------------------------------


class ByAction(BaseViewSet):
    # guide 603-618
    queryset = Article.objects.all()
    serializer_class = ArticleSerializer

    def get_permissions(self):
        """
        - Anyone can list/retrieve
        - Must be authenticated to create/update
        - Must be staff to delete
        """
        if self.action in ["create", "update", "partial_update"]:
            return [IsAuthenticated()]
        elif self.action == "destroy":
            return [IsAuthenticated(), IsAdminUser()]
        return [AllowAny()]

    def get_create_kwargs(self, serializer):
        return {"owner": self.request.user}


@pytest.mark.row("V15")
def test_each_action_asks_its_own_permissions(ann: User, chief: User) -> None:
    """Everybody reads, who is logged in writes, staff deletes."""
    article = Article.objects.create(title="Iliad", owner=ann)
    address, sent = f"/articles/{article.pk}/", {"title": "Ilias"}
    with Site(articles=ByAction):
        assert caller().get("/articles/").status_code == caller().get(address).status_code == 200
        for method, path in (("post", "/articles/"), ("put", address), ("patch", address)):
            assert error_of(getattr(caller(), method)(path, sent, format="json"))[0] == 401
            assert getattr(caller(ann), method)(path, sent, format="json").status_code in (200, 201)
        assert error_of(caller().delete(address))[0] == 401
        assert error_of(caller(ann).delete(address))[0] == 403
        assert caller(chief).delete(address).status_code == 204


# --- request log ----------------------------------------------------------------------------------


class Logged(BaseViewSetMixin, viewsets.ModelViewSet):
    # guide 626-629
    LOG_REQUESTS = True  # Enable request/response logging
    queryset = Article.objects.all()
    serializer_class = ArticleSerializer

    def get_create_kwargs(self, serializer):
        return {"owner": self.request.user}


@pytest.mark.row("V16")
def test_request_and_answer_are_a_line_each(ann: User, caplog: pytest.LogCaptureFixture) -> None:
    """The two lines of 635-636, where the log listens to them; secrets are not in it."""
    caplog.set_level(logging.INFO, "ironbolt.requests")
    with Site(articles=Logged):
        caller(ann).post("/articles/", {"title": "Iliad", "password": "secret"}, format="json")
    assert [record.message for record in caplog.records if record.name == "ironbolt.requests"] == [
        f"→ POST /articles/ | user={ann.pk} | data={{'title': 'Iliad', 'password': '***'}}",
        "← POST /articles/ | status=201",
    ]


# --- success responses ----------------------------------------------------------------------------


class Publishing(Logged):
    LOG_REQUESTS = False

    # guide 644-654
    @action(detail=True, methods=["post"])
    def publish(self, request, pk=None):
        article = self.get_object()
        article.status = "published"
        article.save()

        return self.success_response(
            data=ArticleSerializer(article).data,
            message="Article published successfully",
            status_code=status.HTTP_200_OK,
        )

    @action(detail=True, methods=["post"])
    def discard(self, request, pk=None):
        self.perform_destroy(self.get_object())
        return self.success_response(status_code=status.HTTP_204_NO_CONTENT)


@pytest.mark.row("V17")
def test_success_is_message_and_data(ann: User) -> None:
    """The body of 660-666; a status without a body has none."""
    article: Any = Article.objects.create(title="Iliad", owner=ann)
    with Site(articles=Publishing):
        answer = caller(ann).post(f"/articles/{article.pk}/publish/").json()
        assert set(answer) == {"message", "data"}
        assert answer["message"] == "Article published successfully"
        assert answer["data"].items() >= {"id": article.pk, "title": "Iliad", "status": "published"}.items()
        article.refresh_from_db()
        assert article.status == "published"
        empty = caller(ann).post(f"/articles/{article.pk}/discard/")
        assert (empty.status_code, empty.content) == (204, b"")
    assert not Article.objects.exists()
