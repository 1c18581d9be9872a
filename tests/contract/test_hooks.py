"""The hooks around a write through both doors: their order, what they undo, and what they can no longer undo."""

from typing import Any

import pytest

from tests.contract.tasks import Call, through_bolt, through_drf
from tests.project.models import Label, Task

pytestmark = pytest.mark.django_db(transaction=True)

ACTIONS = ("create", "update", "destroy")
PLACES = ("before_perform", "after_perform", "after_commit")


class Hooks:
    """Every hook, each noting its call, and one of them raising."""

    def __init__(self, raising: str = "") -> None:
        self.seen: list[str] = []
        self.given: dict[str, tuple[Any, ...]] = {}
        self.raising = raising

    def attributes(self) -> dict[str, Any]:
        """What a view set needs to have them."""
        return {f"{place}_{action}": self.hook(f"{place}_{action}") for place in PLACES for action in ACTIONS}

    def hook(self, name: str) -> Any:
        """One of them; it leaves a row behind, whose fate is that of the write."""

        def noted(view: Any, *args: Any) -> None:
            self.seen.append(name)
            self.given[name] = args
            Label.objects.create(name=name)
            if name == self.raising:
                raise RuntimeError(name)

        return noted


@pytest.fixture(params=[through_drf, through_bolt], ids=["drf", "bolt"])
def door(request: pytest.FixtureRequest) -> Any:
    """Each door in turn."""
    return request.param


@pytest.fixture
def task() -> Task:
    """A task that is there."""
    return Task.objects.create(title="there", code="A", owner_id="1")


def run(call: Call, action: str, task: Task) -> tuple[int, Any]:
    """Do it."""
    if action == "create":
        return call("POST", json={"title": "new", "code": "B"})
    return call("PATCH", task.pk, json={"title": "changed"}) if action == "update" else call("DELETE", task.pk)


def state() -> list[tuple[str, str]]:
    """All that is kept."""
    return [*Task.objects.values_list("code", "title"), *Label.objects.values_list("name", "name").order_by("id")]


AFTERWARDS = {
    "create": [("A", "there"), ("B", "new")],
    "update": [("A", "changed")],
    "destroy": [],
}


@pytest.mark.row("V07")
@pytest.mark.parametrize("action", ACTIONS)
def test_hooks_run_in_their_order(door: Any, task: Task, action: str) -> None:
    """Before → after → after the commit, once each, and none of another action."""
    hooks = Hooks()
    assert run(door(**hooks.attributes()), action, task)[0] < 300
    assert hooks.seen == [f"{place}_{action}" for place in PLACES]
    assert state() == [*AFTERWARDS[action], *((name, name) for name in hooks.seen)]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("place", ["before_perform", "after_perform"])
def test_hook_that_raises_undoes_everything(door: Any, task: Task, action: str, place: str) -> None:
    """The write, and what the hooks wrote, are gone; nothing runs after a commit."""
    hooks = Hooks(f"{place}_{action}")
    status, body = run(door(**hooks.attributes()), action, task)
    assert (status, body["error"]["code"]) == (500, "server_error")
    assert state() == [("A", "there")]
    assert f"after_commit_{action}" not in hooks.seen


@pytest.mark.parametrize("action", ACTIONS)
def test_hook_after_the_commit_can_not_fail_the_request(door: Any, task: Task, action: str) -> None:
    """The client hears of a success, since it is one."""
    hooks = Hooks(f"after_commit_{action}")
    assert run(door(**hooks.attributes()), action, task)[0] < 300
    assert state()[: len(AFTERWARDS[action])] == AFTERWARDS[action]


@pytest.mark.parametrize("action", ["create", "update"])
def test_nothing_runs_after_a_refused_write(door: Any, task: Task, action: str) -> None:
    """A violated constraint undoes what the hook before it wrote, and calls nothing more."""
    Task.objects.create(title="other", code="B", owner_id="2")
    hooks = Hooks()
    call = door(**hooks.attributes())
    answer = run(call, action, task) if action == "create" else call("PATCH", task.pk, json={"code": "B"})
    assert (answer[0], answer[1]["error"]["details"]) == (409, {"code": ["This value is already taken."]})
    assert hooks.seen == [f"before_perform_{action}"]
    assert not Label.objects.exists()


def test_signatures_of_bolt(task: Task) -> None:
    """Bolt's hooks get what was sent as a Struct, and the object where there is one."""
    hooks = Hooks()
    call = through_bolt(**hooks.attributes())
    for action in ACTIONS:
        run(call, action, task)
    (data,) = hooks.given["before_perform_create"]
    assert (data.title, data.code) == ("new", "B")
    instance, data = hooks.given["after_perform_create"]
    assert (instance.code, data.code) == ("B", "B")
    instance, data = hooks.given["before_perform_update"]
    assert (instance.pk, data.title) == (task.pk, "changed")
    for name in ("after_commit_create", "before_perform_destroy", "after_perform_destroy", "after_commit_destroy"):
        (instance,) = hooks.given[name]
        assert instance.pk


def test_signatures_of_drf(task: Task) -> None:
    """DRF's hooks get the serializer, and the object where there is one."""
    hooks = Hooks()
    call = through_drf(**hooks.attributes())
    for action in ACTIONS:
        run(call, action, task)
    (serializer,) = hooks.given["before_perform_create"]
    assert serializer.validated_data == {"title": "new", "code": "B"}
    instance, serializer = hooks.given["after_perform_create"]
    assert serializer.instance is instance
    (serializer,) = hooks.given["before_perform_update"]
    assert serializer.instance.pk == task.pk
    for name in ("after_commit_update", "before_perform_destroy", "after_perform_destroy", "after_commit_destroy"):
        (instance,) = hooks.given[name]
        assert instance.pk == task.pk
