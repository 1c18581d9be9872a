"""Ratings through both doors: one a user, average and count kept."""

from typing import Any

import msgspec
import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured, PermissionDenied

from ironbolt.bolt.auth import APIKeyAuthentication
from ironbolt.features.ratings.models import Rating
from tests.contract.newsroom import DOORS, MIXINS, SHOWN, VIEWS, Call, person
from tests.newsroom.models import Article, Section
from tests.project.models import Label

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
def ann() -> User:
    """A reader."""
    return person("ann")


@pytest.fixture
def article() -> Article:
    """One that nobody has rated."""
    return Article.objects.create(section=Section.objects.create(name="a", slug="a"), title="Iliad")


@pytest.mark.row("V12")
def test_a_rating_is_answered_with_average_and_count(call: Call, article: Article, ann: User) -> None:
    """And both are shown with the object from then on."""
    assert call("POST", f"{article.pk}/rate", user=ann, json={"rating": 4.5, "comment": "Long"}) == (
        200,
        {"rating": "4.5", "comment": "Long", "average_rating": "4.50", "rating_count": 1},
    )
    bob = person("bob")
    assert call("POST", f"{article.pk}/rate", user=bob, json={"rating": "4"})[1] == {
        "rating": "4",
        "comment": "",
        "average_rating": "4.25",
        "rating_count": 2,
    }
    shown = call("GET", article.pk)[1]
    assert (shown["average_rating"], shown["rating_count"]) == ("4.25", 2)


@pytest.mark.row("V12")
def test_a_second_rating_replaces_the_first(call: Call, article: Article, ann: User) -> None:
    """One of each user counts, the last."""
    call("POST", f"{article.pk}/rate", user=ann, json={"rating": 1, "comment": "Long"})
    body = call("POST", f"{article.pk}/rate", user=ann, json={"rating": 5})[1]
    assert (body["average_rating"], body["rating_count"]) == ("5.00", 1)
    assert (Rating.objects.get().user, Rating.objects.get().comment) == (ann, "")


@pytest.mark.row("V12")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "rating"),
        ({"rating": None}, "rating"),
        ({"rating": 0.5}, "rating"),
        ({"rating": 5.5}, "rating"),
        ({"rating": "NaN"}, "rating"),
        ({"rating": True}, "rating"),
        ({"rating": [5]}, "rating"),
        ({"rating": 4.001}, "rating"),
        ({"rating": 4, "comment": 4}, "comment"),
        ({"rating": 4, "comment": "x" * 2001}, "comment"),
        ({"rating": 4, "comment": "\0"}, "comment"),
    ],
)
def test_a_bad_rating_is_a_400_that_names_the_field(
    call: Call, article: Article, ann: User, body: dict[str, Any], field: str
) -> None:
    """And nothing is stored."""
    status, answer = call("POST", f"{article.pk}/rate", user=ann, json=body)
    assert (status, answer["error"]["code"], list(answer["error"]["details"])) == (400, "validation_error", [field])
    assert not Rating.objects.exists()


def test_both_doors_say_the_same(article: Article, ann: User) -> None:
    """To a body of whatever kind."""
    for body in ({}, {"rating": 9}, {"rating": "x", "comment": []}, {"rating": 3.333}):
        answers = [DOORS[door]()("POST", f"{article.pk}/rate", user=ann, json=body) for door in DOORS]
        assert answers[0] == answers[1]


@pytest.mark.parametrize("body", [[], "x", 4])
def test_a_body_that_is_no_object_is_refused(call: Call, article: Article, ann: User, body: Any) -> None:
    """By a 400."""
    status, answer = call("POST", f"{article.pk}/rate", user=ann, json=body)
    assert (status, answer["error"]["code"]) == (400, "validation_error")


@pytest.mark.row("V12")
def test_nobody_in_particular_rates_nothing(call: Call, article: Article, ann: User) -> None:
    """Whoever is not logged in is asked to; a token whose user has gone is refused."""
    status, body = call("POST", f"{article.pk}/rate", json={"rating": 4})
    assert (status, body["error"]["code"]) == (401, "authentication_error")
    ann.delete()
    ann.pk = 999_999
    status, body = call("POST", f"{article.pk}/rate", user=ann, json={"rating": 4})
    assert (status, body["error"]["message"]) == (403, "Only users rate.")


