"""Writing many rows by few statements: what is written, what is not, and how many statements it takes."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from ironbolt.features.bulk import Draft, together
from ironbolt.features.bulk.together import delete, insert, update
from tests.project.models import Document, Label, Relic, Task

pytestmark = pytest.mark.django_db


def drafts(rows: Any, *names: str, **references: Any) -> list[Draft]:
    """Rows of which these columns were meant."""
    return [Draft(row, frozenset(names), references) for row in rows]


def make(number: int, **values: Any) -> list[Task]:
    """Tasks that are there."""
    insert(Task, drafts([Task(title=f"{n}", code=f"{n}", **values) for n in range(number)]), "default")
    return list(Task.objects.order_by("pk"))


def statements(*args: Any) -> list[str]:
    """The first words of what an update asks of the database."""
    with CaptureQueriesContext(connection) as queries:
        update(*args)
    return [query["sql"].split()[0] for query in queries]


def test_new_rows_get_what_the_database_makes() -> None:
    """Keys, generated columns and defaults of the database are there afterwards."""
    rows = [Relic(name="a", size=2), Relic(name="b", size=3)]
    insert(Relic, drafts(rows), "default")
    assert [row._state.adding for row in rows] == [False, False]
    assert [*Relic.objects.order_by("pk").values_list("pk", "doubled", "found")] == [
        (rows[0].pk, 4, "dug"),
        (rows[1].pk, 6, "dug"),
    ]


def test_only_what_was_meant_is_written() -> None:
    """Each row keeps the columns that others of the same statement write."""
    first, second = make(2, owner_id="1")
    Task.objects.update(owner_id="2", state="done")
    first.title, first.owner_id, second.effort, second.title = "new", "stale", 7, "stale"
    sent = [Draft(first, frozenset({"title"})), Draft(second, frozenset({"effort"}))]
    assert statements(Task, sent, "default") == ["UPDATE"]
    assert [*Task.objects.order_by("pk").values_list("title", "effort", "owner_id", "state")] == [
        ("new", Decimal(1), "2", "done"),
        ("1", Decimal(7), "2", "done"),
    ]


def test_timestamps_keep_themselves() -> None:
    """A column with ``auto_now`` is written along, as ``save`` does."""
    rows = [Relic.objects.create(name=name) for name in "ab"]
    before = [row.changed_at for row in rows]
    for row in rows:
        row.name *= 2
    update(Relic, drafts(rows, "name"), "default")
    after = list(Relic.objects.order_by("pk").values_list("name", "changed_at"))
    assert [name for name, _ in after] == ["aa", "bb"]
    assert all(new > old for (_, new), old in zip(after, before, strict=True))


def test_expressions_are_left_to_the_database() -> None:
    """A value may be an expression, which is another one in each row."""
    rows = make(3)
    for index, row in enumerate(rows):
        row.effort = F("effort") + index
    update(Task, drafts(rows, "effort"), "default")
    assert [*Task.objects.order_by("pk").values_list("effort", flat=True)] == [1, 2, 3]


def test_one_value_for_all_needs_no_choice() -> None:
    """Where every row gets the same value, the statement says it once."""
    rows = make(5)
    for row in rows:
        row.state = "done"
    with CaptureQueriesContext(connection) as queries:
        update(Task, drafts(rows, "state"), "default")
    assert ["CASE" in query["sql"] for query in queries] == [False]


def test_nothing_meant_is_nothing_asked() -> None:
    """Rows of which nothing was sent cost no statement."""
    assert statements(Task, drafts(make(2)), "default") == []


def test_large_updates_are_cut_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """No statement names more values than it may."""
    rows = make(10)
    for row in rows:
        row.title, row.code = f"t{row.pk}", f"c{row.pk}"
    monkeypatch.setattr(together, "MOST_VALUES", 8)
    assert statements(Task, drafts(rows, "title", "code"), "default") == ["UPDATE"] * 3
    assert all(task.title == f"t{task.pk}" and task.code == f"c{task.pk}" for task in Task.objects.all())


def test_row_that_has_gone_is_told() -> None:
    """An update of a row that is not there any more is no success."""
    rows = make(2)
    Task.objects.filter(pk=rows[0].pk).delete()
    for row in rows:
        row.title = f"x{row.pk}"
    with pytest.raises(ObjectDoesNotExist):
        update(Task, drafts(rows, "title"), "default")


def test_relations_to_many_become_what_was_meant() -> None:
    """Of a relation to many only what differs is written, and rows that did not mean it keep theirs."""
    one, two, three = (Label.objects.create(name=f"{n}") for n in range(3))
    first, second, other = make(3)
    for task in (first, second, other):
        task.watchers.set([one, two])
    through = Task.watchers.through._default_manager
    kept = set(through.filter(task=first, label=two).values_list("pk", flat=True))
    sent = [Draft(first, frozenset(), {"watchers": [two.pk, three.pk]}), Draft(second, frozenset(), {"watchers": []})]
    update(Task, [*sent, Draft(other, frozenset())], "default")
    assert {*first.watchers.all()} == {two, three}
    assert kept <= set(through.values_list("pk", flat=True))
    assert ({*second.watchers.all()}, {*other.watchers.all()}) == (set(), {one, two})


@pytest.mark.parametrize("size", [1, 10, 1000])
def test_number_of_statements(size: int, django_assert_num_queries: Any) -> None:
    """However many rows there are, one statement inserts them, one changes and one deletes them."""
    limit = connection.features.max_query_params
    parts = 1 if limit is None or limit > 10_000 else -(-size * 10 // limit) + 1
    rows = [Document(title=f"{n}", status="new") for n in range(size)]
    exact = parts == 1
    with django_assert_num_queries(parts, exact=True) if exact else CaptureQueriesContext(connection):
        insert(Document, drafts(rows), "default")
    for row in rows:
        row.title = f"changed {row.pk}"
        row.rejection_reason = f"{row.pk}"
    with django_assert_num_queries(parts, exact=True) if exact else CaptureQueriesContext(connection):
        update(Document, drafts(rows, "title", "rejection_reason"), "default")
    assert Document.objects.filter(title__startswith="changed").count() == size
    with django_assert_num_queries(parts, exact=True) if exact else CaptureQueriesContext(connection):
        delete(Document, [row.pk for row in rows], "default")
    assert not Document.objects.exists()
