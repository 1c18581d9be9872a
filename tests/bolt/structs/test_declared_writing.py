"""Tests of writing rows by declared Structs: keys, lists of keys, nested inputs, and what is refused."""

import types
from typing import Annotated, Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from msgspec import UNSET, Struct, UnsetType

from ironbolt.bolt import BoltAPI, Info, ModelViewSet
from ironbolt.bolt.structs import ModelInput, ModelStruct, computed, source
from ironbolt.testing import TestClient
from tests.project.models import Bag, Insurance, Label, Relic, Shelf, Task

pytestmark = pytest.mark.django_db


class HallIn(ModelInput):
    """What a shelf may be put into."""

    class Meta:
        model = Shelf
        fields = ["name"]


class ShelfIn(ModelInput):
    """A shelf, and what it is in."""

    class Meta:
        model = Shelf
        fields = ["name"]
        update_nested = True

    inside: HallIn | UnsetType | None = UNSET


class RelicIn(ModelInput, forbid_unknown_fields=True, rename="camel"):
    """A relic as staff write it."""

    class Meta:
        model = Relic
        fields = ["name", "size", "found", "site"]
        update_nested = True

    label_ids: Annotated[list[int], source("labels")] | UnsetType = UNSET
    shelf: ShelfIn | UnsetType | None = UNSET


class PlaceOut(ModelStruct):
    """A shelf and what it is in."""

    class Meta:
        model = Shelf
        fields = ["name"]

    hall: Annotated[str | None, source("inside.name")]


class RelicOut(ModelStruct):
    """A relic as everybody sees it."""

    class Meta:
        model = Relic
        fields = ["name", "size", "found", "labels", "doubled"]

    shelf: PlaceOut | None

    @computed
    @staticmethod
    def line(name: str) -> str:
        return name.upper()


def client(**attributes: Any) -> TestClient:
    """A client of a view set at ``/x`` with these attributes."""
    api = BoltAPI(info=Info(served=False))
    api.viewset("/x")(type("Rows", (ModelViewSet,), {"auth": [], "guards": [], **attributes}))
    return TestClient(api)


@pytest.fixture
def relics() -> TestClient:
    """Relics, read and written by declaration."""
    return client(queryset=Relic.objects.all(), serializer_class=RelicOut, create_serializer_class=RelicIn)


@pytest.mark.row("B28")
def test_a_declaration_serves_both_directions(relics: TestClient) -> None:
    """Fields, renamed, nested and computed ones: written, changed and read without a line of copying."""
    gold, old = (Label.objects.create(name=name) for name in ("gold", "old"))
    body = {"name": " Cup ", "labelIds": [gold.pk, old.pk], "shelf": {"name": "case", "inside": {"name": "hall"}}}
    made = relics.post("/x", json=body)
    assert made.status_code == 201, made.content
    assert made.json() == {
        "name": "Cup",
        "size": 1,
        "found": "dug",
        "labels": [gold.pk, old.pk],
        "doubled": 2,
        "shelf": {"name": "case", "hall": "hall"},
        "line": "CUP",
    }
    relic = Relic.objects.get()
    changed = relics.patch(
        f"/x/{relic.pk}", json={"size": 4, "labelIds": [old.pk], "shelf": {"inside": {"name": "east"}}}
    )
    assert changed.json()["doubled"] == 8
    assert changed.json()["labels"] == [old.pk]
    assert changed.json()["shelf"] == {"name": "case", "hall": "east"}
    assert Shelf.objects.count() == 2
    replaced = relics.put(f"/x/{relic.pk}", json={"name": "Mug", "shelf": None})
    assert replaced.json() == {**changed.json(), "name": "Mug", "line": "MUG", "shelf": None}
    assert relics.get("/x").json() == [replaced.json()]


