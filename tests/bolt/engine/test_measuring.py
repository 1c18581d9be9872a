"""Measured routes on a real loop and in real threads: every query is counted once, wherever it runs."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ironbolt.bolt import APIView, BoltAPI, Info, ModelViewSet
from ironbolt.bolt.auth import APIKeyAuthentication
from ironbolt.bolt.guards import DatabaseGuard
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.plans.inline import Inline
from tests.bolt.engine.test_planned import LabelOut
from tests.plans.files import all_served, file_database
from tests.plans.writes import all_sent, written_file
from tests.project.models import Label, Task
from tests.project.recording import Recording

pytestmark = pytest.mark.row("V19")


class NameOut(msgspec.Struct):
    """A label as it is read."""

    id: int
    name: str


class NameIn(msgspec.Struct):
    """A label as it is written."""

    name: str


@pytest.fixture(scope="module")
def alias(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[str]:
    """A database in a file, with a few rows."""
    with django_db_blocker.unblock(), file_database(tmp_path_factory.mktemp("measured"), alias="measured") as alias:
        label = Label.objects.using(alias).create(name="red")
        for at in range(3):
            Task.objects.using(alias).create(title=f"t{at}", code=str(at), label=label)
        yield alias


def test_planned_reads_count_in_threads_and_on_the_loop(alias: str, recording: Recording) -> None:
    """The first is answered in a thread that makes the plan, the others on the loop: the same number of queries."""
    api = BoltAPI(info=Info(served=False))
    rows = {"queryset": Label.objects.using(alias).order_by("pk"), "serializer_class": LabelOut}
    api.viewset("/labels")(type("Labels", (ModelViewSet,), {**rows, "pagination_class": PageNumberPagination}))
    (route,) = [route for route in api.routes() if (route.method, route.path) == ("GET", "/labels")]
    assert route.planned is not None
    ran: list[str] = []
    fetch = Inline.fetch

    def look(self: Inline, statement: Any, params: Any) -> Any:
        found = fetch(self, statement, params)
        ran.append(statement.sql)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Inline, "fetch", look)
        answers = all_served(api, [("/labels", "")] * 3)
    assert answers[0] == answers[1] == answers[2]
    counts = [measured.queries for measured in recording.seen]
    assert counts == [len(ran) // 2] * 3
    assert counts[0] > 1
    assert all(0 < measured.query_ms < measured.duration_ms for measured in recording.seen)


def test_long_reads_in_a_thread_count(alias: str, recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """A measured view reads as it would unmeasured, without Django's connection, and counts all the same."""
    from ironbolt.plans import at_length

    ran: list[str] = []
    rows_of = at_length._rows

    def look(inline: Any, statement: Any, params: Any) -> Any:
        ran.append(statement.sql)
        return rows_of(inline, statement, params)

    monkeypatch.setattr(at_length, "_rows", look)
    api = BoltAPI(info=Info(served=False))
    rows = {"queryset": Label.objects.using(alias).order_by("pk"), "serializer_class": LabelOut}
    api.viewset("/labels")(type("Labels", (ModelViewSet,), rows))
    all_served(api, [("/labels", "")])  # in a thread, for the plan is made there
    assert [measured.queries for measured in recording.seen] == [len(ran)]
    assert len(ran) > 1


def test_what_is_awaited_and_what_guards_ask_counts(alias: str, recording: Recording) -> None:
    """The asynchronous ORM in its lane, a guard in a thread, a plain handler in another: each query once."""

    def known(request: Any) -> bool:
        return Label.objects.using(alias).count() == 1

    api = BoltAPI(info=Info(served=False), auth=[APIKeyAuthentication({"k": "x"})], guards=[])

    @api.view("/awaited")
    class Awaited(APIView):
        async def get(self) -> int:
            return await Label.objects.using(alias).acount() + await Task.objects.using(alias).acount()

    @api.view("/guarded")
    class Guarded(APIView):
        guards = [DatabaseGuard(known)]

        def get(self) -> int:
            return Task.objects.using(alias).count()

    @api.get("/function")
    async def function() -> int:
        first, second = await asyncio.gather(
            Label.objects.using(alias).acount(), Task.objects.using(alias).filter(code="1").acount()
        )
        return first + second

    answers = all_served(api, [("/awaited", ""), ("/guarded", ""), ("/function", ""), ("/awaited", "")])
    assert [body for _, body in answers] == [b"4", b"3", b"2", b"4"]
    seen = [(measured.view, measured.action, measured.queries) for measured in recording.seen]
    assert seen == [("Awaited", "get", 2), ("Guarded", "get", 2), ("", "function", 2), ("Awaited", "get", 2)]


def test_planned_writes_count(tmp_path: Path, django_db_blocker: Any, recording: Recording) -> None:
    """One statement on the loop, or in a thread; what the handler does in its place counts as it is."""
    with django_db_blocker.unblock(), written_file(tmp_path):
        api = BoltAPI(info=Info(served=False))
        view = {"model": Label, "serializer_class": NameOut, "create_serializer_class": NameIn}
        api.viewset("/labels")(type("Labels", (ModelViewSet,), view))
        create = next(route for route in api.routes() if (route.method, route.path) == ("POST", "/labels"))
        assert create.planned_write is not None
        names = ["a", "b", "c", "a"]
        answers = all_sent(api, [("POST", "/labels", {"name": name}) for name in names])
        assert [answer.status for answer in answers] == [201, 201, 201, 409]
        assert Label.objects.count() == 3
    first, *others = [measured.queries for measured in recording.seen]
    assert others == [1, 1, 1]
    assert first >= 1  # who makes the plan may ask the database what tables are like
    assert all(0 < measured.query_ms < measured.duration_ms for measured in recording.seen)


def test_requests_at_once_do_not_count_each_others(alias: str, recording: Recording) -> None:
    """Each has a tally of its own."""
    api = BoltAPI(info=Info(served=False))

    @api.get("/one")
    async def one() -> int:
        return await Label.objects.using(alias).acount()

    @api.get("/three")
    async def three() -> int:
        return sum([await Task.objects.using(alias).acount() for _ in range(3)])

    all_served(api, [("/one", ""), ("/three", "")] * 10, at_once=True)
    assert {(measured.action, measured.queries) for measured in recording.seen} == {("one", 1), ("three", 3)}
    assert len(recording.seen) == 20
