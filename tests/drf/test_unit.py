"""A write through this door is one unit of work."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from ironbolt.core import context
from ironbolt.core.scope import Scope
from ironbolt.core.unit import current_unit
from tests.drf.shop import LooseTaskSerializer, TaskViewSet, body_of, call
from tests.project.models import Label, Task

TASK = {"title": "Write", "code": "W"}


def view(**attributes: Any) -> type[Any]:
    """The viewset of tasks with something changed."""
    return type("View", (TaskViewSet,), attributes)


class Broken(BaseRenderer):
    media_type = "application/json"
    format = "json"

    def render(self, data: Any, media_type: str | None = None, context: Any = None) -> bytes:
        raise RuntimeError("no way to say this")


def refuse(self: Any, instance: Any, serializer: Any) -> None:
    """Raise after the write."""
    raise ValueError


def create_and_refuse(self: Any, request: Any) -> Response:
    """Write, then answer an error without raising."""
    Task.objects.create(**TASK)
    return Response({"sorry": True}, status=409)


@pytest.mark.parametrize(
    "attributes",
    [{"after_perform_create": refuse}, {"renderer_classes": (Broken,)}, {"create": create_and_refuse}],
    ids=["a hook raises", "the renderer raises", "an error is returned"],
)
@pytest.mark.django_db(transaction=True)
def test_refused_write_leaves_nothing(attributes) -> None:
    """Whatever goes wrong up to the last byte of the answer undoes the write."""
    assert call(view(**attributes), "POST", TASK).status_code >= 400
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_reading_opens_no_transaction() -> None:
    """A safe method runs outside of any unit."""
    seen: list[Any] = []

    def listing(self: Any, request: Any) -> Response:
        seen.append((current_unit(), connection.in_atomic_block))
        return Response([])

    call(view(list=listing), "GET")
    assert seen == [(None, False)]


@pytest.mark.django_db(transaction=True)
def test_checks_stand_before_the_unit() -> None:
    """A refused caller costs no transaction."""
    seen: list[bool] = []

    def check(self: Any, request: Any) -> None:
        seen.append(connection.in_atomic_block)

    call(view(check_permissions=check), "POST", TASK)
    assert seen == [False]


@pytest.mark.django_db(transaction=True)
def test_view_may_do_without_a_unit() -> None:
    """A view that must not hold a transaction says so."""
    seen: list[Any] = []

    def create(self: Any, request: Any) -> Response:
        seen.append(current_unit())
        return Response({})

    call(view(create=create, transactional=False), "POST", TASK)
    assert seen == [None]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"code": "taken"}, {"code": ["This value is already taken."]}),
        ({"label_id": 99}, {"label_id": ["No such object."]}),
        ({"watcher_ids": [98, 98]}, {"watcher_ids": ["No such object."]}),
        ({"effort": "101"}, {"effort": ["Too much work."]}),
    ],
    ids=["unique", "foreign key", "many to many", "check"],
)
@pytest.mark.row("V04")
@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.django_db(transaction=True)
def test_violated_constraint_is_told_by_public_names(method, changes, expected) -> None:
    """What the database refuses is a 409 by the client's own names, even where it is found at the commit."""
    Task.objects.create(title="Other", code="taken")
    mine = Task.objects.create(title="Mine", code="mine")
    data = {**TASK, **changes} if method == "POST" else changes
    response = call(TaskViewSet, method, data, pk=mine.pk if method == "PATCH" else None)
    assert response.status_code == 409
    assert body_of(response)["error"]["details"] == expected
    assert Task.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_answer_that_follows_a_dangling_key_is_a_conflict() -> None:
    """Following a key to nothing while answering is the conflict that it is, not a 404."""

    def look(self: Any, instance: Any, serializer: Any) -> None:
        str(instance.label)

    response = call(view(after_perform_create=look), "POST", {**TASK, "label_id": 99})
    assert response.status_code == 409
    assert body_of(response)["error"]["details"] == {"label_id": ["No such object."]}


