"""Tests of writes by one statement: the answers and the rows are those of the handler, whatever is sent."""

import datetime
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ironbolt import pipeline
from ironbolt.bolt import BoltAPI, Info, ModelViewSet
from ironbolt.bolt.engine import planned_writes
from ironbolt.bolt.engine.planned import UNPLANNED
from ironbolt.bolt.structs import ModelInput, ModelStruct
from ironbolt.core.scope import Scope
from ironbolt.core.threads import on_a_loop
from tests.plans.files import WAL
from tests.plans.reads import EXAMPLES
from tests.plans.writes import AT_ONCE, Answer, ToOne, all_sent, written_file, written_on_wires
from tests.project.models import Bag, Label, Relic, Shelf, Task

NOW = datetime.datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=datetime.UTC)

Asked = tuple[str, str, Any]


def _fields(model: type[Model], *left_out: str) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.attname not in left_out]


class BagOut(ModelStruct):
    """A bag."""

    class Meta:
        model = Bag
        fields = _fields(Bag)


class BagIn(ModelInput):
    """A bag as it is sent, its key included."""

    class Meta:
        model = Bag
        fields = _fields(Bag)


class TaskOut(ModelStruct):
    """A task."""

    class Meta:
        model = Task
        fields = _fields(Task)


class RelicOut(ModelStruct):
    """A relic, but for its picture."""

    class Meta:
        model = Relic
        fields = _fields(Relic, "picture")


class Looked:
    """Has hooks, for which an instance is needed: nothing is planned."""

    def get_create_kwargs(self, data: Any) -> Any:
        """Nothing more."""
        return {}

    get_update_kwargs = lambda self, instance, data: {}  # noqa: E731 - as above


MINE = Scope(("owner_id",), lambda _: ("me",))

VIEWS: dict[str, tuple[type[Model], dict[str, Any]]] = {
    "bags": (Bag, {"serializer_class": BagOut, "create_serializer_class": BagIn, "update_serializer_class": BagIn}),
    "tasks": (Task, {"serializer_class": TaskOut}),
    "relics": (Relic, {"serializer_class": RelicOut}),
    "mine": (Task, {"serializer_class": TaskOut, "scope": MINE, "lookup_field": "code"}),
}


def api_of() -> BoltAPI:
    """Every view set twice: planned, and below /orm with hooks."""
    api = BoltAPI(info=Info(served=False))
    for name, (model, more) in VIEWS.items():
        about = {"queryset": model._default_manager.all(), **more}
        api.viewset(f"/{name}")(type("Planned", (ModelViewSet,), about))
        api.viewset(f"/orm/{name}")(type("Looking", (Looked, ModelViewSet), about))
    return api


