"""Chapter “Hooks & Lifecycle”."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db.models import F
from rest_framework import viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from ironbolt.drf.views import BaseViewSetMixin
from tests.drf.seed.models import Article, Attachment, Tag
from tests.drf.seed.serializers import ArticleDetailSerializer, ArticleSerializer
from tests.drf.seed.support import Site, caller, error_of, message_of

pytestmark = pytest.mark.django_db(transaction=True)

logger = logging.getLogger("articles")
sent_mails: list[str] = []


@pytest.fixture(autouse=True)
def clean() -> None:
    """No mails and no cached articles."""
    sent_mails.clear()
    cache.clear()


def send_email_notification(owner: User, article: Article) -> None:
    """A mail, as far as tests go."""
    sent_mails.append(f"{owner.username}: {article.title}")


class Base(BaseViewSetMixin, viewsets.ModelViewSet):
    """What each section begins with."""

    queryset = Article.objects.all()
    serializer_class = ArticleSerializer


# --- create ---------------------------------------------------------------------------------------


class Creating(Base):
    # guide 213-224
    def get_create_kwargs(self, serializer):
        """Add owner to new articles"""
        return {"owner": self.request.user}

    def before_perform_create(self, serializer):
        """Validate business logic before save"""
        if self.request.user.articles.count() >= 10:
            raise ValidationError("Cannot create more than 10 articles")

    def after_perform_create(self, instance, serializer):
        """Send notification after save"""
        send_email_notification(instance.owner, instance)


class CreatingByHand(Creating):
    # guide 193-197
    def create(self, request, *args, **kwargs):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        self.perform_create(serializer)  # → Your hooks called here
        return Response(serializer.data, status=201)


@pytest.mark.parametrize("view", [Creating, CreatingByHand])
def test_create_passes_its_hooks(view: Any, ann: User) -> None:
    """The owner is the caller, the eleventh article is refused before it is saved, and nobody is told of it."""
    with Site(articles=view):
        client = caller(ann)
        made = [client.post("/articles/", {"title": f"No. {n}"}, format="json") for n in range(10)]
        assert [answer.status_code for answer in made] == [201] * 10
        assert {answer.json()["owner"] for answer in made} == {ann.pk}
        assert error_of(client.post("/articles/", {"title": "No. 10"}, format="json")) == (
            400,
            "validation_error",
            {"non_field_errors": ["Cannot create more than 10 articles"]},
        )
    assert Article.objects.filter(owner=ann).count() == 10
    assert sent_mails == [f"ann: No. {n}" for n in range(10)]


def test_mended_mail_leaves_after_the_commit(ann: User) -> None:
    """Mended, 224: what can't be called back waits for the commit; a mail that fails undoes nothing."""

    class Mended(Creating):
        def after_perform_create(self, instance, serializer):
            """Nothing yet."""

        def after_commit_create(self, instance):
            send_email_notification(instance.owner, instance)
            raise OSError

    with Site(articles=Mended):
        assert caller(ann).post("/articles/", {"title": "Iliad"}, format="json").status_code == 201
    assert sent_mails == ["ann: Iliad"]
    assert Article.objects.count() == 1


# --- update ---------------------------------------------------------------------------------------


class Updating(Base):
    # guide 245-253
    def before_perform_update(self, serializer):
        """Prevent certain updates"""
        instance = serializer.instance
        if instance.is_published and "status" in serializer.validated_data:
            raise PermissionDenied("Cannot change status of published articles")

    def after_perform_update(self, instance, serializer):
        """Cache invalidation"""
        cache.delete(f"article:{instance.id}")


class UpdatingByHand(Updating):
    # guide 230-235
    def update(self, request, *args, **kwargs):
        instance = self.get_object()
        serializer = self.get_serializer(instance, data=request.data)
        serializer.is_valid(raise_exception=True)
        self.perform_update(serializer)  # → Your hooks called here
        return Response(serializer.data)


@pytest.mark.parametrize("view", [Updating, UpdatingByHand])
@pytest.mark.parametrize("method", ["put", "patch"])
def test_update_passes_its_hooks(view: Any, method: str, ann: User) -> None:
    """A refusal comes before anything is saved, and the cache is emptied after it."""
    article = Article.objects.create(title="Iliad", owner=ann, is_published=True)
    cache.set(f"article:{article.pk}", "old")
    with Site(articles=view):
        write = getattr(caller(ann), method)
        refused = write(f"/articles/{article.pk}/", {"title": "Ilias", "status": "published"}, format="json")
        assert error_of(refused) == (403, "permission_denied", {})
        assert message_of(refused) == "Cannot change status of published articles"
        article.refresh_from_db()
        assert (article.title, article.status, cache.get(f"article:{article.pk}")) == ("Iliad", "draft", "old")
        assert write(f"/articles/{article.pk}/", {"title": "Ilias"}, format="json").json()["title"] == "Ilias"
    assert cache.get(f"article:{article.pk}") is None