@pytest.mark.django_db(transaction=True)
def test_object_that_is_really_missing_stays_a_404() -> None:
    """A lookup that fails for its own reasons stays what it is."""

    def look(self: Any, serializer: Any) -> None:
        raise ObjectDoesNotExist

    assert call(view(before_perform_create=look), "POST", TASK).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_plain_serializer_is_told_by_its_fields_too() -> None:
    """A plain ModelSerializer keeps its own 400 for what is unique; the rest is a 409 by public names."""
    Task.objects.create(title="Other", code="taken")
    loose = view(serializer_class=LooseTaskSerializer)
    assert call(loose, "POST", {"title": "a", "code": "taken"}).status_code == 400
    racing = view(serializer_class=LooseTaskSerializer, get_create_kwargs=lambda self, serializer: {"code": "taken"})
    response = call(racing, "POST", {"title": "a", "code": "b"})
    assert response.status_code == 409
    assert body_of(response)["error"]["details"] == {"code": ["This value is already taken."]}


@pytest.mark.row("V04")
@pytest.mark.django_db(transaction=True)
def test_field_without_a_public_name_stays_unnamed() -> None:
    """A violated column that the client has no name for is not named to it."""
    hidden = view(get_create_kwargs=lambda self, serializer: {"owner_id": "me"})
    assert call(hidden, "POST", TASK).status_code == 201
    response = call(hidden, "POST", {**TASK, "code": "other"})
    assert response.status_code == 409
    assert body_of(response)["error"]["details"] == {"title": ["These values are already taken together."]}


@pytest.mark.django_db(transaction=True)
def test_own_transactions_under_atomic_requests(client, settings) -> None:
    """Under ATOMIC_REQUESTS a view sees to them itself, so that a write is still one unit of its own."""
    function: Any = TaskViewSet.as_view({"get": "list"})
    assert function._non_atomic_requests == {"default"}


@pytest.mark.django_db
def test_caller_is_known_to_every_layer() -> None:
    """Once authenticated, the caller's id is in the context; an anonymous caller leaves none."""
    seen: list[str | None] = []

    def listing(self: Any, request: Any) -> Response:
        seen.append(context.current().user_id)
        return Response([])

    user = User.objects.create(username="somebody")
    with context.using(context.Context(trace_id="t")):
        call(view(list=listing), "GET", user=user)
        call(view(list=listing), "GET")
    assert seen == [str(user.pk), None]


@pytest.mark.django_db
def test_scope_narrows_the_rows() -> None:
    """A scope is applied to every row that a viewset looks at."""
    user = User.objects.create(username="somebody")
    mine = Task.objects.create(title="mine", code="1", owner_id=str(user.pk))
    other = Task.objects.create(title="other", code="2", owner_id="someone else")
    scoped = view(scope=Scope(("owner_id",), lambda caller: (caller.user_id or "",)))
    with context.using(context.Context(trace_id="t")):
        assert [row["id"] for row in body_of(call(scoped, "GET", user=user))["results"]] == [mine.pk]
        assert call(scoped, "GET", pk=other.pk, user=user).status_code == 404
        assert call(scoped, "PATCH", {"title": "x"}, pk=other.pk, user=user).status_code == 404


@pytest.mark.parametrize("key", ["abc", "10" * 20, "1_0", "+1", " 1", "\uff11", "1.0", "\x00", ""])
@pytest.mark.django_db
def test_key_that_is_none_is_not_found(key) -> None:
    """What can't be a key is a 404, even where Python would read a number from it."""
    Task.objects.create(pk=1, **TASK)
    Task.objects.create(pk=10, title="b", code="b")
    assert call(TaskViewSet, "GET", pk=key).status_code == 404


@pytest.mark.django_db
def test_labels_are_given_by_key() -> None:
    """References are written by key, each once, and read as keys."""
    labels = [Label.objects.create(name=name) for name in "ab"]
    keys = [labels[1].pk, labels[0].pk, labels[1].pk]
    response = call(TaskViewSet, "POST", {**TASK, "label_id": labels[0].pk, "watcher_ids": keys})
    assert response.status_code == 201
    assert body_of(response)["label_id"] == labels[0].pk
    assert sorted(body_of(response)["watcher_ids"]) == sorted(keys[:2])
