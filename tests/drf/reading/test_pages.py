"""Pages of REST framework's own classes, and of those that fetch objects: the same JSON, and no query for each row."""

import json
import logging
from functools import wraps
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework import pagination, renderers
from rest_framework import serializers as drf
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from ironbolt.drf.pagination import AppPageNumberPagination, CursorPagination, LimitOffsetPagination
from ironbolt.drf.reading.serializers import AppReadOnlyModelSerializer
from ironbolt.drf.views import BaseViewSet
from tests.project.models import Label, Task

pytestmark = pytest.mark.django_db


class LabelShown(AppReadOnlyModelSerializer):
    """A label."""

    class Meta:
        """Its name."""

        model = Label
        fields = ("id", "name")


class TaskShown(AppReadOnlyModelSerializer):
    """A task and what it leads to."""

    label: Any = LabelShown()
    named = drf.CharField(source="label.name", allow_null=True)

    class Meta:
        """Columns, a row and keys."""

        model = Task
        fields = ("id", "title", "effort", "label", "named", "watchers")


class Numbers(pagination.PageNumberPagination):
    """By number."""

    page_size = 3
    page_size_query_param = "page_size"


class Slices(pagination.LimitOffsetPagination):
    """By limit and offset."""

    default_limit = 3


class Cursors(pagination.CursorPagination):
    """By cursor."""

    page_size = 3
    ordering = "id"


class Titled(Numbers):
    """With an answer of its own, that looks at the objects of the page."""

    page: Any

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"all": data, "last": self.page[-1].code, "here": len(self.page)})


class Absent(AppPageNumberPagination):
    """Ours, which doesn't count."""

    page_size = 3
    counts = "absent"


class OwnCursors(CursorPagination):
    """Ours by cursor."""

    page_size = 3
    ordering = "id"


class Listed(Numbers):
    """With pages of its own."""

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        page = super().paginate_queryset(queryset, request, view)
        for task in page or ():
            task.title = task.title.upper()
        return page


OURS = {
    Numbers: type("N", (AppPageNumberPagination,), {"page_size": 3}),
    Slices: type("S", (LimitOffsetPagination,), {"page_size": 3}),
}
BY_PLAN = [Numbers, Slices, Titled, Absent]
BY_OBJECTS = [Cursors, OwnCursors, Listed]


class Tasks(BaseViewSet):
    """Tasks."""

    queryset = Task.objects.order_by("id")
    serializer_class: Any = TaskShown
    permission_classes: Any = (AllowAny,)
    authentication_classes: Any = ()
    renderer_classes: Any = (renderers.JSONRenderer, renderers.BrowsableAPIRenderer)
    filterset_fields = ("title",)


def view_of(pages: Any, **own: Any) -> Any:
    """The view with such pages."""
    return type("V", (Tasks,), {"pagination_class": pages, **own})


def by_objects(pages: Any) -> Any:
    """The same by a serializer of REST framework."""
    nested = type("L", (drf.ModelSerializer,), {"Meta": LabelShown.Meta})
    named = drf.CharField(source="label.name", allow_null=True)
    own = {"Meta": TaskShown.Meta, "label": nested(), "named": named}
    return view_of(pages, serializer_class=type("T", (drf.ModelSerializer,), own))


def ask(view: Any, query: str = "", accept: str = "application/json") -> Any:
    """What a list answers."""
    request = APIRequestFactory().get(f"/tasks/?{query}", headers={"accept": accept})
    response = view.as_view({"get": "list"})(request).render()
    assert response.status_code == 200, response.content
    return json.loads(response.content) if accept == "application/json" else response.content


def queries(view: Any, query: str = "", accept: str = "application/json") -> int:
    """How many queries a list costs."""
    with CaptureQueriesContext(connection) as found:
        ask(view, query, accept)
    return len(found)


@pytest.fixture
def tasks() -> list[Task]:
    """Eight tasks with labels of their own."""
    made = []
    for at in range(8):
        label = Label.objects.create(name=f"l{at}")
        task = Task.objects.create(title=f"t{at % 2}", code=str(at), owner_id=str(at), label=label)
        task.watchers.add(label)
        made.append(task)
    return made


@pytest.fixture
def no_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes an instance fails."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr("django.db.models.query.ModelIterable.__iter__", refuse)


@pytest.mark.parametrize("pages", [*BY_PLAN, *BY_OBJECTS])
@pytest.mark.parametrize("query", ["", "page=2", "offset=3", "title=t1", "title=nobody-has-it", "page=last"])
def test_pages_are_those_of_objects(tasks: list[Task], pages: Any, query: str) -> None:
    """Whatever is asked, the links among it."""
    if (pages is Titled and "nobody" in query) or (pages is Absent and "last" in query):
        return
    assert ask(view_of(pages), query) == ask(by_objects(pages), query)


@pytest.mark.parametrize(("pages", "query"), [(Numbers, "page=2"), (Slices, "offset=3")])
def test_pages_of_rest_framework_have_the_rows_of_ours(tasks: list[Task], pages: Any, query: str) -> None:
    """The same count and results."""
    found, expected = (ask(view_of(one), query) for one in (pages, OURS[pages]))
    assert len(found["results"]) == 3
    assert [found[name] for name in ("count", "results")] == [expected[name] for name in ("count", "results")]


