"""Tests of a get_queryset of one's own on the event loop: called there while it is quick, elsewhere otherwise."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from asgiref.sync import async_to_sync
from django.test import override_settings

from ironbolt.bolt import BoltAPI, Info, ReadOnlyModelViewSet
from ironbolt.bolt.exceptions import NotFound
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.bolt.views import openings
from ironbolt.plans import inline
from ironbolt.plans.inline import Inline
from tests.plans.files import all_served, file_database
from tests.plans.writes import ToOne
from tests.project.models import Label, Task


class TaskOut(msgspec.Struct):
    """A task."""

    title: str
    owner_id: str


@pytest.fixture(scope="module")
def alias(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[str]:
    """A database in a file, with the tasks of three owners."""
    with django_db_blocker.unblock(), file_database(tmp_path_factory.mktemp("file")) as alias:
        for at in range(12):
            Task.objects.using(alias).create(title=f"t{at}", code=str(at), owner_id="abc"[at % 3])
        Label.objects.using(alias).create(name="a")
        yield alias


@pytest.fixture(scope="module")
def another(alias: str, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[str]:
    """A second file, with tasks of somebody else; the first is there too."""
    folder = tmp_path_factory.mktemp("another")
    with django_db_blocker.unblock(), file_database(folder, alias=f"{alias}2") as another:
        Task.objects.using(another).create(title="t", code="t", owner_id="z")
        yield another


@pytest.fixture
def on_the_loop(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries that were answered on the loop, which nothing holds for too long."""
    monkeypatch.setattr(openings, "PATIENCE", 10.0)
    monkeypatch.setattr(inline, "PATIENCE", 10.0)
    seen: list[str] = []
    fetch = Inline.fetch

    def look(self: Inline, statement: Any, params: Any) -> Any:
        rows = fetch(self, statement, params)
        seen.append(statement.sql)
        return rows

    monkeypatch.setattr(Inline, "fetch", look)
    return seen


def api_of(get_queryset: Callable[[Any], Any], **more: Any) -> BoltAPI:
    """Tasks as a function has them."""
    api = BoltAPI(info=Info(served=False))
    view = {"model": Task, "serializer_class": TaskOut, "get_queryset": get_queryset, **more}
    api.viewset("/tasks")(type("Tasks", (ReadOnlyModelViewSet,), view))
    return api


def owners(answer: tuple[int, bytes]) -> set[str]:
    """Whose tasks an answer shows."""
    status, body = answer
    assert status == 200
    read = msgspec.json.decode(body)
    return {task["owner_id"] for task in (read["results"] if isinstance(read, dict) else read)}


def test_everybody_gets_their_own_rows_on_the_loop(alias: str, on_the_loop: list[str]) -> None:
    """After a few calls in threads; whether they ask one after the other or all at once, nobody sees another's."""

    def mine(view: Any) -> Any:
        return Task.objects.using(alias).filter(owner_id=view.request.query["me"]).order_by("pk")

    api = api_of(mine, queryset=Task.objects.using(alias), pagination_class=PageNumberPagination)
    asked = [("/tasks", f"me={'abc'[at % 3]}") for at in range(60)]
    for at_once in (False, True):
        for (_, query), answer in zip(asked, all_served(api, asked, at_once=at_once), strict=True):
            assert owners(answer) == {query[-1]}
    assert len(on_the_loop) > 100
    assert len({sql for sql in on_the_loop if "COUNT" not in sql}) == 1


def test_the_database_of_the_rows_is_found_out(alias: str, on_the_loop: list[str]) -> None:
    """Where only the method names it, the first request learns it."""
    api = api_of(lambda _: Task.objects.using(alias).filter(owner_id="a"))
    for answer in all_served(api, [("/tasks", "")] * 8):
        assert owners(answer) == {"a"}
    assert on_the_loop


@pytest.mark.parametrize("seconds", [0.05, 0.0])
def test_nobody_gets_the_rows_of_another_database(alias: str, another: str, seconds: float) -> None:
    """However the requests for one and the other overlap, in threads and on the loop."""

    def mine(view: Any) -> Any:
        time.sleep(seconds)
        return Task.objects.using(view.request.query["db"]).filter(owner_id__in="az").order_by("pk")

    api = api_of(mine)
    for using in (alias, another, alias, another):
        for answer in all_served(api, [("/tasks", f"db={using}")] * 4, at_once=True):
            assert owners(answer) == {"a" if using == alias else "z"}
    asked = [("/tasks", f"db={(alias, another)[at % 2]}") for at in range(12)]
    for at, answer in enumerate(all_served(api, asked, at_once=True)):
        assert owners(answer) == {"az"[at % 2]}


def test_rows_that_name_no_database_are_in_that_of_the_router(alias: str, another: str) -> None:
    """Neither in that of the rows that the class declares, nor in that of the request before."""

    def mine(view: Any) -> Any:
        named = view.request.query.get("db")
        return Task.objects.using(named) if named else Task.objects.all()

    with override_settings(DATABASE_ROUTERS=[ToOne(alias)]):
        for declared in ({}, {"queryset": Task.objects.using(another)}):
            api = api_of(mine, **declared)
            asked = [("/tasks", query) for query in ("", f"db={another}", f"db={another}", "", "", "")]
            shown = [owners(answer) for answer in all_served(api, asked)]
            assert shown == [set("abc"), {"z"}, {"z"}, set("abc"), set("abc"), set("abc")]


