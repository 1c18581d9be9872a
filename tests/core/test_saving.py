"""Writing to a row that was read before."""

import pytest
from django.db import DatabaseError, transaction

from ironbolt.core import saving
from tests.project.models import Chore, Task

pytestmark = pytest.mark.django_db


def test_only_what_was_sent_is_written() -> None:
    """Other columns keep what somebody else wrote, and what is set on the object beside is not written."""
    task = Task.objects.create(title="old", code="A", owner_id="1")
    Task.objects.update(owner_id="2")
    task.title, task.state = "new", "done"
    saving.update(task, {"title"})
    task.refresh_from_db()
    assert (task.title, task.owner_id, task.state) == ("new", "2", "open")


def test_what_changed_since_it_was_read_is_written_too() -> None:
    """With the columns as they were read, what differs counts as sent."""
    task = Task.objects.create(title="old", code="A", owner_id="1")
    before = saving.columns_of(task)
    Task.objects.update(owner_id="2")
    task.state = "done"
    saving.update(task, (), before)
    task.refresh_from_db()
    assert (task.owner_id, task.state) == ("2", "done")


@pytest.mark.parametrize("names", [(), ("title",), ("room",)], ids=str)
def test_row_that_has_gone(names: tuple[str, ...]) -> None:
    """A row that is not there any more is told so, and not written again."""
    chore = Chore.objects.create(title="Sweep", code="S", room="hall")
    Chore.objects.all().delete()
    with pytest.raises(Chore.DoesNotExist), transaction.atomic():
        saving.update(chore, names)
    assert not Task.objects.exists()


def test_errors_of_the_database_stay_what_they_are() -> None:
    """A broken constraint is no missing row."""
    Task.objects.create(title="a", code="A")
    other = Task.objects.create(title="b", code="B")
    other.code = "A"
    with pytest.raises(DatabaseError), transaction.atomic():
        saving.update(other, {"code"})
