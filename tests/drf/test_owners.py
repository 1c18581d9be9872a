"""Classes of a project that stand behind Ironbolt's: they are called, or refused at start, and never passed over."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404
from django.utils.decorators import method_decorator
from django.views.decorators.vary import vary_on_cookie
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, renderers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from ironbolt.drf.bulk import BulkOperationMixin
from ironbolt.drf.owners import refuse_hidden
from ironbolt.drf.request import ApiRequest
from ironbolt.drf.serializers import AppReadOnlyModelSerializer
from ironbolt.drf.softdelete import SoftDeleteMixin
from ironbolt.drf.views import BaseViewSet, BaseViewSetMixin
from tests.drf.shop import TaskSerializer, TaskViewSet, body_of, call
from tests.project.models import Task

pytestmark = pytest.mark.django_db

TASK = {"title": "Write", "code": "W"}

OPEN: dict[str, Any] = {
    "queryset": Task.objects.all(),
    "serializer_class": TaskSerializer,
    "permission_classes": (),
    "authentication_classes": (),
}


class Company(ModelViewSet[Task]):
    """What a project had before it took Ironbolt."""

    queryset = Task.objects.all()
    serializer_class: Any = TaskSerializer
    permission_classes = (AllowAny,)
    authentication_classes: Any = ()

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Hides what is done."""
        if self.get_object().state == "done":
            raise Http404
        return Response({"kept": True})

    def perform_create(self, serializer: Any) -> None:
        """Saves with an owner."""
        serializer.save(owner_id="company")

    def perform_update(self, serializer: Any) -> None:
        """The same."""
        serializer.save(owner_id="changed")

    def perform_destroy(self, instance: Any) -> None:
        """Keeps the row."""
        instance.state = "done"
        instance.save()


def in_front(**attributes: Any) -> Any:
    """A class of Ironbolt's in front of that of the project."""
    return type("Tasks", (BaseViewSetMixin, Company), attributes)


def log_of_hooks() -> tuple[list[str], dict[str, Any]]:
    """What the hooks of a viewset write down, and these."""
    log: list[str] = []

    def hook(name: str) -> Any:
        return lambda _, instance, *more: log.append(f"{name} {getattr(instance, 'owner_id', '')}".strip())

    names = [f"{when}_perform_{what}" for when in ("before", "after") for what in ("create", "update", "destroy")]
    return log, {name: hook(name) for name in names}


def test_methods_behind_ours_save_between_the_hooks() -> None:
    """A team that puts our mixin in front of its viewsets keeps what these do, and can add hooks."""
    log, hooks = log_of_hooks()
    view = in_front(**hooks)
    pk = body_of(call(view, "POST", TASK))["id"]
    assert Task.objects.get().owner_id == "company"
    assert call(view, "PATCH", {"title": "b"}, pk=pk).status_code == 200
    assert Task.objects.get().owner_id == "changed"
    assert call(view, "DELETE", pk=pk).status_code == 204
    assert Task.objects.get().state == "done"
    assert log == [
        "before_perform_create",
        "after_perform_create company",
        "before_perform_update",
        "after_perform_update changed",
        "before_perform_destroy changed",
        "after_perform_destroy changed",
    ]


class Reader(AppReadOnlyModelSerializer):
    """A task by a plan."""

    class Meta:
        model = Task
        fields = ("id", "title")


@pytest.mark.parametrize("serializer", [TaskSerializer, Reader])
def test_a_retrieve_behind_ours_is_called(serializer: Any) -> None:
    """What it hides stays hidden, whatever shows the rows."""
    view = in_front(serializer_class=serializer)
    kept = Task.objects.create(**TASK)
    hidden = Task.objects.create(title="Read", code="R", state="done")
    assert body_of(call(view, "GET", pk=kept.pk)) == {"kept": True}
    assert call(view, "GET", pk=hidden.pk).status_code == 404


