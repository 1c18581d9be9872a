"""Chapter “Common Patterns”: patterns 1 to 8."""

import json
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import connection
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated

from ironbolt.drf.permissions import check_permissions
from ironbolt.drf.softdelete import SoftDeleteViewSet
from ironbolt.drf.views import BaseViewSetMixin
from tests.drf.seed.models import Article, AuditLog, Comment, Story, Tag
from tests.drf.seed.serializers import (
    ArticleCreateSerializer,
    ArticleDetailSerializer,
    ArticleListSerializer,
    ArticleSerializer,
    StorySerializer,
)
from tests.drf.seed.support import Site, caller, error_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.row("V21")]


class Base(BaseViewSetMixin, viewsets.ModelViewSet):
    """Pattern 1, which all the others need: somebody owns what is created."""

    # guide 347-351
    queryset = Article.objects.all()
    serializer_class = ArticleSerializer

    def get_create_kwargs(self, serializer):
        return {"owner": self.request.user}


# --- 1: automatic user assignment -----------------------------------------------------------------


def test_new_article_belongs_to_the_caller(ann: User, bob: User) -> None:
    """Whatever the client sends for an owner."""
    with Site(articles=Base):
        answer = caller(ann).post("/articles/", {"title": "Iliad", "owner": bob.pk}, format="json")
    assert (answer.status_code, answer.json()["owner"]) == (201, ann.pk)
    assert Article.objects.get().owner == ann


def test_anonymous_caller_owns_nothing(ann: User) -> None:
    """Printed without permissions: where the project lets anybody in, nobody can be an owner; nothing is kept."""

    class Open(Base):
        permission_classes = (AllowAny,)

    class Mended(Base):
        permission_classes = (IsAuthenticated,)

    with Site(articles=Open, mended=Mended):
        assert error_of(caller().post("/articles/", {"title": "x"}, format="json")) == (500, "server_error", {})
        assert error_of(caller().post("/mended/", {"title": "x"}, format="json"))[0] == 401
    assert not Article.objects.exists()


# --- 2: soft deletes ------------------------------------------------------------------------------


class StoryViewSet(BaseViewSetMixin, viewsets.ModelViewSet):
    queryset = Story.objects.all()
    serializer_class = StorySerializer

    # guide 359-363
    def before_perform_destroy(self, instance):
        """Use soft delete instead"""
        if hasattr(instance, "soft_delete"):
            instance.soft_delete()
            raise DjangoValidationError("Object marked as deleted")


class MendedStoryViewSet(StoryViewSet):
    def before_perform_destroy(self, instance):
        """Ends early and keeps the work, where the print raises."""
        instance.soft_delete(by=self.request.user)
        self.handled(self.success_response(message="Object marked as deleted"))


# guide 369-371
class BuiltInViewSet(SoftDeleteViewSet):
    queryset = Story.objects.all()
    serializer_class = StorySerializer


def test_what_is_raised_undoes_the_soft_delete(ann: User) -> None:
    """The printed form is a 400 that says “marked”, and marks nothing."""
    story = Story.objects.create(title="Iliad")
    with Site(stories=StoryViewSet):
        assert error_of(caller(ann).delete(f"/stories/{story.pk}/")) == (
            400,
            "validation_error",
            {"non_field_errors": ["Object marked as deleted"]},
        )
        assert caller(ann).get(f"/stories/{story.pk}/").status_code == 200
    assert not Story.all_objects.get().is_deleted


def test_handled_keeps_the_soft_delete(ann: User) -> None:
    """The mended form answers 200 with the sentence, and the row is gone for everybody."""
    story = Story.objects.create(title="Iliad")
    with Site(stories=MendedStoryViewSet):
        answer = caller(ann).delete(f"/stories/{story.pk}/")
        assert (answer.status_code, answer.json()) == (200, {"message": "Object marked as deleted", "data": None})
        assert caller(ann).get(f"/stories/{story.pk}/").status_code == 404
    found = Story.all_objects.get()
    assert (found.is_deleted, found.deleted_by) == (True, ann)


@pytest.mark.row("V10")
def test_built_in_soft_delete_is_a_204(ann: User) -> None:
    """``SoftDeleteViewSet`` needs no hook."""
    story = Story.objects.create(title="Iliad")
    with Site(stories=BuiltInViewSet):
        assert caller(ann).delete(f"/stories/{story.pk}/").status_code == 204
        assert caller(ann).get("/stories/").json()["count"] == 0
    assert Story.all_objects.get().is_deleted


