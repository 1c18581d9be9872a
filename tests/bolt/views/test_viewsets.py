"""Tests of the view sets over models of every kind: odd keys, inheritance, odd Structs."""

import datetime
from decimal import Decimal
from typing import Any
from unittest import mock

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, models

from ironbolt.bolt import BoltAPI, Info, ModelViewSet, ReadOnlyModelViewSet
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.testing import TestClient
from tests.project.models import Bag, Chore, Label, Receipt, Task

pytestmark = pytest.mark.django_db


class BagOut(msgspec.Struct):
    """A bag."""

    key: Any
    name: str


class BagIn(msgspec.Struct):
    """A bag with its key, and one of every type."""

    key: str | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType = msgspec.UNSET
    amount: float | msgspec.UnsetType | None = msgspec.UNSET
    instant: datetime.datetime | msgspec.UnsetType | None = msgspec.UNSET
    clock: datetime.time | msgspec.UnsetType | None = msgspec.UNSET
    span: datetime.timedelta | msgspec.UnsetType | None = msgspec.UNSET
    token: str | msgspec.UnsetType | None = msgspec.UNSET
    facts: Any = msgspec.UNSET
    level: Any = msgspec.UNSET


class LabelOut(msgspec.Struct):
    """A label."""

    id: int
    name: str


class ChoreOut(msgspec.Struct):
    """A chore."""

    title: str
    room: str
    label: int | None
    watchers: list[int]


class ChoreIn(msgspec.Struct, rename="camel"):
    """A chore, with its relations under the names of the model."""

    title: str
    code: str
    room: str
    label: int | None = None
    watchers: list[int] = []
    effort: Decimal = Decimal(1)


def client(model: type[models.Model], **attributes: Any) -> TestClient:
    """A client of a view set over this model, at /things."""
    api = BoltAPI(info=Info(served=False))
    view = type(
        "Things", (attributes.pop("base", ModelViewSet),), {"queryset": model._default_manager.all(), **attributes}
    )
    api.viewset("things")(view)
    return TestClient(api)


def bags() -> TestClient:
    """Bags, whose key is a UUID."""
    return client(Bag, serializer_class=BagOut, create_serializer_class=BagIn)


def chores() -> TestClient:
    """Chores, which are tasks in a table of their own."""
    return client(Chore, serializer_class=ChoreOut, create_serializer_class=ChoreIn)


CHORE = {"title": "Sweep", "code": "S", "room": "hall"}


def test_uuid_key_is_read_in_any_spelling() -> None:
    """A key is found with and without dashes; what is no UUID is not there."""
    made = bags().post("/things", json={"name": "a"}).json()
    for spelling in (made["key"], made["key"].upper(), made["key"].replace("-", "")):
        assert bags().get(f"/things/{spelling}").json() == made
    for wrong in ("1", "x", made["key"] + "0", "%00"):
        assert bags().get(f"/things/{wrong}").status_code == 404


def test_slug_can_be_the_key() -> None:
    """A text column stands in the path, decoded once; what the database takes for no text is not there."""
    things = client(Label, serializer_class=LabelOut, lookup_field="name", base=ReadOnlyModelViewSet)
    Label.objects.create(name="a b%20ü")
    assert things.get("/things/a%20b%2520%C3%BC").json()["name"] == "a b%20ü"
    for wrong in ("a", "%00", "%FF", "%ED%A0%80", "x" * 5000):
        assert things.get(f"/things/{wrong}").status_code == 404


@pytest.mark.parametrize("wrong", ["abc", "0", "1.0", "1e0", "+1", "%D9%A1", "-1", "9" * 5000])
def test_key_of_an_inherited_table_is_a_number(wrong: str) -> None:
    """With multi-table inheritance the key is a relation, and read as what it points to."""
    assert chores().get(f"/things/{wrong}").status_code == 404


