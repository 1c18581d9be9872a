"""The hooks of a viewset, with the names and signatures of the guide."""

from typing import Any

import pytest
from rest_framework.exceptions import PermissionDenied
from rest_framework.viewsets import ModelViewSet

from ironbolt.drf.base import EnvelopedResponse
from ironbolt.drf.views import BaseViewSetMixin
from tests.drf.shop import TaskSerializer, TaskViewSet, body_of, call
from tests.project.models import Task

TASK = {"title": "Write", "code": "W"}


def watched(log: list[str]) -> type[Any]:
    """A viewset that writes down which hook saw what."""

    def hook(name: str) -> Any:
        def record(self: Any, *args: Any) -> Any:
            log.append(f"{name} {Task.objects.filter(code='W').count()}")
            return args[0] if name.endswith("list") else None

        return record

    names = [f"{when}_perform_{what}" for when in ("before", "after") for what in WHAT]
    names += [f"after_commit_{what}" for what in ("create", "update", "destroy")]
    return type("Watched", (TaskViewSet,), {name: hook(name) for name in names})


WHAT = ("create", "update", "destroy", "list", "retrieve")


@pytest.mark.django_db(transaction=True)
def test_hooks_run_in_the_order_of_the_guide() -> None:
    """Each action runs its hooks before, after, and once the work is durable."""
    log: list[str] = []
    view = watched(log)
    pk = body_of(call(view, "POST", TASK))["id"]
    assert log == ["before_perform_create 0", "after_perform_create 1", "after_commit_create 1"]
    log.clear()
    call(view, "PATCH", {"title": "b"}, pk=pk)
    assert [line.split()[0] for line in log] == [
        "before_perform_list",
        "after_perform_list",
        "before_perform_update",
        "after_perform_update",
        "after_commit_update",
    ]
    log.clear()
    call(view, "GET", pk=pk)
    assert [line.split()[0] for line in log][2:] == ["before_perform_retrieve", "after_perform_retrieve"]
    log.clear()
    call(view, "GET")
    assert [line.split()[0] for line in log] == ["before_perform_list", "after_perform_list"]
    log.clear()
    assert call(view, "DELETE", pk=pk).status_code == 204
    assert log[2:] == ["before_perform_destroy 1", "after_perform_destroy 0", "after_commit_destroy 0"]


@pytest.mark.django_db
def test_save_takes_more_arguments() -> None:
    """get_create_kwargs and get_update_kwargs add what the client may not say."""

    class View(TaskViewSet):
        def get_create_kwargs(self, serializer: Any) -> dict[str, Any]:
            return {"owner_id": "maker"}

        def get_update_kwargs(self, serializer: Any) -> dict[str, Any]:
            return {"owner_id": "editor"}

    pk = body_of(call(View, "POST", TASK))["id"]
    assert Task.objects.get(pk=pk).owner_id == "maker"
    call(View, "PUT", TASK, pk=pk)
    assert Task.objects.get(pk=pk).owner_id == "editor"


@pytest.mark.django_db
def test_hooks_are_given_what_the_guide_says() -> None:
    """Before a write a hook sees the valid serializer, after it the object and the serializer."""
    seen: list[Any] = []

    class View(TaskViewSet):
        def before_perform_update(self, serializer: Any) -> None:
            seen.append((serializer.instance.title, serializer.validated_data["title"]))

        def after_perform_update(self, instance: Any, serializer: Any) -> None:
            seen.append((instance.title, serializer.instance is instance))

        def after_perform_destroy(self, instance: Any) -> None:
            seen.append(instance.pk)

    task = Task.objects.create(**TASK)
    call(View, "PATCH", {"title": "new"}, pk=task.pk)
    call(View, "DELETE", pk=task.pk)
    assert seen == [("Write", "new"), ("new", True), task.pk]


@pytest.mark.django_db
def test_list_hook_guards_the_details() -> None:
    """What the list hook leaves out is not found by its key either."""

    class View(TaskViewSet):
        def before_perform_list(self, queryset: Any) -> Any:
            return queryset.exclude(state="done")

    hidden = Task.objects.create(**TASK, state="done")
    assert call(View, "GET", pk=hidden.pk).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_refusal_in_a_hook_undoes_nothing_but_its_own_work() -> None:
    """A hook that refuses a deletion leaves the object, and no after-commit hook runs."""
    done: list[Any] = []

    class View(TaskViewSet):
        def after_perform_destroy(self, instance: Any) -> None:
            raise PermissionDenied

        def after_commit_destroy(self, instance: Any) -> None:
            done.append(instance)

    task = Task.objects.create(**TASK)
    assert call(View, "DELETE", pk=task.pk).status_code == 403
    assert Task.objects.filter(pk=task.pk).exists()
    assert done == []


@pytest.mark.django_db
def test_mixin_in_front_of_a_plain_viewset() -> None:
    """Two lines are enough: the mixin in front of a ModelViewSet, bare data as ever."""

    class View(BaseViewSetMixin, ModelViewSet[Any]):
        queryset = Task.objects.all()
        serializer_class = TaskSerializer
        permission_classes = ()

    response = call(View, "POST", TASK)
    assert response.status_code == 201
    assert body_of(response)["title"] == "Write"
    assert call(View, "POST", {}).status_code == 400


@pytest.mark.django_db
def test_envelope_holds_every_success_with_a_body() -> None:
    """With envelope = True a success is wrapped, a page too; a deletion stays empty."""
    view = type("View", (TaskViewSet,), {"envelope": True})
    made = body_of(call(view, "POST", TASK))
    assert made["message"] == "Success"
    assert body_of(call(view, "GET"))["data"]["results"] == [made["data"]]
    response = call(view, "DELETE", pk=made["data"]["id"])
    assert (response.status_code, response.content) == (204, b"")
    assert set(body_of(call(view, "GET", pk=1))) == {"error"}


@pytest.mark.parametrize("envelope", [True, False])
def test_success_response_is_wrapped_once(envelope) -> None:
    """success_response makes the envelope, with its own message, whether or not the view would."""
    attributes = {
        "envelope": envelope,
        "list": lambda self, request: self.success_response({"a": 1}, "Published.", 202, headers={"X-A": "b"}),
    }
    response = call(type("View", (TaskViewSet,), attributes), "GET")
    assert isinstance(response, EnvelopedResponse)
    assert (response.status_code, response.headers["X-A"]) == (202, "b")
    assert body_of(response) == {"message": "Published.", "data": {"a": 1}}


def test_success_without_a_body_has_none() -> None:
    """A success of 204 has no body, whatever it was given."""
    view = type("View", (TaskViewSet,), {"list": lambda self, request: self.success_response({}, status_code=204)})
    assert call(view, "GET").content == b""
