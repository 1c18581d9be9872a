"""Bulk writes of this door: guards, forms, what is read of a body, and the description."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ironbolt.bolt import BoltAPI, Info, ModelViewSet, override
from ironbolt.bolt.auth import JWTAuthentication
from ironbolt.bolt.exceptions import NotFound
from ironbolt.bolt.guards import IsAuthenticated
from ironbolt.bolt.openapi.document import describe
from ironbolt.bolt.structs import ModelInput, ModelStruct
from ironbolt.bolt.views import BulkOperationMixin, BulkOperationViewSet, CreateMixin
from ironbolt.testing import TestClient
from tests.contract.bulk import BoltTasks, TaskIn, TaskOut, through_bolt
from tests.project.models import Label, Task

pytestmark = pytest.mark.django_db


def make(*codes: str, **values: Any) -> list[Task]:
    """Tasks that are there, each called like its code."""
    return [Task.objects.create(title=code, code=code, **values) for code in codes]


def new(*codes: str, **values: Any) -> list[dict[str, Any]]:
    """What makes tasks."""
    return [{"title": code, "code": code, **values} for code in codes]


def api_of(view: Any, **options: Any) -> BoltAPI:
    """An API with nothing but this view set."""
    api = BoltAPI(info=Info(served=False), **options)
    api.viewset("/tasks")(view)
    return api


# --- who may ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/bulk_create", ""])
def test_guards_of_the_single_action_hold(address: str) -> None:
    """Who may not create one may not create many."""

    class Guarded(BoltTasks):
        @override(guards=[IsAuthenticated()])
        def create(self, request: Any, data: TaskIn) -> Any:
            return CreateMixin.create(self, request, data)

    client = TestClient(api_of(Guarded))
    assert client.post(f"/tasks{address}", json=new("A")).status_code == 401
    assert client.delete("/tasks/bulk_delete", json={}).status_code == 400


def test_bulk_actions_can_have_guards_of_their_own() -> None:
    """``override`` above the mixin's action decides for one class, and leaves the others."""

    class Guarded(BoltTasks):
        bulk_delete = override(guards=[IsAuthenticated()])(BulkOperationMixin.bulk_delete)

    client = TestClient(api_of(Guarded))
    assert client.delete("/tasks/bulk_delete", json={}).status_code == 401
    assert client.post("/tasks/bulk_create", json=new("A")).status_code == 201
    assert through_bolt()("DELETE", "/bulk_delete", json={})[0] == 400


def test_own_way_to_find_objects_is_asked_for_each() -> None:
    """A ``get_object`` of one's own decides about every object of a bulk write."""
    asked: list[int] = []

    def get_object(view: Any, pk: int) -> Any:
        asked.append(pk)
        found = Task.objects.get(pk=pk)
        if found.state == "done":
            raise NotFound
        return found

    first, second = *make("A"), *make("B", state="done")
    call = through_bolt(get_object=get_object)
    status, body = call("DELETE", "/bulk_delete?partial=true", json={"ids": [second.pk, first.pk]})
    assert (status, [one["status"] for one in body]) == (207, [404, 204])
    assert asked == [second.pk, first.pk]


# --- what is read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b"[", b"[{}", b'[{"title": }]', b'[{"title": "\xff"}]', b"[NaN]", b"[{}, " + b"[" * 100_000]
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/tasks/bulk_create"), ("POST", "/tasks"), ("PATCH", "/tasks")])
def test_malformed_json_is_told_as_such(method: str, path: str, body: bytes) -> None:
    """What is no JSON, in whatever item, is a 400 of the whole body."""
    client = TestClient(api_of(BoltTasks))
    answer = client.request(method, path, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "parse_error")


def test_body_must_be_json() -> None:
    """An array that is not sent as JSON is a 415; no body at all is no list."""
    client = TestClient(api_of(BoltTasks))
    assert client.post("/tasks", content=b"[]", headers={"content-type": "text/plain"}).status_code == 415
    assert client.post("/tasks/bulk_create").json()["error"]["details"] == {
        "non_field_errors": ["Expected a list of items."]
    }


class Effort(msgspec.Struct):
    """A task with its effort."""

    title: str
    code: str
    effort: Decimal


class EffortOut(Effort):
    """The same as it is read."""

    id: int


EFFORTS: dict[str, Any] = {"serializer_class": EffortOut, "create_serializer_class": Effort}


