"""The special viewsets are mixins that combine in any order, in both doors."""

from itertools import permutations
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from rest_framework.permissions import IsAdminUser

from ironbolt.bolt import views as bolt
from ironbolt.drf import bulk, publishing, ratings, softdelete
from tests.contract.newsroom import DOORS, MIXINS, VIEWS, Call, person
from tests.newsroom.models import Article, Draft, Section

pytestmark = pytest.mark.django_db

NAMES = ("softdelete", "publishing", "ratings", "bulk")
_OF_THE_VIEW = {
    "drf": ("queryset", "serializer_class", "pagination_class", "authentication_classes", "permission_classes"),
    "bolt": ("queryset", "serializer_class", "create_serializer_class", "pagination_class", "auth", "guards"),
}


def combined(door: str, *bases: type[Any]) -> Call:
    """Articles over these bases, in this order."""
    return DOORS[door](*bases, **{name: getattr(VIEWS[door], name) for name in _OF_THE_VIEW[door]})


def works(call: Call) -> None:
    """Whatever the features bring, and what a view set has without them, is there."""
    article = Article.objects.create(section=Section.objects.create(name="a", slug="a"), title="Iliad")
    staff = person(is_staff=True)
    assert call("GET", article.pk)[0] == 200
    assert call("PATCH", article.pk, json={"title": "Odyssey"})[1]["title"] == "Odyssey"
    made = call("POST", json=[{"title": title, "section_id": article.section_id, "slug": title} for title in "ab"])
    assert made[0] == 201, made
    assert call("DELETE", "bulk_delete", json={"ids": [one["id"] for one in made[1]]})[0] == 200
    assert Article.all_objects.filter(is_deleted=True).delete()[0] == 0
    Article.all_objects.filter(is_deleted=True).hard_delete()
    assert call("POST", f"{article.pk}/publish", user=staff)[1]["is_published"]
    assert call("POST", f"{article.pk}/rate", user=staff, json={"rating": 5})[1]["rating_count"] == 1
    assert call("GET", "published")[1]["count"] == 1
    assert call("DELETE", article.pk)[0] in (200, 204)
    assert Article.all_objects.get().is_deleted
    assert call("GET")[1]["count"] == call("GET", "published")[1]["count"] == 0
    assert call("GET", article.pk)[0] == 404
    assert call("GET", "deleted", user=staff)[1]["count"] == 1
    shown = call("POST", f"{article.pk}/restore", user=staff)[1]
    assert (shown["title"], shown["is_published"], shown["rating_count"]) == ("Odyssey", True, 1)
    assert call("DELETE", "bulk_delete", user=staff, json={"ids": [article.pk]})[0] == 200
    assert Article.all_objects.get().deleted_by == staff
    assert call("POST", "bulk_restore", user=staff, json={"ids": [article.pk]})[1]["restored"] == [article.pk]


@pytest.mark.row("V23")
@pytest.mark.parametrize("base_first", [True, False], ids=["behind", "before"])
@pytest.mark.parametrize("order", list(permutations(NAMES)), ids="-".join)
@pytest.mark.parametrize("door", DOORS)
def test_mixins_combine_in_any_order(door: str, order: tuple[str, ...], base_first: bool) -> None:
    """Behind the base class or before it."""
    names = ("base", *order) if base_first else (*order, "base")
    works(combined(door, *(MIXINS[door][name] for name in names)))


@pytest.mark.row("V23")
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)], ids=str)
@pytest.mark.parametrize("door", DOORS)
def test_whole_viewsets_combine_too(door: str, order: tuple[int, ...]) -> None:
    """Each by the name that the guide gives it."""
    made: dict[str, tuple[type[Any], ...]] = {
        "drf": (
            softdelete.SoftDeleteViewSet,
            publishing.PublishableViewSet,
            ratings.RatableViewSet,
            bulk.BulkOperationViewSet,
        ),
        "bolt": (bolt.SoftDeleteViewSet, bolt.PublishableViewSet, bolt.RatableViewSet, bolt.BulkOperationViewSet),
    }
    works(combined(door, *(made[door][index] for index in order)))


@pytest.mark.parametrize("door", DOORS)
def test_a_mixin_alone_brings_its_own_actions_only(door: str) -> None:
    """What was not asked for is not routed."""
    call = combined(door, MIXINS[door]["publishing"], MIXINS[door]["base"])
    article = Article.objects.create(section=Section.objects.create(name="a", slug="a"), title="Iliad")
    staff = person(is_staff=True)
    assert call("POST", f"{article.pk}/publish", user=staff)[0] == 200
    for method, path in (("POST", f"{article.pk}/rate"), ("POST", f"{article.pk}/restore"), ("POST", "bulk_restore")):
        assert call(method, path, user=staff, json={})[0] in (404, 405)


@pytest.mark.parametrize("name", ["softdelete", "publishing"])
@pytest.mark.parametrize("door", DOORS)
def test_a_model_without_the_columns_is_refused_at_start(door: str, name: str) -> None:
    """With the name of the class, of the model, and of what to derive it from."""
    own: dict[str, Any] = {"queryset": Draft.objects.all()}
    if door == "bolt":
        own |= {"serializer_class": VIEWS["bolt"].serializer_class, "auth": VIEWS["bolt"].auth}
    with pytest.raises(ImproperlyConfigured, match=r"Articles .*Draft has no is_.*ironbolt\.models"):
        DOORS[door](MIXINS[door][name], MIXINS[door]["base"], **own)("GET")


@pytest.mark.row("V23")
def test_the_mixins_stand_before_a_plain_viewset_of_rest_framework() -> None:
    """They are the mixin of the base themselves."""
    from rest_framework.viewsets import ModelViewSet

    mixins = [MIXINS["drf"][name] for name in NAMES]
    works(combined("drf", *mixins, ModelViewSet))


def test_permissions_of_the_class_hold_for_every_action() -> None:
    """What a feature asks comes on top."""
    call = DOORS["drf"](permission_classes=(IsAdminUser,))
    article = Article.objects.create(section=Section.objects.create(name="a", slug="a"), title="Iliad")
    for path in ("publish", "unpublish", "rate", "restore"):
        assert call("POST", f"{article.pk}/{path}", user=person("customer"), json={"rating": 4})[0] == 403
