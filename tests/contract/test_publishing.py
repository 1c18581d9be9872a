"""Publishing through both doors: who and when, and what the world sees."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from rest_framework.permissions import IsAdminUser, IsAuthenticated

from ironbolt.bolt.auth import IsStaff
from ironbolt.bolt.guards import IsAuthenticated as Authenticated
from tests.contract.newsroom import DOORS, Call, person
from tests.newsroom.models import Article, Section

pytestmark = pytest.mark.django_db


@pytest.fixture(params=DOORS)
def through(request: pytest.FixtureRequest) -> Any:
    """Each door in turn."""
    return DOORS[request.param]


@pytest.fixture
def call(through: Any) -> Call:
    """Its articles."""
    door: Call = through()
    return door


@pytest.fixture
def editor() -> User:
    """Somebody with a row."""
    return person("editor")


@pytest.fixture
def article() -> Article:
    """One that nobody has published, beside another one."""
    section = Section.objects.create(name="a", slug="a")
    Article.objects.create(section=section, title="Odyssey", author="bob")
    return Article.objects.create(section=section, title="Iliad", author="ann")


@pytest.mark.row("V11")
def test_publishing_records_who_and_when(call: Call, article: Article, editor: User) -> None:
    """The answer is the object as it is shown."""
    status, body = call("POST", f"{article.pk}/publish", user=editor)
    assert (status, body["id"], body["is_published"]) == (200, article.pk, True)
    stored = Article.objects.get(pk=article.pk)
    assert (stored.is_published, stored.published_by) == (True, editor)
    assert stored.published_at is not None


@pytest.mark.row("V11")
def test_publishing_again_changes_nothing(call: Call, article: Article, editor: User) -> None:
    """It is no error, and the first keeps the merit."""
    call("POST", f"{article.pk}/publish", user=editor)
    first = Article.objects.get(pk=article.pk)
    assert call("POST", f"{article.pk}/publish", user=person("late"))[0] == 200
    again = Article.objects.get(pk=article.pk)
    assert (again.published_by, again.published_at) == (editor, first.published_at)


@pytest.mark.row("V11")
def test_taking_back(call: Call, article: Article, editor: User) -> None:
    """Once or twice, it is not published, by nobody."""
    call("POST", f"{article.pk}/publish", user=editor)
    for _ in range(2):
        status, body = call("POST", f"{article.pk}/unpublish", user=editor)
        assert (status, body["is_published"]) == (200, False)
    stored = Article.objects.get(pk=article.pk)
    assert (stored.published_at, stored.published_by) == (None, None)


@pytest.mark.row("V11")
def test_published_rows_are_a_list_like_any(call: Call, article: Article, editor: User) -> None:
    """With filters and pages; what is deleted is not among them."""
    for one in Article.objects.all():
        assert call("GET", "published")[1]["count"] < 2
        call("POST", f"{one.pk}/publish", user=editor)
    status, page = call("GET", "published?ordering=title&page_size=1&page=2")
    assert (status, page["count"], [one["title"] for one in page["results"]]) == (200, 2, ["Odyssey"])
    assert [one["title"] for one in call("GET", "published?author=ann")[1]["results"]] == ["Iliad"]
    article.delete()
    assert call("GET", "published")[1]["count"] == 1
    assert call("GET")[1]["count"] == 1


def test_a_caller_without_a_row_is_nobody(call: Call, article: Article, editor: User) -> None:
    """A token may outlive its user, and somebody may be let in without any."""
    editor.pk = 999_999
    assert call("POST", f"{article.pk}/publish", user=editor)[0] == 200
    assert Article.objects.get(pk=article.pk).published_by is None
    other = Article.objects.exclude(pk=article.pk).get()
    assert call("POST", f"{other.pk}/publish")[0] == 200
    assert Article.objects.get(pk=other.pk).published_by is None


def test_what_is_not_there_is_not_published(call: Call, editor: User) -> None:
    """404 in each way."""
    for key in ("99999", "x"):
        for name in ("publish", "unpublish"):
            assert call("POST", f"{key}/{name}", user=editor)[0] == 404


@pytest.mark.parametrize("door", DOORS)
def test_who_may_is_asked_beside_the_class(door: str, article: Article, editor: User) -> None:
    """Whoever is logged in may read, staff publishes; the list is as open as the class."""
    attributes: Any = {
        "drf": {"permission_classes": (IsAuthenticated,), "publish_permission_classes": (IsAdminUser,)},
        "bolt": {"guards": [Authenticated()], "publish_guards": [IsStaff()]},
    }[door]
    call = DOORS[door](**attributes)
    path = f"{article.pk}/publish"
    assert call("POST", path)[0] == 401
    assert call("POST", path, user=editor)[0] == 403
    assert not Article.objects.filter(is_published=True)
    assert call("POST", path, user=person(is_staff=True))[0] == 200
    assert call("GET", "published")[0] == 401
    assert call("GET", "published", user=editor)[1]["count"] == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["publish", "unpublish"])
def test_hooks_run_in_their_order(through: Any, article: Article, editor: User, name: str) -> None:
    """Before, after, and after the commit."""
    seen: list[tuple[str, bool]] = []

    def noting(hook: str) -> Any:
        return lambda view, instance: seen.append((hook, instance.is_published))

    if name == "unpublish":
        article.publish()
    names = [f"{place}_{name}" for place in ("before_perform", "after_perform", "after_commit")]
    call = through(**{hook: noting(hook) for hook in names})
    assert call("POST", f"{article.pk}/{name}", user=editor)[0] == 200
    was, will = name == "unpublish", name == "publish"
    assert seen == list(zip(names, (was, will, will), strict=True))


@pytest.mark.parametrize("hook", ["before_perform_publish", "after_perform_publish"])
def test_a_hook_that_raises_undoes_it(through: Any, article: Article, editor: User, hook: str) -> None:
    """Nobody sees what a hook refuses."""

    def refuse(view: Any, instance: Any) -> None:
        raise PermissionDenied("Not ready.")

    status, body = through(**{hook: refuse})("POST", f"{article.pk}/publish", user=editor)
    assert (status, body["error"]["message"]) == (403, "Not ready.")
    assert not Article.objects.get(pk=article.pk).is_published


def test_an_envelope_holds_what_the_actions_answer(article: Article, editor: User) -> None:
    """Where a class wraps its successes, theirs too."""
    status, body = DOORS["drf"](envelope=True)("POST", f"{article.pk}/publish", user=editor)
    assert (status, body["message"], body["data"]["id"]) == (200, "Success", article.pk)