def test_items_are_read_as_single_bodies_are() -> None:
    """Decimals keep their digits, 2.0 is a whole number, and a single body and an item fail alike."""
    call = through_bolt(**EFFORTS)
    status, body = call("POST", "", json=new("A", effort=1.15) + new("B", effort="2.25"))
    assert (status, [one["effort"] for one in body]) == (201, ["1.15", "2.25"])
    sent = [{"id": body[0]["id"], "effort": "3.50"}, {"id": body[1]["id"], "effort": 4}]
    assert [one["effort"] for one in call("PATCH", "", json=sent)[1]] == ["3.50", "4.00"]
    for effort in ("1e2", "x", True, None, -1, 1000, "1.234", [], {}):
        one, many = call("POST", json=new("C", effort=effort)[0]), call("POST", json=new("C", effort=effort))
        assert one[0] == many[0] == 400
        expected = {f"0.{path}": messages for path, messages in one[1]["error"]["details"].items()}
        assert many[1]["error"]["details"] == expected


def test_single_body_of_a_bulk_class_fails_as_elsewhere() -> None:
    """All faults of one object are told, though an array would have been taken."""

    class Single(ModelViewSet):
        queryset = Task.objects.all()
        serializer_class = EffortOut
        create_serializer_class = Effort

    for body in ({}, {"title": 5, "effort": -1}, {"title": "", "code": "A", "effort": 1}, 5, "x", None):
        bulk, plain = through_bolt(**EFFORTS)("POST", json=body), TestClient(api_of(Single)).post("/tasks", json=body)
        assert bulk == (plain.status_code, plain.json())


# --- forms and rows --------------------------------------------------------------------------------------


class LabelIn(ModelInput):
    """A label as part of a task."""

    class Meta:
        model = Label
        fields = ["name"]


class NestedIn(ModelInput):
    """A task with a new label."""

    label: LabelIn

    class Meta:
        model = Task
        fields = ["title", "code"]


class NestedOut(ModelStruct):
    """A task with the key of its label."""

    class Meta:
        model = Task
        fields = ["id", "title", "code", "label_id"]


def test_nested_objects_are_written_with_each_item() -> None:
    """What is nested is written first, row by row."""
    call = through_bolt(serializer_class=NestedOut, create_serializer_class=NestedIn)
    status, body = call("POST", "/bulk_create", json=new("A", label={"name": "x"}) + new("B", label={"name": "y"}))
    assert status == 201
    assert [Label.objects.get(pk=one["label_id"]).name for one in body] == ["x", "y"]
    answer = call("POST", "/bulk_create", json=new("C", label={"name": "z"}) + new("D", label={"name": "x"}))
    assert (answer[0], list(answer[1]["error"]["details"])) == (409, ["1"])
    assert Label.objects.count() == 2


def test_methods_of_ones_own_get_each_item() -> None:
    """``create_object``, ``update_object`` and ``delete_object`` are called for every item."""

    def create_object(view: Any, data: Any) -> Any:
        return Task.objects.create(title=data.title.upper(), code=data.code)

    def update_object(view: Any, instance: Any, data: Any) -> Any:
        instance.title = f"{instance.title}!"
        instance.save()
        return instance

    def delete_object(view: Any, instance: Any) -> Any:
        instance.state = "done"
        instance.save()

    call = through_bolt(create_object=create_object, update_object=update_object, delete_object=delete_object)
    keys = [one["id"] for one in call("POST", "", json=new("a", "b"))[1]]
    status, body = call("PATCH", "", json=[{"id": key} for key in keys])
    assert (status, [one["title"] for one in body]) == (200, ["A!", "B!"])
    assert call("DELETE", "/bulk_delete", json={"ids": keys}) == (200, {"deleted": 2})
    assert {*Task.objects.values_list("state", flat=True)} == {"done"}


def test_form_that_depends_on_the_request() -> None:
    """``get_serializer_class`` is asked under the name of the single action, at each request."""
    asked: set[str] = set()

    def get_serializer_class(view: Any, action: str | None = None) -> Any:
        name = action or view.action
        asked.add(name)
        if "x-short" in view.request.headers:
            return TaskOut
        return TaskOut if name == "retrieve" else TaskIn

    call = through_bolt(get_serializer_class=get_serializer_class)
    status, body = call("POST", "/bulk_create", json=new("A"))
    assert (status, body[0]["code"]) == (201, "A")
    assert call("PATCH", "", json=[{"id": body[0]["id"], "title": "x"}])[0] == 200
    assert "bulk_create" not in asked


def test_wrapped_api_wraps_bulk_answers() -> None:
    """An API that wraps its successes wraps these, in either mode."""
    client = TestClient(api_of(BoltTasks, envelope=True))
    answer = client.post("/tasks/bulk_create", json=new("A"))
    assert (answer.status_code, answer.json()["data"][0]["code"]) == (201, "A")
    answer = client.post("/tasks?partial=1", json=new("B"))
    assert (answer.status_code, answer.json()["data"][0]["status"]) == (207, 201)


