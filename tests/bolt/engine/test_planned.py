"""Tests of planned reads on the event loop and in threads: the same bytes as by the ORM, whoever asks first."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from asgiref.sync import async_to_sync
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ironbolt.bolt import BoltAPI, Info, ReadOnlyModelViewSet
from ironbolt.bolt.auth import APIKeyAuthentication, IsAuthenticated, JWTAuthentication
from ironbolt.bolt.middleware import rate_limit
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.bolt.structs import ModelStruct
from ironbolt.core import context
from ironbolt.core.scope import Scope
from ironbolt.core.threads import close_database_threads
from ironbolt.plans.budget import Budget
from ironbolt.plans.inline import Inline, inline_on
from tests.plans.files import all_served, file_database, served
from tests.plans.reads import EXAMPLES
from tests.plans.test_equivalence import LISTED, PAGES, BagOut, questions
from tests.project.models import Bag, Label, Task


class TaskOut(msgspec.Struct):
    """A task and who watches it."""

    title: str
    watchers: list[int]


class LabelOut(msgspec.Struct):
    """A label and its tasks."""

    name: str
    tasks: list[TaskOut]


@pytest.fixture(scope="module")
def alias(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[str]:
    """A database in a file, with a few rows."""
    with django_db_blocker.unblock(), file_database(tmp_path_factory.mktemp("file")) as alias:
        labels = [Label.objects.using(alias).create(name=name) for name in ("red", "blue", "100%")]
        for at in range(7):
            task = Task.objects.using(alias).create(title=f"t{at}", code=str(at), label=labels[at % 2])
            task.watchers.set(labels[: at % 3])
            Bag.objects.using(alias).create(name="ab"[at % 2], small=at, label=labels[at % 3], amount=at, flag=at > 3)
        yield alias


@pytest.fixture(autouse=True)
def _no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random examples are another query every time."""
    monkeypatch.setattr(Budget, "spend", lambda _: True)


def _overridden(self: Any, rows: Any) -> Any:
    """Filters as ever, in a method that only the ORM can give its rows to."""
    return ReadOnlyModelViewSet.filter_queryset(self, rows)


def api_of(alias: str) -> BoltAPI:
    """Bags and labels by plan, and below /orm the same by the ORM."""
    api = BoltAPI(info=Info(served=False))
    bags = {**LISTED, "queryset": Bag.objects.using(alias), "serializer_class": BagOut}
    bags["pagination_class"] = PageNumberPagination
    labels = {"queryset": Label.objects.using(alias).order_by("pk"), "serializer_class": LabelOut}
    by_orm = {"filter_queryset": _overridden}
    for path, more in (("", {}), ("/orm", by_orm)):
        api.viewset(f"{path}/bags")(type("Bags", (ReadOnlyModelViewSet,), bags | more))
        api.viewset(f"{path}/labels")(type("Labels", (ReadOnlyModelViewSet,), labels | more))
    return api


@pytest.fixture(scope="module")
def api(alias: str) -> BoltAPI:
    """Whose plans stay."""
    return api_of(alias)


