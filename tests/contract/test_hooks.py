"""The hooks through both doors: their order, what they are given, what they undo, and what they can no longer undo."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from tests.contract.tasks import do, through_bolt, through_drf
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
def test_hooks_run_in_their_order(through: Any, task: Task, action: str) -> None:
    """Before → after → after the commit, once each, and none of another action."""
    hooks = Hooks()
    assert do(through(**hooks.attributes()), action, task)[0] < 300
    assert hooks.seen == [f"{place}_{action}" for place in PLACES]
    assert state() == [*AFTERWARDS[action], *((name, name) for name in hooks.seen)]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("place", ["before_perform", "after_perform"])
def test_hook_that_raises_undoes_everything(through: Any, task: Task, action: str, place: str) -> None:
    """The write, and what the hooks wrote, are gone; nothing runs after a commit."""
    hooks = Hooks(f"{place}_{action}")
    status, body = do(through(**hooks.attributes()), action, task)
    assert (status, body["error"]["code"]) == (500, "server_error")
    assert state() == [("A", "there")]
    assert f"after_commit_{action}" not in hooks.seen


@pytest.mark.parametrize("action", ACTIONS)
def test_hook_after_the_commit_can_not_fail_the_request(through: Any, task: Task, action: str) -> None:
    """The client hears of a success, since it is one."""
    hooks = Hooks(f"after_commit_{action}")
    assert do(through(**hooks.attributes()), action, task)[0] < 300
    assert state()[: len(AFTERWARDS[action])] == AFTERWARDS[action]


@pytest.mark.parametrize("action", ["create", "update"])
def test_nothing_runs_after_a_refused_write(through: Any, task: Task, action: str) -> None:
    """A violated constraint undoes what the hook before it wrote, and calls nothing more."""
    Task.objects.create(title="other", code="B", owner_id="2")
    hooks = Hooks()
    call = through(**hooks.attributes())
    answer = do(call, action, task) if action == "create" else call("PATCH", task.pk, json={"code": "B"})
    assert (answer[0], answer[1]["error"]["details"]) == (409, {"code": ["This value is already taken."]})
    assert hooks.seen == [f"before_perform_{action}"]
    assert not Label.objects.exists()


def test_signatures_of_bolt(task: Task) -> None:
    """Bolt's hooks get what was sent as a Struct, and the object where there is one."""
    hooks = Hooks()
    call = through_bolt(**hooks.attributes())
    for action in ACTIONS:
        do(call, action, task)
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
        do(call, action, task)
    (serializer,) = hooks.given["before_perform_create"]
    assert serializer.validated_data == {"title": "new", "code": "B"}
    instance, serializer = hooks.given["after_perform_create"]
    assert serializer.instance is instance
    (serializer,) = hooks.given["before_perform_update"]
    assert serializer.instance.pk == task.pk
    for name in ("after_commit_update", "before_perform_destroy", "after_perform_destroy", "after_commit_destroy"):
        (instance,) = hooks.given[name]
        assert instance.pk == task.pk


