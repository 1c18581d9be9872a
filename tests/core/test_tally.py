"""Queries are counted for whoever wants to know, once each, and for nobody else."""

import threading
from typing import Any

import pytest
from django.db import connection, connections, transaction

from ironbolt.core.tally import Tally, count_query, current_tally, look_on, tallying
from tests.project.models import Label

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def looking_on() -> None:
    """The connections of the test's thread count."""
    look_on()


def test_queries_are_counted_with_their_time() -> None:
    """Each once, several rows at a time as one, and those that fail too."""
    with tallying() as tally:
        Label.objects.create(name="a")
        list(Label.objects.all())
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {Label._meta.db_table} SET name = %s WHERE name = %s", [("b", "a"), ("c", "x")])
    assert tally.queries == 3
    assert tally.seconds > 0
    with tallying() as failing, transaction.atomic(), pytest.raises(Exception, match="nowhere"), transaction.atomic():
        connection.cursor().execute("SELECT 1 FROM nowhere")
    assert failing.queries == 1


def test_what_a_transaction_takes_does_not_count() -> None:
    """A number of queries is the same in a transaction, in a part of one, and without any."""
    with tallying() as tally, transaction.atomic(), transaction.atomic():
        Label.objects.count()
    assert tally.queries == 1


def test_tallies_within_each_other_count_their_own() -> None:
    """An inner one keeps its queries to itself; outside of all of them there is none."""
    with tallying() as outer:
        Label.objects.count()
        with tallying() as inner:
            Label.objects.count()
            Label.objects.count()
        Label.objects.count()
        assert current_tally() is outer
    assert (outer.queries, inner.queries, current_tally()) == (2, 2, None)
    Label.objects.count()
    assert outer.queries == 2


def test_looking_on_twice_counts_once() -> None:
    """It may be asked for before every piece of work."""
    look_on()
    look_on()
    assert connections["default"].execute_wrappers.count(count_query) == 1


def append_many(tally: Tally) -> None:
    """What a thread does that makes many queries."""
    for _ in range(1000):
        tally.times.append(0.5)


def test_threads_count_into_one_tally() -> None:
    """Times are appended, so none is lost where two threads are done at the same moment."""
    with tallying() as tally:
        threads = [threading.Thread(target=append_many, args=(tally,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (tally.queries, tally.seconds) == (4000, 2000.0)


def test_a_wrapper_of_somebody_else_goes_where_its_block_ends() -> None:
    """Django takes the last wrapper of a connection away then, whosever it is."""

    def theirs(execute: Any, *arguments: Any) -> Any:
        return execute(*arguments)

    wrappers = connection.execute_wrappers
    wrappers.remove(count_query)
    with connection.execute_wrapper(theirs):
        look_on()
    assert (theirs in wrappers, count_query in wrappers) == (False, True)
