"""Tests of how a violated constraint is told by its fields."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from ironbolt.core.integrity import Attempt, details_of, explain
from tests.project.models import Bag, Chore, Label, Receipt, Task

pytestmark = pytest.mark.django_db(transaction=True)

TAKEN = ["This value is already taken."]
TOGETHER = ["These values are already taken together."]


def told(*written: Model, model: type[Model] | None = None, names: dict[str, str] | None = None) -> dict[str, Any]:
    """What the error says that writing these objects raises."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        for instance in written:
            instance.save(force_insert=True)
    last = written[-1]
    explain(caught.value, model or type(last), attempts=[Attempt(last)], public_names=names)
    return details_of(caught.value)


def test_error_that_nobody_explained_has_no_details() -> None:
    """Without an explanation there are no details to tell."""
    assert details_of(IntegrityError("UNIQUE constraint failed: secret.column")) == {}


def test_public_names_replace_those_of_the_model() -> None:
    """The client hears the name that it knows."""
    task = {"owner_id": "1", "code": "same"}
    details = told(Task(title="a", **task), Task(title="b", **task), names={"code": "shortCode"})
    assert details == {"shortCode": TAKEN}


def test_violation_in_another_table_names_no_field() -> None:
    """A hook that breaks a constraint of another table does not blame a field of the same name."""
    chore = Chore(title="Sweep", code="S", room="hall")
    assert told(chore, Receipt(chore=chore, title="x"), Receipt(chore=chore, title="x"), model=Task) == {}


def test_unique_expression_is_told_by_its_fields() -> None:
    """A constraint over an expression names the fields inside."""
    expected = {"name": TAKEN, "level": TAKEN}
    assert told(Bag(name="Red", level=1), Bag(name="RED", level=1)) == expected


def test_violation_in_the_table_of_a_parent_is_told() -> None:
    """With multi-table inheritance the parent's columns and constraints belong to the child too."""
    Task.objects.create(title="Sweep", code="S")
    assert told(Chore(title="Other", code="S", room="hall")) == {"code": TAKEN}
    assert told(Chore(title="Sweep", code="T", room="hall")) == {"title": TOGETHER, "owner_id": TOGETHER}
    assert told(Chore(title="Other", code="T", room="hall", effort=101)) == {"effort": ["Too much work."]}
    assert told(Chore(title="Other", code="T", room="Attic")) == {"room": ["Nobody goes there."]}


def test_dangling_key_to_another_column_than_the_primary_key_is_found() -> None:
    """A foreign key may point to any unique column; the one that dangles is named, the other not."""
    Label.objects.create(name="here")
    assert told(Bag(label_id="nowhere")) == {"label": ["No such object."]}
    Bag.objects.create(label_id="here")


def test_null_is_told_by_its_column() -> None:
    """A column without a value is named."""
    nameless = Label(name=None)  # type: ignore[misc]  # the point
    assert told(nameless) == {"name": ["This field may not be null."]}


def test_deleting_what_others_refer_to_names_no_field() -> None:
    """A deletion that the database refuses is about no field of the deleted object."""
    label = Label.objects.create(name="kept")
    Task.objects.create(title="a", code="a", label=label)
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM testproject_label")
    explain(caught.value, Label)
    assert details_of(caught.value) == {}