def test_relations_of_the_answer_are_loaded_together() -> None:
    """What is shown beside the rows costs no query for each."""
    labels = [Label.objects.create(name=f"{n}") for n in range(3)]
    counts = []
    for size in (1, 20):
        sent = new(*(f"{size}-{n}" for n in range(size)), watcher_ids=[label.pk for label in labels])
        with CaptureQueriesContext(connection) as queries:
            status, body = through_bolt()("POST", "/bulk_create", json=sent)
        assert (status, body[-1]["watcher_ids"]) == (201, [label.pk for label in labels])
        counts.append(len(queries))
    assert len({*counts}) == 1


# --- registration ----------------------------------------------------------------------------------------


def test_routes() -> None:
    """Three addresses of their own, and two more methods of the collection; all are units of work."""
    routes = {(route.method, route.path): route for route in api_of(BoltTasks).routes()}
    bulk = {("POST", "/tasks/bulk_create"), ("PATCH", "/tasks/bulk_update"), ("DELETE", "/tasks/bulk_delete")}
    assert bulk | {("POST", "/tasks"), ("PUT", "/tasks"), ("PATCH", "/tasks")} <= routes.keys()
    assert {routes[one].mode for one in bulk} == {"unit"}
    operation = routes["POST", "/tasks/bulk_create"].operation
    assert operation is not None
    assert (operation.action, operation.model) == ("bulk_create", Task)


def test_action_can_be_left_out() -> None:
    """``bulk_delete = None`` is no action; without ``bulk_create`` the collection takes no arrays."""
    call = through_bolt(bulk_delete=None, bulk_update=None, bulk_create=None)
    assert call("PATCH", json=[])[0] == 405
    assert call("POST", json=new("A"))[0] == 400
    assert call("POST", json=new("A")[0])[0] == 201
    assert call("POST", "/bulk_create", json=[])[0] == 405


def test_model_alone_can_only_be_deleted() -> None:
    """Without a Struct that was declared nothing can be written, in bulk as singly."""

    class Bare(BulkOperationViewSet):
        model = Task

    paths = {(route.method, route.path) for route in api_of(Bare).routes()}
    assert ("DELETE", "/tasks/bulk_delete") in paths
    assert not {("POST", "/tasks/bulk_create"), ("PATCH", "/tasks/bulk_update"), ("PUT", "/tasks")} & paths


def test_view_set_over_plain_data_is_refused() -> None:
    """Bulk writes are for rows."""

    class Plain(BulkOperationViewSet):
        serializer_class = TaskOut

    with pytest.raises(ImproperlyConfigured, match="writes rows in bulk"):
        api_of(Plain).routes()


# --- the description -------------------------------------------------------------------------------------


def test_description_tells_of_arrays_and_outcomes() -> None:
    """Bodies are arrays with their limits, answers arrays or what became of each item, errors those that can be."""

    class Few(BoltTasks):
        max_bulk_size = 50
        auth = [JWTAuthentication()]

    document = describe(Info(), api_of(Few).routes())
    paths, schemas = document["paths"], document["components"]["schemas"]
    create = paths["/tasks/bulk_create"]["post"]
    array = {"type": "array", "items": {"$ref": "#/components/schemas/TaskIn"}, "minItems": 1, "maxItems": 50}
    assert sent_in(create) == array
    assert sent_in(paths["/tasks"]["post"]) == {"anyOf": [array["items"], array]}
    assert set(create["responses"]) == {"201", "207", "400", "401", "406", "409", "413", "415", "500", "503"}
    assert [one["name"] for one in create["parameters"]] == ["partial"]
    outcome = create["responses"]["207"]["content"]["application/json"]["schema"]["items"]["$ref"].rpartition("/")[2]
    assert set(schemas[outcome]["properties"]) == {"index", "status", "data", "error"}
    update = paths["/tasks/bulk_update"]["patch"]
    assert sent_in(update) == sent_in(paths["/tasks"]["patch"])
    item = schemas[sent_in(update)["items"]["$ref"].rpartition("/")[2]]
    assert item["required"] == ["id"]
    assert item["properties"]["title"]["maxLength"] == 100
    assert {"200", "207", "404", "409"} <= set(update["responses"])
    delete = paths["/tasks/bulk_delete"]["delete"]
    assert sent_in(delete)["properties"]["ids"]["maxItems"] == 50


def sent_in(operation: dict[str, Any]) -> dict[str, Any]:
    """What an operation takes."""
    schema: dict[str, Any] = operation["requestBody"]["content"]["application/json"]["schema"]
    return schema
