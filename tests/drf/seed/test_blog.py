"""Example 1: the blog."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils.timezone import now
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission, IsAuthenticatedOrReadOnly

from ironbolt.drf.views import BaseViewSetMixin
from tests.drf.seed.models import Article
from tests.drf.seed.serializers import ArticleDetailSerializer, ArticleSerializer
from tests.drf.seed.support import Site, caller, error_of, message_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.row("V21")]

logger = logging.getLogger("articles")
mails: list[str] = []


@pytest.fixture(autouse=True)
def no_mails() -> None:
    """Nobody was written to."""
    mails.clear()


def send_article_created_email(owner: User, article: Article) -> None:
    """A mail, which fails for one title."""
    if article.title == "Undeliverable":
        raise ConnectionError("smtp down")
    mails.append(f"{owner.username}: {article.title}")


# guide 806-900; the imports of `models`, `now`, `PermissionDenied` and `logger`, which it lacks, stand above
class ArticleViewSet(BaseViewSetMixin, viewsets.ModelViewSet):
    """Complete article management with soft deletes and publishing"""

    queryset = Article.objects.all()
    serializer_class = ArticleSerializer
    LOG_REQUESTS = True  # Debug mode

    def get_serializer_class(self):
        if self.action == "retrieve":
            return ArticleDetailSerializer
        return self.serializer_class

    def get_queryset(self):
        queryset = super().get_queryset()

        # Staff can see all articles
        if self.request.user.is_staff:
            return queryset

        # Regular users see only their published articles + their drafts
        if self.request.user.is_authenticated:
            return queryset.filter(models.Q(owner=self.request.user) | models.Q(status="published"))

        # Anonymous users see only published
        return queryset.filter(status="published")

    def get_create_kwargs(self, serializer):
        return {"owner": self.request.user}

    def before_perform_create(self, serializer):
        """Validate article creation constraints"""
        user = self.request.user
        draft_count = Article.objects.filter(owner=user, status="draft").count()

        if draft_count >= 5:
            raise ValidationError({"draft_limit": "Max 5 draft articles per user"})

    def after_perform_create(self, instance, serializer):
        """Send notification after creation"""
        try:
            send_article_created_email(instance.owner, instance)
        except Exception as e:
            logger.error(f"Email failed: {e}")

    @action(detail=True, methods=["post"])
    def publish(self, request, pk=None):
        """Publish an article"""
        with self.error_boundary():
            article = self.get_object()

            if article.status == "published":
                raise ValidationError("Already published")

            article.status = "published"
            article.published_at = now()
            article.save()

            return self.success_response(
                data=ArticleDetailSerializer(article).data, message="Article published successfully"
            )

    @action(detail=True, methods=["post"])
    def archive(self, request, pk=None):
        """Soft delete an article"""
        with self.error_boundary():
            article = self.get_object()

            # Only owner or staff can archive
            if article.owner != request.user and not request.user.is_staff:
                raise PermissionDenied("Cannot archive this article")

            article.is_archived = True
            article.save()

            return self.success_response(message="Article archived successfully")


class IsOwnerOrReadOnly(BasePermission):
    """Everybody reads what they see; owners and staff write."""

    def has_object_permission(self, request, view, obj):
        return request.method in SAFE_METHODS or obj.owner == request.user or request.user.is_staff


class MendedArticleViewSet(ArticleViewSet):
    """Says who may; hides what is archived; the mail waits for the commit."""

    permission_classes = (IsAuthenticatedOrReadOnly, IsOwnerOrReadOnly)

    def get_queryset(self):
        return super().get_queryset().filter(is_archived=False)

    def after_perform_create(self, instance, serializer):
        """Nothing yet."""

    def after_commit_create(self, instance):
        """Send notification after creation"""
        send_article_created_email(instance.owner, instance)


BOTH = pytest.mark.parametrize("view", [ArticleViewSet, MendedArticleViewSet], ids=["printed", "mended"])


@BOTH
def test_everybody_sees_their_own_and_what_is_published(view: Any, ann: User, bob: User, chief: User) -> None:
    """Lists and details alike; what one may not see is not there."""
    draft = Article.objects.create(title="Draft", owner=ann)
    Article.objects.create(title="Done", owner=ann, status="published")
    with Site(articles=view):
        for user, titles in ((ann, ["Draft", "Done"]), (bob, ["Done"]), (chief, ["Draft", "Done"])):
            assert [one["title"] for one in caller(user).get("/articles/").json()["results"]] == titles
        for method in ("get", "patch", "delete"):
            assert error_of(getattr(caller(bob), method)(f"/articles/{draft.pk}/")) == (404, "not_found", {})
        assert caller(ann).get(f"/articles/{draft.pk}/").json()["owner"] == "ann"


@BOTH
def test_articles_are_created_within_limits(view: Any, ann: User, caplog: pytest.LogCaptureFixture) -> None:
    """They belong to who writes them; a mail that fails fails nobody; the sixth draft is refused."""
    with Site(articles=view):
        for title in ("1", "2", "3", "4", "Undeliverable"):
            answer = caller(ann).post("/articles/", {"title": title}, format="json")
            assert (answer.status_code, answer.json()["owner"]) == (201, ann.pk)
        assert error_of(caller(ann).post("/articles/", {"title": "6"}, format="json")) == (
            400,
            "validation_error",
            {"draft_limit": ["Max 5 draft articles per user"]},
        )
    assert Article.objects.filter(owner=ann).count() == 5
    assert mails == ["ann: 1", "ann: 2", "ann: 3", "ann: 4"]
    assert "smtp down" in caplog.text


@BOTH
def test_draft_is_published_once(view: Any, ann: User, bob: User) -> None:
    """With the time; a second time is a 400, a draft of somebody else a 404, and neither changes anything."""
    draft = Article.objects.create(title="Draft", owner=ann)
    with Site(articles=view):
        address = f"/articles/{draft.pk}/publish/"
        assert error_of(caller(bob).post(address)) == (404, "not_found", {})
        answer = caller(ann).post(address)
        assert (answer.status_code, answer.json()["message"]) == (200, "Article published successfully")
        assert answer.json()["data"]["status"] == "published"
        draft.refresh_from_db()
        assert draft.published_at
        again = error_of(caller(ann).post(address))
        assert again == (400, "validation_error", {"non_field_errors": ["Already published"]})


@BOTH
def test_owner_and_staff_archive(view: Any, ann: User, bob: User, chief: User) -> None:
    """Who only sees an article may not, whether by the action or by the permission."""
    mine, other = (Article.objects.create(title=str(n), owner=ann, status="published") for n in range(2))
    with Site(articles=view):
        assert error_of(caller(bob).post(f"/articles/{mine.pk}/archive/")) == (403, "permission_denied", {})
        assert not Article.objects.filter(is_archived=True).exists()
        answer = caller(ann).post(f"/articles/{mine.pk}/archive/")
        assert answer.json() == {"message": "Article archived successfully", "data": None}
        assert caller(chief).post(f"/articles/{other.pk}/archive/").status_code == 200
    assert Article.objects.filter(is_archived=True).count() == 2


def test_words_of_the_refusal_are_those_of_the_action(ann: User, bob: User) -> None:
    """893, under the project's own permissions."""
    mine = Article.objects.create(title="1", owner=ann, status="published")
    with Site(articles=ArticleViewSet):
        assert message_of(caller(bob).post(f"/articles/{mine.pk}/archive/")) == "Cannot archive this article"