def test_a_nested_row_that_is_not_there_yet_is_made(relics: TestClient) -> None:
    """PATCH makes it too, if all that it needs was sent."""
    relic = Relic.objects.create(name="Cup")
    lacking = relics.patch(f"/x/{relic.pk}", json={"shelf": {"inside": {"name": "hall"}}})
    assert lacking.status_code == 400
    assert lacking.json()["error"]["details"] == {"shelf.name": ["This field is required."]}
    assert not Shelf.objects.exists()
    answer = relics.patch(f"/x/{relic.pk}", json={"shelf": {"name": "case"}})
    assert answer.json()["shelf"] == {"name": "case", "hall": None}
    assert relics.put(f"/x/{relic.pk}", json={"name": "Cup", "shelf": {}}).status_code == 400


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"name"}),
        ({"name": "x" * 51, "found": "lost", "size": -1}, {"name", "found", "size"}),
        ({"name": "Cup", "labelIds": [1, "2", None]}, {"labelIds.1", "labelIds.2"}),
        ({"name": "Cup", "labelIds": [0, 2**63]}, {"labelIds.1"}),
        ({"name": "Cup", "shelf": {"name": "x" * 51, "inside": {"name": ""}}}, {"shelf.name", "shelf.inside.name"}),
        ({"name": "Cup", "shelf": {"name": 5, "inside": {"name": ""}}}, {"shelf.name", "shelf.inside.name"}),
        ({"name": "Cup", "shelf": {}}, {"shelf.name"}),
        ({"name": "Cup", "shelf": 7}, {"shelf"}),
        ({"name": "Cup", "line": "x", "doubled": 1, "id": 5}, {"line", "doubled", "id"}),
        ({"name": None}, {"name"}),
    ],
)
def test_faults_are_told_by_their_path(relics: TestClient, body: Any, faults: set[str]) -> None:
    """Every fault of an input and of what is nested in it, and nothing was written."""
    answer = relics.post("/x", json=body)
    assert answer.status_code == 400
    assert set(answer.json()["error"]["details"]) == faults
    assert not Relic.objects.exists()
    assert not Shelf.objects.exists()


def test_a_key_that_leads_nowhere_undoes_all_of_a_write(relics: TestClient) -> None:
    """As with every key the database decides: 409 under the client's name, and the nested rows go too."""
    answer = relics.post("/x", json={"name": "Cup", "labelIds": [99], "shelf": {"name": "case"}})
    assert answer.status_code == 409
    assert answer.json()["error"]["details"] == {"labelIds": ["No such object."]}
    assert not Shelf.objects.exists()


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_lists_of_keys_cost_a_constant_number_of_queries(relics: TestClient, method: str) -> None:
    """Fifty keys are written in as many queries as two."""
    keys = [Label.objects.create(name=str(number)).pk for number in range(52)]
    relic = Relic.objects.create(name="Cup")
    relic.labels.set(keys[:1])
    path = "/x" if method == "POST" else f"/x/{relic.pk}"

    def queries(labels: list[int]) -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = relics.request(method, path, json={"name": "Cup", "labelIds": labels})
        assert sorted(answer.json()["labels"]) == labels
        return len(captured)

    assert queries(keys[1:3]) == queries(keys[3:])


class TaskOut(ModelStruct):
    """A task, read and written by one declaration."""

    class Meta:
        model = Task
        fields = ["id", "title", "code", "label", "watchers", "effort", "state"]
        rename = {"watchers": "watcher_ids"}

    label_name: Annotated[str | None, source("label.name")]

    @computed
    @staticmethod
    def shout(title: str) -> str:
        return title.upper()


def test_one_declaration_gives_the_form_too() -> None:
    """Keys are written under the names they are read by; what only shows is ignored when it comes back."""
    label = Label.objects.create(name="home")
    tasks = client(queryset=Task.objects.all(), serializer_class=TaskOut)
    made = tasks.post("/x", json={"title": "Sweep", "code": "s", "label": label.pk, "watcher_ids": [label.pk]})
    assert made.status_code == 201, made.content
    read = made.json()
    assert (read["label_name"], read["watcher_ids"], read["effort"], read["shout"]) == (
        "home",
        [label.pk],
        "1.00",
        "SWEEP",
    )
    again = tasks.put(f"/x/{read['id']}", json=read)
    assert again.json() == read
    taken = tasks.post("/x", json={**read, "title": "Wash"})
    assert (taken.status_code, list(taken.json()["error"]["details"])) == (409, ["code"])
    refused = tasks.post("/x", json={"title": "Sweep", "code": "t", "state": "lost", "watcher_ids": ["x"]})
    assert set(refused.json()["error"]["details"]) == {"state", "watcher_ids.0"}


