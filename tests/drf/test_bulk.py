"""Bulk writes of this door: permissions, serializers and routers of REST framework's."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.routers import DefaultRouter
from rest_framework.test import APIRequestFactory

from ironbolt.drf.bulk import BulkListSerializer, ListSerializer
from ironbolt.drf.routers import AppRouter
from ironbolt.drf.schema import AutoSchema
from ironbolt.drf.views import BaseViewSet
from tests.contract.bulk import DRFTasks, TaskSerializer, through_drf
from tests.project.models import Bag, Chore, Label, Task

pytestmark = pytest.mark.django_db


def make(*codes: str, **values: Any) -> list[Task]:
    """Tasks that are there, each called like its code."""
    return [Task.objects.create(title=code, code=code, **values) for code in codes]


def new(*codes: str, **values: Any) -> list[dict[str, Any]]:
    """What makes tasks."""
    return [{"title": code, "code": code, **values} for code in codes]


class PlainSerializer(serializers.ModelSerializer[Task]):
    """One of REST framework's own, with relations that ask the database."""

    class Meta:
        model = Task
        fields = ("id", "title", "code", "label", "watchers")
        extra_kwargs = {"code": {"validators": []}, "watchers": {"required": False}}


# --- who may ---------------------------------------------------------------------------------------------


class Owners(BasePermission):
    """Everybody may ask; an object may be written by its owner."""

    message = "Not yours."

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        """Whether it is theirs."""
        return str(obj.owner_id) == str(request.user.pk)


def test_permission_for_each_object_is_asked() -> None:
    """An object that the caller may not write is a 403 by its index, in the words of the permission."""
    mine, theirs = *make("A", owner_id="1"), *make("B", owner_id="2")
    call = through_drf(permission_classes=(Owners,))
    ids = {"ids": [mine.pk, theirs.pk]}
    status, body = call("DELETE", "/bulk_delete", json=ids, user="1")
    assert (status, body["error"]["details"]) == (403, {"ids.1": ["Not yours."]})
    sent = [{"id": theirs.pk, "title": "x"}, {"id": mine.pk, "title": "y"}]
    status, body = call("PATCH", "/bulk_update?partial=true", json=sent, user="1")
    assert (status, [one["status"] for one in body]) == (207, [403, 200])
    assert body[0]["error"] == {"code": "permission_denied", "message": "Not yours.", "details": {}}
    assert [*Task.objects.order_by("code").values_list("title", flat=True)] == ["y", "B"]


def by_single_action(view: Any) -> list[Any]:
    """As the guide has it: only single actions are named, all others are open."""
    return [IsAuthenticated()] if view.action in ("create", "partial_update", "update", "destroy") else [AllowAny()]


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("POST", "/bulk_create", []),
        ("POST", "", []),
        ("PATCH", "/bulk_update", []),
        ("PATCH", "", []),
        ("PUT", "", []),
        ("DELETE", "/bulk_delete", {}),
    ],
)
def test_who_may_not_do_it_singly_may_not_do_it_in_bulk(method: str, address: str, body: Any) -> None:
    """Permissions that a class has for ``create`` and its like hold for many objects too."""
    call = through_drf(get_permissions=by_single_action)
    assert call(method, address, json=body)[0] == 401
    assert call(method, address, json=body, user="1")[0] == 400


def test_bulk_actions_can_have_permissions_of_their_own() -> None:
    """A class may be stricter about the bulk actions, by their names."""

    def get_permissions(view: Any) -> list[Any]:
        return [IsAuthenticated()] if view.action == "bulk_delete" else [AllowAny()]

    call = through_drf(get_permissions=get_permissions)
    assert call("DELETE", "/bulk_delete", json={})[0] == 401
    assert call("POST", "/bulk_create", json=new("A"))[0] == 201


