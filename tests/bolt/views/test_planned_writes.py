"""Tests of the reasons for which a write needs an instance, as ``manage.py routes`` tells them."""

from functools import partial
from typing import Annotated, Any

import msgspec
import pytest
from django.core.validators import MaxLengthValidator

from ironbolt.bolt import BoltAPI, Info, ModelViewSet
from ironbolt.bolt.structs import ModelInput, ModelStruct, source
from ironbolt.bolt.views.planned_writes import PlannedCreate
from ironbolt.core.scope import Scope
from tests.project.models import Article, Bag, Chore, Label, Relic, Task, Ticket, UrgentTicket


class TaskOut(ModelStruct):
    """A task."""

    class Meta:
        model = Task
        fields = ["id", "title", "code", "label_id"]


class LabelOut(msgspec.Struct):
    """A label."""

    id: int
    name: str


class Nesting(ModelStruct):
    """A task with its label."""

    class Meta:
        model = Task
        fields = ["id", "title"]

    label: LabelOut | None


class Watched(ModelInput):
    """A task and who watches it."""

    class Meta:
        model = Task
        fields = ["title", "code", "watchers"]


class Loud(msgspec.Struct):
    """A task by a property."""

    id: int
    loud: Annotated[str, source("__str__")]


class RelicOut(msgspec.Struct):
    """A relic and its picture."""

    id: int
    name: str
    picture: str | None


def reasons(model: Any, **about: Any) -> dict[str, str]:
    """What is said of the writes of a view set: action → reason."""
    about.setdefault("queryset", model._default_manager.all())
    api = BoltAPI(info=Info(served=False))
    api.viewset("/rows")(type("Rows", (ModelViewSet,), about))
    return {route.action: route.unplanned for route in api.routes() if route.mode == "unit"}


PLANNED = {"create": "", "update": "", "partial_update": "", "destroy": ""}


@pytest.mark.parametrize(
    ("model", "about"),
    [
        (Task, {"serializer_class": TaskOut}),
        (Task, {"serializer_class": TaskOut, "lookup_field": "code"}),
        (Task, {"serializer_class": TaskOut, "scope": Scope(("owner_id",), lambda now: (now.user_id,))}),
        (Label, {"serializer_class": LabelOut}),
    ],
)
def test_a_plain_view_set_writes_by_one_statement(model: Any, about: dict[str, Any]) -> None:
    """Create and both updates; a scope and another name in the path are no reasons."""
    assert reasons(model, **about) == PLANNED


@pytest.mark.parametrize(
    ("model", "about", "reason"),
    [
        (Task, {"serializer_class": Nesting}, "'label' of the answer is no column of the row"),
        (
            Task,
            {"serializer_class": TaskOut, "create_serializer_class": Watched},
            "'watchers' is written to a table of its own",
        ),
        (Relic, {"serializer_class": RelicOut}, "'picture' of the answer is no column of the row"),
        (Chore, {"model": Chore, "create_serializer_class": TaskOut}, "Chore is saved in a way of its own"),
        (
            UrgentTicket,
            {"model": UrgentTicket, "create_serializer_class": TaskOut},
            "UrgentTicket is saved in a way of its own",
        ),
        (Ticket, {"model": Ticket, "create_serializer_class": TaskOut}, "'code' is a column of its own kind"),
        (
            Task,
            {"serializer_class": TaskOut, "after_commit_create": lambda *_: None},
            "after_commit_create is overridden",
        ),
        (Task, {"serializer_class": TaskOut, "create_object": lambda *_: None}, "create_object is overridden"),
        (Task, {"serializer_class": TaskOut, "get_create_kwargs": lambda *_: {}}, "get_create_kwargs is overridden"),
    ],
)
def test_what_looks_at_an_instance_is_named(model: Any, about: dict[str, Any], reason: str) -> None:
    """For creating."""
    if about.get("create_serializer_class") is TaskOut:
        struct = msgspec.defstruct("Row", [("pk", Any)])
        form = msgspec.defstruct("Form", [(model._meta.concrete_fields[1].attname, str)])
        about = {"serializer_class": struct, "create_serializer_class": form}
    assert reasons(model, **about)["create"] == reason


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"get_queryset": lambda self: Task.objects.all()}, "get_queryset is overridden"),
        ({"before_perform_list": lambda self, rows: rows}, "a hook takes rows"),
        ({"after_perform_update": lambda *_: None}, "after_perform_update is overridden"),
        ({"lookup_field": "title"}, "'title' may name several rows"),
    ],
)
def test_what_an_update_needs_more_is_named(about: dict[str, Any], reason: str) -> None:
    """How the object is found, and the hooks around it."""
    found = reasons(Task, serializer_class=TaskOut, **about)
    assert found == {"create": "", "update": reason, "partial_update": reason, "destroy": ""}


def test_an_update_that_is_overridden_is_asked_for_parts_too() -> None:
    """PATCH is answered by ``update`` where nothing else is said."""

    def update(self: Any, request: Any, data: TaskOut, pk: int) -> Any:
        """Something else."""

    assert reasons(Task, serializer_class=TaskOut, update=update)["partial_update"] == "update is overridden"


def _ask_somebody(*_: Any) -> int:
    return 1


@pytest.mark.parametrize("validator", [_ask_somebody, partial(_ask_somebody, 1), MaxLengthValidator(_ask_somebody)])
def test_code_of_the_project_does_not_hold_the_loop(validator: Any) -> None:
    """Validators, limits and defaults of its own are called in a thread, those of Django and Python anywhere."""
    quick = msgspec.defstruct("Form", [("title", str)])
    assert PlannedCreate(type("Rows", (ModelViewSet,), {"model": Article}), quick).is_for_the_loop
    assert PlannedCreate(type("Rows", (ModelViewSet,), {"model": Bag}), quick).is_for_the_loop
    column: Any = Article._meta.get_field("title")
    before = list(column.validators)
    column.validators.append(validator)
    try:
        assert not PlannedCreate(type("Rows", (ModelViewSet,), {"model": Article}), quick).is_for_the_loop
    finally:
        column.validators[:] = before
