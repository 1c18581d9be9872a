"""How long actions take and how many queries they make, through both doors: to the log, to metrics, to a hook."""

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from rest_framework.response import Response

from ironbolt.bolt import BoltAPI, Info
from ironbolt.bolt.views.planned import PlannedList
from ironbolt.core import tally
from ironbolt.drf.performance import measured as measured_by_drf
from ironbolt.features.observability import Measurement, record_with, stop_recording_with
from ironbolt.features.observability.recording import recorders
from tests.contract.tasks import BoltTasks, Call, DRFTasks, through_bolt, through_drf
from tests.project.models import Label, Task
from tests.project.recording import Recording

pytestmark = [pytest.mark.django_db, pytest.mark.row("V19")]

DOORS = {"drf": through_drf, "bolt": through_bolt}
LOG = "ironbolt.performance"


@pytest.fixture(params=[*DOORS])
def door(request: pytest.FixtureRequest) -> str:
    """Each door in turn."""
    name: str = request.param
    return name


@pytest.fixture
def through(door: str) -> Callable[..., Call]:
    """What makes a caller of it."""
    return DOORS[door]


@pytest.fixture
def task() -> Task:
    """A task, beside another one."""
    Task.objects.create(title="other", code="O")
    return Task.objects.create(title="there", code="A")


CALLS: dict[str, tuple[str, Any, int]] = {
    "list": ("GET", None, 200),
    "retrieve": ("GET", None, 200),
    "create": ("POST", {"title": "new", "code": "N"}, 201),
    "update": ("PUT", {"title": "new", "code": "A"}, 200),
    "partial_update": ("PATCH", {"title": "new"}, 200),
    "destroy": ("DELETE", None, 0),
}


def do(call: Call, action: str, task: Task) -> int:
    """Do it; the status."""
    method, body, _ = CALLS[action]
    key = None if action in ("list", "create") else task.pk
    return call(method, key, **({} if body is None else {"json": body}))[0]


def asked_of_the_database(queries: CaptureQueriesContext) -> int:
    """How many of them are more than the beginning or end of a transaction."""
    return sum(
        not query["sql"].startswith(("SAVEPOINT", "RELEASE", "PRAGMA", "BEGIN", "SET CONSTRAINTS")) for query in queries
    )


@pytest.mark.parametrize("action", CALLS)
def test_each_action_is_measured(through: Any, door: str, task: Task, recording: Recording, action: str) -> None:
    """Which it is, how it was answered, how long it took, and each query that it made."""
    call = through()
    begin = time.perf_counter()
    with CaptureQueriesContext(connection) as queries:
        answered = do(call, action, task)
    took = (time.perf_counter() - begin) * 1000
    method, _, status = CALLS[action]
    assert answered == (status or (204 if door == "drf" else 200))
    (measured,) = recording.seen
    assert (measured.door, measured.view, measured.action, measured.method) == (door, "Tasks", action, method)
    assert measured.status == answered
    assert measured.queries == asked_of_the_database(queries) > 0
    assert 0 < measured.query_ms < measured.duration_ms <= took


def test_number_of_queries_is_that_of_the_work(through: Any, task: Task, recording: Recording) -> None:
    """One more for each that a hook makes, in a coroutine too; one request knows nothing of another's."""

    def before(view: Any, queryset: Any) -> Any:
        Label.objects.count()
        Label.objects.count()
        return queryset

    async def later(view: Any, queryset: Any) -> Any:
        await Label.objects.acount()
        return queryset

    for attributes in ({}, {"before_perform_list": before}, {"before_perform_list": later}, {}):
        assert through(**attributes)("GET")[0] == 200
    first, *others = [measured.queries for measured in recording.seen]
    assert others == [first + 2, first + 1, first]


def refusing(view: Any, *args: Any) -> Any:
    """A hook that refuses."""
    raise PermissionDenied


def failing(view: Any, *args: Any) -> Any:
    """A hook that fails."""
    raise RuntimeError


def test_errors_are_measured_by_their_status(through: Any, task: Task, recording: Recording) -> None:
    """Whoever asks for a dashboard wants to see those above all."""
    through()("GET", task.pk + 100)
    through(before_perform_create=refusing)("POST", json={"title": "x", "code": "x"})
    through(before_perform_create=failing)("POST", json={"title": "x", "code": "x"})
    through()("POST", json={})
    assert [measured.status for measured in recording.seen] == [404, 403, 500, 400]


# --- the log ---------------------------------------------------------------------------------------


