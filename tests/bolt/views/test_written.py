"""Tests of the row that was just written, read again for the answer."""

from typing import Any

import msgspec
import pytest
from django.db import models

from ironbolt.bolt.views.written import WrittenRow
from ironbolt.plans.refusal import CannotPlan
from tests.project.models import Label

pytestmark = pytest.mark.django_db


class LabelOut(msgspec.Struct):
    """A label."""

    id: int
    name: str


class Narrow(models.Manager[Any]):
    """Decides anew at each request which rows there are."""

    def get_queryset(self) -> Any:
        """None, today."""
        return super().get_queryset().none()


def test_a_row_is_read_by_its_key() -> None:
    """As a Struct, or not at all."""
    label = Label.objects.create(name="one")
    row = WrittenRow(LabelOut, Label, "default")
    assert row.read(label.pk) == LabelOut(label.pk, "one")
    assert row.read(label.pk + 1) is None


def test_a_base_manager_of_ones_own_is_left_to_the_orm(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it answers may differ from request to request, and a plan would keep the first."""
    narrow: Any = Narrow()
    narrow.model = Label
    monkeypatch.setattr(Label._meta, "base_manager", narrow)
    with pytest.raises(CannotPlan):
        WrittenRow(LabelOut, Label, "default").read(1)
