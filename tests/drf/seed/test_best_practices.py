"""Chapter “Best Practices”: 1 to 8, each with what is good and what is not."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response

from ironbolt.core import errors
from ironbolt.core.errors import Problem, register_error
from ironbolt.drf.exceptions import ErrorResponse
from ironbolt.drf.views import BaseViewSetMixin
from ironbolt.testing.queries import assert_no_n_plus_one, assert_queries_constant
from tests.drf.seed.models import Article, Category, Product
from tests.drf.seed.serializers import ArticleCreateSerializer, ArticleDetailSerializer, ArticleSerializer
from tests.drf.seed.support import Site, caller, error_of, message_of

pytestmark = pytest.mark.django_db(transaction=True)

logger = logging.getLogger("articles")


class Bare(BaseViewSetMixin, viewsets.ModelViewSet):
    """What each practice begins with."""

    queryset = Article.objects.all()
    serializer_class = ArticleSerializer


class Base(Bare):
    # guide 677-680: 1, good
    def get_create_kwargs(self, serializer):
        return {"owner": self.request.user}


SENT = {"title": "Iliad"}


# --- 1: get_create_kwargs -------------------------------------------------------------------------


class Counted:
    """Remembers which hooks were called."""

    called: list[str] = []

    def before_perform_create(self, serializer):
        self.called.append("before")

    def after_perform_create(self, instance, serializer):
        self.called.append("after")


class OwnPerform(Counted, Bare):
    # guide 682-684: 1, don't
    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


class OwnKwargs(Counted, Base):
    """The good one."""


@pytest.mark.parametrize(("view", "called"), [(OwnPerform, []), (OwnKwargs, ["before", "after"])])
def test_both_ways_name_the_owner_and_one_passes_the_hooks(view: Any, called: list[str], ann: User) -> None:
    """A ``perform_create`` of one's own works, and is the end of the hooks."""
    Counted.called.clear()
    with Site(articles=view):
        assert caller(ann).post("/articles/", SENT, format="json").json()["owner"] == ann.pk
    assert Counted.called == called


# --- 2: validation in hooks -----------------------------------------------------------------------


class Asking(Base):
    # guide 692-695: 2, good
    def before_perform_create(self, serializer):
        if not self.request.user.can_create_articles():
            raise PermissionDenied("Not allowed")


class AskingDjango(Base):
    """Mended, 694: Django's user has no such method, but permissions."""

    def before_perform_create(self, serializer):
        if not self.request.user.has_perm("seed.add_article"):
            raise PermissionDenied("Not allowed")


