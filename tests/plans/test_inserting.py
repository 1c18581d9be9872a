"""Tests of inserting by a plan: the row and the instance are those that ``Model.save`` would have made."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Value
from django.db.models.functions import Upper
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext

from ironbolt.plans.inserting import insert, is_as_stored
from tests.project.models import Bag, Label, Task

pytestmark = pytest.mark.django_db


def test_a_row_is_inserted_by_one_statement() -> None:
    """The instance then has every value that its row has, defaults included."""
    task = Task(title="Write", code="a", effort="2.5")
    with CaptureQueriesContext(connection) as queries:
        assert insert(task, "default")
    assert len(queries) == 1
    stored = Task.objects.get()
    assert {**vars(task), "_state": None} == {**vars(stored), "_state": None}
    assert task.effort == Decimal("2.50")
    assert (task._state.adding, task._state.db) == (False, "default")
    assert is_as_stored(task)
    assert not is_as_stored(stored)


def test_a_key_of_ones_own_is_kept() -> None:
    """Whether the database would have made one, or Python has."""
    assert insert(Label(pk=77, name="seven"), "default")
    bag = Bag(name="x")
    assert insert(bag, "default")
    assert Label.objects.get(pk=77).name == "seven"
    assert Bag.objects.get(pk=bag.pk).name == "x"


def test_a_violation_is_the_databases_own_error() -> None:
    """It is raised as Model.save raises it, and the transaction can't go on as if nothing had been."""
    Label.objects.create(name="one")
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(Label(name="one"), "default")
    assert Label.objects.count() == 1


def test_django_saves_where_somebody_listens() -> None:
    """A receiver of a signal would not hear of the row."""

    def listen(**_: Any) -> None: ...

    post_save.connect(listen, sender=Label)
    try:
        assert not insert(Label(name="heard"), "default")
    finally:
        post_save.disconnect(listen, sender=Label)
    assert not Label.objects.exists()


def test_django_saves_what_is_an_expression() -> None:
    """A value that the database works out has SQL of its own."""
    assert not insert(Label(name=Upper(Value("loud"))), "default")


def test_django_saves_a_model_with_a_save_of_its_own() -> None:
    """Whatever it does beside saving must not be left out."""

    class Own(Label):
        class Meta:
            proxy = True
            app_label = "project"

        def save(self, *args: Any, **kwargs: Any) -> None:
            """Do something more."""
            super().save(*args, **kwargs)

    assert not insert(Own(name="own"), "default")