def test_a_retrieve_behind_ours_is_served_without_the_mixin() -> None:
    """A class that writes its own and lists nothing of REST framework's keeps it."""
    own = type("Own", (GenericViewSet,), {"retrieve": lambda self, request, pk: Response({"pk": pk})})
    view: Any = type("Tasks", (BaseViewSetMixin, own), {"permission_classes": (), "queryset": Task.objects.all()})
    assert hasattr(view, "retrieve")
    assert view.as_view({"get": "retrieve"})(APIRequestFactory().get("/"), pk="3").data == {"pk": "3"}


def test_methods_in_front_go_on_to_those_behind() -> None:
    """``super()`` works as everywhere in Python."""

    class Logged(BaseViewSetMixin, Company):
        def perform_create(self, serializer: Any) -> None:
            super().perform_create(serializer)
            serializer.instance.title += "!"

    assert body_of(call(Logged, "POST", TASK))["title"] == "Write!"
    assert Task.objects.get().owner_id == "company"


def test_bulk_writes_call_them_for_each_row() -> None:
    """Many rows are saved and deleted as one is."""
    view: Any = type("Tasks", (BulkOperationMixin, Company), {})
    rows = [{"title": f"Task {number}", "code": str(number)} for number in range(3)]
    assert call(view, "POST", rows).status_code == 201
    assert set(Task.objects.values_list("owner_id", flat=True)) == {"company"}
    function = view.as_view({"delete": "bulk_delete"})
    ids = list(Task.objects.values_list("pk", flat=True))
    answer = function(APIRequestFactory().delete("/", {"ids": ids}, format="json"))
    assert answer.status_code == 200, answer.data
    assert set(Task.objects.values_list("state", flat=True)) == {"done"}


def test_bulk_writes_find_rows_as_a_get_object_behind_ours_does() -> None:
    """It may hide rows, which nobody changes then."""

    def get_object(self: Any) -> Any:
        raise Http404

    hiding = type("Hiding", (Company,), {"get_object": get_object})
    view: Any = type("Tasks", (BulkOperationMixin, hiding), {})
    task = Task.objects.create(**TASK)
    assert call(view, "PATCH", [{"id": task.pk, "title": "b"}]).status_code >= 400
    assert Task.objects.get().title == "Write"


@pytest.mark.parametrize(
    "hook", ["get_create_kwargs", "get_update_kwargs", "before_perform_retrieve", "after_perform_retrieve"]
)
def test_hooks_that_a_method_behind_ours_does_without_are_refused(hook: str) -> None:
    """Nobody would ask them, and nobody would notice."""
    view = in_front(**{hook: lambda *_: {}})
    with pytest.raises(ImproperlyConfigured, match=f"{hook} is never called"):
        call(view, "GET")


def test_a_trash_in_front_of_another_way_to_delete_is_refused() -> None:
    """One of both would not happen."""
    view = type("Tasks", (SoftDeleteMixin, Company), {})
    with pytest.raises(ImproperlyConfigured, match="would never be called"):
        call(view, "GET")


@pytest.mark.parametrize(
    "hidden",
    [
        {"before_perform_create": lambda *_: None},
        {"after_commit_update": lambda *_: None},
        {"scope": object()},
        {"envelope": True},
        {"after_action": lambda *_: None},
    ],
    ids=lambda hidden: next(iter(hidden)),
)
def test_what_only_ours_knows_is_refused_behind_it(hidden: dict[str, Any]) -> None:
    """A hook or a scope that is declared behind the class that reads it would do nothing."""
    behind = type("Behind", (), hidden)
    view = type("Tasks", (BaseViewSetMixin, behind, Company), {})
    with pytest.raises(ImproperlyConfigured, match=r"of Behind is never asked for behind .*; name Behind before"):
        call(view, "GET")


@pytest.mark.parametrize("in_front_of_ours", [True, False])
def test_names_of_our_private_parts_are_refused(in_front_of_ours: bool) -> None:
    """A helper that happens to have one would take its place, and break what nobody thinks of."""
    helper = type("Helper", (), {"_find_object": lambda self: None})
    bases = (helper, TaskViewSet) if in_front_of_ours else (BaseViewSetMixin, helper, Company)
    with pytest.raises(ImproperlyConfigured, match=r"Helper\._find_object has the name of a part of Ironbolt's"):
        call(type("Tasks", bases, {}), "GET")


