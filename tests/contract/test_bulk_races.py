"""Bulk writes at the same rows at the same time, through both doors and on either database: nobody's write is lost."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from tests.contract.bulk import DOORS, Through
from tests.plans.writes import written_file
from tests.project.models import Task

ON_SQLITE = connection.vendor == "sqlite"
ROUNDS = 5

pytestmark = [] if ON_SQLITE else pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[*DOORS.values()], ids=[*DOORS])
def through(request: pytest.FixtureRequest) -> Through:
    """Each door in turn."""
    door: Through = request.param
    return door


@pytest.fixture(autouse=True)
def database(tmp_path: Path, django_db_blocker: Any) -> Iterator[None]:
    """One that several can write to at once: PostgreSQL as it is, SQLite as a file."""
    if not ON_SQLITE:
        yield
        return
    with django_db_blocker.unblock(), written_file(tmp_path, timeout=30):
        yield


def at_once(*works: Callable[[], object]) -> None:
    """Do everything at the same moment, each in a thread and on a connection of its own."""
    start = threading.Barrier(len(works))
    failed: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait(10)
            work()
        except BaseException as error:  # noqa: BLE001 - to be raised where the test sees it
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if failed:
        raise failed[0]


def test_two_bulk_updates_lose_nothing(through: Through) -> None:
    """Two who write other columns of the same rows, in contrary orders, both succeed, and both are kept."""
    for _ in range(ROUNDS):
        Task.objects.all().delete()
        keys = [Task.objects.create(title=f"{n}", code=f"{n}").pk for n in range(20)]
        states = [{"id": key, "state": "done"} for key in keys]
        titles = [{"id": key, "title": f"new {key}"} for key in keys[::-1]]
        assert statuses_of(through, states, titles) == [200, 200]
        assert {*Task.objects.values_list("pk", "state", "title")} == {(key, "done", f"new {key}") for key in keys}


def statuses_of(through: Through, *sent: list[dict[str, Any]]) -> list[int]:
    """What bulk updates answer that are sent at once."""
    statuses: list[int] = []

    def update(items: list[dict[str, Any]]) -> None:
        statuses.append(through()("PATCH", "/bulk_update", json=items)[0])

    at_once(*(partial(update, items) for items in sent))
    return statuses


def test_what_hooks_count_is_not_lost(through: Through) -> None:
    """A row is read when nobody else can write it any more, so that what a hook adds to its columns adds up."""
    keys = [Task.objects.create(title=f"{n}", code=f"{n}", effort=0).pk for n in range(5)]

    def before_perform_update(view: Any, subject: Any, *data: Any) -> None:
        instance = getattr(subject, "instance", subject)
        instance.effort += 1

    call = through(before_perform_update=before_perform_update)
    statuses: list[int] = []

    def change(order: list[int]) -> None:
        statuses.append(call("PATCH", "/bulk_update", json=[{"id": key, "state": "done"} for key in order])[0])

    at_once(lambda: change(keys), lambda: change(keys[::-1]), lambda: change(keys[2:] + keys[:2]))
    assert statuses == [200, 200, 200]
    assert {*Task.objects.values_list("effort", flat=True)} == {3}


def test_bulk_update_and_single_update_lose_nothing(through: Through) -> None:
    """A single update of another column meanwhile is kept as well."""
    (one, two) = (Task.objects.create(title=name, code=name) for name in "AB")
    statuses: list[int] = []

    def many() -> None:
        sent = [{"id": two.pk, "title": "new B"}, {"id": one.pk, "title": "new A"}]
        statuses.append(through()("PATCH", "/bulk_update", json=sent)[0])

    def single() -> None:
        statuses.append(through()("PATCH", f"/{one.pk}/", json={"state": "done"})[0])

    at_once(many, single, many)
    assert statuses == [200, 200, 200]
    assert [*Task.objects.order_by("pk").values_list("title", "state")] == [("new A", "done"), ("new B", "open")]


def test_row_that_is_deleted_meanwhile_is_told(through: Through) -> None:
    """Of an update and a deletion of the same rows one comes first: the other succeeds on them or finds none."""
    for _ in range(ROUNDS):
        Task.objects.all().delete()
        keys = [Task.objects.create(title=f"{n}", code=f"{n}").pk for n in range(5)]
        answers = update_and_delete(through, keys)
        assert answers["delete"] == (200, {"deleted": 5})
        assert answers["update"][0] in (200, 404)
        assert not Task.objects.exists()


def update_and_delete(through: Through, keys: list[int]) -> dict[str, tuple[int, Any]]:
    """What both answer that are sent at once."""
    answers: dict[str, tuple[int, Any]] = {}

    def update() -> None:
        sent = [{"id": key, "title": f"x{key}"} for key in keys[::-1]]
        answers["update"] = through()("PATCH", "/bulk_update", json=sent)

    def delete() -> None:
        answers["delete"] = through()("DELETE", "/bulk_delete", json={"ids": keys})

    at_once(update, delete)
    return answers
