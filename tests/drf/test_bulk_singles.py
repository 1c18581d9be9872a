"""Which bulk actions a viewset of this door has, and that they pass over nothing a project has around single ones."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import transaction
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from ironbolt.drf.app_views import AppModelCUDAPIViewSet, AppModelListAPIViewSet
from ironbolt.drf.bulk import BulkOperationMixin, BulkOperationViewSet
from ironbolt.drf.permissions import check_permissions
from tests.contract.bulk import DRFTasks, TaskSerializer, through_drf
from tests.project.models import Label, Task

pytestmark = pytest.mark.django_db

BASICS: dict[str, Any] = {
    "queryset": Task.objects.all(),
    "serializer_class": TaskSerializer,
    "permission_classes": (AllowAny,),
    "authentication_classes": (),
}


class OpenTasks(DRFTasks):
    """Tasks of callers whom nobody asks to log in."""

    authentication_classes: Any = ()


NEW = {"title": "B", "code": "B"}


@pytest.fixture
def task() -> Task:
    """What somebody wants to change."""
    return Task.objects.create(title="A", code="A")


def served(view: Any) -> dict[str, dict[str, str]]:
    """Address → method → action, as REST framework's router has them."""
    router = DefaultRouter()
    router.register("t", view)
    found = {str(url.pattern): getattr(url.callback, "actions", {}) for url in router.urls}
    return {address: actions for address, actions in found.items() if actions and "format" not in address}


def send(view: Any, method: str, name: str, body: Any, **named: Any) -> Any:
    """The answer of one action."""
    request = getattr(APIRequestFactory(), method)("/", body, format="json")
    return view.as_view({method: name})(request, **named)


# --- with their single actions ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bases", "expected"),
    [
        ((mixins.CreateModelMixin,), {"^t/$": {"post": "create"}, "^t/bulk_create/$": {"post": "bulk_create"}}),
        ((mixins.DestroyModelMixin,), {"^t/bulk_delete/$": {"delete": "bulk_delete"}}),
        (
            (mixins.UpdateModelMixin, mixins.ListModelMixin),
            {"^t/$": {"get": "list"}, "^t/bulk_update/$": {"patch": "bulk_update"}},
        ),
        ((mixins.ListModelMixin,), {"^t/$": {"get": "list"}}),
    ],
)
def test_mixin_adds_no_more_than_the_viewset_can_do_singly(bases: Any, expected: Any) -> None:
    """Beside ``CreateModelMixin`` alone there is no PATCH and no DELETE, and without it no POST."""
    view: Any = type("View", (BulkOperationMixin, *bases, GenericViewSet), BASICS)
    assert {address: actions for address, actions in served(view).items() if "pk" not in address} == expected
    assert hasattr(view, "create") is (mixins.CreateModelMixin in bases)
    assert hasattr(view(), "bulk_delete") is (mixins.DestroyModelMixin in bases)


def test_address_that_only_lists_stays_so() -> None:
    """Whoever names the actions of an address gets those, be it by hand or by a router."""
    view: Any = DRFTasks.as_view({"get": "list"})
    assert view.actions == {"get": "list"}


def test_nothing_is_done_by_an_action_that_was_decorated_before_its_single_action_went(task: Task) -> None:
    """A subclass says ``destroy = None`` of a class that has a ``bulk_delete`` to itself: 405."""
    above: Any = type(
        "Above", (DRFTasks,), {"bulk_delete": check_permissions(AllowAny)(BulkOperationMixin.bulk_delete)}
    )
    below = type("Below", (above,), {"destroy": None})
    assert send(below, "delete", "bulk_delete", {"ids": [task.pk]}).status_code == 405
    assert send(above, "delete", "bulk_delete", {"ids": [task.pk]}).status_code == 200


