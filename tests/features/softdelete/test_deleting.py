"""Deleting softly: what is marked, what goes, what is refused, and what is counted."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.db.models import ProtectedError, RestrictedError
from django.test.utils import CaptureQueriesContext

from ironbolt.features.softdelete.deleting import deleting_as, soft_delete
from tests.newsroom.models import (
    Article,
    Bookmark,
    Citation,
    Draft,
    Interview,
    Note,
    Page,
    Paragraph,
    Remark,
    Sale,
    Section,
    Sequel,
    Slot,
    Tag,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def section() -> Section:
    """A section with nothing in it."""
    return Section.objects.create(name="Culture", slug="culture")


@pytest.fixture
def article(section: Section) -> Article:
    """An article with two paragraphs."""
    article = Article.objects.create(section=section, title="Iliad")
    for text in ("Sing", "goddess"):
        Paragraph.objects.create(article=article, text=text)
    return article


@pytest.mark.row("M13")
def test_a_deleted_row_is_marked_with_when_and_by_whom(section: Section) -> None:
    """The row stays; the object knows as well as the table that it is deleted."""
    editor = User.objects.create(username="editor")
    before = datetime.now(UTC)
    assert section.delete(by=editor) == (1, {"newsroom.Section": 1})
    stored = Section.all_objects.get()
    for known in (section, stored):
        assert known.is_deleted
        assert known.deleted_at is not None
        assert known.deleted_by == editor
        assert before <= known.deleted_at <= datetime.now(UTC)
    assert section.pk == stored.pk


def test_nobody_in_particular_may_delete(section: Section) -> None:
    """Without a user there is none, nor for whoever is anonymous."""
    section.soft_delete()
    assert Section.all_objects.get().deleted_by is None
    section.restore()
    section.delete(by=AnonymousUser())
    assert Section.all_objects.get().deleted_by is None


@pytest.mark.row("M13")
def test_a_deleted_row_is_hidden_from_managers_and_relations(article: Article, section: Section) -> None:
    """Neither ``objects`` nor the other side of a relation shows it."""
    tag = Tag.objects.create(name="epic")
    article.tags.add(tag)
    article.delete()
    assert not Article.objects.exists()
    assert not section.articles.exists()
    assert not tag.articles.exists()
    assert Article.all_objects.get() == article
    assert Article.objects.all().deleted().get() == article


def test_a_forward_key_still_resolves(article: Article) -> None:
    """What refers to a deleted row, as the history of orders does, finds it."""
    sale = Sale.objects.create(article=article)
    article.delete()
    assert Sale.objects.get(pk=sale.pk).article == article
    assert Sale.objects.select_related("article").get().article.is_deleted


def test_cascade_marks_what_can_be_marked(article: Article, section: Section) -> None:
    """All that hangs on a row is marked with it, at the same instant, to any depth."""
    count = section.delete()
    assert count == (4, {"newsroom.Section": 1, "newsroom.Article": 1, "newsroom.Paragraph": 2})
    rows = [*Section.all_objects.all(), *Article.all_objects.all(), *Paragraph.all_objects.all()]
    assert {row.deleted_at for row in rows} == {section.deleted_at}


def test_cascade_deletes_what_can_not_be_marked(article: Article) -> None:
    """Rows of other models go for good, with all that hangs on them."""
    draft = Draft.objects.create(article=article)
    Note.objects.create(draft=draft)
    assert article.delete() == (
        5,
        {"newsroom.Article": 1, "newsroom.Paragraph": 2, "newsroom.Draft": 1, "newsroom.Note": 1},
    )
    assert not Draft.objects.exists()
    assert not Note.all_objects.exists()


def test_what_is_reached_by_both_ways_goes(article: Article) -> None:
    """A row that could be marked, but hangs on one that goes for good, goes with it, and is counted once."""
    kept = Note.objects.create(draft=Draft.objects.create(article=_another(article)), article=article)
    Note.objects.create(draft=Draft.objects.create(article=article), article=article)
    assert article.delete() == (
        6,
        {"newsroom.Article": 1, "newsroom.Paragraph": 2, "newsroom.Draft": 1, "newsroom.Note": 2},
    )
    assert Note.all_objects.get() == kept
    assert Note.all_objects.get().is_deleted


def _another(article: Article) -> Article:
    return Article.objects.create(section=article.section, title="another")


def test_rows_of_automatic_many_to_many_tables_stay(article: Article) -> None:
    """They belong to the row, which wants them back with it."""
    tag = Tag.objects.create(name="epic")
    article.tags.add(tag)
    article.delete()
    article.restore()
    assert list(article.tags.all()) == [tag]
    tag.delete()
    assert not article.tags.exists()
    tag.restore()
    assert list(article.tags.all()) == [tag]


@pytest.mark.parametrize("model", [Citation, Sequel])
def test_protect_refuses(article: Article, model: type[Citation | Sequel]) -> None:
    """A living row that forbids it forbids it, and nothing is marked."""
    holder = model.objects.create(article=article)
    for victim in (article, article.section):
        with pytest.raises(ProtectedError) as caught:
            victim.delete()
        assert caught.value.protected_objects == {holder}
    assert Article.objects.get().paragraphs.count() == 2


def test_deleted_rows_forbid_nothing(article: Article) -> None:
    """What protects a row does so while it is alive."""
    Sequel.objects.create(article=article).delete()
    assert article.delete()[0] == 3


def test_restrict_refuses_unless_what_restricts_goes_too(article: Article, section: Section) -> None:
    """An article stays for its slot; with the section the slot goes, and with it the reason."""
    slot = Slot.objects.create(section=section, article=article)
    with pytest.raises(RestrictedError) as caught:
        article.delete()
    assert caught.value.restricted_objects == {slot}
    assert section.delete()[1]["newsroom.Slot"] == 1
    assert not Slot.objects.exists()


def test_restrict_by_what_stays_refuses_the_whole(article: Article, section: Section) -> None:
    """A slot of another section keeps the article, and with it all that should go."""
    other = Section.objects.create(name="Front", slug="front")
    Slot.objects.create(section=other, article=article)
    with pytest.raises(RestrictedError):
        section.delete()
    assert Section.objects.count() == 2


def test_set_null_is_done(article: Article) -> None:
    """A row that may do without is told so."""
    mark = Bookmark.objects.create(article=article)
    article.delete()
    mark.refresh_from_db()
    assert mark.article is None


def test_generic_relations_cascade(section: Section) -> None:
    """What is pinned to a row by content type goes with it."""
    Remark.objects.create(about=section, text="old")
    assert section.delete()[1] == {"newsroom.Section": 1, "newsroom.Remark": 1}


def test_a_child_of_another_table_is_marked_once(section: Section) -> None:
    """The columns are those of the parent's row; neither row goes."""
    interview = Interview.objects.create(section=section, title="Homer", guest="Homer")
    Paragraph.objects.create(article=interview, text="Sing")
    assert interview.delete()[1]["newsroom.Paragraph"] == 1
    assert Interview.all_objects.get().is_deleted
    assert Article.all_objects.get().is_deleted
    interview.restore()
    assert Interview.objects.get().paragraphs.count() == 1


