"""Tests of rows at the other end of relations to many: as many queries as relations, whatever the number of rows."""

from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ironbolt.bolt.structs.planning import plan_of
from ironbolt.bolt.structs.reading import row_reader
from ironbolt.plans.asking import Ask
from ironbolt.plans.plan import QueryPlan
from ironbolt.plans.related import MOST_AT_ONCE
from ironbolt.plans.samples import sample, target_of
from ironbolt.plans.steps import fetch_by_django, run
from tests.project.models import Bag, Chore, Label, Relic, Shelf, Task

pytestmark = pytest.mark.django_db


class BagOut(msgspec.Struct):
    """A bag, found by the name of its label."""

    name: str
    level: int | None


class TaskOut(msgspec.Struct):
    """A task and the keys of who watches it."""

    title: str
    watchers: list[int]


class LabelOut(msgspec.Struct):
    """A label with everything that hangs on it."""

    name: str
    tasks: list[TaskOut]
    bags: list[BagOut]
    watched: list[TaskOut]
    relics: list[int]


def read(rows: Any, struct: type[msgspec.Struct]) -> tuple[list[Any], int]:
    """The rows as Structs, which are those of the ORM, and the number of queries."""
    plan = QueryPlan(rows, plan_of(struct, rows.model), "default")
    ask = Ask("all", (), lambda queryset, _: queryset)
    with CaptureQueriesContext(connection) as queries:
        found = run(plan.rows(ask), fetch_by_django("default"))
    reader = row_reader(struct, rows.model)
    assert found == [reader.read(row) for row in reader.prepare(rows.all())]
    return found, len(queries)


def test_every_relation_is_one_query() -> None:
    """Reverse foreign keys, by a key or another column, both sides of a relation between many, and lists in lists."""
    labels = Label.objects.bulk_create(Label(name=name) for name in "abc")
    for at in range(4):
        task = Task.objects.create(title=f"t{3 - at}", code=str(at), label=labels[at % 2])
        task.watchers.set(labels[: at % 3])
    Bag.objects.create(name="x", label_id="a", level=1)
    Relic.objects.create(name="r").labels.set(labels[1:])
    found, queries = read(Label.objects.order_by("pk"), LabelOut)
    assert queries == 1 + 4 + 2
    assert [label.name for label in found if label.bags] == ["a"]
    assert found[2].relics == [Relic.objects.get().pk]


def test_no_rows_are_no_further_queries() -> None:
    """Neither where there are no parents, nor where they have nothing to be found by."""
    assert read(Label.objects.order_by("pk"), LabelOut) == ([], 1)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 9])
def test_parents_are_asked_for_by_powers_of_two(count: int) -> None:
    """One statement for several numbers of them: the last parent fills the rest."""
    labels = Label.objects.bulk_create(Label(name=str(at)) for at in range(count))
    Bag.objects.bulk_create(Bag(name=label.name, label=label) for label in labels)
    struct = msgspec.defstruct("Out", [("name", str), ("bags", list[BagOut])])
    plan = QueryPlan(Label.objects.order_by("pk"), plan_of(struct, Label), "default")
    ask = Ask("all", (), lambda queryset, _: queryset)
    with CaptureQueriesContext(connection) as queries:
        found = run(plan.rows(ask), fetch_by_django("default"))
    assert [len(label.bags) for label in found] == [1] * count
    sql = queries[1]["sql"]
    assert sql[sql.index(" IN (") :].count(",") + 1 == 1 << (count - 1).bit_length()


def test_many_parents_are_asked_for_in_several_queries() -> None:
    """A database limits the parameters of a query."""
    count = 2 * MOST_AT_ONCE + 1
    labels = Label.objects.bulk_create(Label(name=f"{at:05}") for at in range(count))
    Bag.objects.bulk_create(Bag(name=label.name, label=label) for label in labels)
    struct = msgspec.defstruct("Out", [("name", str), ("bags", list[BagOut])])
    _, queries = read(Label.objects.order_by("pk"), struct)
    assert queries == 1 + 3


def test_a_parent_table_has_the_relations_of_its_children() -> None:
    """What the parent's table is related to is found by the child's key."""
    chore = Chore.objects.create(title="sweep", code="1", room="hall")
    chore.watchers.add(Label.objects.create(name="a"))
    struct = msgspec.defstruct("Out", [("room", str), ("watchers", list[int])])
    found, queries = read(Chore.objects.order_by("pk"), struct)
    assert (len(found[0].watchers), queries) == (1, 2)


def test_lists_behind_a_relation_to_one_are_found() -> None:
    """And there are none where there is no row at its other end."""
    hall = Shelf.objects.create(name="hall")
    Shelf.objects.create(name="board", inside=hall)
    inner = msgspec.defstruct("Inner", [("name", str), ("shelves", list[int])])
    struct = msgspec.defstruct("Out", [("name", str), ("inside", inner | None)])
    found, queries = read(Shelf.objects.order_by("pk"), struct)
    assert queries == 2
    assert found[0].inside is None
    assert len(found[1].inside.shelves) == 1


@pytest.mark.parametrize("model", [Bag, Relic, Task])
def test_samples_are_all_different(model: Any) -> None:
    """Values of one column for as many parents as are ever asked for at once, wherever they can be made up."""
    skipped = ("BooleanField", "JSONField", "BinaryField", "GeneratedField", "FileField")
    for field in model._meta.concrete_fields:
        if target_of(field).get_internal_type() not in skipped and not field.generated:
            assert len({sample(field, number) for number in range(MOST_AT_ONCE)}) == MOST_AT_ONCE
