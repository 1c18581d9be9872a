"""Tests of what is found of a query per row, what is let pass, and what the mend says."""

import gc
import logging
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.db.models import Count, Prefetch, prefetch_related_objects

from ironbolt.features.nplusone import NPlusOne, allow_n_plus_one, frames, sightings, watched, watching
from ironbolt.features.nplusone.findings import Finding
from ironbolt.features.nplusone.watching import Kind
from tests.project.models import Insurance, Label, Person, Relic, Shelf, Task, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def museum(settings) -> None:
    """Three relics with one of each relation, in development."""
    settings.IRONBOLT = {"N_PLUS_ONE": "raise"}
    labels = [Label.objects.create(name=name) for name in "ab"]
    for number in range(3):
        room = Shelf.objects.create(name=f"room {number}")
        relic = Relic.objects.create(
            name=f"relic {number}", shelf=Shelf.objects.create(name=f"shelf {number}", inside=room)
        )
        relic.labels.set(labels)
        Insurance.objects.create(relic=relic, amount=number)


def answer(call: Callable[[], Any], kind: Kind = "list") -> Any:
    """What a view answers that does nothing but this."""
    return watched(call, kind, place=lambda: "Relics.list", spot_in=lambda _: None)


def found_in(call: Callable[[], Any]) -> list[Finding]:
    """What is found in a view that does nothing but this."""
    with pytest.raises(NPlusOne) as caught:
        answer(call)
    return caught.value.findings


def labels() -> Any:
    """All labels."""
    return Label.objects.all()


def relics() -> Any:
    """All relics, in their order."""
    return Relic.objects.order_by("id")


@pytest.mark.parametrize(
    ("call", "what", "mend"),
    [
        (lambda: [r.shelf.name for r in relics()], "Relic.shelf", 'Add select_related("shelf")'),
        (lambda: [r.insurance.amount for r in relics()], "Relic.insurance", 'Add select_related("insurance")'),
        (lambda: [[*r.labels.all()] for r in relics()], "Relic.labels", 'Add prefetch_related("labels")'),
        (lambda: [[*s.relics.all()] for s in Shelf.objects.all()], "Shelf.relics", 'Add prefetch_related("relics")'),
        (lambda: [[*s.shelves.all()] for s in Shelf.objects.all()], "Shelf.shelves", 'prefetch_related("shelves")'),
        (lambda: [[*x.relics.all()] for x in Label.objects.all()], "Label.relics", 'Add prefetch_related("relics")'),
        (lambda: [[*x.watched.all()] for x in Label.objects.all()], "Label.watched", 'prefetch_related("watched")'),
        (lambda: [[*x.tasks.all()] for x in Label.objects.all()], "Label.tasks", 'Add prefetch_related("tasks")'),
        (
            lambda: [[*r.labels.values_list("name")] for r in relics().prefetch_related("labels")],
            "Relic.labels",
            'Prefetch("labels", queryset=..., to_attr=...)',
        ),
        (lambda: [r.labels.count() for r in relics()], "Relic.labels", 'annotate(...=Count("labels"))'),
        (lambda: [r.labels.exists() for r in relics()], "Relic.labels", "or Exists(...)"),
        (lambda: [r.labels.first() for r in relics()], "Relic.labels", 'Prefetch("labels", queryset=..., to_attr=...)'),
        (
            lambda: [[*r.labels.filter(name="a")] for r in relics().prefetch_related("labels")],
            "Relic.labels",
            'Prefetch("labels", queryset=..., to_attr=...)',
        ),
        (lambda: [r.email for r in relics().defer("email")], "Relic.email", '"email" is deferred but read'),
        (lambda: [r.email for r in relics().only("name")], "Relic.email", "name it in only(...)"),
        (
            lambda: [r.shelf.inside.name for r in relics().select_related("shelf")],
            "Shelf.inside",
            'Add select_related("shelf__inside")',
        ),
        (
            lambda: [[r.shelf.name for r in x.relics.all()] for x in labels().prefetch_related("relics")],
            "Relic.shelf",
            'Add prefetch_related("relics__shelf")',
        ),
        (lambda: [r.insurance.amount for r in relics().iterator()], "Relic.insurance", 'select_related("insurance")'),
    ],
)
def test_what_is_loaded_row_by_row_is_named_with_its_mend(call: Callable[[], Any], what: str, mend: str) -> None:
    """Each kind of relation and a deferred column: its name, and what to add to the queryset."""
    (finding,) = found_in(call)
    assert finding.what == what
    assert mend in finding.mend
    assert finding.times >= 2
    assert finding.place == "Relics.list"
    assert finding.line.startswith("tests/features/nplusone/test_watching.py:")


def test_all_are_told_at_once() -> None:
    """With the number of times, and the relation behind a relation by its whole path."""
    shelf, inside = found_in(lambda: [r.shelf.inside.name for r in relics()])
    assert (shelf.what, shelf.times, inside.what, inside.times) == ("Relic.shelf", 3, "Shelf.inside", 3)
    assert 'select_related("shelf__inside")' in inside.mend


