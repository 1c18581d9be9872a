"""Tests of how a thread sees which databases code of the project asks."""

import asyncio
from contextlib import ExitStack
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connection, connections

from ironbolt.plans.watching import asked_databases, refusals
from tests.plans.files import file_database
from tests.project.models import Label


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks on already, since some test has measured something, does not for now."""
    monkeypatch.setattr(connections["default"], "execute_wrappers", [])


@pytest.mark.django_db
def test_what_is_asked_inside_is_seen() -> None:
    """Rows that are only described are not asked for; afterwards nobody looks on."""
    before = list(connection.execute_wrappers)
    Label.objects.exists()
    with asked_databases() as asked:
        rows = Label.objects.filter(name="a")
        assert not asked
        assert not rows.exists()
        assert asked == {"default"}
    assert connection.execute_wrappers == before


@pytest.mark.django_db
def test_an_error_inside_ends_it_too() -> None:
    """And is raised as it is."""
    with pytest.raises(Label.DoesNotExist), asked_databases() as asked:
        Label.objects.get(name="nobody")
    assert asked == {"default"}
    assert not connection.execute_wrappers


@pytest.mark.django_db
def test_those_who_begin_to_look_on_inside_still_do() -> None:
    """Their wrapper stays where it is, whoever came first and whoever leaves first."""
    seen: list[str] = []

    def look(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with ExitStack() as stack:
        with asked_databases() as asked:
            stack.enter_context(connection.execute_wrapper(look))
            Label.objects.exists()
        Label.objects.exists()
        assert connection.execute_wrappers == [look]
    assert len(seen) == 2
    assert asked == {"default"}
    assert not connection.execute_wrappers


@pytest.mark.django_db
def test_a_block_that_is_left_in_the_middle_of_another_takes_its_own_away() -> None:
    """So it is where one method calls another one's rows: neither sees the end of the other's."""
    outer, inner = asked_databases(), asked_databases()
    seen = outer.__enter__()
    also = inner.__enter__()
    outer.__exit__(None, None, None)
    Label.objects.exists()
    inner.__exit__(None, None, None)
    assert (seen, also) == (set(), {"default"})
    assert not connection.execute_wrappers


def test_a_connection_that_is_opened_inside_was_asked(tmp_path: Any, django_db_blocker: Any) -> None:
    """Nobody could look on before there was one, and nobody makes one for that."""
    with django_db_blocker.unblock(), file_database(tmp_path, alias="watched") as alias:
        connections[alias].close()
        del connections[alias]
        with asked_databases() as asked:
            assert not asked
        assert asked == set()
        assert alias not in {one.alias for one in connections.all(initialized_only=True)}
        with asked_databases() as asked:
            assert not Label.objects.using(alias).exists()
        assert asked == {alias}


@pytest.mark.django_db
def test_refusals_are_counted_on_a_loop() -> None:
    """Even those that nobody hears of; in threads there are none, and of another task's none are seen."""

    def ask() -> str:
        try:
            return str(Label.objects.exists())
        except SynchronousOnlyOperation as error:
            return str(error)

    async def other() -> None:
        assert "async context" in ask()

    async def run() -> list[int]:
        before = refusals()
        counts = [refusals() - before]
        assert "async context" in ask()
        counts.append(refusals() - before)
        await asyncio.create_task(other())
        counts.append(refusals() - before)
        return counts

    assert async_to_sync(run)() == [0, 1, 1]
    before = refusals()
    assert ask() == "False"
    assert refusals() == before
