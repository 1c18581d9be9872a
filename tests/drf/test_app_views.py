"""The view classes of feature apps: one envelope, one error shape, and every combination of them."""

import itertools
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from rest_framework.authentication import BasicAuthentication
from rest_framework.decorators import action
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ViewSet

from ironbolt.core.unit import current_unit
from ironbolt.drf.app_views import (
    AppAPIView,
    AppModelCUDAPIViewSet,
    AppModelListAPIViewSet,
    AppModelRetrieveAPIViewSet,
    AppViewMixin,
)
from ironbolt.drf.bulk import BulkOperationViewSet
from ironbolt.drf.pagination import AppPageNumberPagination
from ironbolt.drf.publishing import PublishableViewSet
from ironbolt.drf.ratings import RatableViewSet
from ironbolt.drf.routers import AppRouter
from ironbolt.drf.schema import AutoSchema
from ironbolt.drf.serializers import AppModelSerializer, AppReadOnlyModelSerializer, AppWriteOnlyModelSerializer
from ironbolt.drf.softdelete import SoftDeleteViewSet
from ironbolt.drf.views import BaseViewSet, BaseViewSetMixin
from tests.contract.newsroom import ArticleSerializer
from tests.newsroom.models import Article, Section
from tests.project.models import Label, Task

pytestmark = pytest.mark.django_db


class TaskShown(AppReadOnlyModelSerializer):
    """A task as it is read."""

    class Meta:
        model = Task
        fields = ("id", "title", "code", "label", "state")


class TaskSent(AppWriteOnlyModelSerializer):
    """A task as it is written."""

    read_serializer_class = TaskShown

    class Meta:
        model = Task
        fields = ("title", "code", "label", "owner_id")


class Tasks(AppModelListAPIViewSet, AppModelRetrieveAPIViewSet, AppModelCUDAPIViewSet):
    """Tasks, with everything."""

    queryset = Task.objects.all()
    serializer_class: Any = TaskShown
    create_serializer_class = TaskSent
    filterset_fields = ("state",)
    search_fields = ("title",)
    ordering_fields = ("title",)
    permission_classes: Any = (AllowAny,)
    authentication_classes: Any = (BasicAuthentication,)
    schema: Any = AutoSchema()


class Urls:
    """Addresses for one test."""

    def __init__(self, urlpatterns: list[Any]) -> None:
        self.urlpatterns = urlpatterns


@pytest.fixture
def serve(settings: Any) -> Any:
    """Serves view sets, or views at ``v/``, and gives a client for them."""

    def urls(view: Any) -> Any:
        if not hasattr(view, "get_extra_actions"):
            settings.ROOT_URLCONF = Urls([path("api/v/", view.as_view())])
        else:
            router = AppRouter()
            router.register("rows", view, basename="row")
            settings.ROOT_URLCONF = Urls([path("api/", include(router.urls))])
        return APIClient()

    return urls


def send(view: Any, method: str = "POST", **headers: str) -> Response:
    """What a view answers, without addresses."""
    response: Response = view.as_view()(APIRequestFactory().generic(method, "/api/v/", headers=headers))
    return response


def told(response: Any) -> Any:
    """What was sent, decoded."""
    return json.loads(response.content)


# --- send_response, send_error_response ------------------------------------------------------------


@pytest.mark.row("M04")
def test_send_response_is_the_one_success() -> None:
    """Data and message stand in the envelope, under the status that was asked for."""

    class View(AppAPIView):
        permission_classes = (AllowAny,)

        def post(self, request: Any) -> Response:
            return self.send_response([1], status=202, message="On its way", headers={"X-Job": "7"})

        def get(self, request: Any) -> Response:
            return self.send_response()

        def put(self, request: Any) -> Response:
            return Response({"plain": True})

        def delete(self, request: Any) -> Response:
            return self.send_response(status=204)

    sent = send(View)
    assert (sent.status_code, told(sent)) == (202, {"message": "On its way", "data": [1]})
    assert sent["X-Job"] == "7"
    assert told(send(View, "GET")) == {"message": "Success", "data": None}
    assert told(send(View, "PUT")) == {"message": "Success", "data": {"plain": True}}
    assert (send(View, "DELETE").status_code, send(View, "DELETE").content) == (204, b"")