def test_a_read_struct_given_for_writing_is_taken_as_its_form() -> None:
    """What clients get can't be sent as it is, whichever attribute names it."""
    tasks = client(queryset=Task.objects.all(), serializer_class=TaskOut, create_serializer_class=TaskOut)
    assert tasks.post("/x", json={"title": "Sweep", "code": "s"}).status_code == 201


class InsuranceIn(ModelInput):
    """What a relic is worth."""

    class Meta:
        model = Insurance
        fields = ["amount"]


class LabelIn(ModelInput):
    """A label."""

    class Meta:
        model = Label
        fields = ["name"]


class LabelsIn(ModelInput):
    """A relic with labels in full."""

    class Meta:
        model = Relic
        fields = ["name"]

    labels: list[LabelIn]


class InsuredIn(ModelInput):
    """A relic with its insurance."""

    class Meta:
        model = Relic
        fields = ["name"]

    insurance: InsuranceIn


class WronglyShelvedIn(ModelInput):
    """A relic on a label."""

    class Meta:
        model = Relic
        fields = ["name"]

    shelf: LabelIn


class ShownShelfIn(ModelInput):
    """A relic on what clients get of a shelf."""

    class Meta:
        model = Relic
        fields = ["name"]

    shelf: PlaceOut


class NestedShelfIn(ModelInput):
    """A shelf in a shelf in a shelf."""

    class Meta:
        model = Shelf
        fields = ["name"]

    inside: "NestedShelfIn | None"


class PlainLabelIn(msgspec.Struct):
    """A label, not declared."""

    name: str


class PlainIn(msgspec.Struct):
    """A relic with labels, not declared."""

    name: str
    labels: list[PlainLabelIn]


@pytest.mark.parametrize(
    ("struct", "model", "reason"),
    [
        (LabelsIn, Relic, "'labels' can't be written as LabelIn: .* not written along.* endpoint of their own"),
        (PlainIn, Relic, "'labels' can't be written as PlainLabelIn"),
        (InsuredIn, Relic, "'insurance' can't be written as InsuranceIn"),
        (WronglyShelvedIn, Relic, "LabelIn is about Label, not about Shelf"),
        (ShownShelfIn, Relic, "PlaceOut is what clients get; nest a ModelInput"),
        (NestedShelfIn, Shelf, "NestedShelfIn contains itself"),
    ],
)
def test_what_could_not_be_written_along_is_refused_at_the_start(struct: Any, model: Any, reason: str) -> None:
    """With the reason and what to do about it, before there is a request."""
    with pytest.raises(ImproperlyConfigured, match=reason):
        client(model=model, create_serializer_class=struct)


def test_whoever_writes_by_hand_may_take_any_struct() -> None:
    """A view set that makes its objects itself gets nested lists as they came."""

    def create_object(view: Any, data: LabelsIn) -> Relic:
        relic = Relic.objects.create(name=data.name)
        relic.labels.set([Label.objects.create(name=label.name) for label in data.labels])
        return relic

    own = {"create_object": create_object, "update_object": lambda view, instance, data: instance}
    relics = client(queryset=Relic.objects.all(), serializer_class=RelicOut, create_serializer_class=LabelsIn, **own)
    body = {"name": "Cup", "labels": [{"name": "gold"}]}
    assert relics.post("/x", json=body).json()["labels"] == [Label.objects.get().pk]
    assert relics.post("/x", json={**body, "labels": 1}).json()["error"]["details"].keys() == {"labels"}


class Facts(msgspec.Struct):
    """What is in a JSON column."""

    colour: str


class BagIn(ModelInput):
    """A bag whose facts have a type, and whose key a client may choose."""

    class Meta:
        model = Bag
        fields = ["key"]

    facts: Facts | None = None


class BagOut(ModelStruct):
    """A bag."""

    class Meta:
        model = Bag
        fields = ["key", "facts"]


def test_a_json_column_may_have_a_type() -> None:
    """A Struct for it is stored as the plain data that it is, and a key that is no number may be chosen."""
    bags = client(queryset=Bag.objects.all(), serializer_class=BagOut, create_serializer_class=BagIn)
    key = "11111111-2222-4333-8444-555555555555"
    assert bags.post("/x", json={"key": key, "facts": {"colour": "red"}}).json() == {
        "key": key,
        "facts": {"colour": "red"},
    }
    assert bags.patch(f"/x/{key}", json={"facts": {}}).json()["error"]["details"].keys() == {"facts.colour"}


