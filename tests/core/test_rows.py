"""Safe access to the rows of a view."""

from typing import Any

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db.models import Manager, QuerySet

from ironbolt.core.rows import AmbiguousLookup, are_related, checked, find, searchable
from tests.project.models import Bag, Chore, Label, Task

VIEW = type("Tasks", (), {})()


def test_rows_of_the_model_are_what_they_are() -> None:
    """A queryset of the right model is passed on, and so is plain data."""
    rows = Task.objects.all()
    assert checked(rows, VIEW, Task) is rows
    assert checked(rows, VIEW, None) is rows
    plain: list[Any] = [{"a": 1}]
    assert checked(plain, VIEW, Task) is plain


def test_manager_becomes_its_rows() -> None:
    """A manager in the place of a queryset stands for all rows."""
    assert isinstance(Task.objects, Manager)
    assert isinstance(checked(Task.objects, VIEW, Task), QuerySet)


@pytest.mark.parametrize(("rows", "reason"), [(None, "set queryset, or return"), (Task, "say Task.objects.all()")])
def test_no_rows_at_all(rows: Any, reason: str) -> None:
    """None and a model are told, with the name of the view and what to do."""
    with pytest.raises(ImproperlyConfigured, match=r"^Tasks ") as caught:
        checked(rows, VIEW, Task)
    assert reason in str(caught.value)


def test_family_of_a_model() -> None:
    """Parents, children and proxies are related; others are not."""
    proxy = type("Errand", (Task,), {"__module__": "tests.project.models", "Meta": type("Meta", (), {"proxy": True})})
    assert are_related(Task, Task)
    assert are_related(Chore, Task)
    assert are_related(Task, Chore)
    assert are_related(proxy, Task)
    assert not are_related(Task, Label)
    assert isinstance(checked(Chore.objects.all(), VIEW, Task), QuerySet)
    with pytest.raises(ImproperlyConfigured, match="Tasks is about Task, but its queryset is one of Label"):
        checked(Label.objects.all(), VIEW, Task)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "lookups",
    [{"pk": "abc"}, {"pk": {"a": 1}}, {"pk": [1]}, {"pk": 10**30}, {"label": 10**30}, {"code": "a\0b"}, {"pk": ""}],
    ids=repr,
)
def test_value_that_no_row_can_have(lookups: dict[str, Any]) -> None:
    """It is missing like any other that is not there."""
    with pytest.raises(Task.DoesNotExist):
        find(Task.objects.all(), lookups)


@pytest.mark.django_db
def test_identifier_that_is_none() -> None:
    """So is what is no UUID where rows are named by one."""
    with pytest.raises(Bag.DoesNotExist):
        find(Bag.objects.all(), {"pk": "not-a-uuid"})


@pytest.mark.django_db
def test_one_row_or_none() -> None:
    """The one row is found, several are a conflict."""
    task = Task.objects.create(title="a", code="A", owner_id="1")
    assert find(Task.objects.all(), {"owner_id": "1"}) == task
    Task.objects.create(title="b", code="B", owner_id="1")
    with pytest.raises(AmbiguousLookup):
        find(Task.objects.all(), {"owner_id": "1"})


@pytest.mark.django_db
def test_rows_that_can_not_be_searched() -> None:
    """Plain data, a slice and an unknown name are faults of the view, and told as such."""
    with pytest.raises(ImproperlyConfigured, match="Tasks finds its objects in list"):
        searchable([], VIEW)
    with pytest.raises(ImproperlyConfigured, match="in a slice"):
        searchable(Task.objects.all()[:5], VIEW)
    with pytest.raises(FieldError):
        find(Task.objects.all(), {"nickname": 1})


@pytest.mark.django_db
def test_fault_in_what_is_stored_is_no_missing_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ValueError while a row is read is not taken for a key that can't be."""
    task = Task.objects.create(title="a", code="A")

    def from_db(*args: Any, **kwargs: Any) -> Any:
        raise ValueError("broken")

    monkeypatch.setattr(Task, "from_db", classmethod(from_db))
    with pytest.raises(ValueError, match="broken"):
        find(Task.objects.all(), {"pk": task.pk})