def test_own_way_to_find_objects_is_asked_for_each() -> None:
    """A ``get_object`` of one's own decides about every object of a bulk write."""
    asked: list[str] = []

    def get_object(view: Any) -> Any:
        asked.append(view.kwargs["pk"])
        return super(DRFTasks, view).get_object()

    first, second = make("A", "B")
    call = through_drf(get_object=get_object)
    assert call("DELETE", "/bulk_delete", json={"ids": [second.pk, first.pk]}) == (200, {"deleted": 2})
    assert asked == [str(second.pk), str(first.pk)]
    assert call("DELETE", "/bulk_delete", json={"ids": [first.pk]})[0] == 404


# --- serializers -----------------------------------------------------------------------------------------


def test_serializer_of_the_single_action_is_taken() -> None:
    """``get_serializer_class`` is asked under the name of the single action."""
    actions: set[str] = set()

    def get_serializer_class(view: Any) -> Any:
        actions.add(view.action)
        return TaskSerializer

    call = through_drf(get_serializer_class=get_serializer_class)
    assert call("POST", "/bulk_create", json=new("A"))[0] == 201
    assert actions == {"create"}
    key = Task.objects.get().pk
    actions.clear()
    assert call("PATCH", "/bulk_update", json=[{"id": key, "title": "x"}])[0] == 200
    assert actions == {"partial_update"}


def test_relations_of_plain_serializers_are_looked_up_together() -> None:
    """A key that a ``PrimaryKeyRelatedField`` would ask for, item by item, is asked for once."""
    labels = [Label.objects.create(name=f"{n}") for n in range(3)]
    call = through_drf(serializer_class=PlainSerializer)
    counts = []
    for size in (1, 10, 100):
        keys = [label.pk for label in labels]
        sent = new(*(f"{size}-{n}" for n in range(size)), label=labels[0].pk, watchers=keys)
        with CaptureQueriesContext(connection) as queries:
            status, body = call("POST", "/bulk_create", json=sent)
        assert (status, body[-1]["watchers"]) == (201, keys)
        counts.append(len(queries))
    assert len(set(counts)) == 1


@pytest.mark.parametrize("label", [99, "x", True, 1.5, None, {}, []])
def test_relations_of_plain_serializers_are_judged_as_ever(label: Any) -> None:
    """What REST framework says of a key that is none, it says of an item too."""
    call = through_drf(serializer_class=PlainSerializer)
    single, many = call("POST", json=new("A", label=label)[0]), call("POST", json=new("B", label=label))
    assert single[0] == many[0]
    if single[0] != 201:
        expected = {f"0.{path}": messages for path, messages in single[1]["error"]["details"].items()}
        assert many[1]["error"]["details"] == expected


def test_serializer_that_saves_itself_gets_each_item() -> None:
    """A ``create`` of the serializer's own is called for every item, with its values."""

    class Shouting(TaskSerializer):
        def create(self, validated_data: Any) -> Any:
            return super().create({**validated_data, "title": validated_data["title"].upper()})

    status, body = through_drf(serializer_class=Shouting)("POST", "", json=new("a", "b"))
    assert (status, [one["title"] for one in body]) == (201, ["A", "B"])


def test_perform_of_ones_own_gets_each_item() -> None:
    """``perform_create`` and its like are called for every item where a class has made them its own."""

    def perform_create(view: Any, serializer: Any) -> None:
        serializer.save(owner_id="7")

    def perform_destroy(view: Any, instance: Any) -> None:
        Task.objects.filter(pk=instance.pk).update(state="done")

    call = through_drf(perform_create=perform_create, perform_destroy=perform_destroy)
    assert call("POST", "/bulk_create", json=new("A", "B"))[0] == 201
    keys = list(Task.objects.values_list("pk", flat=True))
    assert call("DELETE", "/bulk_delete", json={"ids": keys}) == (200, {"deleted": 2})
    assert {*Task.objects.values_list("owner_id", "state")} == {("7", "done")}