def test_put_alone(task: Task) -> None:
    """Without ``partial_update`` the collection has a PUT, and ``bulk_update/``, which is a PATCH, is no address."""
    view = type("View", (DRFTasks,), {"partial_update": None})
    assert served(view)["^t/$"] == {"get": "list", "post": "create", "put": "bulk_update"}
    assert "^t/bulk_update/$" not in served(view)
    assert send(view, "patch", "bulk_update", [{"id": task.pk, "title": "x"}]).status_code == 405
    assert send(view, "put", "bulk_update", [{"id": task.pk, "title": "x", "code": "x"}]).status_code == 200


def test_own_bulk_action_needs_no_single_one() -> None:
    """What a project writes itself is served whatever else there is."""

    class View(BulkOperationMixin, mixins.CreateModelMixin, GenericViewSet[Task]):
        locals().update(BASICS)

        @action(detail=False, methods=["patch"])
        def bulk_update(self, request: Any) -> Response:  # type: ignore[override]  # as a user writes it
            """Say hello."""
            return Response("hello")

    assert served(View)["^t/bulk_update/$"] == {"patch": "bulk_update"}
    assert send(View, "patch", "bulk_update", []).data == "hello"


# --- permissions -----------------------------------------------------------------------------------------


class Never(BasePermission):
    """Nobody may."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Never."""
        return False


class Mine(BasePermission):
    """Who owns it may."""

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        """Whether it is mine."""
        return bool(obj.owner_id == "me")


