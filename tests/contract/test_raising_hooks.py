"""What a hook that raises undoes, which is all of it, and what reaches the client, through both doors."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from ironbolt.core.errors import ApiError
from tests.contract.tasks import do
from tests.contract.test_hooks import ACTIONS, state
from tests.project.models import Label, Task

pytestmark = pytest.mark.django_db(transaction=True)


class Refusal(ApiError):
    """An error of the project's own."""

    status = 418
    code = "teapot"


REFUSALS: dict[str, tuple[Callable[[], Exception], int, str, dict[str, list[str]]]] = {
    "validation": (
        lambda: ValidationError({"title": ["Too plain."]}),
        400,
        "validation_error",
        {"title": ["Too plain."]},
    ),
    "permission": (lambda: PermissionDenied("Not you."), 403, "permission_denied", {}),
    "missing": (Task.DoesNotExist, 404, "not_found", {}),
    "conflict": (lambda: IntegrityError("task.secret"), 409, "integrity_error", {}),
    "own": (Refusal, 418, "teapot", {}),
    "fault": (lambda: RuntimeError("task.secret"), 500, "server_error", {}),
}

HOOKS = {
    "create": ("before_perform_create", "get_create_kwargs", "after_perform_create"),
    "update": (
        *("before_perform_list", "after_perform_list"),
        *("before_perform_update", "get_update_kwargs", "after_perform_update"),
    ),
    "destroy": ("before_perform_list", "after_perform_list", "before_perform_destroy", "after_perform_destroy"),
    "list": ("before_perform_list", "after_perform_list"),
    "retrieve": (
        *("before_perform_list", "after_perform_list"),
        *("before_perform_retrieve", "after_perform_retrieve"),
    ),
}


def everything() -> Any:
    """All rows there are, and all that leads from one to another."""
    return (
        [*Task.objects.order_by("pk").values_list("code", "title", "owner_id", "label__name")],
        [*Task.watchers.through.objects.order_by("pk").values_list("task__code", "label__name")],
        {*Label.objects.values_list("name", flat=True)},
    )


@pytest.mark.parametrize(("action", "name"), [(action, name) for action, names in HOOKS.items() for name in names])
def test_what_a_hook_raises_is_the_answer_and_nothing_else_is_left(
    through: Any, task: Task, action: str, name: str
) -> None:
    """In whatever hook: the same status, code and details in both doors, and rows, columns and relations as before."""
    seen = Label.objects.create(name="seen")
    task.watchers.add(seen)
    before = everything()
    raised: list[Callable[[], Exception]] = []

    def raising(view: Any, *args: Any) -> Any:
        if action in ACTIONS:  # a read has no transaction
            Label.objects.create(name="trace")
            task.watchers.set([Label.objects.get(name="trace")])
            Task.objects.filter(pk=task.pk).update(owner_id="thief")
        raise raised[-1]()  # noqa: RSE102 - what is called gives the error

    def committed(view: Any, instance: Any) -> None:
        raise AssertionError("nothing was committed")

    more = {"owner_id": "7", "label": seen, "watchers": []}
    others = {f"get_{kind}_kwargs": lambda view, *args: more for kind in ("create", "update")}
    late = {f"after_commit_{kind}": committed for kind in ACTIONS}
    call = through(**{**others, **late, name: raising})
    for make, status, code, details in REFUSALS.values():
        raised.append(make)
        answered, body = do(call, action, task)
        assert (answered, body["error"]["code"], body["error"]["details"]) == (status, code, details)
        assert "secret" not in str(body)
        assert everything() == before


def test_coroutine_that_raises_undoes_what_it_has_awaited(through: Any, task: Task) -> None:
    """A hook on the event loop writes in the same transaction."""

    async def after_perform_update(view: Any, *args: Any) -> None:
        await Label.objects.acreate(name="trace")
        raise PermissionDenied

    assert do(through(after_perform_update=after_perform_update), "update", task)[0] == 403
    assert state() == [("A", "there")]


def test_work_for_after_the_commit_of_what_was_undone_is_forgotten(through: Any, task: Task) -> None:
    """Neither hooks nor Django's own ``on_commit`` run for a write that never was."""
    seen: list[str] = []

    def after_perform_update(view: Any, *args: Any) -> None:
        transaction.on_commit(lambda: seen.append("on_commit"))
        raise PermissionDenied

    assert do(through(after_perform_update=after_perform_update), "update", task)[0] == 403
    assert do(through(), "update", task)[0] == 200
    assert seen == []


def test_swallowed_error_of_the_database_is_no_success(through: Any, task: Task) -> None:
    """What can only be undone is not answered as if it were done, whoever has caught the error."""
    before = everything()

    def swallowing(view: Any, *args: Any) -> None:
        Label.objects.create(name="trace")
        with suppress(IntegrityError):
            Label.objects.create(name="trace")

    call = through(after_perform_update=swallowing)
    answered, body = do(call, "update", task)
    assert (answered, body["error"]["code"]) == (500, "db_error")
    assert everything() == before


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite undoes the one statement and goes on")
def test_transaction_that_the_database_gave_up_is_no_success(through: Any, task: Task) -> None:
    """Django does not mark one after an error of ``update()``; PostgreSQL would answer its commit by a rollback."""
    before = everything()

    def swallowing(view: Any, *args: Any) -> None:
        with suppress(IntegrityError):
            Task.objects.update(owner_id=None)

    answered, body = do(through(after_perform_update=swallowing), "update", task)
    assert (answered, body["error"]["code"]) == (500, "db_error")
    assert everything() == before
