"""Two transactions at one row, as a database with row locks has them."""

import threading
from typing import Any

import pytest
from django.db import connection

from tests.contract.tasks import DRFTasks, through_drf
from tests.contract.test_lost_writes import PlainSerializer
from tests.project.models import Task


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_plain_serializer_waits_for_the_other_writer() -> None:
    """A serializer that writes every column reads the row only when nobody else can write it."""
    if not connection.features.has_select_for_update:
        pytest.skip("This database has no row locks.")
    task = Task.objects.create(title="old", code="A", owner_id="1")
    read, written = threading.Event(), threading.Event()

    def before(self: Any, serializer: Any) -> None:
        read.set()
        written.wait(0.5)  # in vain: the other one waits for us

    def other() -> None:
        read.wait(5)
        Task.objects.filter(pk=task.pk).update(owner_id="2")
        written.set()
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    call = through_drf(before_perform_update=before, serializer_class=PlainSerializer)
    assert call("PATCH", task.pk, json={"title": "new"})[0] == 200
    thread.join()
    task.refresh_from_db()
    assert (task.title, task.owner_id) == ("new", "2")


def test_lock_is_not_asked_of_a_serializer_that_writes_what_was_sent() -> None:
    """Outside a unit, too, nothing is locked."""
    view = DRFTasks()
    view.action = "update"
    assert not view._must_lock(Task(pk=1))