def test_printed_update_takes_a_part_for_the_whole(ann: User) -> None:
    """Mended, 232: without ``partial`` a PATCH has to send every required field; REST framework's own has it."""
    article = Article.objects.create(title="Iliad", owner=ann)
    with Site(articles=UpdatingByHand, mended=Updating):
        sent = {"content": "Sing."}
        refused = caller(ann).patch(f"/articles/{article.pk}/", sent, format="json")
        assert error_of(refused) == (400, "validation_error", {"title": ["This field is required."]})
        assert caller(ann).patch(f"/mended/{article.pk}/", sent, format="json").json()["content"] == "Sing."


# --- destroy --------------------------------------------------------------------------------------


class Destroying(Base):
    # guide 272-280
    def before_perform_destroy(self, instance):
        """Prevent deletion of published articles"""
        if instance.is_published:
            raise PermissionDenied("Cannot delete published articles")

    def after_perform_destroy(self, instance):
        """Cleanup associated files"""
        for attachment in instance.attachments.all():
            attachment.file.delete()


class DestroyingByHand(Destroying):
    # guide 259-262
    def destroy(self, request, *args, **kwargs):
        instance = self.get_object()
        self.perform_destroy(instance)  # → Your hooks called here
        return Response(status=204)


@pytest.fixture
def article(ann: User, settings: Any, tmp_path: Any) -> Article:
    """An article with a file."""
    settings.MEDIA_ROOT = tmp_path
    article = Article.objects.create(title="Iliad", owner=ann)
    Attachment.objects.create(article=article, file=ContentFile(b"map", "map.png"))
    return article


@pytest.mark.parametrize("view", [Destroying, DestroyingByHand])
def test_destroy_passes_its_hooks(view: Any, ann: User, article: Article) -> None:
    """A published article stays, with a 403; another one goes."""
    with Site(articles=view):
        article.publish()
        refused = caller(ann).delete(f"/articles/{article.pk}/")
        assert error_of(refused) == (403, "permission_denied", {})
        assert Article.objects.get() == article
        article.unpublish()
        assert caller(ann).delete(f"/articles/{article.pk}/").status_code == 204
    assert not Article.objects.exists()


def files_below(folder: Any) -> list[str]:
    """Their names."""
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_printed_cleanup_finds_nothing_to_clean_up(ann: User, article: Article, tmp_path: Any) -> None:
    """280: the attachments went with the article, so that their files are left; it fails nobody."""
    with Site(articles=Destroying):
        assert caller(ann).delete(f"/articles/{article.pk}/").status_code == 204
    assert not Attachment.objects.exists()
    assert files_below(tmp_path) == ["map.png"]


class Cleaning(Destroying):
    """Mended, 277-280: the files are noted while their rows are there, and go once the deletion is durable."""

    def before_perform_destroy(self, instance):
        super().before_perform_destroy(instance)
        self.files = [attachment.file for attachment in instance.attachments.all()]

    def after_perform_destroy(self, instance):
        if instance.title == "Odyssey":
            raise ValidationError("Not this one.")

    def after_commit_destroy(self, instance):
        for file in self.files:
            file.storage.delete(file.name)


def test_mended_cleanup_waits_for_the_commit(ann: User, article: Article, tmp_path: Any) -> None:
    """A deletion that is undone keeps its files, one that is done does not."""
    with Site(articles=Cleaning):
        Article.objects.update(title="Odyssey")
        assert caller(ann).delete(f"/articles/{article.pk}/").status_code == 400
        assert Attachment.objects.exists()
        assert files_below(tmp_path) == ["map.png"]
        Article.objects.update(title="Iliad")
        assert caller(ann).delete(f"/articles/{article.pk}/").status_code == 204
    assert files_below(tmp_path) == []


# --- list -----------------------------------------------------------------------------------------


class Listing(Base):
    # guide 300-306
    def before_perform_list(self, queryset):
        """Filter by user"""
        return queryset.filter(owner=self.request.user)

    def after_perform_list(self, queryset):
        """Optimize queries"""
        return queryset.select_related("owner").prefetch_related("tags")