def test_child_of_a_table_is_written_with_its_parent() -> None:
    """Create, change and delete write both tables, relations by whichever name the Struct has for them."""
    label = Label.objects.create(name="a")
    made = chores().post("/things", json={**CHORE, "label": label.pk, "watchers": [label.pk]})
    assert (made.status_code, made.json()) == (
        201,
        {"title": "Sweep", "room": "hall", "label": label.pk, "watchers": [label.pk]},
    )
    key = Chore.objects.get().pk
    changed = chores().patch(f"/things/{key}", json={"title": "Wash", "room": "bath", "label": None, "watchers": []})
    assert changed.json() == {"title": "Wash", "room": "bath", "label": None, "watchers": []}
    assert Task.objects.get().title == "Wash"
    assert chores().delete(f"/things/{key}").json() == {"deleted": True}
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("changes", "details"),
    [
        ({"room": "attic"}, {"room": ["Nobody goes there."]}),
        ({"effort": "101"}, {"effort": ["Too much work."]}),
        ({"label": 99}, {"label": ["No such object."]}),
        ({"watchers": [99]}, {"watchers": ["No such object."]}),
    ],
)
def test_violated_constraint_of_either_table_is_told(changes: dict[str, Any], details: dict[str, Any]) -> None:
    """Whichever table and however the database says it."""
    answer = chores().post("/things", json={**CHORE, **changes})
    assert (answer.status_code, answer.json()["error"]["details"]) == (409, details)
    assert not Task.objects.exists()


def test_put_leaves_defaults_alone() -> None:
    """A Struct's own default is for new objects; PUT writes what was sent."""
    label = Label.objects.create(name="a")
    chores().post("/things", json={**CHORE, "label": label.pk, "watchers": [label.pk], "effort": "5"})
    answer = chores().put(f"/things/{Chore.objects.get().pk}", json={**CHORE, "room": "bath"})
    assert answer.json()["label"] == label.pk
    assert Chore.objects.get().effort == 5


def test_update_can_not_move_an_object_to_another_key() -> None:
    """The key may be repeated, but another one is a 400, and makes no second object."""
    key = bags().post("/things", json={"name": "a"}).json()["key"]
    other = "00000000-0000-0000-0000-000000000001"
    assert bags().patch(f"/things/{key}", json={"key": key, "name": "b"}).json() == {"key": key, "name": "b"}
    answer = bags().patch(f"/things/{key}", json={"key": other})
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["key"])
    assert Bag.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 1e300},
        {"amount": 12345.5},
        {"instant": "0001-01-01T00:00:00+14:00"},
        {"instant": "9999-12-31T23:59:59-14:00"},
        {"clock": "12:00:00Z"},
        {"span": "P999999999D"},
        {"token": "no uuid"},
        {"key": "no uuid"},
        {"level": [1]},
        {"level": {"a": 1}},
        {"level": "1"},
        {"level": 1e300},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_value_that_bursts_on_the_way_to_the_database_is_invalid(method: str, changes: dict[str, Any]) -> None:
    """What no column takes is a 400 with its field, even where the Struct lets it pass."""
    bag = Bag.objects.create()
    answer = bags().request(method, "/things" if method == "POST" else f"/things/{bag.pk}", json=changes)
    assert answer.status_code == 400, answer
    assert list(answer.json()["error"]["details"]) == list(changes)


@pytest.mark.parametrize(
    "changes",
    [{"amount": 0.5}, {"facts": {"a": [1, None]}}, {"instant": "2024-05-01T12:00:00"}, {"level": 2}, {"span": "P3D"}],
    ids=str,
)
def test_sound_value_of_another_type_is_saved(changes: dict[str, Any]) -> None:
    """A price may come as a float, a moment without its zone."""
    assert bags().post("/things", json=changes).status_code == 201