def refusing(*args: Any, **kwargs: Any) -> Any:
    """A view that writes a row and then refuses."""

    class View(AppAPIView):
        permission_classes = (AllowAny,)
        authentication_classes = (BasicAuthentication,)

        def post(self, request: Any) -> Response:
            Label.objects.create(name="red")
            return self.send_error_response(*args, **kwargs)

    return View


@pytest.mark.row("M04")
@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        ({}, 400, {"code": "bad_request", "message": "Error", "details": {}}),
        (
            {"data": {"name": ["Taken."]}},
            400,
            {"code": "validation_error", "message": "Error", "details": {"name": ["Taken."]}},
        ),
        (
            {"data": {"lines": [{}, {"price": ["Too low."]}]}, "message": "No."},
            400,
            {"code": "validation_error", "message": "No.", "details": {"lines.1.price": ["Too low."]}},
        ),
        (
            {"data": "Sold out.", "status": 409, "code": "sold_out"},
            409,
            {"code": "sold_out", "message": "Sold out.", "details": {}},
        ),
        ({"data": "Sold out."}, 400, {"code": "bad_request", "message": "Sold out.", "details": {}}),
        (
            {"data": "Sold out.", "status": 409, "message": "No."},
            409,
            {"code": "conflict", "message": "No.", "details": {"non_field_errors": ["Sold out."]}},
        ),
        (
            {"data": ["Sold out."], "status": 409},
            409,
            {"code": "conflict", "message": "Error", "details": {"non_field_errors": ["Sold out."]}},
        ),
        ({"status": 402, "message": "Pay."}, 402, {"code": "bad_request", "message": "Pay.", "details": {}}),
        ({"status": 503}, 503, {"code": "unavailable", "message": "Error", "details": {}}),
    ],
)
def test_send_error_response_is_the_one_error_and_undoes_the_work(
    arguments: dict[str, Any], status: int, error: dict[str, Any]
) -> None:
    """Code, message and details in the shape of every error, and no row is left."""
    response = send(refusing(**arguments))
    assert (response.status_code, told(response)) == (status, {"error": error})
    assert not Label.objects.exists()


@pytest.mark.row("M04")
def test_errors_that_are_sent_are_problem_documents_for_those_who_ask() -> None:
    """By ``Accept`` the same facts come as RFC 9457 has them; a 401 says how to authenticate."""
    response = send(refusing({"name": ["Taken."]}, 409), accept="application/problem+json")
    assert response["Content-Type"] == "application/problem+json"
    assert told(response)["errors"] == {"name": ["Taken."]}
    assert send(refusing(status=401))["WWW-Authenticate"].startswith("Basic")


def test_errors_that_are_sent_carry_their_trace_and_end_an_action(serve: Any) -> None:
    """Behind the middleware the trace is on them, as on all answers; ``handled`` takes them too."""

    class View(AppAPIView):
        permission_classes = (AllowAny,)

        def post(self, request: Any) -> Response:
            Label.objects.create(name="red")
            self.handled(self.send_error_response("No.", 409))

    response = serve(View).post("/api/v/", headers={"x-request-id": "trace-1234"})
    assert (response.status_code, response["X-Request-ID"]) == (409, "trace-1234")
    assert not Label.objects.exists()


@pytest.mark.parametrize(("method", "status"), [("send_response", 404), ("send_error_response", 200)])
def test_a_status_of_the_other_kind_is_a_mistake(method: str, status: int) -> None:
    """An error in the envelope of a success would be none to clients."""
    with pytest.raises(ValueError, match=str(status)):
        getattr(AppViewMixin(), method)({}, status)


# --- the view sets ---------------------------------------------------------------------------------


@pytest.mark.row("M02", "M04")
def test_all_of_them_on_one_class(serve: Any) -> None:
    """List, create, retrieve, update and destroy under one router, each in the envelope."""
    client = serve(Tasks)
    made = client.post("/api/rows/", {"title": "b", "code": "1"}, format="json")
    key = made.json()["data"]["id"]
    shown = {"id": key, "title": "b", "code": "1", "label": None, "state": "open"}
    assert (made.status_code, made.json()) == (201, {"message": "Success", "data": shown})
    assert client.get(f"/api/rows/{key}/").json() == {"message": "Success", "data": shown}
    changed = client.patch(f"/api/rows/{key}/", {"title": "c"}, format="json")
    assert changed.json()["data"] == shown | {"title": "c"}
    assert client.put(f"/api/rows/{key}/", {"title": "d", "code": "2"}, format="json").json()["data"]["code"] == "2"
    assert client.get("/api/rows/").json() == {
        "message": "Success",
        "data": {"count": 1, "next": None, "previous": None, "results": [shown | {"title": "d", "code": "2"}]},
    }
    gone = client.delete(f"/api/rows/{key}/")
    assert (gone.status_code, gone.content) == (204, b"")
    missing = client.get(f"/api/rows/{key}/")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.row("M02")
