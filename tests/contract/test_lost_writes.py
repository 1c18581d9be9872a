"""Two writers at one row, through both doors: nobody's write is lost, and what has gone stays gone."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework import serializers

from tests.contract.tasks import Call, through_bolt, through_drf
from tests.project.models import Task

pytestmark = pytest.mark.django_db


class PlainSerializer(serializers.ModelSerializer[Task]):
    """One of REST framework's own, which writes every column."""

    class Meta:
        model = Task
        fields = ("id", "title", "code")


def meanwhile(what: Callable[[int], object]) -> dict[str, Any]:
    """A view whose hook does what another request would do between reading and writing."""

    def on_update(self: Any, subject: Any, *data: Any) -> None:
        what(subject.instance.pk if hasattr(subject, "instance") else subject.pk)

    def on_destroy(self: Any, instance: Any) -> None:
        what(instance.pk)

    return {"before_perform_update": on_update, "before_perform_destroy": on_destroy}


@pytest.fixture(params=[through_drf, through_bolt], ids=["drf", "bolt"])
def through(request: pytest.FixtureRequest) -> Callable[..., Call]:
    """Each door in turn."""
    door: Callable[..., Call] = request.param
    return door


@pytest.fixture
def task() -> Task:
    """A task to fight over."""
    return Task.objects.create(title="old", code="A", owner_id="1")


@pytest.mark.row("B09")
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_columns_that_were_not_sent_keep_what_others_wrote(through, task: Task, method: str) -> None:
    """An update writes what was sent; a column that somebody else changes meanwhile keeps their value."""
    call = through(**meanwhile(lambda pk: Task.objects.filter(pk=pk).update(owner_id="2", effort=7)))
    assert call(method, task.pk, json={"title": "new", "code": "B"})[0] == 200
    task.refresh_from_db()
    assert (task.title, task.code, task.owner_id) == ("new", "B", "2")
    assert task.effort == 7


@pytest.mark.parametrize("body", [{"title": "new"}, {}], ids=["a field", "nothing"])
def test_row_that_has_gone_is_not_written_back(through, task: Task, body: dict[str, Any]) -> None:
    """An update of a row that somebody deletes meanwhile is a 404, and the row stays deleted."""
    call = through(**meanwhile(lambda pk: Task.objects.filter(pk=pk).delete()))
    assert call("PATCH", task.pk, json=body)[0] == 404


def test_row_that_has_gone_is_not_deleted_twice(through, task: Task) -> None:
    """Of two who delete a row at once, the second is told that it is not there."""
    call = through(**meanwhile(lambda pk: Task.objects.filter(pk=pk).delete()))
    assert call("DELETE", task.pk)[0] == 404


def test_what_a_hook_sets_on_the_object_is_written(task: Task) -> None:
    """A hook of the DRF door may change the object itself, whatever was sent."""

    def before(self: Any, serializer: Any) -> None:
        serializer.instance.owner_id = "hook"

    assert through_drf(before_perform_update=before)("PATCH", task.pk, json={"title": "new"})[0] == 200
    task.refresh_from_db()
    assert (task.title, task.owner_id) == ("new", "hook")