def lines(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What the log has of performance."""
    return [record for record in caplog.records if record.name == LOG]


def test_one_line_for_each_action(through: Any, door: str, task: Task, caplog: pytest.LogCaptureFixture) -> None:
    """For people as names with values, for programs as attributes of the record."""
    caplog.set_level(logging.INFO, LOG)
    assert through(LOG_PERFORMANCE=True)("GET")[0] == 200
    (record,) = lines(caplog)
    text = record.getMessage()
    assert text.startswith(f"door={door} view=Tasks action=list method=GET ")
    assert " status=200 duration_ms=" in text
    assert " queries=1 query_ms=" in text
    facts = vars(record)
    assert (facts["door"], facts["action"], facts["status"], facts["queries"]) == (door, "list", 200, 1)
    assert record.levelno == logging.INFO
    assert facts["query_ms"] < facts["duration_ms"]


def test_settings_ask_for_all_and_a_view_may_decline(
    through: Any, task: Task, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """``LOG_PERFORMANCE`` of the settings, then of the class."""
    caplog.set_level(logging.INFO, LOG)
    settings.IRONBOLT = {"LOG_PERFORMANCE": True}
    through()("GET")
    through(LOG_PERFORMANCE=False)("GET")
    assert len(lines(caplog)) == 1


def slowly(view: Any, queryset: Any) -> Any:
    """A hook that takes its time."""
    time.sleep(0.03)
    return queryset


def test_slow_action_warns(through: Any, task: Task, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    """From ``SLOW_ACTION_MS`` on, and others are not in the log."""
    caplog.set_level(logging.INFO, LOG)
    settings.IRONBOLT = {"SLOW_ACTION_MS": 25}
    through(before_perform_list=slowly)("GET")
    (record,) = lines(caplog)
    assert record.levelno == logging.WARNING
    assert record.getMessage().endswith(" slow=True")
    settings.IRONBOLT = {"SLOW_ACTION_MS": 60_000}
    through(before_perform_list=slowly)("GET")
    assert len(lines(caplog)) == 1


@pytest.mark.parametrize(
    ("budget", "warns"), [(0, True), (1, False), ({"list": 0}, True), ({"list": 1, "retrieve": 0}, False)]
)
def test_budget_of_queries_warns(
    through: Any, task: Task, budget: Any, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A number for all actions, or one for each; the answer is the same."""
    caplog.set_level(logging.INFO, LOG)
    assert through(query_budget=budget)("GET")[0] == 200
    records = lines(caplog)
    assert [record.levelno for record in records] == [logging.WARNING] * warns
    assert all(record.getMessage().endswith(" queries=1 query_ms=" + _rest(record)) for record in records)


def _rest(record: logging.LogRecord) -> str:
    return f"{vars(record)['query_ms']} query_budget=0"


@pytest.mark.parametrize("budget", [-1, "3", True, 2.5, {"list": "3"}, [1]])
def test_budget_that_is_none_is_refused_at_start(through: Any, budget: Any) -> None:
    """As it would never warn, or always."""
    with pytest.raises(ImproperlyConfigured, match=r"Tasks\.query_budget is a number of queries"):
        through(query_budget=budget)("GET")


# --- the hook --------------------------------------------------------------------------------------


def test_hook_gets_the_measurement(through: Any, task: Task) -> None:
    """The view of the request is there, the answer is made, and the database may be asked."""
    seen: list[Any] = []

    def after_action(view: Any, measurement: Measurement) -> None:
        seen.append((view.action, view.request.method, measurement.action, measurement.queries, Task.objects.count()))

    call = through(after_action=after_action)
    assert call("GET")[0] == 200
    assert call("POST", json={"title": "new", "code": "N"})[0] == 201
    assert [one[:3] for one in seen] == [("list", "GET", "list"), ("create", "POST", "create")]
    assert seen[0][3:] == (1, 2)
    assert seen[1][4] == 3


def test_hook_that_fails_is_logged(through: Any, task: Task, caplog: pytest.LogCaptureFixture) -> None:
    """With its traceback, and the answer is what it was."""

    def after_action(view: Any, measurement: Measurement) -> None:
        view.missing()

    assert through(after_action=after_action)("GET")[0] == 200
    assert "An after_action failed" in caplog.text
    assert "has no attribute 'missing'" in caplog.text


def test_hook_may_be_a_coroutine_function(through: Any, task: Task) -> None:
    """It is awaited."""
    seen: list[int] = []

    async def after_action(view: Any, measurement: Measurement) -> None:
        seen.append(await Task.objects.acount())

    assert through(after_action=after_action)("GET")[0] == 200
    assert seen == [2]


def test_what_a_hook_or_a_recorder_raises_changes_nothing(
    through: Any, task: Task, recording: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    """It is in the log; the answer was made, and what was written stays."""

    class Broken:
        def record(self, measurement: Measurement) -> None:
            raise RuntimeError("recorder is broken")

    broken = Broken()
    record_with(broken)
    try:
        call = through(after_action=failing)
        assert call("POST", json={"title": "new", "code": "N"})[0] == 201
    finally:
        stop_recording_with(broken)
    assert Task.objects.filter(code="N").exists()
    assert "recorder is broken" in caplog.text
    assert "An after_action failed" in caplog.text
    assert len(recording.seen) == 1


# --- metrics ---------------------------------------------------------------------------------------


def sample(name: str, **labels: str) -> float | None:
    """A number of Prometheus's."""
    from prometheus_client import REGISTRY

    value: float | None = REGISTRY.get_sample_value(f"ironbolt_action_{name}", labels)
    return value


def test_prometheus_counts_actions(through: Any, door: str, task: Task, settings: Any) -> None:
    """Durations by status, queries and their time by action, under the template of the address."""
    settings.IRONBOLT = {"METRICS": True}
    route = "/tasks/{pk}" if door == "bolt" else ""
    labels = {"door": door, "action": "retrieve", "method": "GET", "route": route}
    before = {name: sample(name, **labels) or 0 for name in ("queries_count", "queries_sum", "query_seconds_count")}
    answered = {status: sample("duration_seconds_count", **labels, status=status) or 0 for status in ("200", "404")}
    call = through()
    call("GET", task.pk)
    call("GET", task.pk)
    call("GET", task.pk + 100)
    assert {name: (sample(name, **labels) or 0) - count for name, count in before.items()} == {
        "queries_count": 3,
        "queries_sum": 3,
        "query_seconds_count": 3,
    }
    assert (sample("duration_seconds_count", **labels, status="200") or 0) - answered["200"] == 2
    assert (sample("duration_seconds_count", **labels, status="404") or 0) - answered["404"] == 1


def test_metrics_without_their_library_are_none(
    settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A line in the log says so, and nothing fails."""
    import sys

    from ironbolt.features.observability import recording

    settings.IRONBOLT = {"METRICS": True}
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    recording._prometheus.cache_clear()
    assert recorders() == ()
    assert recorders() == ()
    assert caplog.text.count("install ironbolt[metrics]") == 1
    recording._prometheus.cache_clear()


# --- nobody asks -----------------------------------------------------------------------------------


def test_nobody_asks_and_nothing_is_measured(through: Any, task: Task, caplog: pytest.LogCaptureFixture) -> None:
    """No connection is looked on, and nothing is logged, where neither view nor settings want to know."""
    caplog.set_level(logging.INFO, LOG)
    wrappers = connections[connection.alias].execute_wrappers
    kept = [*wrappers]
    wrappers.clear()
    watching, tally.watching_threads[:] = [*tally.watching_threads], []
    try:
        assert through()("GET")[0] == 200
        assert wrappers == []
    finally:
        wrappers[:], tally.watching_threads[:] = kept, watching
    assert lines(caplog) == []


def test_views_are_what_they_were_where_nobody_asks() -> None:
    """It is decided at start: the function of the view itself, and the plans themselves."""

    def function() -> None:
        raise AssertionError

    assert measured_by_drf(function, DRFTasks) is function
    api = BoltAPI(info=Info(served=False))
    api.viewset("/off")(type("Off", (BoltTasks,), {}))
    api.viewset("/on")(type("On", (BoltTasks,), {"query_budget": 3}))
    routes = {route.path: route for route in api.routes() if route.method == "GET"}
    assert (routes["/off"].measure, type(routes["/off"].planned)) == (None, PlannedList)
    assert routes["/off"].at_once is not routes["/on"].at_once
    assert not {route.path for route in api.routes() if route.measure is not None} - {"/on", "/on/{pk}"}


def test_answer_of_djangos_own_is_measured(task: Task) -> None:
    """A view of REST framework may answer what knows nothing of it; the hook gets its request all the same."""
    from django.http import HttpResponse

    seen: list[Any] = []

    def after_action(view: Any, measurement: Measurement) -> None:
        seen.append((view.request.method, measurement.status))

    call = through_drf(list=lambda view, request: HttpResponse(b"{}", status=202), after_action=after_action)
    assert call("GET") == (202, {})
    assert seen == [("GET", 202)]


def test_methods_that_nobody_knows_are_one(task: Task, recording: Recording) -> None:
    """Whatever a client calls its method, there is one metric for it."""
    for method in ("BREW", "STIR"):
        assert through_drf(list=lambda view, request: Response([]))(method)[0] == 405
    assert {(measured.action, measured.method) for measured in recording.seen} == {("other", "OTHER")}