def test_lists_have_pages_filters_search_and_ordering(serve: Any) -> None:
    """Twenty on a page, and what the class declares narrows and orders them."""
    Task.objects.bulk_create(Task(title=f"t{at:02}", code=str(at), owner_id=str(at)) for at in range(30))
    Task.objects.filter(title__gte="t25").update(state="done")
    client = serve(Tasks)
    page = client.get("/api/rows/").json()["data"]
    assert (page["count"], len(page["results"])) == (30, 20)
    assert page["next"].endswith("/api/rows/?page=2")
    found = client.get("/api/rows/?state=done&ordering=-title&page_size=2&search=t2").json()["data"]
    assert [one["title"] for one in found["results"]] == ["t29", "t28"]
    assert client.get("/api/rows/?page=9").status_code == 404


@pytest.mark.row("M02")
@pytest.mark.parametrize(
    ("base", "allowed"),
    [
        (AppModelListAPIViewSet, {"list GET"}),
        (AppModelRetrieveAPIViewSet, {"detail GET"}),
        (
            AppModelCUDAPIViewSet,
            {"list POST", "list PUT", "list PATCH", "detail PUT", "detail PATCH", "detail DELETE"}
            | {"bulk-create POST", "bulk-update PATCH", "bulk-delete DELETE"},
        ),
    ],
)
def test_each_alone_serves_no_more_than_its_job(base: Any, allowed: set[str]) -> None:
    """A class for lists has no details, one for details no lists, one for writes neither."""
    kind = TaskSent if base is AppModelCUDAPIViewSet else TaskShown
    router = AppRouter()
    router.register("rows", type("View", (base,), {"queryset": Task.objects.all(), "serializer_class": kind}))
    made: list[Any] = list(router.urls)
    urls = [url for url in made if url.name]
    served = {
        f"{url.name.removeprefix('task-')} {method.upper()}"
        for url in urls
        for method in url.callback.actions
        if method != "head"
    }
    assert served == allowed


@pytest.mark.row("M02")
def test_arrays_are_bulk_writes(serve: Any) -> None:
    """What takes an object takes many, through the same serializer, and answers by the one that reads."""
    client = serve(Tasks)
    made = client.post("/api/rows/", [{"title": "a", "code": "1"}, {"title": "b", "code": "2"}], format="json")
    assert made.status_code == 201, made.content
    assert [one["code"] for one in made.json()["data"]] == ["1", "2"]
    assert set(made.json()["data"][0]) == {"id", "title", "code", "label", "state"}
    keys = [one["id"] for one in made.json()["data"]]
    changed = client.patch("/api/rows/", [{"id": keys[1], "title": "z"}], format="json")
    assert [one["title"] for one in changed.json()["data"]] == ["z"]
    wrong = client.post("/api/rows/", [{"title": "a"}], format="json")
    assert wrong.json()["error"]["details"] == {"0.code": ["This field is required."]}
    gone = client.delete("/api/rows/bulk_delete/", {"ids": keys}, format="json")
    assert gone.status_code == 200, gone.content
    assert not Task.objects.exists()


@pytest.mark.row("M02")
def test_hooks_run_around_writes(serve: Any) -> None:
    """Before, saved with more values, after; what a hook raises undoes all of it."""
    seen: list[str] = []

    class Hooked(Tasks):
        def before_perform_create(self, serializer: Any) -> None:
            seen.append("before")
            assert current_unit()

        def get_create_kwargs(self, serializer: Any) -> dict[str, Any]:
            return {"state": "done"}

        def after_perform_create(self, instance: Any, serializer: Any) -> None:
            seen.append(instance.state)
            if instance.title == "bad":
                raise ValueError

    client = serve(Hooked)
    assert client.post("/api/rows/", {"title": "a", "code": "1"}, format="json").json()["data"]["state"] == "done"
    client.raise_request_exception = False
    assert client.post("/api/rows/", {"title": "bad", "code": "2"}, format="json").status_code == 500
    assert seen == ["before", "done"] * 2
    assert Task.objects.count() == 1


