"""Tests of database threads as only a server has them: no hop comes home to a test here."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

PROJECT = """
import asyncio, sys
from django.conf import settings
settings.configure(
    SECRET_KEY="x" * 50, ALLOWED_HOSTS=["*"], INSTALLED_APPS=["django.contrib.contenttypes"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
)
import django
django.setup()
from asgiref.sync import async_to_sync
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
call_command("migrate", verbosity=0)
for number in range(9):
    ContentType.objects.create(app_label="a", model=f"m{number}")
from ironbolt.bolt import BoltAPI, ViewSet
from ironbolt.core.threads import close_database_threads

api = BoltAPI()
begun, go_on = asyncio.Event(), asyncio.Event()

@api.get("/chunks")
async def chunks():
    return len([row.pk async for row in ContentType.objects.aiterator(chunk_size=2)])

@api.get("/many")
async def many():
    return len(await asyncio.gather(*[ContentType.objects.afirst() for _ in range(200)]))

@api.get("/idle")
async def idle():
    await ContentType.objects.acount()
    begun.set()
    await go_on.wait()
    return await ContentType.objects.acount()

@api.viewset("/rows")
class Rows(ViewSet):
    queryset = ContentType.objects.all()
    def retrieve(self, request, pk: int):
        async def found():
            return (await self.get_object(pk)).model
        return async_to_sync(found)()

async def status(path):
    sent = []
    async def receive():
        await asyncio.Event().wait()
    async def send(message):
        sent.append(message)
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [(b"host", b"t")]}
    await api.asgi()(scope, receive, send)
    return sent[0]["status"]

async def statuses(path, times=1):
    return await asyncio.wait_for(asyncio.gather(*[asyncio.create_task(status(path)) for _ in range(times)]), 20)

async def stopped():
    waiting = asyncio.create_task(status("/idle"))
    await begun.wait()
    await close_database_threads()
    go_on.set()
    return await asyncio.wait_for(waiting, 10)

async def crowd():
    tasks = []
    for _ in range(200):
        begun.clear()
        tasks.append(asyncio.create_task(status("/idle")))
        await begun.wait()
    go_on.set()
    return sorted(set(await asyncio.wait_for(asyncio.gather(*tasks), 20)))
"""


def _run(tmp_path: Path, expression: str) -> str:
    """What an expression comes to in a process that serves, with Django's own ``CONN_MAX_AGE``."""
    code = textwrap.dedent(PROJECT) + f"\nasync def main():\n    print({expression})\nasyncio.run(main())\n"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "db.sqlite3")],
        capture_output=True, text=True, timeout=60, check=True, env={**os.environ, "PYTHONWARNINGS": ""},
    )  # fmt: skip
    return done.stdout.strip()


def test_an_iterator_in_chunks_keeps_its_connection(tmp_path: Path) -> None:
    """With ``CONN_MAX_AGE = 0`` the connection lives as long as the request, not only for one step."""
    assert _run(tmp_path, "await statuses('/chunks')") == "[200]"


def test_one_request_may_have_many_steps_in_flight(tmp_path: Path) -> None:
    """The bound is that of the process: a gather of two hundred is none."""
    assert _run(tmp_path, "await statuses('/many')") == "[200]"


def test_idle_requests_are_spread_over_the_lanes(tmp_path: Path) -> None:
    """Two hundred that came one after the other and ask all at once find lanes that are not full."""
    assert _run(tmp_path, "await crowd()") == "[200]"


def test_a_thread_that_waits_for_a_coroutine_does_its_hops(tmp_path: Path) -> None:
    """More handlers than threads that all go through ``async_to_sync`` get an answer each."""
    assert _run(tmp_path, "set(await statuses('/rows/1', 12))") == "{200}"


def test_a_request_outlives_its_lane(tmp_path: Path) -> None:
    """Work that is left when the threads have been closed finds another thread, and never waits for ever."""
    assert _run(tmp_path, "await stopped()") == "200"