def test_update_can_not_give_a_row_another_key() -> None:
    """A key that may be written names the row, and stays."""

    class BagSerializer(serializers.ModelSerializer[Bag]):
        class Meta:
            model = Bag
            fields = ("key", "name")

    bags = [Bag.objects.create(name=name) for name in "ab"]
    call = through_drf(queryset=Bag.objects.all(), serializer_class=BagSerializer)
    sent = [{"key": str(bag.pk), "name": bag.name * 2} for bag in bags]
    status, body = call("PATCH", "/bulk_update", json=sent)
    assert (status, body) == (200, sent)
    assert call("PATCH", "/bulk_update", json=[{"key": "x"}])[1]["error"]["details"] == {
        "0.key": ["Must be a valid UUID."]
    }


def test_lookup_field_names_the_items() -> None:
    """Where addresses name objects by something else that is unique, so do items and ``ids``."""
    make("A", "B")
    call = through_drf(lookup_field="code")
    status, body = call("PATCH", "/bulk_update", json=[{"code": "B", "title": "new"}])
    assert (status, body[0]["title"]) == (200, "new")
    assert call("DELETE", "/bulk_delete", json={"ids": ["B", "Z\0"]})[1]["error"]["details"]["ids.1"]
    assert call("DELETE", "/bulk_delete", json={"ids": ["B"]}) == (200, {"deleted": 1})


# --- rows that want to be written one by one -------------------------------------------------------------


def test_rows_of_several_tables() -> None:
    """A model with parents is written row by row, for no statement fills two tables."""

    class ChoreSerializer(TaskSerializer):
        class Meta(TaskSerializer.Meta):
            model = Chore
            fields: Any = ("id", "title", "code", "room")

    call = through_drf(queryset=Chore.objects.all(), serializer_class=ChoreSerializer)
    status, body = call("POST", "/bulk_create", json=[{**one, "room": one["code"]} for one in new("A", "B")])
    assert (status, [one["room"] for one in body]) == (201, ["A", "B"])
    sent = [{"id": one["id"], "title": "x" + one["title"], "room": one["room"] + "2"} for one in body]
    assert call("PATCH", "/bulk_update", json=sent)[0] == 200
    assert [*Chore.objects.order_by("pk").values_list("title", "room")] == [("xA", "A2"), ("xB", "B2")]
    assert call("DELETE", "/bulk_delete", json={"ids": [one["id"] for one in body]}) == (200, {"deleted": 2})


# --- where arrays are taken ------------------------------------------------------------------------------


class SingleTasks(BaseViewSet):
    """Tasks without bulk writes."""

    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    permission_classes = (AllowAny,)
    authentication_classes = ()


def test_array_stays_invalid_elsewhere() -> None:
    """A viewset without the mixin takes no array, and one with it takes none for a single object."""
    request = APIRequestFactory().post("/tasks", new("A"), format="json")
    assert SingleTasks.as_view({"post": "create"})(request).status_code == 400
    (task,) = make("A")
    status, body = through_drf()("PATCH", f"/{task.pk}/", json=[{"title": "x"}])
    assert (status, list(body["error"]["details"])) == (400, ["non_field_errors"])


def test_action_can_be_left_out() -> None:
    """``bulk_delete = None`` is no action; without ``bulk_update`` the collection has no PATCH."""
    call = through_drf(bulk_delete=None, bulk_update=None)
    assert call("PATCH", json=[])[0] == 405
    assert call("DELETE", "/bulk_delete", json={})[0] == 404  # as the key of an object
    assert call("POST", "/bulk_create", json=new("A"))[0] == 201


def test_routers_of_rest_framework_know_all_of_it() -> None:
    """Nothing but the class is needed for the addresses, whichever router is taken."""
    router = DefaultRouter()
    router.register("tasks", DRFTasks)
    actions = {str(url.pattern): getattr(url.callback, "actions", {}) for url in router.urls}
    assert actions["^tasks/$"] == {"get": "list", "post": "create", "put": "bulk_update", "patch": "bulk_update"}
    assert actions["^tasks/bulk_create/$"] == {"post": "bulk_create"}
    assert actions["^tasks/bulk_update/$"] == {"patch": "bulk_update"}
    assert actions["^tasks/bulk_delete/$"] == {"delete": "bulk_delete"}
    assert "put" in actions["^tasks/(?P<pk>[^/.]+)/$"]