@pytest.mark.row("M02")
def test_a_unique_value_that_is_taken_is_a_conflict_with_its_field(serve: Any) -> None:
    """By the names that clients know."""
    Task.objects.create(title="a", code="1")
    response = serve(Tasks).post("/api/rows/", {"title": "b", "code": "1"}, format="json")
    assert (response.status_code, response.json()["error"]["code"]) == (409, "integrity_error")
    assert set(response.json()["error"]["details"]) == {"code"}


@pytest.mark.row("M02")
def test_rows_that_can_be_deleted_softly_are(serve: Any) -> None:
    """Without a word from the class, where the model has the columns."""

    class Sections(AppModelListAPIViewSet, AppModelCUDAPIViewSet):
        queryset = Section.objects.all()
        serializer_class = type(
            "S", (AppModelSerializer,), {"Meta": type("M", (), {"model": Section, "fields": ["id", "name", "slug"]})}
        )
        permission_classes: Any = (AllowAny,)

    section = Section.objects.create(name="News", slug="news")
    client = serve(Sections)
    assert client.delete(f"/api/rows/{section.pk}/").status_code == 204
    assert client.get("/api/rows/").json()["data"]["count"] == 0
    assert Section.all_objects.get().is_deleted


@pytest.mark.row("M02")
def test_permissions_are_those_of_the_action(serve: Any) -> None:
    """``get_permissions`` knows the action; bulk forms ask what their single action asks."""

    class Guarded(Tasks):
        def get_permissions(self) -> list[Any]:
            kind = {"list": AllowAny, "create": IsAdminUser}.get(str(self.action), IsAuthenticated)
            return [kind()]

    client = serve(Guarded)
    body = {"title": "a", "code": "1"}
    assert client.get("/api/rows/").status_code == 200
    assert client.get("/api/rows/1/").status_code == 401
    client.force_authenticate(User.objects.create(username="ann"))
    assert client.get("/api/rows/1/").status_code == 404
    assert client.post("/api/rows/", body, format="json").status_code == 403
    assert client.post("/api/rows/", [body], format="json").status_code == 403
    assert client.post("/api/rows/bulk_create/", [body], format="json").status_code == 403
    client.force_authenticate(User.objects.create(username="chief", is_staff=True))
    assert client.post("/api/rows/", [body], format="json").status_code == 201


SPECIAL = (SoftDeleteViewSet, PublishableViewSet, RatableViewSet, BulkOperationViewSet)
OURS = (AppModelListAPIViewSet, AppModelRetrieveAPIViewSet, AppModelCUDAPIViewSet)


@pytest.mark.row("M02")
def test_they_combine_in_any_order() -> None:
    """With each other and with the special view sets; the envelope and every action are there in all of them."""
    for size in (1, 2, 3):
        for some in itertools.permutations(OURS, size):
            made: Any = type("View", some, {})
            assert hasattr(made, "list") is (AppModelListAPIViewSet in some)
            assert hasattr(made, "retrieve") is (AppModelRetrieveAPIViewSet in some)
            assert hasattr(made, "create") is (AppModelCUDAPIViewSet in some)
    for order in itertools.permutations((*OURS, *SPECIAL)):
        made = type("View", order, {})
        assert made.envelope
        names = ("list", "create", "retrieve", "update", "destroy", "restore", "publish", "rate", "bulk_create")
        assert all(hasattr(made, name) for name in names)


