"""Answers of planned reads and of serializers with instances: the same status, headers and body, whoever asks how."""

import gc
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse, QueryDict
from rest_framework import renderers, serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from ironbolt.core.scope import Scope
from ironbolt.drf.base import BaseViewMixin
from ironbolt.drf.pagination import AppPageNumberPagination, LimitOffsetPagination
from ironbolt.drf.reading import listing
from ironbolt.drf.reading.answering import PlannedResponse
from ironbolt.drf.reading.serializers import AppReadOnlyModelSerializer
from ironbolt.drf.views import BaseViewSet
from tests.project.models import Label, Task

pytestmark = pytest.mark.django_db


class Meta:
    """The same fields for both."""

    model = Task
    fields = ("id", "title", "effort", "label", "watchers")


TaskShown = type("TaskShown", (AppReadOnlyModelSerializer,), {"Meta": Meta})
TaskSerializer = type("TaskSerializer", (serializers.ModelSerializer,), {"Meta": Meta})


class Tasks(BaseViewSet):
    """Tasks."""

    queryset = Task.objects.order_by("id")
    serializer_class: Any = TaskShown
    permission_classes: Any = (AllowAny,)
    authentication_classes: Any = ()
    renderer_classes: Any = (renderers.JSONRenderer, renderers.BrowsableAPIRenderer)
    pagination_class: Any = None


@pytest.fixture
def tasks() -> list[Task]:
    """Five tasks."""
    label = Label.objects.create(name="red")
    made = [Task.objects.create(title=f"t{at % 3}", code=str(at), owner_id=str(at), label=label) for at in range(5)]
    made[0].watchers.add(label)
    return made


def ask(view: Any, query: str = "", *, method: str = "get", headers: Any = None, **named: Any) -> Any:
    """What a view answers."""
    request = getattr(APIRequestFactory(), method)(f"/tasks/{query}", headers=headers or {})
    response: Any = view.as_view({"get": "retrieve" if named else "list"})(request, **named)
    return response


def told(response: Any) -> tuple[Any, ...]:
    """What a client gets."""
    return response.status_code, sorted(response.items()), response.content


def both(**own: Any) -> tuple[Any, Any]:
    """A view with something of its own, by plan and by instances."""
    return type("V", (Tasks,), own), type("V", (Tasks,), {**own, "serializer_class": TaskSerializer})


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The planned answers that were made."""
    made: list[Any] = []

    def make(data: Any) -> Any:
        made.append(data)
        return PlannedResponse(data)

    monkeypatch.setattr(listing, "PlannedResponse", make)
    return made


VIEWS: dict[str, dict[str, Any]] = {
    "plain": {},
    "envelope": {"envelope": True},
    "pages": {"pagination_class": AppPageNumberPagination},
    "slices": {"pagination_class": LimitOffsetPagination},
    "filters": {"filterset_fields": ("title",), "search_fields": ("title",), "ordering_fields": ("title",)},
    "ordered": {"ordering": ("-title",), "ordering_fields": ("title",)},
    "own rows": {"get_queryset": lambda self: Task.objects.filter(title="t1").order_by("-id")},
    "none": {"queryset": Task.objects.none()},
    "slice": {"queryset": Task.objects.order_by("id")[1:3]},
    "scope": {"scope": Scope(("owner_id",), lambda context: (context.user_id,))},
    "one method": {"http_method_names": ["get", "head"]},
    "json only": {"renderer_classes": (renderers.JSONRenderer,)},
}


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/json; indent=2", "text/html;q=0.1"])
def test_lists_are_those_of_instances(tasks: list[Task], name: str, accept: str | None) -> None:
    """Headers included, at the first request and at those after it, until rows were added."""
    headers = {"accept": accept} if accept else {}
    views = both(**VIEWS[name])
    for at in range(3):
        found, expected = (ask(view, headers=headers) for view in views)
        if "text/html" in found.headers["Content-Type"]:
            assert found.status_code == expected.status_code
        else:
            assert told(found) == told(expected)
        Task.objects.create(title="t1", code=f"more{at}", owner_id=f"n{at}")


@pytest.mark.parametrize("name", [name for name in VIEWS if name not in ("pages", "slices")])
def test_objects_are_those_of_instances(tasks: list[Task], name: str) -> None:
    """Found or not, with a query or without."""
    views = both(**VIEWS[name])
    for query in ("", "?title=t1", "?ordering=-title"):
        for key in (tasks[1].pk, tasks[2].pk, 0, "x", 2**70):
            found, expected = (ask(view, query, pk=str(key)) for view in views)
            assert (found.status_code, sorted(found.items())) == (expected.status_code, sorted(expected.items()))
            assert found.data == expected.data or found.status_code >= 400


@pytest.mark.parametrize(
    ("accept", "query", "status"),
    [
        ("application/xml", "", 406),
        ("application/xml", "?format=json", 406),
        ("*/*", "?format=xml", 404),
        ("*/*", "?format=json", 200),
        ("*/*", "?f%6Frmat=xml", 404),
        ("*/*", "", 200),
    ],
)
def test_who_wants_another_format_is_told_so(
    tasks: list[Task], accept: str, query: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice: nothing is remembered of a refusal, nor of what a query says."""
    monkeypatch.setattr(api_settings, "URL_FORMAT_OVERRIDE", "format")
    for view in both() * 2:
        assert ask(view, query, headers={"accept": accept}).status_code == status


