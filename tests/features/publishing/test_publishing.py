"""Publishing: who and when, once."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured

from ironbolt.features.publishing.publishing import PUBLISHED, published, require_publishable
from tests.newsroom.models import Article, Draft, Section
from tests.project.models import Article as PlainArticle

pytestmark = pytest.mark.django_db


@pytest.fixture
def article() -> Article:
    """One that nobody has published."""
    return Article.objects.create(section=Section.objects.create(name="a", slug="a"), title="Iliad")


def test_who_and_when_are_recorded(article: Article) -> None:
    """The object and the table know the same."""
    editor = User.objects.create(username="editor")
    before = datetime.now(UTC)
    changed = article.updated_at
    assert article.publish(by=editor)
    stored = Article.objects.get()
    for known in (article, stored):
        assert known.is_published
        assert known.published_at is not None
        assert known.published_by == editor
        assert before <= known.published_at <= datetime.now(UTC)
    assert stored.updated_at > changed


def test_publishing_again_changes_nothing(article: Article) -> None:
    """The first keeps the merit, even where a stale object asks again."""
    first, second = (User.objects.create(username=name) for name in ("first", "second"))
    stale = Article.objects.get()
    article.publish(by=first)
    assert not stale.publish(by=second)
    assert stale.published_by == first
    assert stale.published_at == article.published_at
    assert Article.objects.get().published_by == first


def test_taking_back_forgets_both(article: Article) -> None:
    """And doing so again is nothing."""
    article.publish()
    assert article.unpublish()
    assert (article.is_published, article.published_at, article.published_by) == (False, None, None)
    assert not Article.objects.get().unpublish()


def test_what_else_is_set_on_the_object_is_not_saved(article: Article) -> None:
    """Publishing writes its own columns."""
    article.title = "not meant to be saved"
    article.publish()
    assert Article.objects.get().title == "Iliad"


def test_rows_that_have_gone_are_missed(article: Article) -> None:
    """Nothing is published that is not there."""
    Article.all_objects.all().hard_delete()
    with pytest.raises(Article.DoesNotExist):
        article.publish()


def test_published_rows_alone(article: Article) -> None:
    """By a queryset, and by a scope for compiled queries."""
    assert not published(Article.objects.all())
    article.publish()
    assert published(Article.objects.all()).get() == article
    assert PUBLISHED.narrow(Article.objects.all(), (True,)).get() == article


def test_a_model_may_know_less() -> None:
    """Whether it is published is enough."""
    plain = PlainArticle.objects.create(title="x")
    from ironbolt.features.publishing.publishing import publish

    assert publish(plain, by=User.objects.create(username="editor"))
    assert PlainArticle.objects.get().is_published
    with pytest.raises(ImproperlyConfigured, match="Draft has no is_published"):
        require_publishable(Draft, "Drafts")