@pytest.mark.row("M02", "M04")
@pytest.mark.parametrize("turned", [False, True])
def test_special_view_sets_speak_the_envelope_beside_them(serve: Any, turned: bool) -> None:
    """Trash, publishing and ratings work on the combined class, in the envelope."""
    bases = (*OURS, SoftDeleteViewSet, PublishableViewSet, RatableViewSet)
    attributes = {
        "queryset": Article.objects.all(),
        "serializer_class": ArticleSerializer,
        "permission_classes": (IsAuthenticated,),
    }
    client = serve(type("Articles", bases[::-1] if turned else bases, attributes))
    client.force_authenticate(User.objects.create(username="chief", is_staff=True))
    section = Section.objects.create(name="News", slug="news")
    made = client.post("/api/rows/", {"title": "Iliad", "section_id": section.pk}, format="json").json()["data"]
    address = f"/api/rows/{made['id']}/"
    assert client.post(f"{address}publish/").json()["data"]["is_published"]
    assert client.post(f"{address}rate/", {"rating": 4}, format="json").json()["data"]["rating_count"] == 1
    assert client.get("/api/rows/published/").json()["data"]["count"] == 1
    assert client.delete(address).status_code == 204
    assert client.get("/api/rows/deleted/").json()["data"]["count"] == 1
    assert client.post(f"{address}restore/").json()["message"] == "Success"
    assert client.get(address).json()["data"]["title"] == "Iliad"


# --- serializers of actions ------------------------------------------------------------------------


def of(**attributes: Any) -> Any:
    """Tasks with something changed."""
    return type("View", (Tasks,), attributes)


ROUTES = {"get": "list", "post": "create"}


@pytest.mark.row("M02", "M03")
@pytest.mark.parametrize(
    ("view", "routes", "reason"),
    [
        (of(serializer_class=TaskSent), {"get": "list"}, "TaskSent only writes, and View.list shows rows"),
        (of(detail_serializer_class=TaskSent), {"get": "retrieve"}, "TaskSent only writes, and View.retrieve"),
        (of(create_serializer_class=None), ROUTES, "TaskShown only reads, and View.create writes"),
        (of(serializer_class=None), {"get": "list"}, "View.list has no serializer"),
        (
            type("Plain", (BaseViewSet,), {"queryset": Task.objects.all(), "serializer_class": TaskSent}),
            ROUTES,
            "TaskSent only writes, and Plain.list shows rows",
        ),
    ],
)
def test_a_serializer_that_cannot_do_it_is_refused_at_start(view: Any, routes: Any, reason: str) -> None:
    """The message says which serializer, which action, and what to name instead."""
    with pytest.raises(ImproperlyConfigured, match=reason):
        view.as_view(routes)


def test_a_view_set_that_makes_its_serializers_itself_is_left_alone() -> None:
    """Nothing is known of them before a request."""

    class Mine(AppModelListAPIViewSet):
        queryset = Task.objects.all()
        permission_classes = (AllowAny,)
        pagination_class = None

        def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
            return TaskShown(*args, **kwargs)

    assert told(Mine.as_view({"get": "list"})(APIRequestFactory().get("/")))["data"] == []


def test_each_action_has_its_serializer(serve: Any) -> None:
    """Lists, details, what is sent; an action of one's own shows what the class shows."""

    class Brief(AppReadOnlyModelSerializer):
        class Meta:
            model = Task
            fields = ("title",)

    class Renaming(AppWriteOnlyModelSerializer):
        class Meta:
            model = Task
            fields = ("title",)

    class Mine(Tasks):
        list_serializer_class = Brief
        update_serializer_class = Renaming

        @action(detail=True)
        def again(self, request: Any, pk: str) -> Response:
            return Response(self.get_serializer(self.get_object()).data)

    client = serve(Mine)
    Task.objects.create(pk=1, title="a", code="1")
    assert client.get("/api/rows/").json()["data"]["results"] == [{"title": "a"}]
    assert client.get("/api/rows/1/").json()["data"]["code"] == "1"
    assert client.get("/api/rows/1/again/").json()["data"]["code"] == "1"
    assert client.put("/api/rows/1/", {"title": "b", "code": "9"}, format="json").json()["data"] == {"title": "b"}
    assert Task.objects.get().code == "1"


class Public(AppReadOnlyModelSerializer):
    """What of a task is for everybody."""

    class Meta:
        model = Task
        fields = ("title",)


class Company(ModelViewSet[Task]):
    """What a project had before it took Ironbolt."""

    queryset = Task.objects.all()
    serializer_class: Any = TaskShown
    permission_classes: Any = (AllowAny,)
    authentication_classes: Any = ()

    def get_serializer_class(self) -> Any:
        """Everything for staff alone."""
        return TaskShown if getattr(self.request.user, "is_staff", False) else Public


