"""View sets that have no rows, or the wrong ones, are refused before the first request."""

from typing import Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import BoltAPI, Info
from ironbolt.bolt.views import ViewSet
from ironbolt.bolt.views.mixins import CreateMixin, DestroyMixin, ListMixin, RetrieveMixin, UpdateMixin
from ironbolt.testing import TestClient
from tests.project.models import Chore, Label, Task


class TaskOut(msgspec.Struct):
    """A task."""

    id: int
    title: str


def compiled(*bases: type[Any], **attributes: Any) -> BoltAPI:
    """An API over a view set with these attributes."""
    api = BoltAPI(info=Info(served=False))
    api.viewset("/tasks")(type("Tasks", (*bases, ViewSet), {"serializer_class": TaskOut, **attributes}))
    api.routes()
    return api


MISSING = [
    (ListMixin, (), "list", "get_queryset() or list()"),
    (RetrieveMixin, (), "retrieve", "get_queryset() or get_object() or retrieve()"),
    (CreateMixin, (), "create", "create_object() or create()"),
    (UpdateMixin, (), "update", "get_queryset() or get_object() or update()"),
    (UpdateMixin, ("get_queryset",), "update", "update_object() or update()"),
    (UpdateMixin, ("update_object",), "update", "get_queryset() or get_object() or update()"),
    (DestroyMixin, (), "destroy", "get_queryset() or get_object() or destroy()"),
    (DestroyMixin, ("get_object",), "destroy", "delete_object() or destroy()"),
]


def own(*methods: str) -> dict[str, Any]:
    """Somebody's own methods."""
    return {method: lambda self, *args, **kwargs: None for method in methods}


@pytest.mark.parametrize(("mixin", "methods", "action", "mend"), MISSING)
def test_action_without_rows(mixin: type[Any], methods: tuple[str, ...], action: str, mend: str) -> None:
    """The class, the action and the remedy are named."""
    with pytest.raises(ImproperlyConfigured) as caught:
        compiled(mixin, **own(*methods))
    assert str(caught.value) == f"Tasks has nothing to {action}: set queryset or model, or override {mend}."


@pytest.mark.parametrize(
    ("mixin", "methods"),
    [
        (ListMixin, ("get_queryset",)),
        (RetrieveMixin, ("get_queryset",)),
        (RetrieveMixin, ("get_object",)),
        (CreateMixin, ("create_object",)),
        (UpdateMixin, ("get_object", "update_object")),
        (DestroyMixin, ("get_object", "delete_object")),
    ],
)
def test_own_methods_are_enough(mixin: type[Any], methods: tuple[str, ...]) -> None:
    """Whoever says where the objects come from, and how they are written, needs no model."""
    assert compiled(mixin, **own(*methods)).routes()


@pytest.mark.django_db
def test_rows_of_get_queryset_alone() -> None:
    """To read rows it is enough that get_queryset gives them."""
    api = compiled(ListMixin, RetrieveMixin, get_queryset=lambda self: Task.objects.all())
    task = Task.objects.create(title="a", code="A")
    client = TestClient(api)
    assert client.get("/tasks").json() == [{"id": task.pk, "title": "a"}]
    assert client.get(f"/tasks/{task.pk}").json() == {"id": task.pk, "title": "a"}
    assert client.get("/tasks/abc").status_code == 404


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"queryset": Task}, r"Tasks\.queryset is the model Task; say Task\.objects\.all\(\), or model = Task\."),
        ({"queryset": [1]}, r"Tasks\.queryset is no queryset but \[1\]\."),
        ({"model": "Task"}, r"Tasks\.model is no model but 'Task'\."),
        ({"queryset": Label.objects.all(), "model": Task}, r"is one of Label, but its model is Task; one must do\."),
    ],
    ids=["a model", "a list", "a name", "two models"],
)
def test_rows_that_are_none(attributes: dict[str, Any], reason: str) -> None:
    """What stands in the place of rows is told by name, with what belongs there; under api.view too."""
    with pytest.raises(ImproperlyConfigured, match=reason):
        compiled(ListMixin, **attributes)
    api = BoltAPI(info=Info(served=False))
    api.view("/tasks")(type("Tasks", (ListMixin, ViewSet), {"serializer_class": TaskOut, **attributes}))
    with pytest.raises(ImproperlyConfigured, match=reason):
        api.routes()


def test_rows_of_the_family() -> None:
    """A manager stands for its rows, and a queryset may be one of a child of the model."""
    assert compiled(ListMixin, queryset=Task.objects).routes()
    assert compiled(ListMixin, queryset=Chore.objects.all(), model=Task).routes()