def test_object_that_has_gone_meanwhile_is_not_found() -> None:
    """A change that comes too late finds nothing, and brings nothing back."""
    bag = Bag.objects.create(name="a")

    def before(view: Any, instance: Bag, data: Any) -> None:
        Bag.objects.filter(pk=instance.pk).delete()

    things = client(Bag, serializer_class=BagOut, create_serializer_class=BagIn, before_perform_update=before)
    answer = things.patch(f"/things/{bag.pk}", json={"name": "b"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_failure_of_the_database_is_no_404() -> None:
    """Only Django's own word that a row has gone is taken for that."""
    bag = Bag.objects.create(name="a")
    failed = DatabaseError("secret")
    failed.__cause__ = OSError("disk")
    with mock.patch.object(Bag, "save", side_effect=failed):
        answer = bags().patch(f"/things/{bag.pk}", json={"name": "b"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "db_error")
    assert "secret" not in answer.text


def test_pages_of_unordered_rows_have_an_order() -> None:
    """Every row stands on exactly one page, though the model has no order of its own."""
    for number in range(25):
        Label.objects.create(name=f"{number:02}")
    things = client(Label, serializer_class=LabelOut, base=ReadOnlyModelViewSet, pagination_class=PageNumberPagination)
    seen = [
        item["id"] for page in (1, 2, 3) for item in things.get(f"/things?page={page}&page_size=10").json()["results"]
    ]
    assert seen == sorted(seen)
    assert len(set(seen)) == 25


@pytest.mark.parametrize("slashes", ["things", "/things", "/things/", "things/"])
def test_path_may_be_registered_in_any_spelling(slashes: str) -> None:
    """Slashes at the ends of a registered path make no difference."""
    label = Label.objects.create(name="a")
    api = BoltAPI("api/", info=Info(served=False))
    view = type("Things", (ReadOnlyModelViewSet,), {"queryset": Label.objects.all(), "serializer_class": LabelOut})
    api.viewset(slashes)(view)
    for address in ("/api/things", "/api/things/", f"/api/things/{label.pk}", f"/api/things/{label.pk}/"):
        assert TestClient(api).get(address).status_code == 200


def test_column_that_can_stand_in_no_path_is_refused_at_the_start() -> None:
    """A key that no address can name is the programmer's mistake, told with the view's name."""
    things = BoltAPI(info=Info(served=False))
    view = type(
        "Odd",
        (ReadOnlyModelViewSet,),
        {"queryset": Bag.objects.all(), "serializer_class": BagOut, "lookup_field": "real"},
    )
    things.viewset("/things")(view)
    with pytest.raises(ImproperlyConfigured, match="Odd: a FloatField can't stand in a path"):
        things.asgi()


def test_write_goes_to_the_database_of_the_router(monkeypatch) -> None:
    """The unit opens where the model is written, not where everything else is."""
    asked: list[type[models.Model]] = []

    def db_for_write(model: type[models.Model], **hints: Any) -> str:
        asked.append(model)
        return "default"

    monkeypatch.setattr("ironbolt.bolt.engine.running.router.db_for_write", db_for_write)
    bags().post("/things", json={"name": "a"})
    assert asked[0] is Bag


def test_hook_that_writes_elsewhere_blames_no_field_of_this() -> None:
    """A violation in another table is a 409 without details of this one."""
    Task.objects.create(title="T", code="T")

    def after(view: Any, instance: Chore, data: Any) -> None:
        Receipt.objects.create(chore=instance, title="x")
        Receipt.objects.create(chore=instance, title="x")

    things = client(Chore, serializer_class=ChoreOut, create_serializer_class=ChoreIn, after_perform_create=after)
    answer = things.post("/things", json=CHORE)
    assert (answer.status_code, answer.json()["error"]["details"]) == (409, {})
    assert not Chore.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("asynchronous", [False, True], ids=["def", "async def"])
def test_overridden_write_is_still_one_unit(asynchronous: bool) -> None:
    """A create that calls the inherited one and then fails leaves nothing behind, synchronous or not."""

    class Failing(ModelViewSet):
        queryset = Label.objects.all()
        serializer_class = LabelOut

        def create(self, request: Any, data: LabelOut) -> Any:
            super().create(request, data)
            raise ValueError("after the fact")

    class FailingLater(ModelViewSet):
        queryset = Label.objects.all()
        serializer_class = LabelOut

        async def create(self, request: Any, data: LabelOut) -> Any:
            await super().create(request, data)
            raise ValueError("after the fact")

    api = BoltAPI()
    api.viewset("/labels")(FailingLater if asynchronous else Failing)
    assert TestClient(api).post("/labels", json={"id": 1, "name": "a"}).status_code == 500
    assert not Label.objects.exists()