def test_the_error_reads_like_a_sentence() -> None:
    """The view, the relation, the times, the line, the mend, the query without its values."""
    with pytest.raises(NPlusOne) as caught:
        answer(lambda: [relic.shelf.name for relic in relics()])
    first, second, sql = str(caught.value).splitlines()
    assert first == "This list asks the database again for each of its rows."
    assert second.startswith(
        "- Relics.list: Relic.shelf was asked for 3 times, row by row, by tests/features/nplusone/"
    )
    assert second.endswith('. Add select_related("shelf") to the queryset.')
    assert sql.startswith('  SELECT "testproject_shelf"."id"')
    assert "LIMIT ?" in sql


def count_like(relic: Relic) -> int:
    """A query of one's own for a row."""
    return Relic.objects.filter(name=relic.name).count()


def raw_for(relic: Relic) -> Any:
    """The same by hand, with the value in the text."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM testproject_insurance WHERE relic_id = {relic.pk}")
        return cursor.fetchone()


@pytest.mark.parametrize(("function", "what"), [(count_like, "Relic"), (raw_for, "testproject_insurance")])
def test_a_query_of_ones_own_for_each_row(function: Callable[[Relic], Any], what: str) -> None:
    """Whatever function makes it: told by its model or table, with annotate() as the mend."""
    (finding,) = found_in(lambda: [function(relic) for relic in relics()])
    assert (finding.what, finding.times) == (what, 3)
    assert "annotate(...)" in finding.mend
    assert finding.line.endswith(f" in {function.__name__}")


def test_a_query_in_a_loop_over_rows_is_found_as_well() -> None:
    """There need not be a function."""
    (finding,) = found_in(lambda: [Insurance.objects.filter(relic=relic).exists() for relic in relics()])
    assert finding.what == "Insurance"


def _two_lists() -> Any:
    return [
        [str(relic.shelf) for relic in Relic.objects.select_related("shelf").filter(size__gte=size)] for size in (0, 1)
    ]


def _counts() -> Any:
    return {size: Relic.objects.filter(size=size).count() for size in range(5)}


def _alike_prefetches() -> Any:
    rows: Any = Relic.objects
    kept = [Prefetch("labels", queryset=Label.objects.filter(name=name), to_attr=f"label_{name}") for name in "ab"]
    return [(relic.label_a, relic.label_b) for relic in rows.prefetch_related(*kept)]


def _climbing() -> Any:
    place: Any = Shelf.objects.get(name="deep")
    while place:
        place = place.inside


def _portions() -> Any:
    return [[*relic.labels.all()] for relic in relics().prefetch_related("labels", "shelf").iterator(chunk_size=1)]


def _prefetched_by_hand() -> Any:
    found = [*relics()]
    prefetch_related_objects(found, "shelf__inside", "labels")
    return [(relic.shelf.inside.name, [*relic.labels.all()]) for relic in found]


def _content_types() -> Any:
    kinds = [ContentType.objects.get_for_model(model).pk for model in (Relic, Shelf, Label)]
    ContentType.objects.clear_cache()
    return [(relic.name, ContentType.objects.get_for_id(kind)) for relic, kind in zip(relics(), kinds, strict=True)]


def _of_different_lines() -> Any:
    first, last = relics().first(), relics().last()
    return first.shelf.name, last.shelf.name


@pytest.mark.parametrize(
    "call",
    [
        lambda: [r.shelf.inside.name for r in relics().select_related("shelf__inside")],
        lambda: [[*r.labels.all()] for r in relics().prefetch_related("labels")],
        lambda: [r.labels_count for r in relics().annotate(labels_count=Count("labels"))],
        lambda: [r.shelf_id for r in relics()],
        lambda: [r.shelf.name for r in relics()[:1]],
        lambda: [[*r.labels.all()] for r in relics()[:1]],
        lambda: [t.label for t in Task.objects.all()],
        lambda: [ContentType.objects.get_for_model(model) for model in (Relic, Shelf, Label)],
        lambda: [next(iter(relics())).shelf.name for _ in range(3)],
        _two_lists,
        _counts,
        _alike_prefetches,
        _portions,
        _prefetched_by_hand,
        _content_types,
        _of_different_lines,
    ],
)
def test_what_does_not_grow_with_the_rows_passes(call: Callable[[], Any]) -> None:
    """Planned relations, one row, lists one after the other, counts, prefetches in portions or alike."""
    answer(call)


def test_climbing_from_a_row_to_its_ancestors_passes() -> None:
    """It grows with the height of the tree, not with the rows."""
    place = None
    for name in ("top", "middle", "low", "deep"):
        place = Shelf.objects.create(name=name, inside=place)
    answer(_climbing)


def test_only_lists_are_watched() -> None:
    """A single object and a write may ask as they must."""
    for kind in ("single", "write"):
        assert answer(lambda: [relic.shelf.name for relic in relics()], kind)


def test_what_is_meant_is_let_pass() -> None:
    """Inside allow_n_plus_one() nobody looks, after it everybody does again."""

    def call() -> Any:
        with allow_n_plus_one():
            [relic.shelf.name for relic in relics()]
        return [relic.insurance for relic in relics()]

    (finding,) = found_in(call)
    assert finding.what == "Relic.insurance"


def test_an_error_of_the_view_goes_before() -> None:
    """What the view raises is the answer."""

    def call() -> None:
        [relic.shelf.name for relic in relics()]
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        answer(call)
    assert watching._look not in connection.execute_wrappers


@pytest.mark.parametrize(("setting", "debug"), [({}, False), ({"N_PLUS_ONE": "log"}, True)])
def test_production_logs_each_relation_of_a_view_once(settings, caplog, monkeypatch, setting: Any, debug: bool) -> None:
    """It never raises, and does not fill the log."""
    settings.IRONBOLT, settings.DEBUG = setting, debug
    monkeypatch.setattr(watching, "_logged", set())
    with caplog.at_level(logging.WARNING, logger="ironbolt.n_plus_one"):
        for _ in range(3):
            answer(lambda: [(relic.shelf.name, relic.insurance.amount) for relic in relics()])
    assert [record.getMessage().split(" was asked for ")[0] for record in caplog.records] == [
        "Relics.list: Relic.shelf",
        "Relics.list: Relic.insurance",
    ]
    assert "was asked for 3 times" in caplog.text


@pytest.mark.parametrize(("setting", "debug"), [({}, True), ({"N_PLUS_ONE": "raise"}, False)])
def test_development_raises(settings, setting: Any, debug: bool) -> None:
    """Under DEBUG unless the setting says something else, and elsewhere if it says so."""
    settings.IRONBOLT, settings.DEBUG = setting, debug
    assert found_in(lambda: [relic.shelf.name for relic in relics()])


def test_it_can_be_switched_off(settings) -> None:
    """Then no query is looked at at all."""
    settings.IRONBOLT, settings.DEBUG = {"N_PLUS_ONE": "off"}, True
    wrappers: list[Any] = []
    answer(lambda: wrappers.extend(connection.execute_wrappers))
    assert watching._look not in wrappers


def test_production_looks_at_no_stack_before_a_query_repeats(settings, monkeypatch) -> None:
    """A list without repeated queries costs a count for each query, and one with many a bounded number of looks."""
    settings.IRONBOLT = {"N_PLUS_ONE": "log"}
    looks: list[object] = []
    look = frames.trace_of

    def counted(*given: Any) -> Any:
        looks.append(given[0])
        return look(*given)

    monkeypatch.setattr(sightings, "trace_of", counted)
    answer(lambda: [[relic.shelf.name for relic in relics().select_related("shelf")], Relic.objects.count()])
    assert looks == []
    answer(lambda: [relic.shelf.name for relic in relics()])
    assert len(looks) == 2
    looks.clear()
    answer(lambda: [Relic.objects.filter(size=size).count() for size in range(80)])
    assert len(looks) == 50


def test_nothing_is_kept_alive() -> None:
    """What was read can be freed when the view has ended, and from Python 3.13 on while it goes on."""
    kept: list[weakref.ref[Any]] = []

    class Rows(list[Any]):
        """A list that can be referred to weakly."""

    def call() -> None:
        rows = Rows(relics())
        [relic.shelf.name for relic in rows]
        kept.append(weakref.ref(rows))
        del rows
        # Before 3.13 a frame that was looked at keeps a copy of its variables until it ends.
        gc.collect()
        assert sys.version_info < (3, 13) or kept[0]() is None

    with pytest.raises(NPlusOne):
        answer(call)
    gc.collect()
    assert kept[0]() is None


def test_packages_that_begin_like_django_are_none_of_it() -> None:
    """What they ask for is told with its line, as the project's own."""
    beside = Path(django.__file__).parents[1] / "django_shop" / "views.py"
    assert frames.kind_of(django.__file__) == "django"
    assert frames.kind_of(str(beside)) == "project"


def test_another_thread_on_the_same_connection_is_none_of_the_watch() -> None:
    """As in Django's live server tests, which share one in memory."""
    shared, found = connections["default"], []

    def ask() -> None:
        connections["default"] = shared
        found.append(Label.objects.count())

    def wait() -> None:
        shared.inc_thread_sharing()
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        shared.dec_thread_sharing()

    answer(wait)
    assert found == [2]


def test_a_failure_of_the_watch_is_not_one_of_the_view(monkeypatch) -> None:
    """Should looking at the stack fail, the answer is given all the same."""

    def burst(*_: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(sightings, "trace_of", burst)
    assert answer(lambda: [relic.shelf.name for relic in relics()])


def test_tickets_by_another_manager() -> None:
    """A base manager of one's own changes nothing about the name of the relation."""
    for number in range(2):
        Ticket.objects.create(code=str(number), holder=Person.objects.create(name=str(number)))
    (finding,) = found_in(lambda: [str(ticket.holder) for ticket in Ticket.objects.order_by("id")])
    assert finding.what == "Ticket.holder"