@pytest.mark.usefixtures("no_objects")
@pytest.mark.parametrize("pages", [Numbers, Slices, Absent])
def test_no_object_is_made(tasks: list[Task], pages: Any) -> None:
    """The parts of a queryset that such classes fetch are rows, whatever it fetches along."""
    rows = Task.objects.order_by("id").select_related("label").prefetch_related("watchers")
    assert [one["id"] for one in ask(view_of(pages, queryset=rows))["results"]] == [task.pk for task in tasks[:3]]


@pytest.mark.parametrize("pages", [*BY_PLAN, *BY_OBJECTS])
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_more_rows_cost_no_more_queries(tasks: list[Task], pages: Any, accept: str) -> None:
    """By plan or by objects, for programs and for browsers."""
    larger = type("Larger", (pages,), {"page_size": 7, "default_limit": 7})
    ask(view_of(pages), accept=accept)
    assert queries(view_of(pages), accept=accept) == queries(view_of(larger), accept=accept)


def test_actions_that_page_by_hand_cost_no_query_for_each_row(tasks: list[Task]) -> None:
    """Objects in hand are shown with what they need fetched for all of them."""

    def by_hand(self: Any, request: Any) -> Any:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    view = view_of(Numbers, list=by_hand)
    assert ask(view) == ask(view_of(Numbers))
    assert queries(view, "page_size=2") == queries(view, "page_size=8")


def test_objects_in_hand_remember_nothing_of_what_was_shown(tasks: list[Task]) -> None:
    """Shown again they have what was changed meanwhile."""
    hand = list(Task.objects.order_by("id")[:2])
    assert TaskShown(hand, many=True).data[0]["watchers"] == [tasks[0].label_id]
    Task.watchers.through.objects.all().delete()
    assert TaskShown(hand, many=True).data[0]["watchers"] == []


def test_objects_that_are_not_stored_are_shown(tasks: list[Task]) -> None:
    """Among others, with what they have."""
    fresh = Task(title="new", label=tasks[0].label)
    shown = TaskShown([tasks[0], fresh], many=True).data
    assert [one["title"] for one in shown] == ["t0", "new"]


def test_queries_that_no_plan_takes_are_paged_by_objects(tasks: list[Task]) -> None:
    """The two halves of a union."""
    even, odd = (Task.objects.filter(title=title).order_by() for title in ("t0", "t1"))
    rows = even.union(odd).order_by("id")
    views = [view(Numbers) for view in (view_of, by_objects)]
    for view in views:
        view.queryset, view.filter_backends = rows, ()
    assert ask(views[0], "page=2") == ask(views[1], "page=2")
    assert queries(views[0], "page_size=2") == queries(views[0], "page_size=8")


def test_the_log_says_once_for_a_view_that_its_pages_cost_objects(
    tasks: list[Task], caplog: pytest.LogCaptureFixture
) -> None:
    """And which classes read rows; it says nothing of those that do."""
    caplog.set_level(logging.INFO, logger="ironbolt.plans")
    for pages in (Numbers, Slices, OURS[Numbers]):
        ask(view_of(pages))
    assert not caplog.messages
    view = view_of(Cursors)
    for _ in range(3):
        ask(view)
    (message,) = caplog.messages
    assert "Cursors fetches objects" in message
    assert "ironbolt.drf.pagination" in message


def test_a_decorator_around_the_cut_gets_objects(tasks: list[Task]) -> None:
    """It has the name of what it wraps, and may look at what comes back."""
    seen: list[Any] = []

    def looking(cut: Any) -> Any:
        @wraps(cut)
        def call(*args: Any, **kwargs: Any) -> Any:
            page = cut(*args, **kwargs)
            seen.extend(type(row) for row in page)
            return page

        return call

    own = type("Own", (Numbers,), {"paginate_queryset": looking(Numbers.paginate_queryset)})
    assert ask(view_of(own)) == ask(by_objects(Numbers))
    assert set(seen) == {Task}


def test_rows_of_a_page_are_taken_for_their_objects() -> None:
    """By a paginator that looks at what it has cut: the text, equality, the class, the model."""
    seen: list[Any] = []

    class Looking(Numbers):
        def get_paginated_response(self, data: Any) -> Response:
            first, second = self.page.object_list[:2]  # type: ignore[union-attr]  # a page, after the cut
            seen.extend([str(first), first == Task.objects.first(), first == second, isinstance(first, Task)])
            seen.extend([first._meta.label, {first: 1}[Task.objects.get(title="t0")], first.pk])
            return super().get_paginated_response(data)

    made = [Task.objects.create(title=f"t{at}", code=str(at), owner_id=str(at)) for at in range(3)]
    answer = ask(view_of(Looking))
    assert [row["title"] for row in answer["results"]] == ["t0", "t1", "t2"]
    assert seen == ["t0", True, False, True, Task._meta.label, 1, made[0].pk]