@pytest.mark.parametrize("permission", [Never, Mine])
@pytest.mark.parametrize("delegates", [False, True], ids=["inherited", "delegating"])
def test_patch_of_many_asks_what_update_asks(task: Task, permission: Any, delegates: bool) -> None:
    """``partial_update`` calls ``update`` for one object, whose permissions hold for many as well."""

    class View(OpenTasks):
        @check_permissions(permission)
        def update(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            """Ask, and do it."""
            return super().update(request, *args, **kwargs)

    class Below(View):
        def partial_update(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            return super().partial_update(request, *args, **kwargs)

    view = Below if delegates else View
    one, items = {"title": "x", "code": "x"}, [{"id": task.pk, "title": "x", "code": "x"}]
    assert send(view, "put", "update", one, pk=str(task.pk)).status_code == 403
    assert send(view, "patch", "partial_update", one, pk=str(task.pk)).status_code == 403
    assert send(view, "put", "bulk_update", items).status_code == 403
    assert send(view, "patch", "bulk_update", items).status_code == 403
    task.refresh_from_db()
    assert task.title == "A"
    if permission is Mine:
        Task.objects.update(owner_id="me")
        assert send(view, "patch", "bulk_update", items).status_code == 200


def test_each_permission_of_an_update_is_asked_once(task: Task) -> None:
    """What is asked for ``update`` before a PATCH is not asked again as that is called."""
    asked: list[str] = []

    class Noting(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            asked.append("request")
            return True

        def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
            asked.append("object")
            return True

    view = type("View", (OpenTasks,), {"update": check_permissions(Noting)(DRFTasks.update)})
    assert send(view, "patch", "partial_update", {"title": "x"}, pk=str(task.pk)).status_code == 200
    assert asked == ["request", "object"]
    asked.clear()
    assert send(view, "patch", "bulk_update", [{"id": task.pk, "title": "y"}]).status_code == 200
    assert asked == ["request", "object"]


def test_own_partial_update_asks_what_it_is_decorated_with(task: Task) -> None:
    """One that does not come to ``update`` is not held to what that asks."""

    class View(OpenTasks):
        bulk_update: Any = None
        update = check_permissions(Never)(DRFTasks.update)

        def partial_update(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            """Do something else."""
            return Response("done")

    assert send(View, "patch", "partial_update", {}, pk=str(task.pk)).status_code == 200
    assert send(View, "put", "update", {}, pk=str(task.pk)).status_code == 403


def test_array_to_the_collection_asks_for_the_bulk_action_once() -> None:
    """The permissions of ``bulk_create`` by its name, and those of ``create``, each one time."""
    asked: list[str] = []

    class Noting(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            asked.append(view.action)
            return True

    call = through_drf(permission_classes=(Noting,))
    assert call("POST", json=[NEW])[0] == 201
    assert asked == ["create", "bulk_create"]
    strict = through_drf(get_permissions=lambda view: [IsAuthenticated()] if view.action == "bulk_create" else [])
    assert strict("POST", json=[NEW])[0] == 401
    assert strict("POST", json={"title": "C", "code": "C"})[0] == 201


def test_array_to_the_collection_comes_to_a_bulk_create_of_ones_own() -> None:
    """It is called for arrays, wherever they are sent."""

    class View(OpenTasks):
        @action(detail=False, methods=["post"])
        def bulk_create(  # type: ignore[override]  # as a user writes it
            self, request: Any, *args: Any, **kwargs: Any
        ) -> Response:
            """Refuse an array of more than one."""
            if len(request.data) > 1:
                raise PermissionDenied
            return super().bulk_create(request, *args, **kwargs)

    assert send(View, "post", "create", [NEW, NEW]).status_code == 403
    assert send(View, "post", "create", [NEW]).status_code == 201


@pytest.mark.parametrize("more", [{"permission_classes": [IsAuthenticated]}, {"throttle_classes": []}])
def test_bulk_actions_with_terms_of_their_own_have_their_address_alone(more: Any) -> None:
    """What ``@action`` says of one holds at no other address, so that nobody comes to it by the collection."""
    asked: list[str] = []

    class View(OpenTasks):
        @action(detail=False, methods=["post"], **more)
        def bulk_create(self, request: Any, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]  # as above
            """Note that it was called."""
            asked.append("create")
            return super().bulk_create(request, *args, **kwargs)

        @action(detail=False, methods=["patch"], **more)
        def bulk_update(self, request: Any, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]  # as above
            """Note that it was called."""
            asked.append("update")
            return super().bulk_update(request, *args, **kwargs)

    assert send(View, "post", "create", [NEW]).status_code == 400
    assert View.as_view({"get": "list", "post": "create"})(APIRequestFactory().patch("/")).status_code == 405
    assert asked == []


@pytest.mark.parametrize("names", [("list",), ("list", "retrieve")])
def test_a_router_that_only_reads_gets_no_writes(names: tuple[str, ...]) -> None:
    """The collection is written in bulk where it is written at all."""
    function = OpenTasks.as_view({"get": names[0]}, detail=False)
    for method in ("put", "patch"):
        request = getattr(APIRequestFactory(), method)("/", [], format="json")
        assert function(request).status_code == 405


def test_a_bulk_action_of_ones_own_may_call_that_of_an_app_view_set() -> None:
    """It was written for many: the ``create`` of one's own beside it is not passed over by accident."""

    class View(AppModelCUDAPIViewSet):
        queryset = Task.objects.all()
        serializer_class = TaskSerializer
        permission_classes: Any = (AllowAny,)
        authentication_classes: Any = ()

        def create(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            """Only many."""
            raise PermissionDenied

        @action(detail=False, methods=["post"])
        def bulk_create(self, request: Any, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]  # as above
            """A few at a time."""
            if len(request.data) > 1:
                raise PermissionDenied
            return super().bulk_create(request, *args, **kwargs)

    assert send(View, "post", "bulk_create", [NEW]).status_code == 201
    assert send(View, "post", "bulk_create", [NEW, NEW]).status_code == 403


# --- methods of a project around single actions ----------------------------------------------------------


def asking(function: Any) -> Any:
    """A decorator of a project's, which may refuse."""

    @wraps(function)
    def call(view: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        if "X-Ok" not in request.headers:
            raise PermissionDenied
        return function(view, request, *args, **kwargs)

    return call


def refusing(view: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
    """Say no."""
    raise PermissionDenied


class Partial(ModelViewSet[Task]):
    """What a project has behind ours, whose PUT asks for nothing that is required."""

    locals().update(BASICS)

    def update(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Whatever the method, only what was sent."""
        kwargs["partial"] = True
        return super().update(request, *args, **kwargs)


OWN: dict[str, Callable[[], Any]] = {
    "a method in front": lambda: type("V", (OpenTasks,), {"create": refusing}),
    "a method behind": lambda: type(
        "V", (BulkOperationMixin, type("Company", (ModelViewSet,), {**BASICS, "create": refusing})), {}
    ),
    "one that changes an argument": lambda: type("V", (BulkOperationMixin, Partial), {}),
    "a decorator": lambda: type("V", (OpenTasks,), {"create": asking(DRFTasks.create)}),
    "a decorator under ours": lambda: type(
        "V", (OpenTasks,), {"create": check_permissions(AllowAny)(asking(DRFTasks.create))}
    ),
    "method_decorator": lambda: method_decorator(transaction.atomic, name="create")(type("V", (OpenTasks,), {})),
    "something that is no function": lambda: type("V", (OpenTasks,), {"create": classmethod(refusing)}),
    "one under another description": lambda: extend_schema_view(create=extend_schema(summary="x"))(
        type("V", (OpenTasks,), {"create": refusing})
    ),
}


@pytest.mark.parametrize("kind", [*OWN])
def test_whatever_may_do_something_by_itself_is_refused_at_start(kind: str) -> None:
    """In front of ours or behind it, decorated or decorating: nobody's code is passed over."""
    view = OWN[kind]()
    with pytest.raises(ImproperlyConfigured, match="would be passed over"):
        view.as_view({"post": "create"})


@extend_schema_view(create=extend_schema(summary="x"), destroy=extend_schema(summary="y"))
class Described(OpenTasks):
    """Decorated for the schema from outside."""


class Delegating(OpenTasks):
    """Methods that are there to be decorated, and do nothing."""

    @extend_schema(summary="x")
    def create(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Make one."""
        return super().create(request, *args, **kwargs)

    @check_permissions(AllowAny)
    @extend_schema(summary="y")
    def update(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return super(Delegating, self).update(request, *args, **kwargs)  # noqa: UP008 - as it was written once

    def destroy(self, request: Any, pk: Any = None) -> Response:
        return super().destroy(request, pk=pk)


@pytest.mark.parametrize("base", [Described, Delegating])
def test_what_only_decorates_is_not_refused(base: Any, task: Task) -> None:
    """``@extend_schema_view``, ``@check_permissions``, and methods that hand on what they get."""
    view = type("View", (base,), {})
    assert send(view, "post", "bulk_create", [NEW]).status_code == 201
    assert send(view, "patch", "bulk_update", [{"id": task.pk, "title": "x"}]).status_code == 200
    assert send(view, "delete", "bulk_delete", {"ids": [task.pk]}).status_code == 200


def test_own_single_action_with_the_ways_out(task: Task) -> None:
    """Without the bulk action, or with one of its own, the class works; arrays come to what the project has."""
    without: Any = type("V", (OpenTasks,), {"create": asking(DRFTasks.create), "bulk_create": None})
    assert send(without, "post", "create", [NEW]).status_code == 403
    request = APIRequestFactory().post("/", [NEW], format="json", headers={"X-Ok": "1"})
    assert without.as_view({"post": "create"})(request).status_code == 400
    assert Task.objects.count() == 1

    @action(detail=False, methods=["delete"])
    def bulk_delete(self: Any, request: Any) -> Response:
        return Response("mine")

    mine = type("V", (OpenTasks,), {"destroy": refusing, "bulk_delete": bulk_delete})
    assert send(mine, "delete", "bulk_delete", {"ids": [task.pk]}).data == "mine"


def test_class_that_did_not_ask_for_bulk_goes_without(task: Task) -> None:
    """An ``AppModelCUDAPIViewSet`` with an ``update`` of its own starts, and changes one at a time."""

    class View(AppModelListAPIViewSet, AppModelCUDAPIViewSet):
        locals().update(BASICS)

        def update(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            answer = super().update(request, *args, **kwargs)
            answer["X-Cache"] = "emptied"
            return answer

    addresses = served(View)
    assert addresses["^t/$"] == {"get": "list", "post": "create"}
    assert "^t/bulk_update/$" not in addresses
    assert {"^t/bulk_create/$", "^t/bulk_delete/$"} <= set(addresses)
    assert send(View, "patch", "partial_update", {"title": "x"}, pk=str(task.pk))["X-Cache"] == "emptied"
    assert send(View, "post", "create", [NEW]).status_code == 201

    class Creating(View):
        def create(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            return self.send_response(super().create(request, *args, **kwargs).data, 201, "Welcome.")

    assert not hasattr(Creating(), "bulk_create")
    assert send(Creating, "post", "create", [{"title": "C", "code": "C"}]).status_code == 400
    assert send(Creating, "post", "create", {"title": "C", "code": "C"}).data["message"] == "Welcome."


def test_class_that_asks_for_bulk_beside_it_is_refused() -> None:
    """Whoever names the mixin wants its actions, and is told why one can't be."""
    view: Any = type("V", (AppModelCUDAPIViewSet, BulkOperationMixin), {**BASICS, "create": refusing})
    with pytest.raises(ImproperlyConfigured, match=r"bulk_create does not call V\.create"):
        view.as_view({"post": "create"})


# --- serializers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", [ModelViewSet, BulkOperationViewSet, AppModelCUDAPIViewSet])
def test_custom_action_takes_no_array(base: Any) -> None:
    """``get_serializer(data=request.data)`` in an action of one's own is for one object, as it is without bulk."""

    def register(self: Any, request: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        self.perform_create(serializer)
        return Response({"hello": serializer.validated_data["title"]})

    view = type("View", (base,), {**BASICS, "register": action(detail=False, methods=["post"])(register)})
    assert send(view, "post", "register", [NEW]).status_code == 400
    assert not Task.objects.exists()
    assert send(view, "post", "register", NEW).status_code == 200


class PlainSerializer(serializers.ModelSerializer[Task]):
    """One of REST framework's own."""

    class Meta:
        model = Task
        fields = ("id", "title", "code", "label", "owner_id")


@pytest.mark.parametrize("chosen", [PlainSerializer, TaskSerializer])
def test_get_serializer_that_takes_lists_for_many(chosen: Any, task: Task) -> None:
    """The way in which a project has let arrays in before is no hindrance."""

    class View(OpenTasks):
        serializer_class = chosen

        def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
            if isinstance(kwargs.get("data"), list):
                kwargs["many"] = True
            return super().get_serializer(*args, **kwargs)

    status, made = send(View, "post", "create", [NEW, {"title": "C", "code": "C"}]).status_code, Task.objects.count()
    assert (status, made) == (201, 3)
    answer = send(View, "patch", "bulk_update", [{"id": task.pk, "title": "x"}, [], 5])
    assert (answer.status_code, {*answer.data["error"]["details"]}) == (400, {"1", "2"})
    answer = send(View, "post", "bulk_create", [[], 5, {"title": "D", "code": "D"}])
    assert (answer.status_code, {*answer.data["error"]["details"]}) == (400, {"0", "1"})
    assert send(View, "patch", "bulk_update", [{"id": task.pk, "title": "x"}]).data[0]["title"] == "x"


def test_own_get_serializer_sees_the_data_of_each_item(task: Task) -> None:
    """What it does with the data of one object it does with that of every item."""

    class View(OpenTasks):
        serializer_class = PlainSerializer

        def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
            if "data" in kwargs:
                kwargs["data"] = {**kwargs["data"], "owner_id": "me"}
            return super().get_serializer(*args, **kwargs)

    label = Label.objects.create(name="home")
    sent = [{**NEW, "owner_id": "you", "label": label.pk}, {"title": "C"}]
    answer = send(View, "post", "bulk_create", sent)
    assert (answer.status_code, {*answer.data["error"]["details"]}) == (400, {"1.code"})
    answer = send(View, "post", "bulk_create", sent[:1])
    assert (answer.status_code, answer.data[0]["owner_id"], answer.data[0]["label"]) == (201, "me", label.pk)
    answer = send(View, "patch", "bulk_update", [{"id": task.pk, "owner_id": "you"}])
    assert (answer.status_code, answer.data[0]["owner_id"]) == (200, "me")