class TaskIn(ModelInput):
    """A task and its label."""

    class Meta:
        model = Task
        fields = ["title", "code"]

    label: LabelIn


def test_a_nested_row_that_breaks_a_constraint_is_a_conflict_too() -> None:
    """Nothing of the whole was written."""
    Label.objects.create(name="home")
    tasks = client(queryset=Task.objects.all(), serializer_class=TaskOut, create_serializer_class=TaskIn)
    assert tasks.post("/x", json={"title": "Sweep", "code": "s", "label": {"name": "home"}}).status_code == 409
    assert not Task.objects.exists()


class LabelOut(ModelStruct):
    """A label."""

    class Meta:
        model = Label
        fields = ["id", "name"]


def test_a_nested_input_beside_its_key_is_refused() -> None:
    """Or a client could name any row by its key and have the nested input change it."""

    class LabelIn(ModelInput):
        class Meta:
            model = Label
            fields = ["name"]

    class TaskIn(Struct):
        title: str
        code: str
        label_id: int | UnsetType = UNSET
        label: LabelIn | UnsetType = UNSET

    api = BoltAPI(info=Info(served=False))

    @api.viewset("/tasks")
    class Tasks(ModelViewSet):
        model = Task
        create_serializer_class = TaskIn

    with pytest.raises(ImproperlyConfigured, match="beside its key"):
        api.routes()


@pytest.mark.django_db
def test_a_key_under_its_short_name_is_checked() -> None:
    """What no key can be is a fault of its field, under ``pk`` too."""
    api = BoltAPI(info=Info(served=False))

    class Named(Struct):
        pk: int
        name: str

    @api.viewset("/labels")
    class Labels(ModelViewSet):
        model = Label
        serializer_class = LabelOut
        create_serializer_class = Named

    answer = TestClient(api).post("/labels", json={"pk": 2**70, "name": "a"})
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["pk"])


class CarefulIn(ModelInput):
    """A relic with its shelf, which others may use."""

    class Meta:
        model = Relic
        fields = ["name"]

    shelf: ShelfIn | UnsetType | None = UNSET


class ByHandIn(msgspec.Struct):
    """The same without a Meta."""

    name: str
    shelf: ShelfIn | UnsetType = UNSET


@pytest.mark.parametrize("struct", [CarefulIn, ByHandIn])
def test_a_row_that_is_there_is_not_changed_through_another(struct: Any) -> None:
    """It has guards and hooks of its own: without ``update_nested`` PUT and PATCH are refused, POST makes a new one."""
    shelf = Shelf.objects.create(name="case")
    relic = Relic.objects.create(name="Cup", shelf=shelf)
    relics = client(queryset=Relic.objects.all(), serializer_class=RelicOut, create_serializer_class=struct)
    for send in (relics.put, relics.patch):
        answer = send(f"/x/{relic.pk}", json={"name": "Mug", "shelf": {"name": "mine"}})
        details = {"shelf": ["There is one already, which can't be changed from here."]}
        assert (answer.status_code, answer.json()["error"]["details"]) == (400, details)
    assert list(Shelf.objects.values_list("name", flat=True)) == ["case"]
    assert relics.post("/x", json={"name": "Mug", "shelf": {"name": "mine"}}).status_code == 201
    assert relics.patch(f"/x/{relic.pk}", json={"name": "Mug"}).json()["shelf"]["name"] == "case"


def test_only_an_input_updates_what_is_nested() -> None:
    """``update_nested`` is a yes or a no of a ModelInput."""
    for base, said in ((ModelStruct, True), (ModelInput, ["shelf"])):
        with pytest.raises(ImproperlyConfigured, match="update_nested"):
            meta = type("Meta", (), {"model": Relic, "fields": ["name"], "update_nested": said})
            types.new_class("Wrong", (base,), exec_body=lambda body, meta=meta: body.update(Meta=meta))  # type: ignore[misc]  # mypy infers no lambda with a default
