"""What is undone beside the unit of work: under ``ATOMIC_REQUESTS``, and in other databases."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, transaction
from django.utils.decorators import method_decorator
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from ironbolt.drf.bulk import BulkOperationMixin
from tests.drf.shop import TaskViewSet, call
from tests.project.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


def view(**attributes: Any) -> Any:
    """A viewset of tasks with something of its own."""
    return type("Tasks", (TaskViewSet,), attributes)


@pytest.fixture
def atomic(monkeypatch: pytest.MonkeyPatch) -> None:
    """``ATOMIC_REQUESTS`` for the usual database."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[str]:
    """The alias of a second database, with the tables of the tests in it."""
    engine = "django.db.backends.sqlite3"
    connections.settings["other"] = {**connections.settings[DEFAULT_DB_ALIAS], "ENGINE": engine, "OPTIONS": {}}
    connections.settings["other"]["NAME"] = tmp_path / "other.sqlite3"
    connections["other"].connect()  # which the guard of the tests knows nothing of
    with connections["other"].schema_editor() as editor:
        for model in apps.get_app_config(Task._meta.app_label).get_models():
            if not model._meta.proxy:
                editor.create_model(model)
    yield "other"
    connections["other"].close()
    del connections["other"], connections.settings["other"]


def write_and_fail(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
    """Leaves a row, and fails."""
    Task.objects.create(title="left over", code="L")
    raise RuntimeError("late")


def write_and_refuse(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
    """Leaves a row, and says no."""
    Task.objects.create(title="left over", code="L")
    return Response(status=409)


@pytest.mark.usefixtures("atomic")
def test_a_read_that_fails_leaves_nothing_under_atomic_requests() -> None:
    """As Django promises it of any view."""
    assert call(view(list=write_and_fail), "GET").status_code == 500
    assert not Task.objects.exists()


@pytest.mark.usefixtures("atomic")
def test_a_read_that_answers_an_error_keeps_what_it_did() -> None:
    """Nothing was raised: Django would commit, too."""
    assert call(view(list=write_and_refuse), "GET").status_code == 409
    assert Task.objects.exists()


def test_a_read_has_no_transaction_where_nobody_asks_for_one() -> None:
    """Without ``ATOMIC_REQUESTS``."""
    assert call(view(list=write_and_fail), "GET").status_code == 500
    assert Task.objects.exists()


@pytest.mark.usefixtures("atomic")
@pytest.mark.parametrize("said", ["non_atomic_requests", "transactional"])
def test_a_view_may_do_without(said: str) -> None:
    """In Django's words, or in ours."""
    made = view(list=write_and_fail, transactional=said != "transactional")
    if said == "non_atomic_requests":
        made = method_decorator(transaction.non_atomic_requests, name="dispatch")(made)
    assert call(made, "GET").status_code == 500
    assert Task.objects.exists()


def late(self: Any, *args: Any) -> None:
    """A hook that fails after the write."""
    raise RuntimeError("late")


def test_rows_of_another_database_are_in_the_unit(other: str) -> None:
    """What fails leaves them as they were: changed, deleted and new ones."""
    Task.objects.using(other).create(title="before", code="B")
    rows = Task.objects.using(other)
    failing = view(queryset=rows, after_perform_update=late, after_perform_destroy=late, after_perform_create=late)
    pk = rows.get().pk
    for method, data, key in (
        ("PATCH", {"title": "after"}, pk),
        ("DELETE", None, pk),
        ("POST", {"title": "new", "code": "N"}, None),
    ):
        assert call(failing, method, data, pk=key).status_code == 500
        assert [*rows.values_list("title", flat=True)] == ["before"]
        assert not Task.objects.exists()  # where the router sends new ones


def test_another_database_is_undone_under_atomic_requests(other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal of a write undoes what was written there beside the unit."""
    monkeypatch.setitem(connections[other].settings_dict, "ATOMIC_REQUESTS", True)

    def create(self: Any, request: Any) -> Response:
        Task.objects.using(other).create(title="left over", code="L")
        return Response(status=409)

    assert call(view(create=create), "POST", {}).status_code == 409
    assert not Task.objects.using(other).exists()


def test_new_rows_are_in_the_unit_where_the_router_sends_them(other: str) -> None:
    """Whatever database the queryset names: single ones, and many at once."""
    seen: list[tuple[str, bool]] = []

    def after_commit_create(self: Any, instance: Any) -> None:
        seen.append((instance._state.db, connections[instance._state.db].in_atomic_block))

    class Tasks(BulkOperationMixin, TaskViewSet):
        queryset = Task.objects.using(other)

    Tasks.after_commit_create = after_commit_create  # type: ignore[method-assign]  # a hook
    assert call(Tasks, "POST", {"title": "a", "code": "a"}).status_code == 201
    assert call(Tasks, "POST", [{"title": "b", "code": "b"}, {"title": "c", "code": "c"}]).status_code == 201
    assert Task.objects.count() == 3
    assert not Task.objects.using(other).exists()
    assert seen == [(DEFAULT_DB_ALIAS, False)] * 3


class Replicas:
    """Reads in the one database, writes in the other."""

    def db_for_write(self, model: Any, **hints: Any) -> str:
        """The usual one."""
        return DEFAULT_DB_ALIAS


def test_rows_of_a_replica_are_written_where_the_router_says(other: str, settings: Any) -> None:
    """As ``save()`` asks it of every row."""
    settings.DATABASE_ROUTERS = [Replicas()]
    rows = [Task.objects.create(title=code, code=code) for code in "ab"]
    for row in rows:
        Task(pk=row.pk, title=row.title, code=row.code).save(using=other, force_insert=True)
    view_of_replica: Any = type("Tasks", (BulkOperationMixin, TaskViewSet), {"queryset": Task.objects.using(other)})
    assert call(view_of_replica, "PATCH", {"title": "new"}, pk=rows[0].pk).status_code == 200
    function = view_of_replica.as_view({"delete": "bulk_delete"})
    request = APIRequestFactory().delete("/", {"ids": [rows[1].pk]}, format="json")
    assert function(request).status_code == 200
    assert [*Task.objects.values_list("title", flat=True)] == ["new"]
    assert [*Task.objects.using(other).values_list("title", flat=True)] == ["a", "b"]


def test_a_swallowed_error_beside_the_unit_is_no_success(other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Django would only undo what stands in that database, and say nothing."""
    monkeypatch.setitem(connections[other].settings_dict, "ATOMIC_REQUESTS", True)

    def create(self: Any, request: Any) -> Response:
        Task.objects.using(other).create(title="a", code="a")
        with suppress(IntegrityError), transaction.atomic(using=other, savepoint=False):
            Task.objects.using(other).create(title="b", code="a")
        Task.objects.create(title="kept?", code="k")
        return Response(status=201)

    assert call(view(create=create), "POST", {}).status_code == 500
    assert not Task.objects.exists()
    assert not Task.objects.using(other).exists()
