"""Tests of the order of hooks around a write."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.core import lifecycle
from ironbolt.core.unit import current_unit, unit_of_work
from tests.project.models import Label


class View:
    """Notes which hooks were called, and raises in the one that is told to."""

    def __init__(self, raising: str = "") -> None:
        self.seen: list[Any] = []
        self.raising = raising

    def __getattr__(self, name: str) -> Any:
        def hook(*args: Any) -> None:
            self.seen.append((name, *args))
            if name == self.raising:
                raise RuntimeError(name)

        return hook


@pytest.fixture
def label(db: None) -> Label:
    """A row to work on."""
    return Label.objects.create(name="a")


@pytest.mark.django_db(transaction=True)
def test_hooks_of_a_create_surround_the_save() -> None:
    """Before → save → after → commit → after commit."""
    view = View()
    with unit_of_work():
        made = lifecycle.create(view, "sent", lambda: Label.objects.create(name="new"))
        view.seen.append("commit")
    assert view.seen == [
        ("before_perform_create", "sent"),
        ("after_perform_create", made, "sent"),
        "commit",
        ("after_commit_create", made),
    ]


def test_hooks_of_an_update_get_what_the_door_gives_them(label: Label) -> None:
    """What stands before the change is up to the door."""
    view = View()
    lifecycle.update(view, (label, "sent"), "sent", lambda: label)
    assert view.seen == [
        ("before_perform_update", label, "sent"),
        ("after_perform_update", label, "sent"),
        ("after_commit_update", label),
    ]


def test_deleted_object_keeps_its_key(label: Label) -> None:
    """The hooks after a deletion can name what was deleted."""
    view, key = View(), label.pk
    lifecycle.destroy(view, label, label.delete)
    assert [name for name, _ in view.seen] == [
        "before_perform_destroy",
        "after_perform_destroy",
        "after_commit_destroy",
    ]
    assert label.pk == key
    assert not Label.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("raising", ["before_perform_create", "after_perform_create"])
def test_hook_that_raises_undoes_the_write(raising: str) -> None:
    """Nothing is kept, and nothing runs after a commit that never was."""
    view = View(raising)
    with pytest.raises(RuntimeError), unit_of_work():
        lifecycle.create(view, None, lambda: Label.objects.create(name="new"))
    assert not Label.objects.exists()
    assert "after_commit_create" not in {name for name, *_ in view.seen}


@pytest.mark.django_db(transaction=True)
def test_hook_after_the_commit_can_no_longer_fail_the_write(caplog) -> None:
    """What it raises is logged, and the write stays."""
    with unit_of_work():
        lifecycle.create(View("after_commit_create"), None, lambda: Label.objects.create(name="new"))
    assert Label.objects.count() == 1
    assert "after_commit_create" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_hook_after_the_commit_can_write_in_a_unit_of_its_own() -> None:
    """The unit is over by then: a new one is a transaction of its own, which can be undone."""

    def follow_up(instance: Label) -> None:
        assert current_unit() is None
        with unit_of_work() as unit:
            Label.objects.create(name="undone")
            unit.roll_back()
        with unit_of_work():
            Label.objects.create(name="followed")

    view = View()
    view.after_commit_create = follow_up  # type: ignore[attr-defined]  # found before __getattr__ is asked
    with unit_of_work():
        lifecycle.create(view, None, lambda: Label.objects.create(name="new"))
    assert sorted(Label.objects.values_list("name", flat=True)) == ["followed", "new"]


class Reader:
    """A view with hooks of its own around reading, as plain or coroutine functions."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def before_perform_list(self, rows: list[int]) -> list[int]:
        """Leave out the first."""
        return rows[1:]

    async def after_perform_list(self, rows: list[int]) -> list[int]:
        """Leave out the last."""
        return rows[:-1]

    async def before_perform_retrieve(self, found: Any) -> None:
        """Note it."""
        self.seen.append(("before", found))

    def after_perform_retrieve(self, found: Any) -> None:
        """Note it."""
        self.seen.append(("after", found))


def test_list_hooks_surround_the_filter() -> None:
    """Each gets what the one before it gave; without a filter the hooks stand alone."""
    assert lifecycle.narrow(Reader(), [1, 2, 3, 4], lambda rows: [number * 10 for number in rows]) == [20, 30]
    assert lifecycle.narrow(Reader(), [1, 2, 3, 4]) == [2, 3]


def test_retrieve_hooks_surround_the_answer() -> None:
    """Before → answer → after."""
    view = Reader()
    assert lifecycle.retrieve(view, 1, lambda: list(view.seen)) == [("before", 1)]
    assert view.seen == [("before", 1), ("after", 1)]


@pytest.mark.parametrize("given", [None, "owner", 1])
def test_more_values_are_a_dict(given: Any) -> None:
    """Anything else is a fault that names the hook."""
    view = type("Tasks", (), {"get_create_kwargs": lambda self, data: given})()
    with pytest.raises(ImproperlyConfigured, match=r"Tasks\.get_create_kwargs must return a dict"):
        lifecycle.more_values(view, "get_create_kwargs", None)


@pytest.mark.django_db(transaction=True)
def test_coroutine_after_the_commit_is_awaited() -> None:
    """Hooks after the commit may be coroutine functions too, with a unit or without."""
    view, seen = View(), []

    async def follow_up(instance: Label) -> None:
        seen.append(instance.name)

    view.after_commit_create = follow_up  # type: ignore[attr-defined]  # found before __getattr__ is asked
    with unit_of_work():
        lifecycle.create(view, None, lambda: Label.objects.create(name="one"))
        assert seen == []
    lifecycle.create(view, None, lambda: Label.objects.create(name="two"))
    assert seen == ["one", "two"]


def test_hooks_of_a_destroy_over_plain_data() -> None:
    """What is no row is deleted between the same hooks."""
    view, store = View(), {"a": 1}
    lifecycle.destroy(view, "a", lambda: store.pop("a"))  # type: ignore[arg-type]  # plain data
    assert store == {}
    assert [name for name, _ in view.seen] == [
        "before_perform_destroy",
        "after_perform_destroy",
        "after_commit_destroy",
    ]
