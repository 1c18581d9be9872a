"""What the Bolt door makes of hooks beyond what both doors do: plain data, custom actions, and no price unless used."""

from typing import Any

import msgspec
import pytest

from ironbolt.bolt import BoltAPI, Info, ModelViewSet
from ironbolt.bolt.exceptions import NotFound
from ironbolt.bolt.views import ActionHandler, ViewSet, action
from ironbolt.bolt.views.hooks import Overridden, overridden_in
from ironbolt.bolt.views.mixins import CreateMixin, DestroyMixin, ListMixin, RetrieveMixin, UpdateMixin
from ironbolt.core import lifecycle
from ironbolt.testing import TestClient
from tests.contract.tasks import BoltTasks, TaskIn, through_bolt
from tests.project.models import Label, Task


def client_of(view: type[ViewSet]) -> TestClient:
    """A client of one view set, below /things."""
    api = BoltAPI(info=Info(served=False))
    api.viewset("/things")(view)
    return TestClient(api)


class Note(msgspec.Struct):
    """What is kept without a table."""

    text: str


class Notes(ListMixin, CreateMixin, RetrieveMixin, UpdateMixin, DestroyMixin, ViewSet):
    """Plain data, with every hook."""

    kept: dict[str, str] = {}
    seen: list[Any] = []

    def get_queryset(self) -> Any:
        return list(self.kept.values())

    def get_object(self, pk: str) -> Any:  # type: ignore[override]  # plain data has no lookups
        if pk not in self.kept:
            raise NotFound
        return pk

    def create_object(self, data: Any) -> Any:
        self.kept[data["text"]] = data["text"]
        return {"made": data["text"]}

    def update_object(self, instance: Any, data: Any) -> Any:
        self.kept[instance] = data["text"]
        return {"changed": instance}

    def delete_object(self, instance: Any) -> Any:
        return self.kept.pop(instance)

    def before_perform_list(self, queryset: Any) -> Any:
        return [text for text in queryset if text != "hidden"]

    def after_perform_list(self, queryset: Any) -> Any:
        return sorted(queryset)


def _noting(name: str) -> Any:
    def hook(self: Any, *args: Any) -> None:
        self.seen.append((name, *args))

    return hook


WRITES = [
    f"{place}_{name}" for name in ("create", "update", "destroy") for place in ("before_perform", "after_perform")
]
for _name in (*WRITES, "before_perform_retrieve", "after_perform_retrieve", "after_commit_create"):
    setattr(Notes, _name, _noting(_name))


def test_hooks_over_plain_data() -> None:
    """Every hook runs around somebody's own methods too, with what these know instead of rows."""
    Notes.kept, Notes.seen = {}, []
    client = client_of(Notes)
    for text in ("b", "a", "hidden"):
        assert client.post("/things", json={"text": text}).json() == {"made": text}
    assert client.get("/things").json() == ["a", "b"]
    assert client.get("/things/a").json() == "a"
    assert client.put("/things/a", json={"text": "c"}).json() == {"changed": "a"}
    assert client.delete("/things/a").json() == {"deleted": True}
    assert Notes.seen[:3] == [
        ("before_perform_create", {"text": "b"}),
        ("after_perform_create", {"made": "b"}, {"text": "b"}),
        ("after_commit_create", {"made": "b"}),
    ]
    assert [name for name, *_ in Notes.seen[9:]] == [
        "before_perform_retrieve",
        "after_perform_retrieve",
        "before_perform_update",
        "after_perform_update",
        "before_perform_destroy",
        "after_perform_destroy",
    ]


def test_which_hooks_are_ones_own() -> None:
    """What a class or one of its bases overrides is known; the rest is not called."""

    class Hiding:
        def before_perform_list(self, queryset: Any) -> Any:
            return queryset

    assert overridden_in(ModelViewSet) == Overridden(lists=False, retrieves=False, updates=False, after_create=False)
    assert overridden_in(ViewSet) == Overridden(lists=False, retrieves=False, updates=False, after_create=False)
    assert overridden_in(type("A", (Hiding, BoltTasks), {})).lists
    assert overridden_in(Notes) == Overridden(lists=True, retrieves=True, updates=True, after_create=True)
    assert overridden_in(Notes) is overridden_in(Notes)