class ListingByHand(Listing):
    # guide 286-290
    def filter_queryset(self, queryset):
        queryset = self.before_perform_list(queryset)
        queryset = super().filter_queryset(queryset)  # Apply filters
        queryset = self.after_perform_list(queryset)  # Post-process
        return queryset


@pytest.mark.parametrize("view", [Listing, ListingByHand])
def test_list_passes_its_hooks(view: Any, ann: User, bob: User, assert_queries_constant: Any) -> None:
    """Only one's own are listed, found by their keys, changed or deleted, in queries that do not grow."""
    others = Article.objects.create(title="Aeneid", owner=bob)
    tag = Tag.objects.create(name="Epic")

    def more(count: int) -> None:
        for _ in range(count):
            Article.objects.create(title="Iliad", owner=ann).tags.add(tag)

    with Site(articles=view):
        assert_queries_constant(more, lambda: caller(ann).get("/articles/"))
        assert {one["owner"] for one in caller(ann).get("/articles/").json()["results"]} == {ann.pk}
        for method in ("get", "patch", "delete"):
            assert error_of(getattr(caller(ann), method)(f"/articles/{others.pk}/")) == (404, "not_found", {})
    assert Article.objects.filter(pk=others.pk).exists()


def test_printed_list_of_nobody(ann: User) -> None:
    """302: who is not logged in owns nothing. A permission says so first; without one it is a silent 500."""

    class Open(Listing):
        permission_classes = (AllowAny,)

    with Site(articles=Listing, open=Open):
        assert error_of(caller().get("/articles/")) == (401, "authentication_error", {})
        assert error_of(caller().get("/open/")) == (500, "server_error", {})


# --- retrieve -------------------------------------------------------------------------------------


class Retrieving(Base):
    serializer_class = ArticleDetailSerializer

    # guide 327-334
    def before_perform_retrieve(self, instance):
        """Increment view count"""
        instance.views += 1
        instance.save(update_fields=["views"])

    def after_perform_retrieve(self, instance):
        """Log access"""
        logger.info(f"Article {instance.id} viewed by {self.request.user.id}")


class RetrievingByHand(Retrieving):
    # guide 312-317
    def retrieve(self, request, *args, **kwargs):
        instance = self.get_object()
        self.before_perform_retrieve(instance)
        serializer = self.get_serializer(instance)
        self.after_perform_retrieve(instance)
        return Response(serializer.data)


class Counting(Retrieving):
    """Mended, 329-330: the database adds, so that no view is lost where two come at once."""

    permission_classes = (AllowAny,)

    def before_perform_retrieve(self, instance):
        Article.objects.filter(pk=instance.pk).update(views=F("views") + 1)
        instance.refresh_from_db(fields=["views"])


@pytest.mark.parametrize("view", [Retrieving, RetrievingByHand, Counting])
def test_retrieve_passes_its_hooks(view: Any, ann: User, caplog: pytest.LogCaptureFixture) -> None:
    """The view counts before it is shown, and is logged after."""
    caplog.set_level(logging.INFO, "articles")
    article = Article.objects.create(title="Iliad", owner=ann)
    with Site(articles=view):
        shown = [caller(ann).get(f"/articles/{article.pk}/").json()["views"] for _ in range(2)]
    assert shown == [1, 2]
    assert caplog.messages == [f"Article {article.pk} viewed by {ann.pk}"] * 2


def test_printed_count_loses_a_view(ann: User) -> None:
    """329: two that read the same number write the same one; the mended form counts both."""
    article = Article.objects.create(title="Iliad", owner=ann)
    for view, counted in ((Retrieving, 1), (Counting, 2)):
        Article.objects.update(views=0)
        first, second = Article.objects.get(), Article.objects.get()
        view().before_perform_retrieve(first)
        view().before_perform_retrieve(second)
        article.refresh_from_db()
        assert article.views == counted


def test_anonymous_reader_has_no_key(ann: User, caplog: pytest.LogCaptureFixture) -> None:
    """334: where anybody may read, the log says None."""
    caplog.set_level(logging.INFO, "articles")
    article = Article.objects.create(title="Iliad", owner=ann)
    with Site(articles=Counting):
        assert caller().get(f"/articles/{article.pk}/").status_code == 200
    assert caplog.messages == [f"Article {article.pk} viewed by None"]