def test_archived_is_out_of_sight_where_mended(ann: User) -> None:
    """887 says “soft delete”, and the printed form goes on to show it."""
    Article.objects.create(title="Old", owner=ann, is_archived=True)
    with Site(articles=ArticleViewSet, mended=MendedArticleViewSet):
        assert caller(ann).get("/articles/").json()["count"] == 1
        assert caller(ann).get("/mended/").json()["count"] == 0


def test_anonymous_readers_read_and_do_no_more(ann: User) -> None:
    """815 names no permissions. Where the project opens all, a creation of nobody's is a 500 that keeps nothing."""

    class Open(ArticleViewSet):
        permission_classes = (AllowAny,)

    draft = Article.objects.create(title="Draft", owner=ann)
    done = Article.objects.create(title="Done", owner=ann, status="published")
    with Site(articles=ArticleViewSet, open=Open, mended=MendedArticleViewSet):
        assert error_of(caller().get("/articles/"))[0] == 401
        for prefix in ("open", "mended"):
            assert [one["title"] for one in caller().get(f"/{prefix}/").json()["results"]] == ["Done"]
            assert caller().get(f"/{prefix}/{draft.pk}/").status_code == 404
        assert error_of(caller().post("/open/", {"title": "x"}, format="json")) == (500, "server_error", {})
        assert error_of(caller().post(f"/open/{done.pk}/archive/")) == (403, "permission_denied", {})
        assert error_of(caller().post("/mended/", {"title": "x"}, format="json"))[0] == 401
        assert error_of(caller().post(f"/mended/{done.pk}/archive/"))[0] == 401
    assert Article.objects.count() == 2
    assert not Article.objects.filter(is_archived=True).exists()


def test_others_may_not_change_what_they_see(ann: User, bob: User) -> None:
    """As printed whoever sees an article changes and deletes it; the mended form asks the owner."""
    article = Article.objects.create(title="Done", owner=ann, status="published")
    with Site(articles=ArticleViewSet, mended=MendedArticleViewSet):
        for method in ("patch", "delete"):
            refused = getattr(caller(bob), method)(f"/mended/{article.pk}/", {"title": "x"}, format="json")
            assert error_of(refused) == (403, "permission_denied", {})
        article.refresh_from_db()
        assert article.title == "Done"
        assert caller(bob).patch(f"/articles/{article.pk}/", {"title": "x"}, format="json").status_code == 200
        assert caller(ann).patch(f"/mended/{article.pk}/", {"title": "y"}, format="json").status_code == 200


def test_requests_are_logged(ann: User, caplog: pytest.LogCaptureFixture) -> None:
    """820."""
    caplog.set_level(logging.INFO, "ironbolt.requests")
    with Site(articles=ArticleViewSet):
        caller(ann).get("/articles/")
    lines = [record.message for record in caplog.records if record.name == "ironbolt.requests"]
    assert lines == [f"→ GET /articles/ | user={ann.pk} | data={{}}", "← GET /articles/ | status=200"]
