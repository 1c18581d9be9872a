"""Bulk actions through both doors are no way around their single actions: they are there with them, or not at all."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured, PermissionDenied

from ironbolt.bolt import override
from ironbolt.bolt.guards import IsAuthenticated as BoltIsAuthenticated
from ironbolt.bolt.views import BulkOperationMixin as BoltMixin
from ironbolt.drf.bulk import BulkOperationMixin as DRFMixin
from ironbolt.drf.permissions import check_permissions
from tests.contract.bulk import DOORS, Through, through_bolt, through_drf
from tests.project.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[*DOORS.values()], ids=[*DOORS])
def through(request: pytest.FixtureRequest) -> Through:
    """Each door in turn."""
    door: Through = request.param
    return door


@pytest.fixture
def task() -> Task:
    """What somebody wants to change."""
    return Task.objects.create(title="A", code="A")


NEW = {"title": "B", "code": "B"}


def statuses(call: Any, task: Task) -> dict[str, int]:
    """What each bulk form answers, with bodies that would do."""
    item = {"id": task.pk, "title": "x", "code": "x"}
    return {
        f"{method} {address}": call(method, address, json=body)[0]
        for method, address, body in (
            ("POST", "", [NEW]),
            ("POST", "/bulk_create", [{"title": "C", "code": "C"}]),
            ("PUT", "", [item]),
            ("PATCH", "", [item]),
            ("PATCH", "/bulk_update", [item]),
            ("DELETE", "/bulk_delete", {"ids": [task.pk]}),
        )
    }


ALL = {
    "POST ": 201,
    "POST /bulk_create": 201,
    "PUT ": 200,
    "PATCH ": 200,
    "PATCH /bulk_update": 200,
    "DELETE /bulk_delete": 200,
}


@pytest.mark.parametrize(
    ("without", "gone"),
    [
        ((), ()),
        (("create",), ("POST ", "POST /bulk_create")),
        (("update", "partial_update"), ("PUT ", "PATCH ", "PATCH /bulk_update")),
        (("partial_update",), ("PATCH ", "PATCH /bulk_update")),
        (("destroy",), ("DELETE /bulk_delete",)),
    ],
)
def test_what_can_not_be_done_singly_can_not_be_done_in_bulk(
    through: Through, task: Task, without: tuple[str, ...], gone: tuple[str, ...]
) -> None:
    """``destroy = None`` takes ``bulk_delete`` away too, and so for all of them, at every address."""
    found = statuses(through(**dict.fromkeys(without)), task)
    assert {name for name, status in found.items() if status >= 400} == {*gone}
    assert {name: status for name, status in found.items() if status < 400} == {
        name: status for name, status in ALL.items() if name not in gone
    }
    assert all(found[name] in (404, 405) for name in gone)


def test_array_is_no_object_where_there_is_no_bulk_create(through: Through) -> None:
    """``bulk_create = None`` goes for arrays to the collection too."""
    call = through(bulk_create=None)
    status, body = call("POST", json=[NEW])
    assert (status, list(body["error"]["details"])) == (400, ["non_field_errors"])
    assert not Task.objects.exists()
    assert call("POST", json=NEW)[0] == 201


def guarded(through: Through) -> Any:
    """A caller of tasks that anybody may create, and many of them only who is known."""
    if through is through_drf:
        from rest_framework.permissions import IsAuthenticated

        return through(bulk_create=check_permissions(IsAuthenticated)(DRFMixin.bulk_create))
    return through(bulk_create=override(guards=[BoltIsAuthenticated()])(BoltMixin.bulk_create))


def test_array_to_the_collection_is_no_way_around_a_stricter_bulk_create(through: Through) -> None:
    """Who may create one there, and may not create many, does not do so by an array."""
    call = guarded(through)
    assert call("POST", "/bulk_create", json=[NEW])[0] == 401
    assert call("POST", json=[NEW])[0] in (400, 401)
    assert not Task.objects.exists()
    assert call("POST", json=NEW)[0] == 201


def refuse(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
    """A single action that says no."""
    raise PermissionDenied


def refuse_one(self: Any, request: Any, pk: int) -> Any:
    """The same of one object."""
    raise PermissionDenied


OWN = {"create": "bulk_create", "update": "bulk_update", "partial_update": "bulk_update", "destroy": "bulk_delete"}


@pytest.mark.parametrize("name", [*OWN])
def test_own_single_action_is_never_passed_over(through: Through, name: str) -> None:
    """A class that asked for bulk writes, and has one, does not start; the message says what to do instead."""
    own = refuse if name == "create" or through is through_drf else refuse_one
    with pytest.raises(ImproperlyConfigured) as caught:
        through(**{name: own})
    words = str(caught.value)
    assert f"{OWN[name]} does not call Tasks.{name}" in words
    assert f"say {OWN[name]} = None in Tasks" in words
    assert f"write a {OWN[name]} of your own" in words
    hook = name.removeprefix("partial_")
    assert f"before_perform_{hook}" in words
    saving = f"perform_{hook}" if through is through_drf else f"{hook.replace('destroy', 'delete')}_object"
    assert f"as {saving}, which are called for each item" in words
    through(**{name: own, OWN[name]: None})


@pytest.mark.parametrize("partial", [False, True])
def test_way_to_create_that_saves_no_row_is_answered_as_singly(through: Through, partial: bool) -> None:
    """Each item is answered as one alone would be, where what was sent is queued or goes elsewhere."""
    queued: list[Any] = []

    def perform_create(view: Any, serializer: Any) -> None:
        queued.append(serializer.validated_data["code"])

    def create_object(view: Any, data: Any) -> Any:
        queued.append(data.code)
        return {"title": data.title, "code": data.code}

    own = {"create_object": create_object} if through is through_bolt else {"perform_create": perform_create}
    call = through(**own)
    one = call("POST", json=NEW)[1]
    status, body = call(
        "POST", "/bulk_create?partial=true" if partial else "/bulk_create", json=[NEW, NEW | {"code": "C"}]
    )
    shown = [one, one | {"code": "C"}]
    if partial:
        assert (status, [item["data"] for item in body]) == (207, shown)
    else:
        assert (status, body) == (201, shown)
    assert (queued, Task.objects.count()) == (["B", "B", "C"], 0)