def test_a_parent_takes_its_child(section: Section) -> None:
    """Deleted as an article, an interview is deleted too."""
    interview = Interview.objects.create(section=section, title="Homer", guest="Homer")
    Article.objects.get().delete()
    assert not Interview.objects.exists()
    Article.all_objects.get().restore()
    assert Interview.objects.get() == interview


def test_trees_go_to_their_leaves(section: Section) -> None:
    """A relation of a model to itself is followed."""
    inner = Section.objects.create(name="Books", slug="books", inside=section)
    Section.objects.create(name="Poetry", slug="poetry", inside=inner)
    assert section.delete()[0] == 3
    assert section.restore()[0] == 3


def test_who_deletes_may_be_said_for_a_block(article: Article) -> None:
    """For whatever is deleted inside it, unless somebody else is named; nobody is asked where it does not matter."""
    ann, bob = (User.objects.create(username=name) for name in ("ann", "bob"))
    first, second = article.paragraphs.all()
    with deleting_as(lambda: ann):
        first.delete()
        second.delete(by=bob)
        Article.objects.filter(pk=article.pk).delete()
    assert [row.deleted_by for row in Paragraph.all_objects.order_by("pk")] == [ann, bob]
    assert Article.all_objects.get().deleted_by == ann
    with deleting_as(lambda: pytest.fail("Nobody wants to know.")):
        soft_delete(Page.objects.create(title="Imprint"))


def test_deleting_again_is_nothing(article: Article) -> None:
    """It counts nothing, and changes neither when nor by whom."""
    article.delete()
    first = article.deleted_at
    assert article.delete(by=User.objects.create(username="late")) == (0, {})
    assert Article.all_objects.get().deleted_at == first
    assert article.deleted_by is None


def test_a_queryset_deletes_softly(section: Section) -> None:
    """As many as there are, in a number of queries that does not grow with them."""
    counts = []
    for number in (2, 20):
        Article.objects.bulk_create([Article(section=section, title=str(index)) for index in range(number)])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert Article.objects.order_by("title").delete() == (number, {"newsroom.Article": number})
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Article.all_objects.count() == 22


def test_slices_are_refused(section: Section) -> None:
    """As Django refuses them."""
    with pytest.raises(TypeError, match="slice"):
        Section.objects.all()[:1].delete()


def test_hard_delete_is_the_end(article: Article) -> None:
    """The row goes, and what hangs on it, the trash included."""
    article.paragraphs.all()[0].delete()
    assert article.hard_delete()[0] == 3
    assert not Paragraph.all_objects.exists()
    Section.all_objects.all().hard_delete()
    assert not Section.all_objects.exists()


def test_a_model_of_ones_own_needs_the_columns_only() -> None:
    """Two columns do; who deleted it is not asked for."""
    page = Page.objects.create(title="Imprint")
    assert soft_delete(page) == (1, {"newsroom.Page": 1})
    assert Page.objects.get().is_deleted


def test_signals_of_a_deletion_are_sent_for_what_goes(article: Article) -> None:
    """Whoever cleans up after a deletion hears of rows that go, and not of those that may come back."""
    from django.db.models.signals import post_delete

    heard: list[str] = []

    def hear(sender: type, **_: object) -> None:
        heard.append(sender.__name__)

    Draft.objects.create(article=article)
    post_delete.connect(hear)
    try:
        article.delete()
    finally:
        post_delete.disconnect(hear)
    assert heard == ["Draft"]