def both_ways(hook: Callable[..., Any], *, is_async: bool) -> Callable[..., Any]:
    """A hook as a plain function, or as a coroutine function that goes to the database as such do."""

    async def later(*args: Any) -> Any:
        return await sync_to_async(hook)(*args)

    return later if is_async else hook


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def way(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Hooks may be coroutine functions, in either door."""
    return lambda hook: both_ways(hook, is_async=request.param)


# --- around a write --------------------------------------------------------------------------------


def of_a_write(kind: str, seen: list[Any], way: Callable[..., Any]) -> dict[str, Any]:
    """The hooks of a create or update, each noting its name and the titles that are kept as it runs."""

    def hook(name: str, answer: Any = None) -> Any:
        def noted(view: Any, *args: Any) -> Any:
            seen.append((name, [*Task.objects.order_by("pk").values_list("title", flat=True)]))
            return answer

        return way(noted)

    more = {"owner_id": "7", "label": Label.objects.create(name="extra")}
    return {
        f"before_perform_{kind}": hook("before"),
        f"get_{kind}_kwargs": hook("kwargs", more),
        f"after_perform_{kind}": hook("after"),
    }


@pytest.mark.row("V05")
def test_create_hooks_surround_the_save(through: Any, way: Callable[..., Any]) -> None:
    """before_perform_create → get_create_kwargs → save → after_perform_create; what the second adds is saved."""
    seen: list[Any] = []
    status, body = through(**of_a_write("create", seen, way))("POST", json={"title": "new", "code": "B"})
    assert status == 201
    assert seen == [("before", []), ("kwargs", []), ("after", ["new"])]
    task = Task.objects.get()
    assert (task.pk, task.title, task.owner_id, str(task.label)) == (body["id"], "new", "7", "extra")


@pytest.mark.row("V06")
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_update_hooks_surround_the_save(through: Any, task: Task, way: Callable[..., Any], method: str) -> None:
    """before_perform_update → get_update_kwargs → save → after_perform_update, for PUT and for PATCH."""
    seen: list[Any] = []
    call = through(**of_a_write("update", seen, way))
    assert call(method, task.pk, json={"title": "changed", "code": "A"})[0] == 200
    assert seen == [("before", ["there"]), ("kwargs", ["there"]), ("after", ["changed"])]
    task.refresh_from_db()
    assert (task.title, task.owner_id, str(task.label)) == ("changed", "7", "extra")


@pytest.mark.parametrize("kind", ["create", "update"])
def test_values_of_a_hook_go_before_those_of_the_client(through: Any, task: Task, kind: str) -> None:
    """Where both name a column, the hook's value is the one that is saved and shown."""
    call = through(**{f"get_{kind}_kwargs": lambda view, *args: {"title": "ours"}})
    status, body = do(call, kind, task)
    assert (status < 300, body["title"]) == (True, "ours")
    assert Task.objects.get(pk=body["id"]).title == "ours"


@pytest.mark.parametrize("kind", ["create", "update"])
def test_relation_to_many_can_be_set_by_a_hook(through: Any, task: Task, kind: str) -> None:
    """Objects of a relation to many are taken too."""
    label = Label.objects.create(name="watching")
    call = through(**{f"get_{kind}_kwargs": lambda view, *args: {"watchers": [label]}})
    body = do(call, kind, task)[1]
    assert Task.objects.get(pk=body["id"]).watchers.get() == label


@pytest.mark.parametrize("kind", ["create", "update"])
def test_forgotten_return_is_told_and_saves_nothing(through: Any, task: Task, kind: str, caplog) -> None:
    """A hook that gives no dict is a fault of the server's, named in its log alone."""
    status, body = do(through(**{f"get_{kind}_kwargs": lambda view, *args: None}), kind, task)
    assert (status, body["error"]["code"]) == (500, "improperly_configured")
    assert f"get_{kind}_kwargs must return a dict" in caplog.text
    assert f"get_{kind}_kwargs" not in str(body)
    assert state() == [("A", "there")]


def test_what_a_hook_sets_on_the_object_is_saved(through: Any, task: Task) -> None:
    """A column that before_perform_update sets is written with what the client sent, and no other is."""

    def before_perform_update(view: Any, first: Any, *rest: Any) -> None:
        instance = getattr(first, "instance", first)
        Task.objects.filter(pk=task.pk).update(state="done")  # as somebody else would meanwhile
        instance.owner_id = "editor"

    assert through(before_perform_update=before_perform_update)("PATCH", task.pk, json={"title": "changed"})[0] == 200
    task.refresh_from_db()
    assert (task.title, task.owner_id, task.state) == ("changed", "editor", "done")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("action", ACTIONS)
def test_hook_may_be_a_coroutine_function(through: Any, task: Task, action: str, place: str) -> None:
    """Every hook around a write is awaited, and one before the commit can refuse."""
    seen: list[str] = []

    async def hook(view: Any, *args: Any) -> None:
        seen.append(place)
        if place != "after_commit":
            raise PermissionDenied("Not you.")

    status, _ = do(through(**{f"{place}_{action}": hook}), action, task)
    assert seen == [place]
    assert status == 403 if place != "after_commit" else status < 300
    assert (state() == [("A", "there")]) is (place != "after_commit")


# --- around a read ---------------------------------------------------------------------------------


def with_filter(through: Any, note: Callable[[Any], Any]) -> dict[str, Any]:
    """What has a view set filter its lists by ``note``, in the words of its door."""

    class Backend:
        def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
            return note(queryset)

    if through is through_drf:
        return {"filter_backends": [Backend]}
    return {"filter_queryset": lambda view, queryset: note(queryset)}


@pytest.fixture
def three() -> list[Task]:
    """Three tasks: one to be hidden by the hook before, one by the filter, one by the hook after."""
    return [
        Task.objects.create(title=title, code=title, owner_id="1") for title in ("before", "filter", "after", "left")
    ]


@pytest.mark.row("V08")
def test_list_hooks_surround_the_filters(through: Any, three: list[Task], way: Callable[..., Any]) -> None:
    """before_perform_list → filters → after_perform_list, each over the queryset that the one before it gave."""
    seen: list[Any] = []

    def without(title: str) -> Callable[..., Any]:
        def hook(*args: Any) -> Any:
            assert isinstance(args[-1], QuerySet)
            seen.append((title, sorted(task.title for task in args[-1])))
            return args[-1].exclude(title=title)

        return hook

    call = through(
        before_perform_list=way(without("before")),
        after_perform_list=way(without("after")),
        **with_filter(through, without("filter")),
    )
    status, body = call("GET")
    assert (status, [item["title"] for item in body]) == (200, ["left"])
    assert seen == [
        ("before", ["after", "before", "filter", "left"]),
        ("filter", ["after", "filter", "left"]),
        ("after", ["after", "left"]),
    ]


@pytest.mark.row("V08")
@pytest.mark.parametrize("name", ["before_perform_list", "after_perform_list"])
def test_what_a_list_hook_hides_is_not_there_by_its_key(
    through: Any, task: Task, way: Callable[..., Any], name: str
) -> None:
    """It is neither shown nor changed nor deleted, and the answer is that of a key nobody has."""
    call = through(**{name: way(lambda view, queryset: queryset.exclude(title="there"))})
    for method, options in (
        ("GET", {}),
        ("PUT", {"json": {"title": "x", "code": "x"}}),
        ("PATCH", {"json": {"title": "x"}}),
        ("DELETE", {}),
    ):
        hidden = call(method, task.pk, **options)
        assert hidden[0] == 404
        assert hidden == call(method, task.pk + 1000, **options)
    assert state() == [("A", "there")]
    assert call("GET") == (200, [])


@pytest.mark.parametrize("name", ["before_perform_list", "after_perform_list"])
def test_list_hook_that_gives_nothing_back_is_told(through: Any, task: Task, name: str, caplog) -> None:
    """A forgotten return never shows all rows: the client gets a clear error, the log the reason."""
    call = through(**{name: lambda view, queryset: None})
    for key in (None, task.pk):
        status, body = call("GET", key)
        assert (status, body["error"]["code"]) == (500, "improperly_configured")
    assert f"{name} must return the rows" in caplog.text


@pytest.mark.row("V09")
def test_retrieve_hooks_surround_the_answer(through: Any, task: Task, way: Callable[..., Any]) -> None:
    """before_perform_retrieve(instance) → answer → after_perform_retrieve(instance), over the one object."""
    seen: list[Any] = []

    def before(view: Any, instance: Task) -> None:
        seen.append(("before", instance))
        instance.title = "seen"
        instance.save(update_fields=["title"])

    def after(view: Any, instance: Task) -> None:
        seen.append(("after", instance))
        instance.title = "too late"

    call = through(before_perform_retrieve=way(before), after_perform_retrieve=way(after))
    assert call("GET", task.pk) == (200, {"id": task.pk, "title": "seen", "code": "A"})
    assert seen == [("before", task), ("after", task)]
    assert seen[0][1] is seen[1][1]
    assert state() == [("A", "seen")]


@pytest.mark.row("V09")
@pytest.mark.parametrize("name", ["before_perform_retrieve", "after_perform_retrieve"])
def test_retrieve_hook_can_refuse(through: Any, task: Task, way: Callable[..., Any], name: str) -> None:
    """What it raises is the answer; an object that is not there reaches no hook."""

    def hook(view: Any, instance: Task) -> None:
        raise PermissionDenied("Not you.")

    call = through(**{name: way(hook)})
    status, body = call("GET", task.pk)
    assert (status, body["error"]["message"]) == (403, "Not you.")
    assert call("GET", task.pk + 1)[0] == 404


def test_retrieve_hooks_are_those_of_retrieve_alone(through: Any, task: Task) -> None:
    """Lists and writes do not call them."""
    seen: list[Any] = []

    def hook(view: Any, instance: Task) -> None:
        seen.append(instance)

    call = through(before_perform_retrieve=hook, after_perform_retrieve=hook)
    call("GET", task.pk)
    assert seen == [task, task]
    seen.clear()
    call("GET")
    for action in ACTIONS:
        assert do(call, action, task)[0] < 300
    assert seen == []