def test_programs_rate_nothing(article: Article) -> None:
    """A key is no user, even where it is called like the id of one."""
    from ironbolt.bolt import BoltAPI, Info
    from ironbolt.testing import TestClient

    ann = person("ann")
    api = BoltAPI(info=Info(served=False))
    keys = [APIKeyAuthentication(api_keys={"secret": str(ann.pk)})]
    api.viewset("/articles")(type("Articles", (VIEWS["bolt"],), {"auth": keys}))
    answer = TestClient(api).post(f"/articles/{article.pk}/rate", json={"rating": 4}, headers={"X-API-Key": "secret"})
    assert answer.status_code == 403


def test_what_is_not_there_is_not_rated(call: Call, article: Article, ann: User) -> None:
    """404, whatever the body."""
    for key in ("99999", "x"):
        assert call("POST", f"{key}/rate", user=ann, json={"rating": 4})[0] == 404
        assert call("POST", f"{key}/rate", user=ann, json={"rating": 99})[0] == 404


@pytest.mark.row("V12")
def test_bounds_are_the_views(through: Any, article: Article, ann: User) -> None:
    """Lowest, highest, step, decimal places and the length of a comment."""
    call = through(rating_min=0, rating_max=10, rating_step="0.5", rating_decimal_places=1, rating_comment_length=5)
    for value, message in (
        (-1, "Ensure this value is greater than or equal to 0."),
        (11, "Ensure this value is less than or equal to 10."),
        (7.3, "Ensure this value is a multiple of 0.5."),
        (7.25, "Ensure that there are no more than 1 decimal places."),
    ):
        answer = call("POST", f"{article.pk}/rate", user=ann, json={"rating": value})[1]
        assert answer["error"]["details"] == {"rating": [message]}
    assert call("POST", f"{article.pk}/rate", user=ann, json={"rating": 4, "comment": "longer"})[0] == 400
    assert call("POST", f"{article.pk}/rate", user=ann, json={"rating": 9.5, "comment": "short"})[0] == 200


def test_impossible_bounds_are_refused_at_start(through: Any) -> None:
    """Before any request."""
    with pytest.raises(ImproperlyConfigured, match="rating_min is not below rating_max"):
        through(rating_min=5)


@pytest.mark.django_db(transaction=True)
def test_hooks_run_in_their_order(through: Any, article: Article, ann: User) -> None:
    """With the object and what it is given."""
    seen: list[Any] = []

    def noting(hook: str) -> Any:
        return lambda view, instance, *given: seen.append((hook, instance.rating_count, *(one.value for one in given)))

    names = [f"{place}_rate" for place in ("before_perform", "after_perform", "after_commit")]
    call = through(**{hook: noting(hook) for hook in names})
    assert call("POST", f"{article.pk}/rate", user=ann, json={"rating": 4})[0] == 200
    assert seen == [("before_perform_rate", 0, 4), ("after_perform_rate", 1, 4), ("after_commit_rate", 1)]


def test_a_hook_that_raises_undoes_it(through: Any, article: Article, ann: User) -> None:
    """Rating, average and count."""

    def refuse(view: Any, instance: Any, given: Any) -> None:
        raise PermissionDenied("You have not read it.")

    call = through(after_perform_rate=refuse)
    assert call("POST", f"{article.pk}/rate", user=ann, json={"rating": 4})[0] == 403
    assert not Rating.objects.exists()
    assert Article.objects.get().rating_count == 0


@pytest.mark.parametrize("door", DOORS)
def test_any_model_can_be_rated(door: str, ann: User) -> None:
    """Without a column of its own, and with nothing but the mixin."""
    label = Label.objects.create(name="red")
    own: dict[str, Any] = {"queryset": Label.objects.all()}
    if door == "bolt":
        own |= {"serializer_class": msgspec.defstruct("LabelOut", [("id", int)]), "auth": VIEWS["bolt"].auth}
    else:
        from rest_framework.serializers import ModelSerializer

        meta = type("Meta", (), {"model": Label, "fields": ("id",)})
        own["serializer_class"] = type("LabelSerializer", (ModelSerializer,), {"Meta": meta})
        own["authentication_classes"] = VIEWS["drf"].authentication_classes
    call = DOORS[door](MIXINS[door]["ratings"], MIXINS[door]["base"], **own)
    status, body = call("POST", f"{label.pk}/rate", user=ann, json={"rating": 3})
    assert (status, body["average_rating"], body["rating_count"]) == (200, "3.00", 1)
    assert "rating_count" in SHOWN