def test_a_method_that_asks_the_database_is_called_in_threads(alias: str, on_the_loop: list[str]) -> None:
    """The loop never calls it, and its rows are planned all the same."""
    callers: list[bool] = []

    def asking(_: Any) -> Any:
        callers.append(threading.current_thread() is threading.main_thread())
        names = [label.name for label in Label.objects.using(alias)]
        return Task.objects.using(alias).filter(owner_id__in=names)

    api = api_of(asking, queryset=Task.objects.using(alias))
    for answer in all_served(api, [("/tasks", "")] * 12):
        assert owners(answer) == {"a"}
    assert not any(callers)
    assert not on_the_loop


def test_a_method_that_hides_its_errors_keeps_its_rows(alias: str) -> None:
    """Django refuses it the database on the loop, so that it would take the refusal for rows that are not there."""

    def mine(_: Any) -> Any:
        try:
            label = Label.objects.using(alias).get(name="a")
        except Exception:  # noqa: BLE001 - what is tested
            return Task.objects.none()
        return Task.objects.using(alias).filter(owner_id=label.name)

    api = api_of(mine, queryset=Task.objects.using(alias))
    for answer in all_served(api, [("/tasks", "")] * 12):
        assert owners(answer) == {"a"}


def test_a_method_that_asks_for_some_callers_keeps_their_rows(alias: str, on_the_loop: list[str]) -> None:
    """However often it asked nobody before, and whatever it makes of a refusal: rows of others, none or an error."""
    hidden: list[Callable[[], Any]] = [
        lambda: Task.objects.using(alias).filter(owner_id="b"),
        Task.objects.none,
        lambda: Task.objects.using(alias).get(pk=-1),
    ]
    for hide in hidden:

        def mine(view: Any, hide: Callable[[], Any] = hide) -> Any:
            if "staff" not in view.request.query:
                return Task.objects.using(alias).filter(owner_id="b")
            try:
                name = Label.objects.using(alias).get(name="a").name
            except Exception:  # noqa: BLE001 - what is tested
                return hide()
            return Task.objects.using(alias).filter(owner_id=name)

        api = api_of(mine, queryset=Task.objects.using(alias))
        on_the_loop.clear()
        asked = [("/tasks", "staff=1" if at % 6 == 5 else "") for at in range(24)]
        shown = [owners(answer) for answer in all_served(api, asked)]
        assert shown == [{"a"} if query else {"b"} for _, query in asked]
        assert on_the_loop


def test_a_method_that_asked_once_comes_back_to_the_loop(alias: str, on_the_loop: list[str]) -> None:
    """It may have kept what it was told, as it does with content types."""
    known: list[str] = []

    def mine(_: Any) -> Any:
        if not known:
            known.append(Label.objects.using(alias).get(name="a").name)
        return Task.objects.using(alias).filter(owner_id=known[0])

    api = api_of(mine, queryset=Task.objects.using(alias))
    for answer in all_served(api, [("/tasks", "")] * 8):
        assert owners(answer) == {"a"}
    assert len(on_the_loop) == 4


def test_a_method_that_runs_a_loop_of_its_own_is_called_in_threads(alias: str) -> None:
    """Inside another one it can't; what is quick in threads would be an error here."""

    async def name() -> str:
        return "a"

    def mine(_: Any) -> Any:
        return Task.objects.using(alias).filter(owner_id=async_to_sync(name)())

    api = api_of(mine, queryset=Task.objects.using(alias))
    for answer in all_served(api, [("/tasks", "")] * 8):
        assert owners(answer) == {"a"}


@pytest.mark.usefixtures("on_the_loop")
def test_what_a_method_refuses_is_refused_on_the_loop(alias: str) -> None:
    """An error that has nothing to do with the loop is the answer, and nobody calls the method again for it."""
    calls: list[bool] = []

    def mine(view: Any) -> Any:
        calls.append(threading.current_thread() is threading.main_thread())
        if "away" in view.request.query:
            raise NotFound
        return Task.objects.using(alias).filter(owner_id="a")

    api = api_of(mine, queryset=Task.objects.using(alias))
    all_served(api, [("/tasks", "")] * 5)
    calls.clear()
    answers = all_served(api, [("/tasks", "away=1"), ("/tasks", "")])
    assert [status for status, _ in answers] == [404, 200]
    assert calls == [True, True]


def test_a_method_that_takes_long_is_called_in_threads(
    alias: str, on_the_loop: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once on the loop at most, until it is quick again a few times in a row."""
    monkeypatch.setattr(openings, "PATIENCE", 0.02)
    here: list[bool] = []
    seconds = [0.0]

    def slow(_: Any) -> Any:
        here.append(threading.current_thread() is threading.main_thread())
        time.sleep(seconds[0])
        return Task.objects.using(alias).filter(owner_id="a")

    api = api_of(slow, queryset=Task.objects.using(alias))
    all_served(api, [("/tasks", "")] * 6)
    assert here[-1]
    seconds[0], here[:] = 0.03, []
    all_served(api, [("/tasks", "")] * 5)
    assert here == [True, False, False, False, False]
    seconds[0], here[:] = 0.0, []
    all_served(api, [("/tasks", "")] * 6)
    assert here[:3] == [False] * 3
    assert here[-1]


def test_an_asynchronous_method_is_awaited_as_before(alias: str) -> None:
    """Whether it says so or only answers a coroutine."""

    async def mine(_: Any) -> Any:
        return Task.objects.using(alias).filter(owner_id="b")

    for get_queryset in (mine, lambda view: mine(view)):  # noqa: PLW0108 - this one is no coroutine function
        for answer in all_served(api_of(get_queryset), [("/tasks", "")] * 3):
            assert owners(answer) == {"b"}
