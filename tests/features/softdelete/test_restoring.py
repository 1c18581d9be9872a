"""Restoring: what comes back together, and what can't."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from ironbolt.features.softdelete.restoring import StillDeletedError, restore_all
from tests.newsroom.models import Article, Paragraph, Remark, Section, Sequel

pytestmark = pytest.mark.django_db


@pytest.fixture
def section() -> Section:
    """A section with an article of two paragraphs."""
    section = Section.objects.create(name="Culture", slug="culture")
    article = Article.objects.create(section=section, title="Iliad")
    for text in ("Sing", "goddess"):
        Paragraph.objects.create(article=article, text=text)
    Remark.objects.create(about=section, text="old")
    return section


def test_what_went_together_comes_back_together(section: Section) -> None:
    """A restoration undoes a deletion, and says so of the object."""
    gone = section.delete()
    assert section.restore() == gone
    assert (section.is_deleted, section.deleted_at, section.deleted_by) == (False, None, None)
    assert Section.objects.get().articles.get().paragraphs.count() == 2
    assert Remark.objects.exists()


def test_what_went_before_stays_in_the_trash(section: Section) -> None:
    """Each deletion is one of its own."""
    Paragraph.objects.get(text="Sing").delete()
    section.delete()
    section.restore()
    assert [one.text for one in Paragraph.objects.all()] == ["goddess"]


def test_several_come_back_each_with_its_own(section: Section) -> None:
    """Deletions are not mixed up where their objects come back at once, and queries do not grow in number."""
    counts = []
    for number in (1, 10):
        articles = [Article.objects.create(section=section, title=str(index)) for index in range(number)]
        kept = [Paragraph.objects.create(article=article, text="kept") for article in articles]
        lost = [Paragraph.objects.create(article=article, text="lost") for article in articles]
        for one in (*lost, *articles):
            one.delete()
        with CaptureQueriesContext(connection) as queries:
            restore_all(Article.all_objects.filter(pk__in=[article.pk for article in articles]))
        counts.append(len(queries))
        alive = Paragraph.objects.filter(article__in=articles)
        assert {one.pk for one in alive} == {one.pk for one in kept}
    assert counts[0] == counts[1]


def test_restoring_what_is_alive_is_nothing(section: Section) -> None:
    """It counts nothing."""
    assert section.restore() == (0, {})
    assert restore_all([]) == (0, {})


def test_nothing_comes_back_without_what_it_belongs_to(section: Section) -> None:
    """A row whose parent is deleted waits for it."""
    section.delete()
    article = Article.all_objects.get()
    with pytest.raises(StillDeletedError):
        article.restore()
    assert article.is_deleted
    assert not Article.objects.exists()


def test_what_protects_waits_for_what_it_protects(section: Section) -> None:
    """A sequel that was deleted first is restored last."""
    article = section.articles.get()
    sequel = Sequel.objects.create(article=article)
    sequel.delete()
    article.delete()
    with pytest.raises(StillDeletedError):
        sequel.restore()
    article.restore()
    assert sequel.restore()[0] == 1


def test_a_value_that_was_taken_meanwhile_refuses(section: Section) -> None:
    """Unique among the living: the name may be had while its owner is deleted, who then can't come back."""
    section.delete()
    heir = Section.objects.create(name="Culture again", slug="culture")
    with pytest.raises(IntegrityError), transaction.atomic():
        section.restore()
    assert Section.objects.get() == heir
    heir.delete()
    assert Section.all_objects.get(pk=section.pk).restore()[0] > 0


@pytest.mark.row("M13")
def test_uniqueness_counts_among_the_living(section: Section) -> None:
    """Two living rows can't have the same; a further condition of the constraint holds as well."""
    with pytest.raises(IntegrityError), transaction.atomic():
        Section.objects.create(name="Twin", slug="culture")
    Article.objects.create(section=section, title="a")
    Article.objects.create(section=section, title="b", slug="same")
    with pytest.raises(IntegrityError), transaction.atomic():
        Article.objects.create(section=section, title="c", slug="same")


def test_a_queryset_restores(section: Section) -> None:
    """Those of its rows that are deleted."""
    section.delete()
    assert Section.objects.all().deleted().restore()[1]["newsroom.Section"] == 1
    assert Section.objects.exists()