@pytest.mark.django_db
def test_reading_without_hooks_calls_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class without hooks of its own does not pay for them."""

    def never(*args: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(lifecycle, "narrow", never)
    monkeypatch.setattr(lifecycle, "retrieve", never)
    task = Task.objects.create(title="a", code="A")
    call = through_bolt()
    assert call("GET")[0] == 200
    assert call("GET", task.pk)[0] == 200


@pytest.mark.django_db
def test_retrieve_with_hooks_takes_no_query_more(django_assert_num_queries: Any) -> None:
    """The object that hooks are given is the one that is shown, with its relations."""

    class LabelOut(msgspec.Struct):
        name: str

    class TaskOut(msgspec.Struct):
        id: int
        label: LabelOut | None

    task = Task.objects.create(title="a", code="A", label=Label.objects.create(name="l"))
    call = through_bolt(serializer_class=TaskOut, before_perform_retrieve=lambda view, instance: instance.label.name)
    with django_assert_num_queries(1):
        assert call("GET", task.pk) == (200, {"id": task.pk, "label": {"name": "l"}})


@pytest.mark.django_db
@pytest.mark.parametrize("is_async", [False, True])
def test_list_hooks_guard_custom_actions(is_async: bool) -> None:
    """get_object of a custom action finds nothing that a list hook hides, on the event loop too."""

    def show(self: Any, request: Any, pk: int) -> dict[str, Any]:
        return {"title": self.get_object(pk).title}

    async def show_later(self: Any, request: Any, pk: int) -> dict[str, Any]:
        return {"title": (await self.get_object(pk)).title}

    chosen: ActionHandler = action(methods=["GET"], detail=True, path="show")(show_later if is_async else show)
    hiding = {"show": chosen, "after_perform_list": lambda view, queryset: queryset.exclude(state="done")}
    client = client_of(type("Tasks", (BoltTasks,), hiding))
    shown, hidden = (Task.objects.create(title=state, code=state, state=state) for state in ("open", "done"))
    assert client.get(f"/things/{shown.pk}/show").json() == {"title": "open"}
    assert client.get(f"/things/{hidden.pk}/show").status_code == 404


@pytest.mark.django_db
def test_coroutines_behind_the_rows() -> None:
    """get_queryset, filter_queryset and the hooks around them may all be coroutine functions."""

    class Tasks(BoltTasks):
        async def get_queryset(self) -> Any:
            return Task.objects.all()

        async def before_perform_list(self, queryset: Any) -> Any:
            return queryset.filter(state="open")

        async def filter_queryset(self, queryset: Any) -> Any:
            return queryset.exclude(code="C")

    Task.objects.create(title="a", code="A")
    Task.objects.create(title="b", code="B", state="done")
    Task.objects.create(title="c", code="C")
    assert [task["code"] for task in client_of(Tasks).get("/things").json()] == ["A"]


@pytest.mark.django_db
def test_own_create_object_asks_for_more_values_itself() -> None:
    """An override of create_object decides what becomes of get_create_kwargs; the hooks around it run."""
    seen: list[str] = []

    class Tasks(BoltTasks):
        def get_create_kwargs(self, data: TaskIn) -> dict[str, Any]:
            return {"owner_id": f"owner of {data.code}"}

        def create_object(self, data: TaskIn) -> Task:
            return Task.objects.create(title=data.title.upper(), code=data.code, **self.get_create_kwargs(data))

        def before_perform_create(self, data: TaskIn) -> None:
            seen.append(data.code)

    assert client_of(Tasks).post("/things", json={"title": "a", "code": "A"}).json()["title"] == "A"
    assert (Task.objects.get().owner_id, seen) == ("owner of A", ["A"])


@pytest.mark.django_db
def test_hook_sees_and_may_change_what_was_sent() -> None:
    """Hooks before a save get the Struct, and what they set on it is checked and saved."""

    class Tasks(BoltTasks):
        def before_perform_create(self, data: TaskIn) -> None:
            data.title = f"{data.title}!"

    client = client_of(Tasks)
    assert client.post("/things", json={"title": "a", "code": "A"}).json()["title"] == "a!"
    answer = client.post("/things", json={"title": "a" * 100, "code": "B"})
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["title"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "more", [{"label": "one"}, {"label_id": "one"}, {"label": "key"}, {"label_id": "key"}], ids=repr
)
def test_relation_in_more_values(more: dict[str, str]) -> None:
    """A relation may be given as object or key, under either of its names, and nobody else's value wins."""
    label, other = (Label.objects.create(name=name) for name in "ab")

    class TaskForm(msgspec.Struct):
        title: str
        code: str
        label_id: int

    values = {name: label if value == "one" else label.pk for name, value in more.items()}
    call = through_bolt(create_serializer_class=TaskForm, get_create_kwargs=lambda view, data: values)
    assert call("POST", json={"title": "a", "code": "A", "label_id": other.pk})[0] == 201
    assert Task.objects.get().label == label


@pytest.mark.django_db
def test_column_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    """More values for what the model does not have are a fault of the server's, named in its log."""
    status, body = through_bolt(get_create_kwargs=lambda view, data: {"nickname": "x"})(
        "POST", json={"title": "a", "code": "A"}
    )
    assert (status, body["error"]["code"]) == (500, "improperly_configured")
    assert "Task has no 'nickname'" in caplog.text
    assert not Task.objects.exists()


@pytest.mark.django_db
def test_key_in_more_values_moves_no_object() -> None:
    """An update can't be given another key by a hook either."""
    task = Task.objects.create(title="a", code="A")
    call = through_bolt(get_update_kwargs=lambda view, instance, data: {"id": task.pk + 1})
    assert call("PATCH", task.pk, json={"title": "b"})[0] == 400
    assert [*Task.objects.values_list("pk", "title")] == [(task.pk, "a")]
