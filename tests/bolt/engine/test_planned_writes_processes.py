"""Tests of planned writes among several processes: what was answered stays, and nobody starves."""

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from ironbolt.bolt import BoltAPI
from tests.bolt.engine.test_planned_writes import api_of
from tests.plans.writes import all_sent, sent, written_file
from tests.project.models import Task


@pytest.fixture
def alias(tmp_path: Path, django_db_blocker: Any) -> Iterator[str]:
    """A database in a file, with one task."""
    with django_db_blocker.unblock(), written_file(tmp_path, timeout=3) as alias:
        Task.objects.using(alias).create(title="first", code="first")
        yield alias


@pytest.fixture
def api(alias: str) -> BoltAPI:
    """Whose writes are planned."""
    return api_of()


def path_of(alias: str) -> str:
    """Where it lies."""
    return str(connections[alias].settings_dict["NAME"])


def writing(alias: str, prefix: str, count: int) -> "subprocess.Popen[str]":
    """A process that writes tasks."""
    command = [sys.executable, "-m", "tests.plans.writing_process", path_of(alias), prefix, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_what_was_answered_survives_the_process(alias: str) -> None:
    """However suddenly that ends."""
    process = writing(alias, "k", 100_000)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(200)]
    process.kill()
    lines += process.stdout.readlines()
    process.wait(10)
    process.stdout.close()
    answered = [line.split() for line in lines if line.endswith("\n")]
    assert {status for status, _ in answered} == {"201", "200"}
    stored = {task.code for task in Task.objects.using(alias).all()}
    assert {code for _, code in answered} <= stored


def test_processes_that_write_do_not_starve_each_other(alias: str, api: BoltAPI) -> None:
    """Each of them gets all of its answers, and every row is there."""
    processes = [writing(alias, prefix, 60) for prefix in ("a", "b")]
    lines = []
    for process in processes:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        lines += out.splitlines()
    assert len(lines) == 240
    assert {line.split()[0] for line in lines} == {"200", "201"}
    assert Task.objects.using(alias).count() == 121
    assert Task.objects.using(alias).get(code="first").title in {"first a59", "first b59"}


@pytest.mark.parametrize(("method", "path"), [("POST", "/tasks"), ("PATCH", "/tasks/1")])
def test_a_locked_database_is_waited_for_by_a_thread(alias: str, api: BoltAPI, method: str, path: str) -> None:
    """For as long as its settings say, while the loop answers others."""
    body = {"title": "t", "code": "c"}
    all_sent(api, [("POST", "/tasks", {"title": "w", "code": "w"}), ("PATCH", "/tasks/1", {"title": "w2"})] * 2)
    other = sqlite3.connect(path_of(alias), isolation_level=None)

    async def run() -> tuple[Any, Any]:
        await sent(api, "GET", "/tasks/1")
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(0.6, other.execute, "COMMIT")
        begin = time.monotonic()
        write = asyncio.create_task(sent(api, method, path, body))
        read = await sent(api, "GET", "/tasks/1")
        assert read.status == 200
        took_to_read = time.monotonic() - begin
        answer = await write
        assert time.monotonic() - begin > 0.5
        return answer, took_to_read

    try:
        answer, took_to_read = asyncio.run(run())
    finally:
        other.close()
    assert answer.status in (200, 201)
    assert took_to_read < 0.4
    assert Task.objects.using(alias).filter(title="t").count() == 1


def test_a_database_that_stays_locked_is_not_available(tmp_path: Path, django_db_blocker: Any) -> None:
    """The client gets the 503 of any write, and nothing is written afterwards."""
    with django_db_blocker.unblock(), written_file(tmp_path, timeout=0.1) as alias:
        api = api_of()
        all_sent(api, [("POST", "/tasks", {"title": at, "code": at}) for at in ("a", "b")])
        other = sqlite3.connect(path_of(alias), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answers = all_sent(api, [(("POST", path, {"title": "t", "code": "c"})) for path in ("/tasks", "/orm/tasks")])
        other.execute("COMMIT")
        other.close()
        assert answers[0] == answers[1]
        assert answers[0].status == 503
        assert Task.objects.using(alias).count() == 2
