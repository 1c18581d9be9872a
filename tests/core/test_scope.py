"""Tests of which rows a caller may see."""

from functools import partial

import pytest

from ironbolt.core.context import Context
from ironbolt.core.scope import Scope
from tests.project.models import Bag, Label, Task

pytestmark = pytest.mark.django_db

OWN = Scope(("owner_id",), lambda context: (context.user_id,))
OPEN = Scope(("state",), lambda context: ("open",))


@pytest.fixture(autouse=True)
def tasks() -> None:
    """Two owners, with an open and a done task each, and a task of nobody's."""
    for owner in ("1", "2", ""):
        for state in ("open", "done"):
            Task.objects.create(title=state, code=f"{owner}{state}", owner_id=owner, state=state)


def bound(value: str, context: Context) -> tuple[str]:
    """The same value for everybody."""
    return (value,)


def codes(scope: Scope, user_id: str | None) -> list[str]:
    """What a user sees."""
    rows = scope.apply(Task.objects.all(), Context(trace_id="-", user_id=user_id))
    return sorted(task.code for task in rows)


def test_caller_sees_what_equals_the_bound_value() -> None:
    """Each owner sees their own rows."""
    assert codes(OWN, "1") == ["1done", "1open"]
    assert codes(OWN, "2") == ["2done", "2open"]


def test_two_scopes_hold_at_once() -> None:
    """Scopes combine, and keep their own values."""
    assert codes(OWN & OPEN, "2") == ["2open"]


def test_two_scopes_may_look_at_the_same_column() -> None:
    """What one scope leaves out does not come back because another one names the same column."""
    nobodys = Scope(("owner_id",), lambda context: ("",))
    assert codes(OWN & nobodys, "1") == []
    assert codes(nobodys & OWN, "1") == []
    assert codes(OWN & OWN & OPEN, "1") == ["1open"]
    assert codes(Scope(("state", "state"), lambda context: ("open", "done")), "1") == []


def test_two_scopes_over_a_relation_to_many() -> None:
    """Each scope finds a related row of its own."""
    first, second = (Label.objects.create(name=name) for name in ("first", "second"))
    task = Task.objects.get(code="1open")
    task.watchers.set([first, second])
    one, two, other = (Scope(("watchers__name",), partial(bound, name)) for name in ("first", "second", "third"))
    assert codes(one & two, "1") == ["1open"]
    assert codes(one & other, "1") == []


def test_nobody_sees_nothing() -> None:
    """A caller without an id sees no rows, and above all not those that belong to nobody."""
    Bag.objects.create(label=None)
    Bag.objects.create(label=Label.objects.create(name="1"))
    own = Scope(("label_id",), lambda context: (context.user_id,))
    assert codes(OWN, None) == []
    assert not own.apply(Bag.objects.all(), Context(trace_id="-")).exists()
    assert own.apply(Bag.objects.all(), Context(trace_id="-", user_id="1")).count() == 1


def test_lookups_and_values_must_match() -> None:
    """A binder that gives too few values is an error, not a wider view."""
    with pytest.raises(ValueError, match="shorter"):
        codes(Scope(("owner_id", "state"), lambda context: (context.user_id,)), "1")
