"""Tests of how rows become Structs."""

from typing import Annotated, Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.structs import source
from ironbolt.bolt.structs.reading import row_reader
from tests.project.models import Chore, Label, Receipt, Task

pytestmark = pytest.mark.django_db


class LabelOut(msgspec.Struct):
    """A label."""

    name: str


class ReceiptOut(msgspec.Struct):
    """A receipt."""

    title: str


@pytest.fixture
def chore() -> Chore:
    """A chore with everything but a receipt."""
    label = Label.objects.create(name="home")
    chore = Chore.objects.create(title="Sweep", code="S", room="hall", label=label)
    chore.watchers.add(label)
    return chore


def read(struct: type[msgspec.Struct], model: Any = Chore) -> list[Any]:
    """All rows, as a client gets them."""
    reader = row_reader(struct, model)
    return [msgspec.to_builtins(reader.read(row)) for row in reader.prepare(model.objects.all())]


def test_relations_come_along_in_a_constant_number_of_queries(chore: Chore, django_assert_num_queries) -> None:
    """Nested Structs are joined or fetched along, renamed and keyword-only ones too."""

    class Out(msgspec.Struct, rename="camel", kw_only=True):
        room: str
        task_title: Annotated[str, source("title")]
        label: LabelOut | None
        watchers: list[LabelOut]

    Chore.objects.create(title="Wash", code="W", room="bath")
    with django_assert_num_queries(2):
        rows = read(Out)
    assert rows == [
        {"room": "hall", "taskTitle": "Sweep", "label": {"name": "home"}, "watchers": [{"name": "home"}]},
        {"room": "bath", "taskTitle": "Wash", "label": None, "watchers": []},
    ]


def test_other_side_of_a_one_to_one_relation_may_be_empty(chore: Chore, django_assert_num_queries) -> None:
    """A chore without a receipt has none, instead of making the whole list a 404."""

    class Out(msgspec.Struct):
        receipt: ReceiptOut | None

    with django_assert_num_queries(1):
        assert read(Out) == [{"receipt": None}]
    Receipt.objects.create(chore=chore, title="done")
    with django_assert_num_queries(1):
        assert read(Out) == [{"receipt": {"title": "done"}}]


def test_relation_without_a_struct_is_its_key(chore: Chore, django_assert_num_queries) -> None:
    """A relation that is declared as a number or a list of them is read as keys."""

    class Out(msgspec.Struct):
        label: int | None
        label_id: int | None
        watchers: list[int]

    with django_assert_num_queries(2):
        assert read(Out) == [{"label": chore.label_id, "label_id": chore.label_id, "watchers": [chore.label_id]}]


def test_struct_may_read_a_row_itself(chore: Chore) -> None:
    """``from_model`` has the last word, and its relations come along all the same."""

    class Out(msgspec.Struct):
        line: str
        label: LabelOut | None = None

        @classmethod
        def from_model(cls, row: Chore) -> "Out":
            return cls(line=f"{row.room}: {row.label}")

    assert row_reader(Out, Chore).joins == ("label",)
    assert read(Out) == [{"line": "hall: home", "label": None}]


def test_field_that_the_model_lacks_is_told_at_the_start() -> None:
    """A Struct that can't be read is refused, by its name and that of the field."""

    class Out(msgspec.Struct):
        colour: str

    with pytest.raises(ImproperlyConfigured, match=r"Out.colour: Task has no 'colour'"):
        row_reader(Out, Task)