@pytest.mark.parametrize("base", [AppModelListAPIViewSet, AppModelRetrieveAPIViewSet])
def test_a_class_behind_that_chooses_serializers_is_asked(serve: Any, base: Any) -> None:
    """It may keep columns from some, which ``serializer_class`` would show to everybody."""
    Task.objects.create(pk=1, title="a", code="secret")
    client = serve(type("View", (base, Company), {}))
    addresses = ("/api/rows/", "/api/rows/1/")
    assert not any(b"secret" in client.get(address).content for address in addresses)
    client.force_authenticate(User.objects.create(username="chief", is_staff=True))
    assert all(b"secret" in client.get(address).content for address in addresses)


def test_what_a_class_names_for_an_action_goes_before_a_class_behind(serve: Any) -> None:
    """For that action, and for no other; actions of one's own are left to who chooses."""

    class Codes(AppReadOnlyModelSerializer):
        class Meta:
            model = Task
            fields = ("code",)

    class Mine(AppModelListAPIViewSet, AppModelCUDAPIViewSet, Company):
        list_serializer_class = Codes
        create_serializer_class = TaskSent

        @action(detail=True)
        def again(self, request: Any, pk: str) -> Response:
            return Response(self.get_serializer(self.get_object()).data)

    client = serve(Mine)
    made = client.post("/api/rows/", {"title": "a", "code": "1"}, format="json")
    assert made.status_code == 201, made.content
    assert client.get("/api/rows/").json()["data"]["results"] == [{"code": "1"}]
    for address in ("", "again/"):
        shown = client.get(f"/api/rows/{made.json()['data']['id']}/{address}")
        assert shown.json()["data"] == {"title": "a"}


@pytest.mark.parametrize("own", ["get_serializer_class", "get_serializer", "retrieve"])
def test_what_a_class_behind_does_itself_is_left_alone(own: str) -> None:
    """Nothing is missed at start where it says by code what it shows, or answers itself."""

    def choose(self: Any, *args: Any, **kwargs: Any) -> Any:
        return Public

    def make(self: Any, *args: Any, **kwargs: Any) -> Any:
        return Public(*args, **kwargs)

    def answer(self: Any, request: Any, **kwargs: Any) -> Response:
        return Response({"title": "a"})

    methods = {"get_serializer_class": choose, "get_serializer": make, "retrieve": answer}
    attributes = {"queryset": Task.objects.all(), "permission_classes": (AllowAny,), own: methods[own]}
    behind = type("Behind", (ModelViewSet,), attributes)
    view: Any = type("View", (AppModelRetrieveAPIViewSet, BulkOperationViewSet, behind), {})
    Task.objects.create(pk=1, title="a", code="1")
    answered = view.as_view({"get": "retrieve"})(APIRequestFactory().get("/"), pk="1")
    assert told(answered)["data"] == {"title": "a"}


# --- pages of a class behind -------------------------------------------------------------------------


class Two(PageNumberPagination):
    """Two on a page."""

    page_size = 2


def worked_out(self: Any) -> Any:
    """As many as the client's contract has."""
    return Two if "X-Pages" in self.request.headers else None


@pytest.mark.parametrize(
    ("said", "headers", "shown"),
    [(Two, {}, 2), (None, {}, 3), (property(worked_out), {"X-Pages": "1"}, 2), (property(worked_out), {}, 3)],
)
def test_pages_of_a_class_behind_go_first(said: Any, headers: Any, shown: int) -> None:
    """Its own, none where it says so, or what it works out for a request; in lists and in what is told of them."""
    Task.objects.bulk_create(Task(title=str(at), code=str(at), owner_id=str(at)) for at in range(3))
    behind = type("Behind", (Company,), {"pagination_class": said})
    view: Any = type("View", (AppModelListAPIViewSet, behind), {"serializer_class": TaskShown})
    for _ in range(2):
        answer = told(view.as_view({"get": "list"})(APIRequestFactory().get("/", headers=headers)))["data"]
        rows = answer if shown == 3 else answer["results"]
        assert (len(rows), "count" in answer) == (shown, shown == 2)


def test_pages_are_what_a_class_says_before_what_is_behind() -> None:
    """One in front, the address, a class behind, the usual ones; ``super()`` leads on."""

    class Behind(Company):
        pagination_class = Two

    class Front(AppModelListAPIViewSet, Behind):
        @property
        def pagination_class(self) -> Any:  # type: ignore[override]  # as projects do
            return super().pagination_class

    assert Front().pagination_class is Two
    plain: Any = type("Plain", (AppModelListAPIViewSet, Company), {})
    assert plain.pagination_class is plain().pagination_class is AppPageNumberPagination
    assert type("Whole", (plain,), {"pagination_class": None})().pagination_class is None
    assert AppModelListAPIViewSet(pagination_class=Two).pagination_class is Two


