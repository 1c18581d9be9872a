"""View sets whose serializer only reads: the answers of any other, and no instances."""

from typing import Any

import pytest
from rest_framework import renderers, serializers
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from ironbolt.drf.pagination import AppPageNumberPagination
from ironbolt.drf.reading.serializers import AppReadOnlyModelSerializer
from ironbolt.drf.views import BaseViewSet
from tests.drf.shop import body_of
from tests.project.models import Label, Task

pytestmark = pytest.mark.django_db


class TaskMeta:
    """The same fields for both."""

    model = Task
    fields = ("id", "title", "effort", "label", "watchers")


class TaskShown(AppReadOnlyModelSerializer):
    """A task that is only read."""

    class Meta(TaskMeta):
        """As below."""


class TaskSerializer(serializers.ModelSerializer[Any]):
    """A task by REST framework."""

    class Meta(TaskMeta):
        """As above."""


class Tasks(BaseViewSet):
    """Tasks by plan."""

    queryset = Task.objects.all()
    serializer_class: Any = TaskShown
    filterset_fields = ("title",)
    search_fields = ("title",)
    ordering_fields = ("title",)
    permission_classes: Any = (AllowAny,)
    authentication_classes: Any = ()
    pagination_class = AppPageNumberPagination


class TasksByInstance(Tasks):
    """The same by instances."""

    serializer_class = TaskSerializer


@pytest.fixture
def tasks() -> list[Task]:
    """Five tasks."""
    label = Label.objects.create(name="red")
    made = [Task.objects.create(title=f"t{at % 3}", code=str(at), owner_id=str(at), label=label) for at in range(5)]
    made[0].watchers.add(label)
    return made


def ask(view: Any, query: str = "", **named: Any) -> Response:
    """What a view answers to a query, or of one object."""
    request = APIRequestFactory().get(f"/tasks/?{query}")
    response: Response = view.as_view({"get": "retrieve" if named else "list"})(request, **named)
    return response


@pytest.mark.parametrize("query", ["", "page_size=2&page=2", "title=t1", "search=t&ordering=-title", "title=nobody"])
def test_lists_are_those_of_instances(tasks: list[Task], query: str) -> None:
    """Filters, search, ordering and pages go into the plan."""
    found, expected = (ask(view, query) for view in (Tasks, TasksByInstance))
    assert (found.status_code, body_of(found)) == (200, body_of(expected))


def test_no_instance_is_made(tasks: list[Task], monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for a list nor for a single object."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError

    ask(Tasks, pk=tasks[0].pk)
    ask(Tasks)
    monkeypatch.setattr("django.db.models.query.ModelIterable.__iter__", refuse)
    assert body_of(ask(Tasks))["count"] == 5
    assert body_of(ask(Tasks, pk=tasks[0].pk))["watchers"] == [tasks[0].label_id]


@pytest.mark.parametrize("key", ["0", "x", "1\0", str(2**70), "-1"])
def test_what_is_not_there_is_a_404(tasks: list[Task], key: str) -> None:
    """A key that no row has, or that none can have."""
    assert ask(Tasks, pk=key).status_code == ask(TasksByInstance, pk=key).status_code == 404


def test_a_lookup_that_names_several_is_a_conflict(tasks: list[Task]) -> None:
    """As with instances."""
    views = (type("V", (view,), {"lookup_field": "title"}) for view in (Tasks, TasksByInstance))
    found, expected = (ask(view, title="t1") for view in views)
    assert (found.status_code, body_of(found)) == (expected.status_code, body_of(expected))
    assert found.status_code == 409


def test_permissions_about_objects_get_the_object(tasks: list[Task]) -> None:
    """An instance is made for whoever judges it."""

    class Even(BasePermission):
        """Those with an even code."""

        def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
            """Whether it is one of them."""
            return int(obj.code) % 2 == 0

    view = type("V", (Tasks,), {"permission_classes": [Even]})
    assert ask(view, pk=tasks[0].pk).status_code == 200
    assert ask(view, pk=tasks[1].pk).status_code == 403


def test_hooks_get_the_object(tasks: list[Task]) -> None:
    """An instance is made for them too."""
    seen: list[Any] = []
    view = type("V", (Tasks,), {"before_perform_retrieve": lambda self, instance: seen.append(instance)})
    assert ask(view, pk=tasks[0].pk).status_code == 200
    assert seen == [tasks[0]]


class Labelled(renderers.BaseRenderer):
    """Asks what it shows for its serializer."""

    media_type, format = "application/x-labelled", "labelled"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        """The labels of its fields."""
        return "|".join(str(field.label) for field in data.serializer.fields.values()).encode()


@pytest.mark.parametrize("renderer", [Labelled, renderers.HTMLFormRenderer])
def test_renderers_that_ask_for_the_serializer_get_it(tasks: list[Task], renderer: Any) -> None:
    """Of a single object, as of a list."""
    made = [type("Shown", (view,), {"renderer_classes": [renderer]}) for view in (Tasks, TasksByInstance)]
    found, expected = (ask(view, pk=tasks[0].pk) for view in made)
    assert found.status_code == expected.status_code == 200
    if renderer is Labelled:
        assert found.content == expected.content == b"ID|Title|Effort|Label|Watchers"


def test_answers_that_a_view_finishes_itself_have_their_serializer(tasks: list[Task]) -> None:
    """Its ``finalize_response`` may ask for it."""

    def finalize_response(self: Any, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response["X-Fields"] = len(response.data.serializer.fields)
        return super(made, self).finalize_response(request, response, *args, **kwargs)

    made: Any = type("Finished", (Tasks,), {"finalize_response": finalize_response})
    assert ask(made, pk=tasks[0].pk)["X-Fields"] == "5"


def test_pages_of_an_action_that_has_no_serializer_are_cut_all_the_same(tasks: list[Task]) -> None:
    """A ``get_serializer_class`` that knows some actions only is not asked for another."""

    class Titled(Tasks):
        def get_serializer_class(self) -> Any:
            return {"list": TaskShown}[self.action]

        @action(detail=False)
        def titles(self, request: Any) -> Response:
            """The titles alone."""
            page = self.paginate_queryset(self.get_queryset())
            return self.get_paginated_response([task.title for task in page or ()])

    answer = Titled.as_view({"get": "titles"})(APIRequestFactory().get("/"))
    assert body_of(answer)["results"] == [task.title for task in tasks]