def test_a_query_that_a_middleware_makes_up_counts(tasks: list[Task]) -> None:
    """Filters read it where the address has none."""
    view, _ = both(filterset_fields=("title",))
    assert len(ask(view).data) == 5
    request = APIRequestFactory().get("/tasks/")
    request.GET = QueryDict("title=t1")  # what a middleware may do
    assert len(view.as_view({"get": "list"})(request).data) == 2


def test_a_remembered_renderer_is_that_of_each_view(tasks: list[Task]) -> None:
    """The same header means another thing to a view with other renderers."""
    anything = {"accept": "text/html, */*;q=0.1"}
    page, _ = both(renderer_classes=(renderers.JSONRenderer, renderers.StaticHTMLRenderer), get_queryset=None)
    for _ in range(2):
        assert ask(both()[0], headers=anything).accepted_renderer.format == "api"
        only_json = both(renderer_classes=(renderers.JSONRenderer,))[0]
        assert ask(only_json, headers=anything).accepted_renderer.format == "json"
    assert page.renderer_classes[1] is renderers.StaticHTMLRenderer


def extra(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Stands for a method of the project that does what REST framework's does."""
    return super(type(self), self).get_serializer(*args, **kwargs)


def shouting(self: Any, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
    """Changes what is answered."""
    response.data = [{**one, "title": one["title"].upper()} for one in response.data]
    return super(type(self), self).finalize_response(request, response, *args, **kwargs)


def narrowing(self: Any, *args: Any, **kwargs: Any) -> None:
    """Gives one request other rows."""
    self.queryset = Task.objects.filter(title="t1")
    super(type(self), self).initial(*args, **kwargs)


OVERRIDES: dict[str, Callable[..., Any]] = {
    "get_serializer": extra,
    "get_serializer_context": lambda self: {"request": self.request},
    "finalize_response": shouting,
    "list": lambda self, request: Response([]),
    "paginate_queryset": lambda self, queryset: list(queryset)[:1],
    "get_paginated_response": lambda self, data: Response({"all": data}),
    "filter_queryset": lambda self, queryset: queryset.filter(title="t2"),
    "before_perform_list": lambda self, queryset: queryset.filter(title="t2"),
    "after_perform_list": lambda self, queryset: queryset.filter(title="t0"),
    "get_renderers": lambda self: [renderers.JSONRenderer()],
    "get_permissions": lambda self: [],
    "initial": narrowing,
}


@pytest.mark.parametrize("name", OVERRIDES)
@pytest.mark.parametrize("pages", [None, AppPageNumberPagination])
def test_what_a_view_does_itself_is_done(tasks: list[Task], name: str, pages: Any) -> None:
    """Before a plan answers anything, and by whatever class in front of ours or behind."""
    if name == "finalize_response" and pages:
        return
    own = {name: OVERRIDES[name], "pagination_class": pages}
    for _ in range(2):
        found, expected = (ask(view) for view in both(**own))
        assert told(found) == told(expected)


def test_what_stands_behind_our_classes_counts_too(tasks: list[Task]) -> None:
    """A mixin between ours and REST framework's narrows the rows of each request."""
    from rest_framework.viewsets import ModelViewSet

    from ironbolt.drf.views import BaseViewSetMixin

    wanted = ["t0"]

    class Narrowed:
        def get_queryset(self) -> Any:
            return super().get_queryset().filter(title__in=wanted)  # type: ignore[misc]  # a mixin

    class View(BaseViewSetMixin, Narrowed, ModelViewSet[Any]):
        queryset = Task.objects.order_by("id")
        serializer_class: Any = TaskShown
        permission_classes: Any = ()
        authentication_classes: Any = ()
        pagination_class = None

    assert {one["title"] for one in ask(View).data} == {"t0"}
    wanted[:] = ["t1"]
    assert {one["title"] for one in ask(View).data} == {"t1"}
    assert ask(View, pk=tasks[0].pk).status_code == 404
    assert ask(View, pk=tasks[1].pk).status_code == 200


def test_a_class_that_changes_is_looked_at_again(tasks: list[Task], monkeypatch: pytest.MonkeyPatch) -> None:
    """As tests change it: another queryset, another method, another ordering, and back."""
    view, _ = both()
    assert len(ask(view).data) == 5
    with monkeypatch.context() as patch:
        patch.setattr(view, "queryset", Task.objects.filter(title="t1"))
        assert len(ask(view).data) == 2
    with monkeypatch.context() as patch:
        patch.setattr(view, "get_queryset", lambda self: Task.objects.filter(title="t2"))
        assert len(ask(view).data) == 1
        assert ask(view, pk=tasks[0].pk).status_code == 404
    with monkeypatch.context() as patch:
        patch.setattr(view, "ordering", ("-id",), raising=False)
        assert ask(view).data[0]["id"] == tasks[-1].pk
    with monkeypatch.context() as patch:
        patch.setattr(view, "before_perform_retrieve", lambda self, instance: self.handled(Response("mine")))
        assert ask(view, pk=tasks[0].pk).data == "mine"
    assert [one["id"] for one in ask(view).data] == [task.pk for task in tasks]
    assert ask(view, pk=tasks[0].pk).data["id"] == tasks[0].pk


def test_arguments_of_as_view_count(tasks: list[Task]) -> None:
    """What one route has of its own."""
    request = APIRequestFactory().get("/tasks/")
    view, _ = both()
    assert len(ask(view).data) == 5
    narrowed = view.as_view({"get": "list"}, queryset=Task.objects.filter(title="t1"))
    assert len(narrowed(request).data) == 2
    paged = view.as_view({"get": "list"}, pagination_class=AppPageNumberPagination)
    assert paged(request).data["count"] == 5


def test_simple_lists_are_planned(tasks: list[Task], planned: list[Any]) -> None:
    """So that the tests above compare what they mean to."""
    for name in ("plain", "envelope", "filters", "ordered", "own rows", "one method", "json only", "slice"):
        planned.clear()
        ask(both(**VIEWS[name])[0])
        assert len(planned) == 1, name
    for name in ("get_serializer", "finalize_response", "list"):
        planned.clear()
        ask(both(**{name: OVERRIDES[name]})[0])
        assert not planned, name


def test_a_serializer_of_many_with_a_list_of_its_own_is_asked(tasks: list[Task], planned: list[Any]) -> None:
    """``Meta.list_serializer_class`` says what a list is."""

    class Wrapped(serializers.ListSerializer[Any]):
        def to_representation(self, data: Any) -> Any:
            return [{"wrapped": one} for one in super().to_representation(data)]

    own = type("Meta", (Meta,), {"list_serializer_class": Wrapped})
    view, _ = both(serializer_class=type("Shown", (AppReadOnlyModelSerializer,), {"Meta": own}))
    assert [*ask(view).data[0]] == ["wrapped"]
    assert not planned


def test_rows_that_somebody_has_fetched_are_shown_as_they_are(tasks: list[Task]) -> None:
    """A queryset that was looked at on its way is not asked again."""

    def fetched(self: Any) -> Any:
        rows = Task.objects.order_by("id")
        for row in rows:
            row.title = "seen"
        return rows

    for view in both(filter_queryset=lambda self, queryset: fetched(self)):
        assert {one["title"] for one in ask(view).data} == {"seen"}


def test_an_answer_can_be_kept(tasks: list[Task]) -> None:
    """Caches pickle it, and what ends with it is not kept."""
    response = ask(both()[0])
    kept = pickle.loads(pickle.dumps(response))
    assert kept.content == response.content
    assert kept.data == response.data


@pytest.mark.parametrize("named", [{}, {"pk": "1"}])
def test_nothing_of_a_request_is_left_in_a_circle(tasks: list[Task], named: dict[str, str]) -> None:
    """After its end nobody has to look for view, request and answer."""
    response = ask(both()[0], **({"pk": str(tasks[0].pk)} if named else {}))
    gone = weakref.ref(response.renderer_context["view"])
    gc.disable()
    try:
        response.close()
        del response
        assert gone() is None
    finally:
        gc.enable()


def test_what_is_asked_of_a_view_after_the_end_is_there() -> None:
    """Its request, its arguments, its user; the answer has its data and its context."""

    class Hello(BaseViewMixin, APIView):
        authentication_classes: Any = ()
        permission_classes: Any = ()

        def get(self, request: Any) -> Any:
            return Response({"a": 1}) if "plain" not in request.query_params else HttpResponse("x")

    for query in ("", "?plain"):
        request = APIRequestFactory().get(f"/{query}")
        response = Hello.as_view()(request)
        context = getattr(response, "renderer_context", None)
        response.close()
        response.close()
        assert response.content in (b'{"a":1}', b"x")
        if context:
            assert context["view"].request is context["request"]
            assert context["view"].request.query_params == {}