def test_what_ours_calls_on_may_stand_between_them() -> None:
    """Where each calls the next one, nothing is passed over, and so nothing refused."""
    between = type("Between", (BulkOperationMixin,), {"get_feature_permissions": lambda self: []})
    refuse_hidden(type("Tasks", (SoftDeleteMixin, between, BaseViewSet), {}))


def test_a_decorated_method_of_a_project_is_its_own() -> None:
    """``method_decorator`` gives it the module of what it wraps; what it does is done all the same."""
    calls: list[str] = []

    def noting(function: Any) -> Any:
        def call_it(*args: Any, **kwargs: Any) -> Any:
            calls.append("get_serializer")
            return function(*args, **kwargs)

        return call_it

    @method_decorator(noting, name="get_serializer")
    @method_decorator(vary_on_cookie, name="dispatch")
    class Decorated(TaskViewSet):
        serializer_class = Reader

    task = Task.objects.create(**TASK)
    assert call(Decorated, "GET", pk=task.pk).headers["Vary"]
    assert calls == ["get_serializer"]


def test_renderers_and_negotiators_behind_ours_are_asked() -> None:
    """Who may see the browsable API is often decided there."""

    class Plain(BaseContentNegotiation):
        def select_parser(self, request: Any, parsers: Any) -> Any:
            return parsers[0]

        def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
            return renderers[0], "application/x-plain"

    class Behind(Company):
        def get_renderers(self) -> list[Any]:
            return [renderers.StaticHTMLRenderer()]

        def get_content_negotiator(self) -> Any:
            return Plain()

        def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            return Response("<p>")

    answer = call(type("Tasks", (BaseViewSetMixin, Behind), {}), "GET", pk=1)
    assert (answer.content, answer.accepted_media_type) == (b"<p>", "application/x-plain")


def test_negotiation_behind_ours_is_done_for_each_request() -> None:
    """What was chosen before is no reason to pass it over."""
    asked: list[int] = []

    class Behind(Company):
        def perform_content_negotiation(self, request: Any, force: Any = False) -> Any:
            asked.append(1)
            return super().perform_content_negotiation(request, force)

    view = type("Tasks", (BaseViewSetMixin, Behind), {})
    for _ in range(2):
        call(view, "GET")
    assert len(asked) == 2


def test_a_request_class_of_a_project_is_kept() -> None:
    """With what it adds, and with what ours reads."""

    class Tenanted(Request):
        tenant = "acme"

        @property
        def query_params(self) -> Any:
            return {**super().query_params, "seen": True}

    class Behind(Company):
        def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            made = super().initialize_request(request, *args, **kwargs)
            made.__class__ = Tenanted
            return made

        def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            kept = isinstance(request, ApiRequest) and isinstance(request, Tenanted)
            return Response({"tenant": request.tenant, "kept": kept, "query": request.query_params})

    answer = call(type("Tasks", (BaseViewSetMixin, Behind), {}), "GET", pk=1)
    assert body_of(answer) == {"tenant": "acme", "kept": True, "query": {"seen": True}}


def test_an_ordering_that_is_worked_out_is_asked_for_each_request() -> None:
    """As a property, it may be another for the next caller."""

    class Tasks(TaskViewSet):
        serializer_class = Reader
        pagination_class = None
        ordering_fields = ("title",)

        @property
        def ordering(self) -> str:
            return str(self.request.headers["X-Order"])

    for code in "ab":
        Task.objects.create(title=code, code=code)
    for order, titles in (("title", "ab"), ("-title", "ba")):
        headers: Any = {"X-Order": order}
        answer = call(Tasks, "GET", **headers)
        assert "".join(row["title"] for row in body_of(answer)) == titles


