"""Serializers that may show other fields to everyone: what one of them hides is hidden, by instances."""

import gc
import weakref
from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.test import APIRequestFactory

from ironbolt.drf.reading.reader import reader_of
from ironbolt.drf.reading.serializers import AppReadOnlyModelSerializer
from ironbolt.drf.views import BaseViewSet
from tests.drf.shop import body_of
from tests.project.models import Label, Task

pytestmark = pytest.mark.django_db

WITHOUT = {"title": "t", "effort": "5.00"}


class TaskMeta:
    """What all of them could show."""

    model = Task
    fields = ("title", "effort", "owner_id")


class Shown(AppReadOnlyModelSerializer):
    """Everything, to everybody."""

    class Meta(TaskMeta):
        """As above."""


def hides(serializer: Any) -> bool:
    """Whether the request is of somebody who may not see whose task it is."""
    return not serializer.context["request"].user.is_staff


class ByGetFields(Shown):
    """The usual way."""

    def get_fields(self) -> dict[str, Any]:
        """Without the owner."""
        fields = super().get_fields()
        if hides(self):
            fields.pop("owner_id")
        return fields


class ByInit(Shown):
    """The recipe of the guide."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if hides(self):
            self.fields.pop("owner_id")


class ByNames(Shown):
    """By what names the fields."""

    def get_field_names(self, declared_fields: Any, info: Any) -> Any:
        """Without the owner."""
        names = super().get_field_names(declared_fields, info)
        return [name for name in names if name != "owner_id" or not hides(self)]


class ByReadable(Shown):
    """By what is read."""

    @property
    def _readable_fields(self) -> Any:
        return [field for field in self.fields.values() if field.field_name != "owner_id" or not hides(self)]


class Dynamic:
    """A mixin of somebody else."""

    @property
    def fields(self: Any) -> Any:
        """Without the owner."""
        fields = dict(super().fields)  # type: ignore[misc]  # of the serializer that it is mixed into
        if hides(self):
            fields.pop("owner_id")
        return fields

    @property
    def _readable_fields(self) -> Any:
        return self.fields.values()


class ByMixin(Dynamic, Shown):
    """By that mixin."""


def view_of(serializer_class: Any, **attributes: Any) -> Any:
    """A view set of tasks."""
    own = {"queryset": Task.objects.all(), "permission_classes": [AllowAny], "authentication_classes": []}
    return type("Tasks", (BaseViewSet,), {**own, "serializer_class": serializer_class, **attributes})


def ask(view: Any, *, is_staff: bool = False, **named: Any) -> Any:
    """What it answers."""
    request = APIRequestFactory().get("/tasks/")
    request.user = SimpleNamespace(is_staff=is_staff, is_authenticated=True, pk=1)  # type: ignore[assignment]
    request._force_auth_user = request.user  # type: ignore[attr-defined]
    return body_of(view.as_view({"get": "retrieve" if named else "list"})(request, **named))


@pytest.fixture
def task() -> Task:
    """One that has an owner."""
    return Task.objects.create(title="t", code="c", effort=5, owner_id="ann")


@pytest.mark.parametrize("kind", [ByGetFields, ByInit, ByNames, ByReadable, ByMixin])
def test_what_is_hidden_from_somebody_stays_hidden(task: Task, kind: Any) -> None:
    """In lists and of one object; and whoever may see it does, in whatever order they ask."""
    view = view_of(kind)
    for is_staff, expected in ((True, {**WITHOUT, "owner_id": "ann"}), (False, WITHOUT)):
        assert ask(view, is_staff=is_staff)["results"] == [expected]
        assert ask(view, is_staff=is_staff, pk=task.pk) == expected


def test_fields_chosen_by_an_argument_are_those_shown(task: Task) -> None:
    """An ``__init__`` that takes more than the usual arguments, even one that it can't do without."""

    class Chosen(Shown):
        def __init__(self, *args: Any, only: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            for name in set(self.fields) - set(only):
                self.fields.pop(name)

    for name in ("title", "effort"):
        shown: Any = Chosen(Task.objects.all(), many=True, only=[name])
        assert shown.data == [{name: WITHOUT[name]}]


def test_fields_taken_away_from_one_object_are_not_shown(task: Task) -> None:
    """By whoever holds the serializer, a view among them; the next one has them all."""
    assert "owner_id" in Shown(Task.objects.all(), many=True).data[0]
    for _ in range(2):
        shown: Any = Shown(Task.objects.all(), many=True)
        shown.child.fields.pop("owner_id")
        assert shown.data == [WITHOUT]

    def get_serializer(self: Any, *args: Any, **kwargs: Any) -> Any:
        made = super(type(self), self).get_serializer(*args, **kwargs)
        getattr(made, "child", made).fields.pop("owner_id")
        return made

    view = view_of(Shown, get_serializer=get_serializer)
    assert ask(view)["results"] == [WITHOUT]
    assert ask(view, pk=task.pk) == WITHOUT


@pytest.mark.parametrize("many", [False, True])
def test_what_is_nested_hides_too(many: bool) -> None:
    """One object or a list of them, below a serializer that has no code of its own."""

    class LabelShown(AppReadOnlyModelSerializer):
        class Meta:
            model = Label
            fields = ("id", "name")

        def get_fields(self) -> dict[str, Any]:
            return {name: field for name, field in super().get_fields().items() if name != "id" or not hides(self)}

    name = "watchers" if many else "label"
    meta = type("Meta", (), {"model": Task, "fields": (name,)})
    outer = type("Outer", (AppReadOnlyModelSerializer,), {name: LabelShown(many=many), "Meta": meta})
    label = Label.objects.create(name="red")
    task = Task.objects.create(title="t", code="c", label=label)
    task.watchers.add(label)
    for is_staff, inner in ((True, {"id": label.pk, "name": "red"}), (False, {"name": "red"})):
        expected = {name: [inner] if many else inner}
        assert ask(view_of(outer), is_staff=is_staff)["results"] == [expected]
        assert ask(view_of(outer), is_staff=is_staff, pk=task.pk) == expected


def test_code_that_makes_no_fields_costs_nothing() -> None:
    """Checks of what is written, settings and helpers of one's own."""

    class Helped(Shown):
        url_field_name = "link"
        serializer_related_field = serializers.PrimaryKeyRelatedField

        def validate(self, attrs: Any) -> Any:
            return attrs

        def helper(self) -> int:
            return 1

    assert reader_of(Helped) is not None
    assert reader_of(Helped) is reader_of(Helped)
    assert reader_of(Helped) is not reader_of(Shown)
    assert reader_of(ByGetFields) is None


def test_a_class_made_for_one_request_goes_with_it(task: Task) -> None:
    """Its reader is kept by the class, and by nothing else."""

    def used() -> Any:
        meta = type("Meta", (TaskMeta,), {})
        kind: Any = type("Brief", (AppReadOnlyModelSerializer,), {"Meta": meta})
        assert len(kind(Task.objects.all(), many=True).data) == 1
        return weakref.ref(kind)

    gone = used()
    gc.collect()
    assert gone() is None


def test_a_field_that_knows_where_it_is_bound_is_asked_each_time(task: Task) -> None:
    """It may be shown to some and not to others."""

    class Secret(serializers.CharField):
        """For the staff alone."""

        def bind(self, field_name: str, parent: Any) -> None:
            """Look at who asks."""
            super().bind(field_name, parent)
            self.write_only = not parent.context.get("staff", True)

    class Hiding(AppReadOnlyModelSerializer):
        """A title, and whose task it is."""

        owner_id = Secret()

        class Meta:
            """Two of them."""

            model = Task
            fields = ("title", "owner_id")

    for staff, names in ((True, {"title", "owner_id"}), (False, {"title"})):
        (found,) = Hiding(Task.objects.all(), many=True, context={"staff": staff}).data
        assert set(found) == names