# --- 3: audit trail -------------------------------------------------------------------------------


class Audited(Base):
    # guide 379-394
    def after_perform_create(self, instance, serializer):
        AuditLog.objects.create(
            user=self.request.user,
            action="create",
            model="Article",
            object_id=instance.id,
        )

    def after_perform_update(self, instance, serializer):
        AuditLog.objects.create(
            user=self.request.user,
            action="update",
            model="Article",
            object_id=instance.id,
            changes=serializer.validated_data,
        )


class AuditedAsShown(Audited):
    """Mended, 393: what was written as the answer shows it, which is JSON by nature."""

    def after_perform_update(self, instance, serializer):
        shown = serializer.data
        AuditLog.objects.create(
            user=self.request.user,
            action="update",
            model="Article",
            object_id=instance.id,
            changes={name: shown[name] for name in serializer.validated_data if name in shown},
        )


@pytest.mark.parametrize("view", [Audited, AuditedAsShown])
def test_creations_and_changes_are_recorded(view: Any, ann: User) -> None:
    """Who did what to which article; of a change what was sent."""
    with Site(articles=view):
        key = caller(ann).post("/articles/", {"title": "Iliad"}, format="json").json()["id"]
        assert caller(ann).patch(f"/articles/{key}/", {"title": "Ilias"}, format="json").status_code == 200
    assert list(AuditLog.objects.values_list("user", "action", "model", "object_id", "changes")) == [
        (ann.pk, "create", "Article", key, None),
        (ann.pk, "update", "Article", key, {"title": "Ilias"}),
    ]


def test_values_that_are_no_json_are_recorded_as_shown(ann: User) -> None:
    """As printed a date or a tag is a 500 that keeps neither the change nor a record; mended it is recorded."""
    article, tag = Article.objects.create(title="Iliad", owner=ann), Tag.objects.create(name="Epic")
    with Site(articles=Audited, mended=AuditedAsShown):
        for sent in ({"due": "2026-11-21"}, {"tags": [tag.pk]}):
            answer = caller(ann).patch(f"/articles/{article.pk}/", sent, format="json")
            assert error_of(answer) == (500, "server_error", {})
            article.refresh_from_db()
            assert (article.due, article.tags.count(), AuditLog.objects.count()) == (None, 0, 0)
        both = {"due": "2026-11-21", "tags": [tag.pk]}
        assert caller(ann).patch(f"/mended/{article.pk}/", both, format="json").status_code == 200
    article.refresh_from_db()
    assert (article.due, AuditLog.objects.get().changes) == (date(2026, 11, 21), both)


def test_record_goes_with_what_it_records(ann: User) -> None:
    """A record is part of the unit of work: what fails afterwards undoes both."""

    class Failing(Audited):
        def after_perform_create(self, instance, serializer):
            super().after_perform_create(instance, serializer)
            raise ValidationError("No.")

    with Site(articles=Failing):
        assert caller(ann).post("/articles/", {"title": "x"}, format="json").status_code == 400
    assert (Article.objects.count(), AuditLog.objects.count()) == (0, 0)


# --- 4: cache invalidation ------------------------------------------------------------------------


class Cached(Base):
    # guide 402-408
    def after_perform_update(self, instance, serializer):
        cache.delete(f"article:{instance.id}")
        cache.delete("articles:list")  # Invalidate list cache

    def after_perform_destroy(self, instance):
        cache.delete(f"article:{instance.id}")
        cache.delete("articles:list")


class CachedAfterCommit(Base):
    """Mended: after the commit, and for new articles as well."""

    def forget(self, instance):
        cache.delete_many([f"article:{instance.id}", "articles:list"])

    after_commit_create = after_commit_update = after_commit_destroy = forget


def filled(article: Article) -> None:
    """Cache the article and the list."""
    cache.set(f"article:{article.pk}", "old")
    cache.set("articles:list", "old")


def cached(article: Article) -> list[Any]:
    """What is left of it."""
    return [cache.get(f"article:{article.pk}"), cache.get("articles:list")]