@pytest.mark.parametrize("address", ["", "/bulk_create", "/bulk_update", "/bulk_delete"])
def test_options_are_told(address: str) -> None:
    """OPTIONS answers at every address, though the collection has a PUT and names no object."""
    status, body = through_drf()("OPTIONS", address)
    assert (status, body["parses"]) == (200, ["application/json"])
    assert list(body.get("actions", {})) == (["POST"] if address in ("", "/bulk_create") else [])


@pytest.mark.parametrize(("method", "address", "body"), [("GET", "", None), ("POST", "", []), ("POST", "", new("A"))])
def test_browsable_api_shows_bulk_writes(settings: Any, method: str, address: str, body: Any) -> None:
    """The pages of the browsable API can be made of arrays too."""
    view = DRFTasks.as_view(
        {"get": "list", "post": "create"},
        renderer_classes=(BrowsableAPIRenderer,),
        authentication_classes=(),
        basename="task",
    )
    request = APIRequestFactory().generic(method, "/tasks/", json.dumps(body), "application/json")
    request.META["HTTP_ACCEPT"] = "text/html"
    answer = view(request)
    assert answer.status_code == (400 if body == [] else 200 if method == "GET" else 201)


def test_viewset_over_no_model_is_told_clearly(caplog: Any) -> None:
    """A class that names no model can't write its rows in bulk; the log says so."""
    call = through_drf(queryset=None, serializer_class=serializers.Serializer)
    status, body = call("POST", "/bulk_create", json=[{}])
    assert (status, body["error"]["code"]) == (500, "improperly_configured")
    assert "writes in bulk" in caplog.text


# --- the list serializer by itself -----------------------------------------------------------------------


class Listed(TaskSerializer):
    """A serializer whose lists are saved together wherever it is used."""

    class Meta(TaskSerializer.Meta):
        list_serializer_class = BulkListSerializer


def test_list_serializer_saves_together() -> None:
    """``many=True`` creates and updates by a few statements, without any view."""
    serializer: Any = Listed(data=new("A", "B", "C"), many=True)
    assert serializer.is_valid()
    with CaptureQueriesContext(connection) as queries:
        created = serializer.save(owner_id="7")
    assert sum(query["sql"].startswith("INSERT") for query in queries) == 1
    assert all(task.pk for task in created)
    rows = list(Task.objects.order_by("code"))
    serializer = Listed(rows, data=[{"title": title} for title in "xyz"], many=True, partial=True)
    assert serializer.is_valid()
    with CaptureQueriesContext(connection) as queries:
        assert serializer.save() == rows
    assert [query["sql"].split()[0] for query in queries] == ["UPDATE"]
    assert [*Task.objects.order_by("code").values_list("title", "owner_id")] == [(title, "7") for title in "xyz"]


def test_list_serializer_tells_faults_by_index() -> None:
    """The errors of a list are those of its items under their indexes."""
    serializer: Any = Listed(data=[*new("A"), {"title": "x"}, 5], many=True)
    assert not serializer.is_valid()
    assert set(serializer.errors) == {1, 2}
    assert not Listed(data={}, many=True).is_valid()
    short: Any = Listed(data=new("A", "B"), many=True, max_length=1)
    assert not short.is_valid()


def test_list_serializer_goes_by_its_child() -> None:
    """A child that saves in its own way, or a model with parents, is asked item by item."""
    seen: list[str] = []

    class Own(Listed):
        def create(self, validated_data: Any) -> Any:
            seen.append(validated_data["code"])
            return super().create(validated_data)

        def update(self, instance: Any, validated_data: Any) -> Any:
            seen.append(instance.code)
            return super().update(instance, validated_data)

    serializer: Any = Own(data=new("A", "B"), many=True)
    serializer.is_valid(raise_exception=True)
    rows = serializer.save()
    serializer = Own(rows, data=[{"title": "x"}, {"title": "y"}], many=True, partial=True)
    serializer.is_valid(raise_exception=True)
    serializer.save()
    assert seen == ["A", "B", "A", "B"]