@pytest.mark.parametrize("serializer", [TaskSerializer, Reader])
@pytest.mark.parametrize("in_front_of_ours", [True, False])
def test_words_of_a_get_object_of_ones_own_are_keys(serializer: Any, in_front_of_ours: bool) -> None:
    """``/users/me/`` is no number, and yet somebody's address."""

    def get_object(self: Any) -> Any:
        return Task.objects.get(code=self.kwargs["pk"]) if self.kwargs["pk"] == "me" else ModelViewSet.get_object(self)

    Task.objects.create(title="mine", code="me")
    own: dict[str, Any] = {"get_object": get_object, "serializer_class": serializer}
    behind = type("Behind", (ModelViewSet,), {**own, "permission_classes": (), "queryset": Task.objects.all()})
    view = type("Tasks", (TaskViewSet,), own) if in_front_of_ours else type("Tasks", (BaseViewSetMixin, behind), {})
    assert call(view, "GET", pk="me").status_code == 200
    if serializer is TaskSerializer:
        assert call(view, "PATCH", {"title": "b"}, pk="me").status_code == 200
    assert call(view, "DELETE", pk="me").status_code == 204


def test_generic_views_may_stand_behind_ours() -> None:
    """They have methods and no actions."""

    class Detail(BaseViewSetMixin, generics.RetrieveUpdateDestroyAPIView[Task]):
        queryset = Task.objects.all()
        serializer_class = TaskSerializer
        permission_classes = (AllowAny,)
        authentication_classes = ()

    task = Task.objects.create(**TASK)
    function, requests = Detail.as_view(), APIRequestFactory()
    sent: Any = {"title": "b"}
    for method, status in (("get", 200), ("patch", 200), ("delete", 204)):
        assert function(getattr(requests, method)("/", sent, format="json"), pk=task.pk).status_code == status


def test_what_a_perform_destroy_behind_ours_returns_is_its_own_affair() -> None:
    """It is no count of rows."""
    archiving = type("Archiving", (Company,), {"perform_destroy": lambda self, instance: (False, "archived")})
    task = Task.objects.create(**TASK)
    assert call(type("Tasks", (BaseViewSetMixin, archiving), {}), "DELETE", pk=task.pk).status_code == 204


def test_no_hook_is_called_after_nothing_was_saved() -> None:
    """A project may put what came aside, and save it later."""
    log, hooks = log_of_hooks()
    aside = type("Aside", (Company,), {"perform_create": lambda self, serializer: None})
    answer = call(type("Tasks", (BaseViewSetMixin, aside), hooks), "POST", TASK)
    assert (answer.status_code, log) == (201, ["before_perform_create"])


def test_words_for_the_schema_leave_a_method_whose_it_was() -> None:
    """``extend_schema_view`` on the project's class makes no ``retrieve`` of its own of REST framework's."""
    documented = extend_schema_view(retrieve=extend_schema(summary="One task."))(type("Plain", (ModelViewSet,), OPEN))
    seen: list[Any] = []
    hooks = {"before_perform_retrieve": lambda self, instance: seen.append(instance)}
    task = Task.objects.create(**TASK)
    assert call(type("Tasks", (BaseViewSetMixin, documented), hooks), "GET", pk=task.pk).status_code == 200
    assert seen == [task]


def test_what_has_to_stand_behind_ours_is_told_another_way_out() -> None:
    """A viewset can't go before our classes; what it has of its own can."""
    helping = type("Helping", (Company,), {"success_response": lambda self: None})
    with pytest.raises(ImproperlyConfigured, match="move success_response to a class of its own"):
        call(type("Tasks", (BaseViewSetMixin, helping), {}), "GET")


def test_a_query_that_a_request_class_makes_up_is_asked_for_each_request() -> None:
    """What was read for one caller is not shown to the next."""

    class Tenanted(Request):
        @property
        def query_params(self) -> Any:
            query = super().query_params.copy()
            query["owner_id"] = self.META["HTTP_X_OWNER"]
            return query

    class Tasks(TaskViewSet):
        serializer_class = Reader
        pagination_class = None
        filterset_fields = ("owner_id",)

        def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            made = super().initialize_request(request, *args, **kwargs)
            made.__class__ = Tenanted
            return made

    for owner in ("ann", "bob"):
        Task.objects.create(title=owner, code=owner, owner_id=owner)
    for owner in ("ann", "bob"):
        headers: Any = {"X-Owner": owner}
        assert [row["title"] for row in body_of(call(Tasks, "GET", **headers))] == [owner]