@pytest.mark.parametrize("view", [Cached, CachedAfterCommit])
def test_changes_and_deletions_empty_the_cache(view: Any, ann: User) -> None:
    """The article's own place, and that of the list."""
    article = Article.objects.create(title="Iliad", owner=ann)
    with Site(articles=view):
        filled(article)
        assert caller(ann).patch(f"/articles/{article.pk}/", {"title": "Ilias"}, format="json").status_code == 200
        assert cached(article) == [None, None]
        filled(article)
        assert caller(ann).delete(f"/articles/{article.pk}/").status_code == 204
        assert cached(article) == [None, None]


def test_printed_cache_keeps_a_list_without_the_new_article(ann: User) -> None:
    """402-408 forget creations; the mended form does not."""
    article = Article.objects.create(title="Iliad", owner=ann)
    with Site(articles=Cached, mended=CachedAfterCommit):
        filled(article)
        caller(ann).post("/articles/", {"title": "Aeneid"}, format="json")
        assert cached(article)[1] == "old"
        caller(ann).post("/mended/", {"title": "Aeneid"}, format="json")
        assert cached(article)[1] is None


def test_mended_cache_is_emptied_when_the_change_is_there_for_all(ann: User) -> None:
    """In 403 others still read the old row, and may cache it again; after the commit they can't."""
    article = Article.objects.create(title="Iliad", owner=ann)
    in_transaction = []

    class Printed(Cached):
        def after_perform_update(self, instance, serializer):
            super().after_perform_update(instance, serializer)
            in_transaction.append(connection.in_atomic_block)

    class Mended(CachedAfterCommit):
        def after_commit_update(self, instance):
            self.forget(instance)
            in_transaction.append(connection.in_atomic_block)

    with Site(articles=Printed, mended=Mended):
        for prefix in ("articles", "mended"):
            caller(ann).patch(f"/{prefix}/{article.pk}/", {"title": "Ilias"}, format="json")
    assert in_transaction == [True, False]


# --- 5: validation before save --------------------------------------------------------------------


@pytest.fixture(params=[ValidationError, DjangoValidationError], ids=["rest_framework", "django"])
def limited(request: pytest.FixtureRequest) -> Any:
    """The pattern with either class of that name."""
    error_class = request.param

    class Limited(Base):
        # guide 416-421
        def before_perform_create(self, serializer):
            user = self.request.user
            if Article.objects.filter(owner=user, status="draft").count() >= 5:
                raise error_class(
                    {
                        "draft_limit": "You can have at most 5 draft articles",
                    }
                )

    return Limited


def test_sixth_draft_is_refused(limited: Any, ann: User, bob: User) -> None:
    """With the name that the pattern gives it, before anything is saved; others still may."""
    with Site(articles=limited):
        for n in range(5):
            assert caller(ann).post("/articles/", {"title": str(n)}, format="json").status_code == 201
        assert error_of(caller(ann).post("/articles/", {"title": "6"}, format="json")) == (
            400,
            "validation_error",
            {"draft_limit": ["You can have at most 5 draft articles"]},
        )
        assert caller(bob).post("/articles/", {"title": "1"}, format="json").status_code == 201
    assert Article.objects.filter(owner=ann).count() == 5


def test_limit_of_drafts_is_for_drafts(limited: Any, ann: User) -> None:
    """418 counts without a look at what is sent, and refuses what is no draft; the mended form looks."""

    class Mended(limited):
        def before_perform_create(self, serializer):
            if serializer.validated_data.get("status", "draft") == "draft":
                super().before_perform_create(serializer)

    Article.objects.bulk_create(Article(title=str(n), owner=ann) for n in range(5))
    finished = {"title": "Done", "status": "published"}
    with Site(articles=limited, mended=Mended):
        assert caller(ann).post("/articles/", finished, format="json").status_code == 400
        assert caller(ann).post("/mended/", finished, format="json").status_code == 201
        assert caller(ann).post("/mended/", {"title": "6"}, format="json").status_code == 400