@pytest.fixture
def on_the_loop(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries that were answered on the loop."""
    seen: list[str] = []
    fetch = Inline.fetch

    def look(self: Inline, statement: Any, params: Any) -> Any:
        rows = fetch(self, statement, params)
        seen.append(statement.sql)
        return rows

    monkeypatch.setattr(Inline, "fetch", look)
    return seen


def test_the_second_request_is_answered_on_the_loop(api: BoltAPI, on_the_loop: list[str]) -> None:
    """The first one makes the plan in a thread; lists in lists are read there too."""
    first, second = all_served(api, [("/labels", ""), ("/labels", "")])
    assert first == second
    assert first == all_served(api, [("/orm/labels", "")])[0]
    assert len(on_the_loop) == 3
    assert first[0] == 200
    assert len(msgspec.json.decode(first[1])[0]["tasks"]) == 4


@settings(max_examples=max(EXAMPLES // 8, 1), deadline=None, suppress_health_check=[*HealthCheck])
@given(asked=st.lists(st.tuples(questions(), PAGES), min_size=1, max_size=5))
def test_the_loop_answers_as_the_orm(api: BoltAPI, asked: list[tuple[dict[str, str], dict[str, str]]]) -> None:
    """Each question in a thread, then on the loop, then by the ORM: the same status and the same bytes."""
    from urllib.parse import urlencode

    for question, pages in asked:
        query = urlencode(question | pages)
        first, second, orm = all_served(api, [("/bags", query), ("/bags", query), ("/orm/bags", query)])
        expected = orm[0], orm[1].replace(b"/orm/bags", b"/bags")
        if orm[0] >= 400:
            assert (first[0], second[0]) == (orm[0], orm[0])
        else:
            assert first == expected
            assert second == expected


@pytest.mark.parametrize("key", ["1", "2", "999", str(2**63), str(-(2**70)), "x", "%00"])
def test_single_objects_are_answered_as_by_the_orm(api: BoltAPI, key: str) -> None:
    """Whether there is one, or could be."""
    first, second, orm = all_served(api, [(f"/labels/{key}", ""), (f"/labels/{key}", ""), (f"/orm/labels/{key}", "")])
    assert first[0] == second[0] == orm[0]
    if orm[0] == 200:
        assert first[1] == second[1] == orm[1]


def test_first_requests_may_race(alias: str, on_the_loop: list[str]) -> None:
    """All of them are right, and one connection is left."""
    api = api_of(alias)
    asked = [
        ("/labels", ""),
        ("/bags", "name=a"),
        ("/labels/1", ""),
        ("/bags", "small__in=1,2,3"),
        ("/bags", "search=a"),
    ]
    many = all_served(api, asked * 8, at_once=True)
    expected = [
        (found[0], found[1].replace(b"/orm", b"")) for found in all_served(api, [(f"/orm{p}", q) for p, q in asked])
    ]
    assert many == expected * 8


def test_threads_with_loops_of_their_own_may_race(alias: str) -> None:
    """Eight servers in one process, each with other questions, share the plans."""
    api = api_of(alias)
    asked = [("/bags", f"small__in={','.join(map(str, range(at + 1)))}") for at in range(8)]
    expected = list(all_served(api, [(f"/orm{path}", query) for path, query in asked]))
    asyncio.run(close_database_threads())
    begin = threading.Barrier(8)

    def ask(at: int) -> list[tuple[int, bytes]]:
        begin.wait()
        return all_served(api, [asked[at]] * 10)

    with ThreadPoolExecutor(8) as pool:
        for at, found in enumerate(pool.map(ask, range(8))):
            status, body = expected[at]
            assert found == [(status, body.replace(b"/orm", b""))] * 10
    asyncio.run(close_database_threads())


def test_what_was_written_is_read_at_once(api: BoltAPI, alias: str) -> None:
    """By the next request, wherever it is answered."""
    all_served(api, [("/labels", "")] * 2)
    label = Label.objects.using(alias).create(name="new")
    try:
        assert b'"new"' in all_served(api, [("/labels", "")])[0][1]
    finally:
        label.delete()
    assert b'"new"' not in all_served(api, [("/labels", "")])[0][1]


def test_code_of_the_project_may_ask_the_orm(alias: str, on_the_loop: list[str]) -> None:
    """A scope that looks something up can't do so on the loop: a thread answers."""

    def bind(_: context.Context) -> tuple[Any, ...]:
        return (Label.objects.using(alias).get(name="red").pk,)

    api = BoltAPI(info=Info(served=False))
    view = {"queryset": Task.objects.using(alias), "serializer_class": TaskOut, "scope": Scope(("label",), bind)}
    api.viewset("/tasks")(type("Tasks", (ReadOnlyModelViewSet,), view))
    answers = all_served(api, [("/tasks", "")] * 3)
    assert {status for status, _ in answers} == {200}
    assert len(msgspec.json.decode(answers[2][1])) == 4
    assert on_the_loop == []


@pytest.mark.parametrize("action", ["list", "retrieve"])
def test_code_of_the_project_may_hide_its_errors(alias: str, action: str) -> None:
    """A refusal on the loop that it takes for an answer is nobody's answer, be it rows, none of them or a 404."""

    def bind(_: context.Context) -> tuple[Any, ...]:
        try:
            return (Label.objects.using(alias).get(name="red").pk,)
        except Exception:  # noqa: BLE001 - what is tested
            return (Label.objects.using(alias).model(pk=2).pk,)

    api = BoltAPI(info=Info(served=False))
    view = {"queryset": Task.objects.using(alias), "serializer_class": TaskOut, "scope": Scope(("label",), bind)}
    api.viewset("/tasks")(type("Tasks", (ReadOnlyModelViewSet,), view))
    red = Task.objects.using(alias).filter(label__name="red")
    path = "/tasks" if action == "list" else f"/tasks/{red[0].pk}"
    for status, body in all_served(api, [(path, "")] * 4):
        assert status == 200
        shown = msgspec.json.decode(body)
        titles = [task["title"] for task in shown] if action == "list" else [shown["title"]]
        assert titles == [task.title for task in red][: len(titles)]


def test_code_of_the_project_may_run_a_loop(alias: str) -> None:
    """Which it can't inside another one: a thread answers."""

    async def name() -> str:
        return "red"

    def bind(_: context.Context) -> tuple[Any, ...]:
        return (async_to_sync(name)(),)

    api = BoltAPI(info=Info(served=False))
    view = {"queryset": Task.objects.using(alias), "serializer_class": TaskOut, "scope": Scope(("label__name",), bind)}
    api.viewset("/tasks")(type("Tasks", (ReadOnlyModelViewSet,), view))
    for status, body in all_served(api, [("/tasks", "")] * 3):
        assert (status, len(msgspec.json.decode(body))) == (200, 4)


def test_a_slow_query_moves_to_a_thread(api: BoltAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client gets its answer all the same, and the loop is spared the next time."""
    all_served(api, [("/labels", "")] * 2)
    monkeypatch.setattr("ironbolt.plans.inline.PATIENCE", -1.0)
    monkeypatch.setattr("ironbolt.plans.inline.STEPS_BETWEEN_LOOKS", 1)
    expected = all_served(api, [("/orm/labels", "")])

    async def run() -> list[tuple[int, bytes]]:
        inline = inline_on("file")
        assert inline is not None
        inline.close()
        return [await served(api, "/labels") for _ in range(3)]

    assert asyncio.run(run()) == expected * 3
    inline_on.cache_clear()


def test_a_read_that_moves_to_a_thread_is_counted_once(alias: str) -> None:
    """Whoever is let in on the loop is not asked again in the thread: a burst of two is two answers."""

    def bind(_: context.Context) -> tuple[Any, ...]:
        return (Label.objects.using(alias).get(name="red").pk,)

    view = {"queryset": Task.objects.using(alias), "serializer_class": TaskOut, "scope": Scope(("label",), bind)}
    api = BoltAPI(info=Info(served=False))
    api.viewset("/tasks")(rate_limit(0.001, burst=2)(type("Tasks", (ReadOnlyModelViewSet,), view)))
    assert [status for status, _ in all_served(api, [("/tasks", "")] * 3)] == [200, 200, 429]


def test_guards_are_asked_before_a_plan_answers(alias: str, on_the_loop: list[str]) -> None:
    """A stranger gets a 401 and no query is made, however often rows were read before."""
    view = {"queryset": Label.objects.using(alias), "serializer_class": LabelOut, "guards": [IsAuthenticated()]}
    key = APIKeyAuthentication(api_keys={"testserver": "program"}, header="Host")
    api = BoltAPI(info=Info(served=False))
    for path, auth in (("/known", [key]), ("/strange", [JWTAuthentication(secret="s" * 32)])):
        api.viewset(path)(type("Labels", (ReadOnlyModelViewSet,), {**view, "auth": auth}))
    assert [status for status, _ in all_served(api, [("/known", "")] * 2)] == [200, 200]
    on_the_loop.clear()
    assert [status for status, _ in all_served(api, [("/strange", "")] * 2)] == [401, 401]
    assert on_the_loop == []


def test_leaving_the_program_is_a_failure_like_any_other(alias: str) -> None:
    """Not even code of the project that runs while a plan makes its rows ends the server."""

    def leave(_: context.Context) -> tuple[Any, ...]:
        raise SystemExit(3)

    api = BoltAPI(info=Info(served=False))
    view = {"queryset": Task.objects.using(alias), "serializer_class": TaskOut, "scope": Scope(("label",), leave)}
    api.viewset("/tasks")(type("Tasks", (ReadOnlyModelViewSet,), view))
    assert {status for status, _ in all_served(api, [("/tasks", "")] * 2)} == {500}


def test_a_slice_of_ones_own_is_one_shape(alias: str, on_the_loop: list[str]) -> None:
    """Wherever it begins and however long it is; of a view set without a model the Struct says what its rows are."""

    class TaskShown(ModelStruct):
        """A task."""

        class Meta:
            model = Task
            fields = ("id", "title")

    class Tasks(ReadOnlyModelViewSet):
        """As many tasks as are asked for."""

        serializer_class = TaskShown

        def get_queryset(self) -> Any:
            """Some of them."""
            begin = int(self.request.query["begin"])
            return Task.objects.using(alias).order_by("id")[begin : begin + int(self.request.query["size"])]

    api = BoltAPI(info=Info(served=False))
    api.viewset("/tasks")(Tasks)
    every = [task.title for task in Task.objects.using(alias).order_by("id")]
    asked = [(begin, size) for begin in (0, 2, 6, 9) for size in (1, 3, 20)]
    answers = all_served(api, [("/tasks", f"begin={begin}&size={size}") for begin, size in asked])
    for (begin, size), (status, body) in zip(asked, answers, strict=True):
        found = [task["title"] for task in msgspec.json.decode(body)]
        assert (status, found) == (200, every[begin : begin + size])
    assert len(set(on_the_loop)) == 1
    assert len(on_the_loop) > len(asked) // 2
