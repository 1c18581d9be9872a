"""The trash of any queryset: the same rows, but for those that are alive."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, F

from ironbolt.features.softdelete.columns import is_soft_deletable, knows_who, require_soft_deletable
from ironbolt.features.softdelete.rows import living, trash
from tests.newsroom.models import Article, Draft, Interview, Page, Section

pytestmark = pytest.mark.django_db


@pytest.fixture
def articles() -> dict[str, Article]:
    """One alive and one deleted in each of two sections."""
    made = {}
    for name in ("a", "b"):
        section = Section.objects.create(name=name, slug=name)
        for state in ("alive", "dead"):
            made[f"{name} {state}"] = Article.objects.create(section=section, title=f"{name} {state}", author=name)
            if state == "dead":
                made[f"{name} {state}"].delete()
    return made


def titles(rows) -> list[str]:
    """What they are called."""
    return sorted(row.title for row in rows)


def test_trash_keeps_every_other_condition(articles) -> None:
    """Filters, excluded rows, annotations and joins stay; what hides the deleted is lifted."""
    rows = Article.objects.filter(author="a").select_related("section").annotate(n=Count("tags"))
    assert titles(trash(rows)) == ["a dead"]
    assert trash(rows).values_list("n", flat=True).get() == 0
    assert titles(trash(Article.objects.exclude(author="a"))) == ["b dead"]
    assert titles(trash(Article.objects.filter(section__name="b"))) == ["b dead"]
    assert titles(trash(Article.all_objects.all())) == ["a dead", "b dead"]
    assert titles(rows) == ["a alive"]


def test_only_the_condition_of_the_row_itself_is_lifted(articles) -> None:
    """That a related row is alive is a condition like any other."""
    rows = Article.objects.filter(section__is_deleted=False)
    assert titles(trash(rows)) == ["a dead", "b dead"]
    Section.objects.filter(name="a").update(is_deleted=True)
    assert titles(trash(rows)) == ["b dead"]


def test_a_condition_of_the_parents_row_is_lifted() -> None:
    """An interview keeps its mark in the row of its article."""
    section = Section.objects.create(name="a", slug="a")
    interview = Interview.objects.create(section=section, title="dead")
    interview.delete()
    assert trash(Interview.objects.all()).get() == interview


def test_nothing_has_no_trash(articles) -> None:
    """Rows that a caller may not see at all are not seen there either."""
    assert not trash(Article.objects.none())


def test_conditions_of_alternatives_stay(articles) -> None:
    """Where being alive is one part of alternatives, it is not what hides the deleted."""
    rows = Article.all_objects.filter(author="a") | Article.all_objects.filter(title=F("author"))
    assert titles(trash(rows)) == ["a dead"]


def test_living_leaves_out_the_deleted_once(articles) -> None:
    """A condition that is there is not added again."""
    rows = living(Article.all_objects.all())
    assert titles(rows) == ["a alive", "b alive"]
    assert str(living(rows).query) == str(rows.query)
    assert titles(living(Article.all_objects.filter(section__is_deleted=False))) == ["a alive", "b alive"]


def test_which_models_can_be_marked() -> None:
    """Those with both columns; who deleted a row is optional."""
    assert is_soft_deletable(Article)
    assert is_soft_deletable(Page)
    assert not is_soft_deletable(Draft)
    assert (knows_who(Article), knows_who(Page)) == (True, False)
    with pytest.raises(ImproperlyConfigured, match=r"Drafts .* Draft has no is_deleted"):
        require_soft_deletable(Draft, "Drafts")