@pytest.mark.row("V15")
def test_permissions_are_for_the_decorator(ann: User, chief: User) -> None:
    """The note below the pattern: who may is asked by ``@check_permissions``, before the body runs."""

    class Checked(Base):
        @action(detail=True, methods=["post"])
        @check_permissions(IsAdminUser)
        def feature(self, request, pk=None):
            article = self.get_object()
            return self.success_response({"id": article.pk})

    article = Article.objects.create(title="Iliad", owner=ann)
    with Site(articles=Checked):
        assert error_of(caller(ann).post(f"/articles/{article.pk}/feature/")) == (403, "permission_denied", {})
        assert caller(chief).post(f"/articles/{article.pk}/feature/").json()["data"] == {"id": article.pk}


# --- 6: dynamic serializer selection --------------------------------------------------------------


class Chosen(Base):
    # guide 431-440
    queryset = Article.objects.all()
    serializer_class = ArticleDetailSerializer

    def get_serializer_class(self):
        if self.action == "list":
            return ArticleListSerializer
        elif self.action == "create":
            return ArticleCreateSerializer
        return self.serializer_class


def test_each_action_has_its_serializer(ann: User) -> None:
    """A list shows little, a creation takes and shows its own, a detail all."""
    with Site(articles=Chosen):
        made = caller(ann).post("/articles/", {"title": "Iliad", "status": "published"}, format="json").json()
        assert set(made) == {"id", "title", "content"}
        assert Article.objects.get().status == "draft"
        assert set(caller(ann).get("/articles/").json()["results"][0]) == {"id", "title"}
        assert caller(ann).get(f"/articles/{made['id']}/").json()["owner"] == "ann"
        assert "comments" in caller(ann).patch(f"/articles/{made['id']}/", {"title": "x"}, format="json").json()


# --- 7: query optimization ------------------------------------------------------------------------


class Optimized(Base):
    serializer_class = ArticleDetailSerializer

    # guide 448-454
    def get_queryset(self):
        queryset = super().get_queryset()
        if self.action == "list":
            return queryset.select_related("owner").prefetch_related("tags")
        elif self.action == "retrieve":
            return queryset.select_related("owner").prefetch_related("comments")
        return queryset


class Tagged(Optimized):
    """The list of the pattern, by a serializer that shows tags instead of comments."""

    def get_serializer_class(self):
        return ArticleSerializer if self.action == "list" else ArticleDetailSerializer


def test_queries_do_not_grow_with_rows(ann: User, assert_queries_constant: Any) -> None:
    """Neither with the articles of a list nor with the comments of one."""
    tag, article = Tag.objects.create(name="Epic"), Article.objects.create(title="Iliad", owner=ann)

    def more(count: int) -> None:
        for _ in range(count):
            Article.objects.create(title="x", owner=ann).tags.add(tag)
            Comment.objects.create(article=article, text="Long.")

    with Site(articles=Tagged):
        assert_queries_constant(more, lambda: caller(ann).get("/articles/"))
        assert_queries_constant(more, lambda: caller(ann).get(f"/articles/{article.pk}/"))
        shown = caller(ann).get(f"/articles/{article.pk}/").json()
    assert len(shown["comments"]) == Comment.objects.count()


# --- 8: error boundary for custom actions ---------------------------------------------------------


class Publishing(Base):
    # guide 462-472
    @action(detail=True, methods=["post"])
    def publish(self, request, pk=None):
        with self.error_boundary():
            article = self.get_object()
            if not article.can_publish():
                raise ValidationError("Article not ready to publish")
            article.publish()
            return self.success_response(
                data=ArticleSerializer(article).data,
                message="Article published successfully",
            )


@pytest.mark.row("V17", "V18")
def test_action_publishes_or_says_why_not(ann: User) -> None:
    """A success is message and data, a refusal the one envelope, an unknown article a 404."""
    article = Article.objects.create(title="Iliad", owner=ann)
    with Site(articles=Publishing):
        publish = f"/articles/{article.pk}/publish/"
        assert error_of(caller(ann).post(publish)) == (
            400,
            "validation_error",
            {"non_field_errors": ["Article not ready to publish"]},
        )
        Article.objects.update(content="Sing.")
        answer = caller(ann).post(publish)
        assert (answer.status_code, answer.json()["message"]) == (200, "Article published successfully")
        assert answer.json()["data"]["is_published"] is True
        assert error_of(caller(ann).post("/articles/999/publish/")) == (404, "not_found", {})
        assert json.loads(caller(ann).get(f"/articles/{article.pk}/").content) == answer.json()["data"]
    article.refresh_from_db()
    assert article.is_published