def test_name_of_the_guide() -> None:
    """The guide calls it a custom ``ListSerializer``."""
    assert ListSerializer is BulkListSerializer
    assert issubclass(ListSerializer, serializers.ListSerializer)


# --- the schema ------------------------------------------------------------------------------------------


def schema_of(**attributes: Any) -> dict[str, Any]:
    """The schema of the viewset with something changed."""
    router = AppRouter()
    view = type("View", (DRFTasks,), {"schema": AutoSchema(), "authentication_classes": (), **attributes})
    router.register("tasks", view, basename="task")
    made: dict[str, Any] = SchemaGenerator(patterns=[path("", include(router.urls))]).get_schema(public=True)
    return made


def sent_in(operation: dict[str, Any]) -> dict[str, Any]:
    """What an operation takes."""
    schema: dict[str, Any] = operation["requestBody"]["content"]["application/json"]["schema"]
    return schema


def test_schema_tells_of_arrays_and_outcomes() -> None:
    """Bodies are arrays with their limits, answers arrays or what became of each item, errors those that can be."""
    paths = schema_of(max_bulk_size=50)["paths"]
    assert set(paths) == {
        "/tasks/",
        "/tasks/{id}/",
        "/tasks/bulk_create/",
        "/tasks/bulk_update/",
        "/tasks/bulk_delete/",
    }
    create = paths["/tasks/bulk_create/"]["post"]
    array = {"type": "array", "items": {"$ref": "#/components/schemas/TaskRequest"}, "minItems": 1, "maxItems": 50}
    assert sent_in(create) == array
    assert sent_in(paths["/tasks/"]["post"])["anyOf"] == [array["items"], array]
    assert set(create["responses"]) == {"201", "207", "400", "406", "409", "413", "415", "500"}
    outcome = create["responses"]["207"]["content"]["application/json"]["schema"]["items"]
    assert set(outcome["properties"]) == {"index", "status", "data", "error"}
    assert [one["name"] for one in create["parameters"]] == ["partial"]
    for operation in (paths["/tasks/bulk_update/"]["patch"], paths["/tasks/"]["patch"], paths["/tasks/"]["put"]):
        item = sent_in(operation)["items"]
        assert item["properties"]["id"] == {"type": "integer"}
        assert "id" in item["required"]
        assert {"200", "207", "404", "409"} <= set(operation["responses"])
    delete = paths["/tasks/bulk_delete/"]["delete"]
    assert sent_in(delete)["properties"]["ids"]["maxItems"] == 50
    assert delete["responses"]["200"]["content"]["application/json"]["schema"]["required"] == ["deleted"]


def test_schema_names_each_operation_once() -> None:
    """The collection's PUT and PATCH are told from those of an object."""
    paths = schema_of()["paths"]
    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(names) == len(set(names))
    assert {"tasks_update_many", "tasks_partial_update_many"} <= set(names)


def test_schema_says_who_may() -> None:
    """A bulk action whose single action asks for a login asks for one too."""
    from rest_framework.authentication import BasicAuthentication

    paths = schema_of(authentication_classes=(BasicAuthentication,), get_permissions=by_single_action)["paths"]
    assert {"401", "403"} <= set(paths["/tasks/bulk_create/"]["post"]["responses"])
    assert {} not in paths["/tasks/bulk_create/"]["post"]["security"]


def test_envelope_wraps_bulk_answers() -> None:
    """A class that wraps its successes wraps these."""
    call = through_drf(envelope=True)
    status, body = call("POST", "/bulk_create", json=new("A"))
    assert (status, set(body), body["data"][0]["code"]) == (201, {"message", "data"}, "A")
    status, body = call("POST", "/bulk_create?partial=true", json=new("B"))
    assert (status, body["data"][0]["status"]) == (207, 201)