def test_pages_of_a_class_behind_may_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As tests of a project do, after the class has been asked."""
    view: Any = type("View", (AppModelListAPIViewSet, Company), {})
    assert view().pagination_class is AppPageNumberPagination
    for said in (None, Two):
        monkeypatch.setattr(Company, "pagination_class", said)
        assert view().pagination_class is said
    monkeypatch.undo()
    assert view().pagination_class is AppPageNumberPagination


@pytest.mark.parametrize(("said", "component"), [(Two, "PaginatedTaskShownList"), (None, None)])
def test_the_schema_has_the_pages_of_a_class_behind(said: Any, component: str | None) -> None:
    """What is described is what is answered."""
    attributes = {"pagination_class": said, "get_serializer_class": GenericViewSet.get_serializer_class}
    behind = type("Behind", (Company,), attributes)
    router = AppRouter()
    view: Any = type("View", (AppModelListAPIViewSet, behind), {"schema": AutoSchema()})
    router.register("rows", view, basename="row")
    schema: dict[str, Any] = SchemaGenerator(patterns=[path("", include(router.urls))]).get_schema(public=True)
    listed = schema["paths"]["/rows/"]["get"]
    inner = listed["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["data"]
    assert inner.get("$ref", "/None").rpartition("/")[2] == str(component)
    assert ("page" in {item["name"] for item in listed.get("parameters", ())}) is (said is Two)


# --- the schema ------------------------------------------------------------------------------------


@pytest.mark.row("M02", "M04")
def test_the_schema_describes_the_envelope_what_is_sent_and_what_is_answered() -> None:
    """Pages inside data, the written form in, the read form out."""
    router = AppRouter()
    router.register("rows", Tasks, basename="row")
    schema: dict[str, Any] = SchemaGenerator(patterns=[path("", include(router.urls))]).get_schema(public=True)

    def answered(operation: dict[str, Any], status: str = "200") -> dict[str, Any]:
        found: dict[str, Any] = operation["responses"][status]["content"]["application/json"]["schema"]
        assert found["required"] == ["message", "data"]
        inner: dict[str, Any] = found["properties"]["data"]
        return inner

    rows, one = schema["paths"]["/rows/"], schema["paths"]["/rows/{id}/"]
    assert answered(rows["get"]) == {"$ref": "#/components/schemas/PaginatedTaskShownList"}
    assert answered(one["get"]) == {"$ref": "#/components/schemas/TaskShown"}
    assert answered(rows["post"], "201")["anyOf"][0] == {"$ref": "#/components/schemas/TaskShown"}
    assert answered(one["patch"]) == {"$ref": "#/components/schemas/TaskShown"}
    sent = rows["post"]["requestBody"]["content"]["application/json"]["schema"]["anyOf"][0]["$ref"]
    written = schema["components"]["schemas"][sent.rpartition("/")[2]]
    assert set(written["properties"]) == {"title", "code", "label", "owner_id"}
    assert {"400", "404", "409"} <= one["patch"]["responses"].keys()


def test_the_browsable_api_shows_forms_of_what_is_sent(serve: Any) -> None:
    """Pages for people, with the fields of the written form."""

    class Browsable(Tasks):
        renderer_classes = (JSONRenderer, BrowsableAPIRenderer)
        parser_classes = (JSONParser, FormParser)

    Task.objects.create(pk=1, title="a", code="1")
    client = serve(Browsable)
    for address in ("/api/rows/", "/api/rows/1/"):
        page = client.get(address, headers={"accept": "text/html"})
        assert page.status_code == 200
        assert 'name="owner_id"' in page.content.decode()
        assert 'name="state"' not in page.content.decode()


def test_view_sets_without_serializers_have_none_to_refuse() -> None:
    """One of plain actions, with the mixin in front."""

    class Plain(BaseViewSetMixin, ViewSet):
        permission_classes = (AllowAny,)

        def list(self, request: Any) -> Response:
            return Response([1])

    assert told(Plain.as_view({"get": "list"})(APIRequestFactory().get("/"))) == [1]