@pytest.fixture(scope="module", params=["file", "thread", "wires"])
def alias(request: Any, tmp_path_factory: Any, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A database that the loop writes to, or one that only threads write to, since every commit is synced."""
    if request.param == "wires" and connection.vendor != "postgresql":
        pytest.skip("wires lead to PostgreSQL")
    with django_db_blocker.unblock(), _database(request.param, tmp_path_factory) as alias:
        yield alias
        _empty(alias)


def _database(kind: str, folders: Any) -> AbstractContextManager[str]:
    if kind == "wires":
        return written_on_wires()
    return written_file(folders.mktemp(kind), AT_ONCE if kind == "file" else WAL)


def _empty(alias: str) -> None:
    for model in (Relic, Shelf, Bag, Task, Label):
        model._base_manager.using(alias).all().delete()


@pytest.fixture(scope="module")
def api(alias: str) -> BoltAPI:
    """Whose plans stay."""
    return api_of()


@pytest.fixture(autouse=True)
def _rows(alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still, and nothing is too slow."""
    monkeypatch.setattr("ironbolt.plans.inline_writes.PATIENCE", 10.0)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    _empty(alias)
    Label.objects.using(alias).bulk_create([Label(name=name) for name in ("red", "blue")])


@pytest.fixture
def is_for_threads(alias: str) -> bool:
    """Whether only threads write to it."""
    if connections[alias].vendor != "sqlite":
        return False
    with connections[alias].cursor() as cursor:
        return bool(cursor.execute("PRAGMA synchronous").fetchone()[0] == 2)


@pytest.fixture
def planned(is_for_threads: bool, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The answers of plans: with each database only those that are found where they should be."""
    seen: list[Any] = []
    find, find_in_a_thread = planned_writes.on_the_loop, planned_writes.in_a_thread

    async def look(*arguments: Any) -> Any:
        found = await find(*arguments)
        if found not in (UNPLANNED, planned_writes.ELSEWHERE):
            seen.append(found)
        return found

    def look_in_a_thread(*arguments: Any) -> Any:
        found = find_in_a_thread(*arguments)
        if found is not UNPLANNED:
            seen.append(found)
        return found

    monkeypatch.setattr(planned_writes, "on_the_loop", look)
    if is_for_threads:
        monkeypatch.setattr(planned_writes, "in_a_thread", look_in_a_thread)
    return seen


def _rows_of(model: type[Model], alias: str) -> list[dict[str, Any]]:
    return [dict(row) for row in model._base_manager.using(alias).values().order_by("pk")]


def both(api: BoltAPI, alias: str, method: str, name: str, rest: str, body: Any) -> Answer:
    """The answer to a write, which is the same three times by its plan and by the handler, as are the rows."""
    model = VIEWS[name][0]
    before = _rows_of(model, alias)
    outcomes = []
    for path in (f"/orm/{name}{rest}", f"/{name}{rest}", f"/{name}{rest}"):
        answer = all_sent(api, [(method, path, body)])[0]
        rows = _rows_of(model, alias)
        known = {row[model._meta.pk.attname] for row in before}
        outcomes.append((answer, *_alike(answer, rows, known, model)))
        _restore(model, alias, before)
    assert outcomes[1][1:] == outcomes[0][1:]
    assert outcomes[2][1:] == outcomes[0][1:]
    last: Answer = outcomes[2][0]
    return last


def _alike(answer: Answer, rows: list[dict[str, Any]], known: set[Any], model: type[Model]) -> Any:
    """What has to be the same, but for keys that the database or chance has made."""
    key = model._meta.pk.attname
    shown = [{name: value for name, value in row.items() if name != key or value in known} for row in rows]
    data = answer.data
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    if answer.status == 201:
        data = {name: value for name, value in data.items() if name != key}
    return answer.status, headers, list(data), data, shown


def _restore(model: type[Model], alias: str, rows: list[dict[str, Any]]) -> None:
    model._base_manager.using(alias).all().delete()
    generated = {field.attname for field in model._meta.concrete_fields if field.generated}
    kept = [{name: value for name, value in row.items() if name not in generated} for row in rows]
    model._base_manager.using(alias).bulk_create([model(**row) for row in kept])


NAMES = st.sampled_from(["", "a", " b ", "A", "é", "x" * 21, "\u0000", "100%", "'; --", None, 5])
NUMBERS = st.one_of(st.integers(-3, 3), st.sampled_from([2**31, 2**63, -(2**63) - 1, 10**400, 1.5, "1", None, True]))
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": NAMES,
    "slug": st.sampled_from(["", "a-b", "a b", None]),
    "small": NUMBERS,
    "big": NUMBERS,
    "positive": NUMBERS,
    "real": st.one_of(st.floats(-1e300, 1e300), st.integers(-5, 5), st.sampled_from(["1.5", None, 1e308])),
    "amount": st.sampled_from(["1.50", "1.5", 2, 2.25, "1.005", "99999.99", "9999.99", "-0.00", "1e3", "x", None]),
    "flag": st.sampled_from([True, False, None, 1, "true"]),
    "day": st.sampled_from(["2024-02-29", "2023-02-29", "0001-01-01", "9999-12-31", "2024-02-29T00:00:00", None]),
    "instant": st.sampled_from(
        [
            "2024-02-29T01:02:03Z",
            "2024-02-29T01:02:03.000004+14:00",
            "2024-02-29T01:02:03",
            "0001-01-01T00:00:00+10:00",
            "9999-12-31T23:59:59-10:00",
            "2024-02-29",
            None,
        ]
    ),
    "clock": st.sampled_from(["01:02:03", "23:59:59.999999", "01:02:03Z", "25:00:00", None]),
    "span": st.sampled_from(["P1D", "PT0.5S", "-P1DT1S", "P100000D", "1", None]),
    "token": st.sampled_from(["5ca1ab1e-0000-4000-8000-000000000001", "x", None]),
    "facts": st.sampled_from([None, {}, {"a": [1, None, "é"]}, [], [1], "text", 0, 1.5, True]),
    "level": st.sampled_from([1, 2, 3, "1", None]),
    "label_id": st.sampled_from(["red", "blue", "green", "", None, 1]),
    "unheard": st.sampled_from([1, None]),
}
BODIES = st.fixed_dictionaries({}, optional=FIELDS)
COUNTED = {True: 0, False: 0}


@settings(max_examples=max(EXAMPLES // 4, 1), deadline=None, suppress_health_check=[*HealthCheck])
@given(body=BODIES)
def test_a_bag_is_made_as_by_the_handler(api: BoltAPI, alias: str, planned: list[Any], body: Any) -> None:
    """Whatever its columns get: answer and row are the same."""
    answer = both(api, alias, "POST", "bags", "", body)
    if answer.status == 201:
        assert planned
    assert answer.status < 500


@settings(max_examples=max(EXAMPLES // 4, 1), deadline=None, suppress_health_check=[*HealthCheck])
@given(body=BODIES, method=st.sampled_from(["PUT", "PATCH"]))
def test_a_bag_is_changed_as_by_the_handler(
    api: BoltAPI, alias: str, planned: list[Any], body: Any, method: str
) -> None:
    """Whatever its columns get: answer and row are the same."""
    Bag.objects.using(alias).all().delete()
    other = Bag.objects.using(alias).create(name="other", level=1)
    bag = Bag.objects.using(alias).create(name="b", level=2, facts={"old": 1}, amount="3.00")
    del planned[:]
    answer = both(api, alias, method, "bags", f"/{bag.pk}", body)
    if answer.status == 200 and body.keys() - {"unheard"}:
        assert planned
    assert answer.status < 500
    assert Bag.objects.using(alias).filter(pk=other.pk, name="other").exists()


CASES: list[tuple[str, str, str, Any, int]] = [
    ("POST", "tasks", "", {"title": "t", "code": "c"}, 201),
    ("POST", "tasks", "", {"title": "t", "code": "a"}, 409),
    ("POST", "tasks", "", {"title": "first", "code": "b"}, 409),
    ("POST", "tasks", "", {"title": "t", "code": "c", "effort": "100.5"}, 409),
    ("POST", "tasks", "", {"title": "t", "code": "c", "effort": "-1"}, 400),
    ("POST", "tasks", "", {"title": "t", "code": "c", "label_id": 99999999}, 409),
    ("POST", "tasks", "", {"title": "t", "code": "c", "state": "lost"}, 400),
    ("POST", "tasks", "", {"title": " ", "code": None}, 400),
    ("POST", "tasks", "", {}, 400),
    ("POST", "tasks", "", b"{", 400),
    ("PUT", "tasks", "/{pk}", {"title": "t", "code": "c"}, 200),
    ("PUT", "tasks", "/{pk}", {"title": "t"}, 400),
    ("PUT", "tasks", "/0", {"title": "t", "code": "c"}, 404),
    ("PUT", "tasks", "/0", {"title": " ", "code": "c"}, 404),
    ("PUT", "tasks", "/x", {"title": "t", "code": "c"}, 404),
    ("PATCH", "tasks", "/{pk}", {}, 200),
    ("PATCH", "tasks", "/0", {}, 404),
    ("PATCH", "tasks", "/{pk}", {"title": None}, 400),
    ("PATCH", "tasks", "/{pk}", {"unknown": 1}, 200),
    ("PATCH", "tasks", "/{pk}", {"code": "second"}, 409),
    ("PATCH", "tasks", "/{pk}", {"effort": 101}, 409),
    ("PATCH", "tasks", "/{pk}", {"label_id": 99999999}, 409),
    ("PATCH", "tasks", "/{pk}", {"label_id": None, "state": "done"}, 200),
    ("PATCH", "tasks", f"/{2**70}", {"state": "done"}, 404),
    ("PATCH", "mine", "/a", {"state": "done"}, 200),
    ("PATCH", "mine", "/second", {"state": "done"}, 404),
    ("PATCH", "mine", "/%00", {"state": "done"}, 404),
    ("POST", "relics", "", {"name": "r"}, 201),
    ("POST", "relics", "", {"name": "r", "size": 7, "found": "bought", "seal": "AAEC", "address": "::1"}, 201),
    ("POST", "relics", "", {"name": "r", "size": -1}, 400),
    ("POST", "relics", "", {"name": "r", "email": "x", "site": "y", "address": "1.2.3"}, 400),
    ("POST", "relics", "", {"name": "r", "shelf_id": 7}, 409),
    ("PATCH", "relics", "/{pk}", {"size": 7}, 200),
    ("PATCH", "relics", "/{pk}", {"seal": "AAEC"}, 200),
    ("PATCH", "relics", "/{pk}", {"email": "a@b.org", "address": None}, 200),
]


@pytest.mark.parametrize(("method", "name", "rest", "body", "status"), CASES)
def test_every_answer_is_that_of_the_handler(
    api: BoltAPI, alias: str, method: str, name: str, rest: str, body: Any, status: int
) -> None:
    """Successes, and what the model, its constraints and the address refuse, with the fields at fault."""
    tasks = Task.objects.using(alias)
    row: Model = tasks.create(title="first", code="a", owner_id="me" if name == "mine" else "")
    tasks.create(title="other", code="second")
    if name == "relics":
        row = Relic.objects.using(alias).create(name="old", size=3)
    assert both(api, alias, method, name, rest.format(pk=row.pk), body).status == status


def test_usual_writes_are_one_statement_on_the_loop(api: BoltAPI, alias: str, planned: list[Any]) -> None:
    """From the second one on, for the first is compiled in a thread."""
    made = all_sent(api, [("POST", "/tasks", {"title": str(at), "code": str(at)}) for at in range(4)])
    assert [answer.status for answer in made] == [201] * 4
    key = made[0].data["id"]
    changes: list[Asked] = [("PATCH", f"/tasks/{key}", {"title": f"t{at}"}) for at in range(4)]
    assert [answer.data["title"] for answer in all_sent(api, changes)] == ["t0", "t1", "t2", "t3"]
    assert len(planned) >= 6
    assert Task.objects.using(alias).get(pk=key).title == "t3"


def test_an_instance_is_made_where_somebody_listens(api: BoltAPI, alias: str, planned: list[Any]) -> None:
    """From the moment on in which the receiver is connected, until it is not any more."""
    from django.db.models.signals import post_save

    heard: list[Any] = []

    def listen(instance: Any, **_: Any) -> None:
        heard.append(instance.code)

    all_sent(api, [("POST", "/tasks", {"title": at, "code": at}) for at in ("a", "b")])
    count = len(planned)
    post_save.connect(listen, sender=Task)
    try:
        all_sent(api, [("POST", "/tasks", {"title": "u", "code": "c"})])
    finally:
        post_save.disconnect(listen, sender=Task)
    assert heard == ["c"]
    assert len(planned) == count
    all_sent(api, [("POST", "/tasks", {"title": "v", "code": "d"})])
    assert len(planned) == count + 1


def test_a_joined_step_sees_every_write(api: BoltAPI, alias: str, planned: list[Any]) -> None:
    """The pipeline runs where there is something in it."""
    seen: list[str] = []

    def step(operation: Any, unit: Any, handler: Any) -> Any:
        seen.append(operation.action)
        return handler()

    all_sent(api, [("POST", "/tasks", {"title": "t", "code": "a"})])
    pipeline.join("audit", step)
    try:
        assert all_sent(api, [("POST", "/tasks", {"title": "u", "code": "b"})])[0].status == 201
    finally:
        pipeline.leave("audit")
    assert seen == ["create"]


def test_the_scope_of_the_caller_narrows_what_is_changed(alias: str) -> None:
    """Others' rows are not there, and no row is for a caller without a name."""
    scope = Scope(("owner_id",), lambda now: (now.user_id,))
    view = {"queryset": Task.objects.all(), "serializer_class": TaskOut, "scope": scope}
    api = BoltAPI(info=Info(served=False))
    api.viewset("/tasks")(type("Tasks", (ModelViewSet,), view))
    task = Task.objects.using(alias).create(title="t", code="a", owner_id="")
    answers = all_sent(api, [("PATCH", f"/tasks/{task.pk}", {"title": "mine"})] * 2)
    assert {answer.status for answer in answers} == {404}
    assert Task.objects.using(alias).get().title == "t"


def test_writes_may_race(api: BoltAPI, alias: str) -> None:
    """Of many that want the same name one gets it, and all others are told; nothing is lost."""
    asked: list[Asked] = [("POST", "/tasks", {"title": str(at), "code": str(at % 10)}) for at in range(60)]
    answers = all_sent(api, asked, at_once=True)
    assert sorted({answer.status for answer in answers}) == [201, 409]
    assert sum(answer.status == 201 for answer in answers) == 10
    refused = next(answer for answer in answers if answer.status == 409)
    assert list(refused.data["error"]["details"]) == ["code"]
    assert Task.objects.using(alias).count() == 10


def test_an_answer_is_only_given_to_what_is_there(api: BoltAPI, alias: str) -> None:
    """Every row that was acknowledged is read by another connection at once."""
    for at in range(5):
        answer = all_sent(api, [("POST", "/tasks", {"title": "t", "code": str(at), "owner_id": str(at)})])[0]
        assert Task.objects.using(alias).get(pk=answer.data["id"]).code == str(at)


def test_nothing_is_kept_of_what_cannot_be_answered(api: BoltAPI, alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an answer may fail to be made, it is made on the way to the commit, and undoes the write on SQLite."""
    if alias != "file":
        pytest.skip("wires commit by themselves; their columns can always be shown")
    all_sent(api, [("POST", "/relics", {"name": at}) for at in ("a", "b")])

    def fail(_: Any) -> Any:
        raise ValueError

    monkeypatch.setattr("ironbolt.bolt.responses.answers.encode_json", fail)
    assert all_sent(api, [("POST", "/relics", {"name": "c"})])[0].status == 500
    assert [relic.name for relic in Relic.objects.using(alias).all()] == ["a", "b"]


def test_what_a_trigger_does_to_a_row_is_answered(alias: str, planned: list[Any]) -> None:
    """The statement can't tell, so the row is read again."""
    if connections[alias].vendor != "sqlite":
        pytest.skip("a trigger in SQLite's words")
    task = Task.objects.using(alias).create(title="t", code="a")
    table = Task._meta.db_table
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"CREATE TRIGGER louder AFTER UPDATE OF title ON {table} "
            f"BEGIN UPDATE {table} SET owner_id = upper(new.title) WHERE id = new.id; END"
        )
    try:
        answers = all_sent(api_of(), [("PATCH", f"/tasks/{task.pk}", {"title": "loud"})] * 2)
        assert [answer.data["owner_id"] for answer in answers] == ["LOUD", "LOUD"]
        assert planned == []
    finally:
        with connections[alias].cursor() as cursor:
            cursor.execute("DROP TRIGGER louder")


def test_a_long_body_is_written_by_a_thread(api: BoltAPI, alias: str, is_for_threads: bool, planned: list[Any]) -> None:
    """It would take the loop too long."""
    all_sent(api, [("POST", "/relics", {"name": "a"})])
    del planned[:]
    long = {"name": "a", "inventory_key": "x" * planned_writes.MOST_BYTES}
    assert all_sent(api, [("POST", "/relics", long)])[0].status == 400
    seal = {"name": "a", "seal": "AAAA" * (planned_writes.MOST_BYTES // 4)}
    assert all_sent(api, [("POST", "/relics", seal)])[0].status == 201
    assert len(planned) == is_for_threads


def test_a_router_is_asked_once_where_a_write_goes(
    api: BoltAPI, alias: str, is_for_threads: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may say something else the next time: of a write that is for a thread anyway it is not asked on the loop."""
    all_sent(api, [("POST", "/relics", {"name": "a"})] * 2)
    asked: list[bool] = []
    ask = ToOne.db_for_write

    def look(self: ToOne, model: Any, **hints: Any) -> str:
        asked.append(on_a_loop())
        return ask(self, model, **hints)

    monkeypatch.setattr(ToOne, "db_for_write", look)
    seal = {"name": "a", "seal": "AAAA" * (planned_writes.MOST_BYTES // 4)}
    in_two = is_for_threads or connections[alias].vendor == "postgresql"  # which can't take an answer back
    for body, expected in (({"name": "a"}, [True, False] if in_two else [True]), (seal, [False])):
        del asked[:]
        assert all_sent(api, [("POST", "/relics", body)])[0].status == 201
        assert asked == expected
