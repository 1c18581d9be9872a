"""Whether rows are written together, by what their model says."""

from typing import Any

import pytest
from django.db.models.signals import m2m_changed, pre_save

from ironbolt.features.bulk import Draft, Kind
from ironbolt.features.bulk.eligibility import needs_rows, references_need_rows
from tests.project.models import Chore, Label, Task

KINDS: list[Kind] = ["create", "update", "destroy"]


def needed(model: Any) -> list[bool]:
    """Whether each kind of writing needs rows."""
    return [needs_rows(model, kind) for kind in KINDS]


def test_plain_models_are_written_together() -> None:
    """A model of Django's own ways needs no row by itself."""
    assert needed(Task) == [False, False, False]


def test_parents_want_rows() -> None:
    """Two tables want two statements; deleting from both, Django does together."""
    assert needed(Chore) == [True, True, False]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("save", [True, True, False]), ("save_base", [True, True, False]), ("delete", [False, False, True])],
)
def test_methods_of_the_models_own_want_rows(monkeypatch: Any, name: str, expected: list[bool]) -> None:
    """A method that somebody wrote is called for each row."""
    monkeypatch.setattr(Task, name, lambda self, *args, **kwargs: None)
    assert needed(Task) == expected


def test_receivers_want_rows() -> None:
    """A receiver of the model's signals hears of each row; those of a deletion Django sends in any case."""

    def receive(**_: Any) -> None: ...

    pre_save.connect(receive, sender=Task)
    try:
        assert needed(Task) == [True, True, False]
        assert needed(Label) == [False, False, False]
    finally:
        pre_save.disconnect(receive, sender=Task)


def test_receivers_of_relations_want_rows() -> None:
    """A receiver of a relation's changes hears of each row that sets it."""

    def receive(**_: Any) -> None: ...

    sets = [Draft(Task(), frozenset(), {"watchers": [1]})]
    assert not references_need_rows(sets)
    m2m_changed.connect(receive, sender=Task.watchers.through)
    try:
        assert references_need_rows(sets)
        assert not references_need_rows([Draft(Task(), frozenset())])
    finally:
        m2m_changed.disconnect(receive, sender=Task.watchers.through)
