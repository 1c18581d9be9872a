"""Where ratings are kept: one of each user, and what comes of all of them."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import override_settings

from ironbolt.features.ratings import store
from ironbolt.features.ratings.installed import require_installed
from ironbolt.features.ratings.models import Rating
from ironbolt.features.ratings.rules import Given
from tests.newsroom.models import Article, Interview, Page, Section

pytestmark = pytest.mark.django_db


@pytest.fixture
def article() -> Article:
    """One that nobody has rated."""
    return Article.objects.create(section=Section.objects.create(name="a", slug="a"), title="Iliad")


@pytest.fixture
def users() -> list[User]:
    """Three readers."""
    return [User.objects.create(username=name) for name in ("ann", "bob", "cy")]


def given(value: str, comment: str = "") -> Given:
    """A rating."""
    return Given(Decimal(value), comment)


def test_average_and_count_are_kept_in_the_row(article: Article, users: list[User]) -> None:
    """The object and the table know the same, to two decimal places."""
    rated = [store.rate(article, user, given(value)) for user, value in zip(users, ("4", "4.5", "5"), strict=True)][-1]
    assert (rated.average_rating, rated.rating_count) == (Decimal("4.50"), 3)
    for known in (article, Article.objects.get()):
        assert (known.average_rating, known.rating_count) == (Decimal("4.50"), 3)


def test_a_second_rating_replaces_the_first(article: Article, users: list[User]) -> None:
    """Its comment too, even by none."""
    store.rate(article, users[0], given("1", "dull"))
    store.rate(article, users[0], given("5"))
    rating = Rating.objects.get()
    assert (rating.value, rating.comment, rating.user, rating.target) == (Decimal(5), "", users[0], article)
    assert store.summary_of(article) == store.Summary(Decimal("5.00"), 1)


def test_the_database_keeps_one_of_each_user(article: Article, users: list[User]) -> None:
    """Whoever goes round the store meets a constraint."""
    store.rate(article, users[0], given("1"))
    copy = Rating.objects.get()
    copy.pk = None
    copy._state.adding = True
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save()


def test_objects_of_other_models_are_rated_apart(article: Article, users: list[User]) -> None:
    """With keys of whatever type, and without columns of their own."""
    page = Page.objects.create(title="Imprint")
    store.rate(article, users[0], given("1"))
    rated = store.rate(page, users[0], given("3.5"))
    assert (rated.average_rating, rated.rating_count) == (Decimal("3.50"), 1)
    assert store.summary_of(article).count == 1
    assert store.ratings_of(page).get().target == page


def test_a_row_is_the_same_object_by_the_name_of_its_parent(users: list[User]) -> None:
    """An interview that is rated as an article is rated as an interview."""
    section = Section.objects.create(name="a", slug="a")
    interview = Interview.objects.create(section=section, title="Homer")
    store.rate(interview, users[0], given("2"))
    store.rate(Article.objects.get(), users[0], given("4"))
    assert store.summary_of(interview) == store.Summary(Decimal("4.00"), 1)


def test_the_rating_of_a_user_who_goes_stays(article: Article, users: list[User]) -> None:
    """It belongs to nobody then, and counts."""
    store.rate(article, users[0], given("2"))
    users[0].delete()
    rated = store.rate(article, users[1], given("4"))
    assert (rated.average_rating, rated.rating_count) == (Decimal("3.00"), 2)
    assert Rating.objects.filter(user=None).count() == 1


def test_ratings_go_with_the_row_and_stay_in_the_trash(article: Article, users: list[User]) -> None:
    """What may be restored keeps them; what goes for good takes them along."""
    store.rate(article, users[0], given("2"))
    article.delete()
    assert Rating.objects.count() == 1
    article.restore()
    article.hard_delete()
    assert not Rating.objects.exists()


def test_a_rating_can_be_withdrawn(article: Article, users: list[User]) -> None:
    """Without any there is no average."""
    store.rate(article, users[0], given("2"))
    assert store.withdraw(article, users[1]).count == 1
    assert store.withdraw(article, users[0]) == store.Summary(None, 0)
    article.refresh_from_db()
    assert (article.average_rating, article.rating_count) == (None, 0)


def test_what_others_did_to_the_ratings_is_counted_anew(article: Article, users: list[User]) -> None:
    """By hand, in the admin, in a migration."""
    store.rate(article, users[0], given("2"))
    Rating.objects.update(value=4)
    assert store.recount(article).average == Decimal("4.00")
    assert Article.objects.get().average_rating == 4


@pytest.mark.parametrize(("values", "average"), [(("1", "1", "2"), "1.33"), (("1.1", "2.2", "3.3"), "2.20")])
def test_averages_are_rounded_as_people_do(
    article: Article, users: list[User], values: tuple[str, ...], average: str
) -> None:
    """To two decimal places, the same in every database."""
    rated = [store.rate(article, user, given(value)) for user, value in zip(users, values, strict=True)][-1]
    assert str(rated.average_rating) == average


def test_halves_are_rounded_up(article: Article, users: list[User]) -> None:
    """4.01 and 4.02 are 4.015 on average, which is 4.02."""
    store.rate(article, users[0], given("4.01"))
    assert str(store.rate(article, users[1], given("4.02")).average_rating) == "4.02"


def test_what_has_gone_is_not_rated(article: Article, users: list[User]) -> None:
    """No rating is left of it."""
    Article.all_objects.all().hard_delete()
    with pytest.raises(Article.DoesNotExist):
        store.rate(article, users[0], given("2"))
    assert not Rating.objects.exists()


def test_a_project_without_the_table_is_told_so() -> None:
    """The name of the app is in the message."""
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    apps = [name for name in settings.INSTALLED_APPS if name != "ironbolt.features.ratings"]
    with (
        override_settings(INSTALLED_APPS=apps),
        pytest.raises(ImproperlyConfigured, match=r"Articles .*features\.ratings"),
    ):
        require_installed("Articles")