def test_printed_question_needs_a_user_of_ones_own(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a user class that can be asked, a refusal is a 403; with Django's it is a 500 that keeps nothing."""
    with Site(articles=Asking):
        assert error_of(caller(ann).post("/articles/", SENT, format="json")) == (500, "server_error", {})
        monkeypatch.setattr(User, "can_create_articles", lambda self: False, raising=False)
        assert error_of(caller(ann).post("/articles/", SENT, format="json")) == (403, "permission_denied", {})
    assert not Article.objects.exists()


def test_refusal_comes_before_the_database(ann: User) -> None:
    """The mended question: refused without the permission, allowed with it."""
    with Site(articles=AskingDjango):
        refused = caller(ann).post("/articles/", SENT, format="json")
        assert (error_of(refused), message_of(refused)) == ((403, "permission_denied", {}), "Not allowed")
        assert not Article.objects.exists()
        ann.user_permissions.add(Permission.objects.get(codename="add_article", content_type__app_label="seed"))
        allowed = User.objects.get(pk=ann.pk)
        assert caller(allowed).post("/articles/", SENT, format="json").status_code == 201


class OnlySaving(Bare):
    # guide 697-699: 2, risky
    def perform_create(self, serializer):
        serializer.save()


def test_validation_by_the_database_is_a_clean_conflict(ann: User) -> None:
    """What the database refuses, here an article of nobody, is a 409 without a word of SQL."""
    with Site(articles=OnlySaving):
        answer = caller(ann).post("/articles/", SENT, format="json")
    assert error_of(answer)[:2] == (409, "integrity_error")
    assert "NULL" not in answer.content.decode()
    assert "owner_id" not in answer.content.decode()
    assert not Article.objects.exists()


# --- 3 and 4: focused hooks, external services ----------------------------------------------------


done: list[str] = []


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    """Nobody was told of anything."""
    done.clear()


def send_notification(owner: User) -> None:
    """Tell somebody."""
    done.append(f"told {owner.username}")


def unreachable(owner: User) -> None:
    """A service that is down."""
    raise ConnectionError("smtp.internal refused")


def breaking(owner: User) -> None:
    """A service that keeps its outbox in the same database, and trips over it."""
    category = Category.objects.create(name="x")
    for _ in range(2):
        Product.objects.create(name="x", sku="same", price=1, category=category)


class Focused(Base):
    notify = staticmethod(send_notification)

    # guide 707-709: 3, good; 730-732: 4, bad
    def after_perform_create(self, instance, serializer):
        self.notify(instance.owner)


class Wrapped(Focused):
    # guide 721-727: 4, good
    def after_perform_create(self, instance, serializer):
        try:
            self.notify(instance.owner)
        except Exception as e:
            logger.error(f"Notification failed: {e}")
            # Don't re-raise - user still got their data


class AfterCommit(Focused):
    """Mended, 707 and 721: outside of the transaction nothing can fail the request or leave too early."""

    def after_perform_create(self, instance, serializer):
        """Nothing yet."""

    def after_commit_create(self, instance):
        self.notify(instance.owner)


@pytest.mark.parametrize("view", [Focused, Wrapped, AfterCommit])
def test_hook_tells_the_owner(view: Any, ann: User) -> None:
    """Each of the forms does while all is well."""
    with Site(articles=view):
        assert caller(ann).post("/articles/", SENT, format="json").status_code == 201
    assert done == ["told ann"]


@pytest.mark.parametrize(("view", "status", "kept"), [(Focused, 500, 0), (Wrapped, 201, 1), (AfterCommit, 201, 1)])
def test_service_that_is_down(
    view: Any, status: int, kept: int, ann: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Unwrapped it is a 500 that undoes the article; wrapped or after the commit it is a line in the log."""
    monkeypatch.setattr(view, "notify", staticmethod(unreachable))
    with Site(articles=view):
        answer = caller(ann).post("/articles/", SENT, format="json")
    assert answer.status_code == status
    assert "smtp.internal" not in answer.content.decode()
    assert "smtp.internal" in caplog.text
    assert Article.objects.count() == kept


class Boundary(Focused):
    """Mended, 721: a part that may fail by itself, inside of the ``try``."""

    def after_perform_create(self, instance, serializer):
        try:
            with self.error_boundary():
                self.notify(instance.owner)
        except IntegrityError:
            logger.warning("Not told.")


@pytest.mark.parametrize("view", [Boundary, AfterCommit])
def test_service_that_trips_over_the_database(view: Any, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A boundary, or the commit, keeps the article."""
    monkeypatch.setattr(view, "notify", staticmethod(breaking))
    with Site(articles=view):
        assert caller(ann).post("/articles/", SENT, format="json").status_code == 201
    assert Article.objects.count() == 1


class WrappedBriefly(Wrapped):
    """Its answer needs no query, so that nothing trips over the broken transaction on the way out."""

    serializer_class = ArticleCreateSerializer


@pytest.mark.parametrize("view", [Wrapped, WrappedBriefly])
def test_wrapping_does_not_mend_a_transaction(view: Any, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """721-727 swallow what the transaction can't go on after: no success may be told of what is undone."""
    monkeypatch.setattr(view, "notify", staticmethod(breaking))
    with Site(articles=view):
        answer = caller(ann).post("/articles/", SENT, format="json")
    assert error_of(answer)[:2] == (500, "db_error")
    assert (Article.objects.count(), Category.objects.count()) == (0, 0)


def update_analytics(instance: Article) -> None:
    """Count something."""
    done.append("counted")


def invalidate_caches() -> None:
    """Forget something."""
    done.append("forgotten")


def log_to_external_service() -> None:
    """Fail at the last."""
    raise ConnectionError


class Unfocused(Base):
    # guide 711-716: 3, bad
    def after_perform_create(self, instance, serializer):
        send_notification(instance.owner)
        update_analytics(instance)
        invalidate_caches()
        log_to_external_service()


def test_last_of_many_undoes_what_the_database_knows(ann: User) -> None:
    """The article goes; what left for elsewhere, such as the notification, can't be called back."""
    with Site(articles=Unfocused):
        assert error_of(caller(ann).post("/articles/", SENT, format="json")) == (500, "server_error", {})
    assert not Article.objects.exists()
    assert done == ["told ann", "counted", "forgotten"]


# --- 5: error boundary ----------------------------------------------------------------------------


class Bounded(Base):
    # guide 739-744: 5, good
    @action(detail=True, methods=["post"])
    def publish(self, request, pk=None):
        with self.error_boundary():
            article = self.get_object()
            article.publish()
            return Response({"status": "published"})


class Unbounded(Base):
    # guide 747-751: 5, bad
    @action(detail=True, methods=["post"])
    def publish(self, request, pk=None):
        article = self.get_object()
        article.publish()
        return Response({"status": "published"})


@pytest.mark.row("V18")
@pytest.mark.parametrize("view", [Bounded, Unbounded])
def test_errors_are_formatted_with_and_without_a_boundary(
    view: Any, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bad form is none here: whatever an action raises has the envelope and is undone."""
    article = Article.objects.create(title="Iliad", owner=ann)
    real = Article.publish

    def publish(self: Article) -> None:
        real(self)
        raise RuntimeError("secret")

    with Site(articles=view):
        answer = caller(ann).post(f"/articles/{article.pk}/publish/")
        assert (answer.status_code, answer.json()) == (200, {"status": "published"})
        assert error_of(caller(ann).post("/articles/999/publish/")) == (404, "not_found", {})
        article.unpublish()
        monkeypatch.setattr(Article, "publish", publish)
        assert error_of(caller(ann).post(f"/articles/{article.pk}/publish/")) == (500, "server_error", {})
    article.refresh_from_db()
    assert not article.is_published


def test_printed_response_is_bare(ann: User) -> None:
    """744 answers without the envelope of the other actions; ``envelope = True`` or ``success_response`` has it."""

    class Enveloped(Bounded):
        envelope = True

    article = Article.objects.create(title="Iliad", owner=ann)
    with Site(articles=Enveloped):
        answer = caller(ann).post(f"/articles/{article.pk}/publish/").json()
    assert (set(answer), answer["data"]) == ({"message", "data"}, {"status": "published"})


# --- 6: select_related ----------------------------------------------------------------------------


class Related(Base):
    serializer_class = ArticleDetailSerializer

    # guide 758-762: 6, good
    def get_queryset(self):
        queryset = super().get_queryset()
        if self.action == "retrieve":
            return queryset.select_related("owner")
        return queryset


class RelatedList(Base):
    """Mended, 760: it is the list that asks once for each row."""

    serializer_class = ArticleDetailSerializer

    def get_queryset(self):
        return super().get_queryset().select_related("owner").prefetch_related("comments")


class Unrelated(Base):
    serializer_class = ArticleDetailSerializer

    # guide 764-766: 6, bad
    def get_queryset(self):
        return super().get_queryset()


@pytest.mark.parametrize("view", [Related, Unrelated])
def test_query_for_each_row_is_found(view: Any, ann: User) -> None:
    """A list without ``select_related`` fails the assertion by the name of the relation, the good form included."""
    Article.objects.bulk_create(Article(title=str(n), owner=ann) for n in range(3))
    with Site(articles=view), pytest.raises(AssertionError, match="owner"):
        assert_no_n_plus_one(lambda: caller(ann).get("/articles/"))


def test_list_with_its_relations_takes_constant_queries(ann: User) -> None:
    """The mended form."""
    with Site(articles=RelatedList):
        assert_queries_constant(
            lambda count: Article.objects.bulk_create(Article(title=str(n), owner=ann) for n in range(count)),
            lambda: caller(ann).get("/articles/"),
        )


# --- 7: handle_exception --------------------------------------------------------------------------


class CustomError(Exception):
    """An error of one's own."""


class Raising(Base):
    error: Exception = CustomError("SELECT secret FROM users")

    def after_perform_create(self, instance, serializer):
        raise self.error


class Extended(Raising):
    # guide 775-778: 7, good; mended, 777: `_error_response` is defined nowhere
    def handle_exception(self, exc):
        if isinstance(exc, CustomError):
            return ErrorResponse(Problem(status=418, code="custom", message="Not like this."))
        return super().handle_exception(exc)


class Broken(Raising):
    # guide 780-782: 7, bad
    def handle_exception(self, exc):
        return Response({"error": str(exc)})


@pytest.mark.row("V22")
def test_own_error_is_answered_and_the_rest_left_to_the_base(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Either by ``handle_exception`` or, for every view at once, by registering it; the work is undone."""
    with Site(articles=Extended, registered=Raising):
        assert error_of(caller(ann).post("/articles/", SENT, format="json")) == (418, "custom", {})
        assert error_of(caller(ann).get("/articles/999/")) == (404, "not_found", {})
        monkeypatch.setattr(errors, "_table", dict(errors._table))
        register_error(CustomError, status=418, code="custom", message="Not like this.")
        answer = caller(ann).post("/registered/", SENT, format="json")
        assert (error_of(answer), message_of(answer)) == ((418, "custom", {}), "Not like this.")
    assert not Article.objects.exists()


def test_answer_that_breaks_errors_still_undoes_the_work(ann: User) -> None:
    """780 answers 200 and shows what it should not: it is the author's; but nothing is kept of what failed."""
    with Site(articles=Broken):
        answer = caller(ann).post("/articles/", SENT, format="json")
    assert (answer.status_code, answer.json()) == (200, {"error": "SELECT secret FROM users"})
    assert not Article.objects.exists()


# --- 8: transactions ------------------------------------------------------------------------------


class Atomic(Counted, Base):
    # guide 788-791: 8, good
    @transaction.atomic
    def perform_create(self, serializer):
        instance = serializer.save(**self.get_create_kwargs(serializer))
        # Any error here rolls back the whole transaction
        self.after_perform_create(instance, serializer)


class NotAtomic(Counted, Base):
    # guide 794-796: 8, risky
    def perform_create(self, serializer):
        instance = serializer.save(**self.get_create_kwargs(serializer))
        self.after_perform_create(instance, serializer)


@pytest.mark.parametrize("view", [Atomic, NotAtomic, OwnKwargs])
def test_creation_is_all_or_nothing(view: Any, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The risky form is none here, since a write is one unit of work; nor is there need for either."""
    with Site(articles=view):
        assert caller(ann).post("/articles/", SENT, format="json").status_code == 201

        def fail(self: Any, instance: Article, serializer: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr(view, "after_perform_create", fail)
        assert error_of(caller(ann).post("/articles/", SENT, format="json"))[0] == 500
    assert Article.objects.count() == 1


@pytest.mark.parametrize(("view", "called"), [(Atomic, ["after"]), (OwnKwargs, ["before", "after"])])
def test_printed_transaction_forgets_a_hook(view: Any, called: list[str], ann: User) -> None:
    """788 calls what comes after and not what comes before; mended it is left out altogether."""
    Counted.called.clear()
    with Site(articles=view):
        caller(ann).post("/articles/", SENT, format="json")
    assert Counted.called == called
