"""``@check_permissions`` on the actions of this door: about objects, called by other methods, described, misused."""

from functools import wraps
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from rest_framework.authentication import BasicAuthentication
from rest_framework.decorators import action, api_view
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from ironbolt.drf.base import BaseViewMixin
from ironbolt.drf.bulk import BulkOperationMixin
from ironbolt.drf.permissions import IsStaffOrReadOnly, check_permissions
from ironbolt.drf.reading.serializers import AppReadOnlyModelSerializer
from ironbolt.drf.routers import AppRouter
from ironbolt.drf.schema import AutoSchema
from tests.drf.shop import TaskViewSet, body_of, call
from tests.project.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.row("V15")]


class IsOwner(BasePermission):
    """Whose task it is."""

    message = "It is somebody else's."

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        """Whether it is the caller's."""
        return bool(obj.owner_id == request.user.username)


class Shown(AppReadOnlyModelSerializer):
    """A task, read without an instance where nobody asks for one."""

    class Meta:
        model = Task
        fields = ("id", "title")


class Tasks(TaskViewSet):
    """Tasks, of which their owners may do more."""

    authentication_classes: Any = (BasicAuthentication,)

    @check_permissions(IsOwner)
    def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """One task, for its owner."""
        return super().retrieve(request, *args, **kwargs)

    @check_permissions(IsAuthenticated, IsOwner)
    def update(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Also what PATCH comes to."""
        return super().update(request, *args, **kwargs)

    @check_permissions(IsStaffOrReadOnly)
    def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """All of them."""
        return super().list(request, *args, **kwargs)

    @action(methods=["post"], detail=True)
    @check_permissions(IsOwner | IsAdminUser)
    def finish(self, request: Any, pk: Any = None) -> Response:
        """Finish one."""
        task = self.get_object()
        task.state = "done"
        task.save()
        return self.success_response()


@pytest.fixture
def ann() -> User:
    """An owner."""
    return User.objects.create(username="ann")


@pytest.fixture
def bob() -> User:
    """Somebody else."""
    return User.objects.create(username="bob")


@pytest.fixture
def task() -> Task:
    """What ann has to do."""
    return Task.objects.create(title="Write", code="W", owner_id="ann")


def post(view: Any, name: str, pk: Any, user: User | None) -> Any:
    """Call an action on one task."""
    request = APIRequestFactory().post("/tasks/")
    if user:
        force_authenticate(request, user)
    return view.as_view({"post": name})(request, pk=str(pk))


def test_object_is_asked_about_where_the_body_gets_it(task: Task, ann: User, bob: User) -> None:
    """What ``get_object`` finds is judged, in the words of the permission; a composed one as a whole."""
    assert post(Tasks, "finish", task.pk, ann).status_code == 200
    refused = post(Tasks, "finish", task.pk, bob)
    assert refused.status_code == 403
    assert post(Tasks, "finish", task.pk + 1, bob).status_code == 404
    assert post(Tasks, "finish", task.pk, User.objects.create(username="c", is_staff=True)).status_code == 200
    refused = call(Tasks, "PUT", {"title": "x", "code": "x"}, pk=task.pk, user=bob)
    assert body_of(refused)["error"]["message"] == "It is somebody else's."


def test_nobody_is_challenged(task: Task) -> None:
    """Without credentials it is a 401 that says how to log in."""
    refused = call(Tasks, "PUT", {"title": "x", "code": "x"}, pk=task.pk)
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, 'Basic realm="api"')


def test_options_describe_what_the_caller_may_do(task: Task, ann: User, bob: User) -> None:
    """The form of an action that refuses a caller is not shown to that caller."""
    function = Tasks.as_view({"get": "retrieve", "put": "update"})
    forms = {}
    for user in (ann, bob):
        request = APIRequestFactory().options("/tasks/")
        force_authenticate(request, user)
        forms[user.username] = body_of(function(request, pk=str(task.pk))).get("actions", {})
    assert (list(forms["ann"]), list(forms["bob"])) == (["PUT"], [])


def test_action_that_another_one_calls_asks_too(task: Task, ann: User, bob: User) -> None:
    """PATCH is ``partial_update``, which calls ``update``; so does an override that calls what it overrides."""

    class Below(Tasks):
        def update(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            return super().update(request, *args, **kwargs)

    for view in (Tasks, Below):
        for method, data in (("PATCH", {"title": "x"}), ("PUT", {"title": "x", "code": "W"})):
            assert call(view, method, data, pk=task.pk).status_code == 401
            assert call(view, method, data, pk=task.pk, user=bob).status_code == 403
            assert call(view, method, data, pk=task.pk, user=ann).status_code == 200


def test_read_without_an_instance_makes_one_to_ask_about(task: Task, ann: User, bob: User) -> None:
    """A serializer that only reads is no way around it, nor is a method in between."""

    class Below(Tasks):
        serializer_class = Shown

        def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            return super().retrieve(request, *args, **kwargs)

    for view in (type("View", (Tasks,), {"serializer_class": Shown}), Below):
        assert call(view, "GET", pk=task.pk, user=bob).status_code == 403
        assert call(view, "GET", pk=task.pk).status_code == 401
        assert body_of(call(view, "GET", pk=task.pk, user=ann)) == {"id": task.pk, "title": "Write"}


def test_other_decorators_stay_where_they_are(task: Task, ann: User) -> None:
    """Between two of ours, above and below: each does its part, and every permission is asked once."""
    seen: list[str] = []

    def noting(function: Any) -> Any:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            seen.append("between")
            return function(*args, **kwargs)

        return call

    def asked(name: str) -> Any:
        return type(name, (BasePermission,), {"has_permission": lambda *args: not seen.append(name)})  # type: ignore[func-returns-value]  # it is True then

    class View(TaskViewSet):
        @check_permissions(asked("outer"), IsAuthenticated)
        @noting
        @check_permissions(asked("inner"))
        def destroy(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            return super().destroy(request, *args, **kwargs)

    assert call(View, "DELETE", pk=task.pk).status_code == 403
    assert seen == ["outer"]
    seen.clear()
    assert call(View, "DELETE", pk=task.pk, user=ann).status_code == 204
    assert seen == ["outer", "inner", "between"]


def test_inherited_action_is_decorated_by_a_call(task: Task, ann: User) -> None:
    """One that is there already, without a method around it; for other classes it stays as it was."""
    view = type("View", (TaskViewSet,), {"destroy": check_permissions(IsOwner)(TaskViewSet.destroy)})
    assert call(view, "DELETE", pk=task.pk, user=User.objects.create(username="eve")).status_code == 403
    assert call(view, "DELETE", pk=task.pk, user=ann).status_code == 204
    assert call(TaskViewSet, "DELETE", pk=task.pk).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_refusal_comes_before_the_unit_of_work(task: Task) -> None:
    """A refused caller costs no transaction, and each permission is asked once."""
    seen: list[bool] = []

    class Never(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            seen.append(connection.in_atomic_block)
            return bool(request.user.is_authenticated)

    class View(TaskViewSet):
        authentication_classes = (BasicAuthentication,)

        @check_permissions(Never)
        def destroy(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            return super().destroy(request, *args, **kwargs)

    assert call(View, "DELETE", pk=task.pk).status_code == 401
    assert seen == [False]
    user = User.objects.create(username="x")
    assert call(View, "DELETE", pk=task.pk, user=user).status_code == 204
    assert seen == [False, False]


def test_view_with_checks_of_its_own_asks_all_the_same(task: Task) -> None:
    """Whoever overrides ``check_permissions`` and forgets the rest has not opened the action."""
    view = type("View", (Tasks,), {"check_permissions": lambda self, request: None})
    assert call(view, "PUT", {"title": "x", "code": "W"}, pk=task.pk).status_code == 401


def test_methods_of_plain_views_are_asked_for(ann: User) -> None:
    """A view without actions has methods, and HEAD is its GET."""

    class View(BaseViewMixin, APIView):
        authentication_classes = (BasicAuthentication,)
        permission_classes = (AllowAny,)

        @check_permissions(IsAuthenticated())
        def get(self, request: Any) -> Response:
            return Response({})

        def post(self, request: Any) -> Response:
            return Response({})

    make = APIRequestFactory()
    assert [View.as_view()(request("/")).status_code for request in (make.get, make.head, make.post)] == [401, 401, 200]
    request = make.get("/")
    force_authenticate(request, ann)
    assert View.as_view()(request).status_code == 200


def test_other_views_are_told_what_they_lack(ann: User, caplog: pytest.LogCaptureFixture) -> None:
    """A view that is none of ours would not ask about objects, so it does not run at all."""

    class View(APIView):
        @check_permissions(IsAuthenticated)
        def get(self, request: Any) -> Response:
            return Response({})

    request = APIRequestFactory().get("/")
    force_authenticate(request, ann)
    assert View.as_view()(request).status_code == 500
    assert "View is no view of ironbolt.drf; put BaseViewMixin or BaseViewSetMixin in front" in caplog.text


def operations(view: type[Any]) -> dict[str, Any]:
    """What the schema says of a viewset."""
    router = AppRouter()
    router.register("tasks", type("View", (view,), {"schema": AutoSchema()}), basename="task")
    paths: dict[str, Any] = SchemaGenerator(patterns=[path("", include(router.urls))]).get_schema(public=True)["paths"]
    return paths


def test_the_schema_says_who_may() -> None:
    """Decorated actions can refuse, and need a login; those that are open say so."""
    paths = operations(Tasks)
    for address, method, is_open in (
        ("/tasks/", "get", True),
        ("/tasks/", "post", True),
        ("/tasks/{id}/", "put", False),
        ("/tasks/{id}/", "get", False),
        ("/tasks/{id}/finish/", "post", False),
    ):
        operation = paths[address][method]
        assert "401" in operation["responses"]
        assert ("403" in operation["responses"]) is not is_open, address
        assert ({} in operation["security"]) is is_open


def test_the_schema_of_a_bulk_action_says_what_its_single_action_asks() -> None:
    """Deleting many is for those who may delete one."""

    class View(BulkOperationMixin, TaskViewSet):
        authentication_classes = (BasicAuthentication,)

        @check_permissions(IsAdminUser)
        def destroy(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            return super().destroy(request, *args, **kwargs)

    paths = operations(View)
    assert "403" in paths["/tasks/bulk_delete/"]["delete"]["responses"]
    assert "403" not in paths["/tasks/bulk_create/"]["post"]["responses"]


def method(self: Any, request: Any) -> None:
    """What may be decorated."""


async def later(self: Any, request: Any) -> None:
    """What may not, as it is a coroutine function."""


def plain(request: Any) -> Response:
    """What may not, as it takes no view."""
    return Response({})


def attribute(self: Any) -> None:
    """What a property may be made of."""


@pytest.mark.parametrize(
    ("permissions", "message"),
    [
        ((), "wants at least one permission"),
        ((method,), "Name the permissions in parentheses"),
        (([IsAuthenticated],), "neither a class nor an instance of a permission"),
        ((Task,), "neither a class nor an instance of a permission"),
        ((None,), "neither a class nor an instance of a permission"),
        (("change_task",), "'app_label.codename'"),
    ],
)
def test_what_is_no_permission_is_refused_at_import(permissions: tuple[Any, ...], message: str) -> None:
    """Before any class is made of it."""
    with pytest.raises(ImproperlyConfigured, match=message):
        check_permissions(*permissions)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (Tasks, "for all of Tasks say permission_classes"),
        (later, "later is asynchronous"),
        (plain, "plain takes no view"),
        (api_view(["GET"])(plain), "is none"),
        (property(attribute), "is none"),
    ],
    ids=["class", "coroutine", "function", "api_view", "property"],
)
def test_what_is_no_action_is_refused_at_import(target: Any, message: str) -> None:
    """It could not be asked for."""
    with pytest.raises(ImproperlyConfigured, match=message):
        check_permissions(IsAuthenticated)(target)
