"""Tests of the unit of work and the pipeline around it."""

from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError

from ironbolt import pipeline
from ironbolt.core.integrity import details_of
from ironbolt.core.operation import Operation
from ironbolt.core.unit import Unit, current_unit, unit_of_work
from tests.project.models import Label, Task

CREATE = Operation(action="create", door="bolt", method="POST", path="/tasks", model=Task)


def answer(status: int) -> SimpleNamespace:
    """Stand in for a door's response."""
    return SimpleNamespace(status_code=status)


def save(task: Task, **references: list[int]) -> None:
    """Save a task the way a door does."""
    unit = current_unit()
    assert unit is not None
    unit.attempt(task, references)
    task.save()
    for name, keys in references.items():
        getattr(task, name).set(keys)


@pytest.mark.django_db
def test_answer_of_an_error_undoes_the_write() -> None:
    """A status of 400 or more rolls back what the handler wrote, though nothing was raised."""

    def handler() -> SimpleNamespace:
        Label.objects.create(name="gone")
        return answer(400)

    assert pipeline.run(CREATE, handler).status_code == 400
    assert not Label.objects.exists()


@pytest.mark.django_db
def test_answer_of_a_success_keeps_the_write() -> None:
    """A status below 400 commits."""

    def handler() -> SimpleNamespace:
        Label.objects.create(name="kept")
        return answer(201)

    pipeline.run(CREATE, handler)
    assert Label.objects.get().name == "kept"


@pytest.mark.django_db(transaction=True)
def test_sqlite_takes_the_write_lock_at_the_start() -> None:
    """On SQLite a unit begins IMMEDIATE, and the connection's own mode comes back afterwards."""
    if connection.vendor != "sqlite":
        pytest.skip("the rule is about SQLite")
    sqlite: Any = connection
    sqlite.ensure_connection()
    before = sqlite.transaction_mode
    sqlite.transaction_mode = None
    statements: list[str] = []

    def record(execute, sql, params, many, context):
        statements.append(sql)
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(record), unit_of_work():
            Label.objects.create(name="a")
        assert sqlite.transaction_mode is None
    finally:
        sqlite.transaction_mode = before
    assert statements[0] == "BEGIN IMMEDIATE"


@pytest.mark.django_db
def test_nested_run_joins_the_open_unit() -> None:
    """A pipeline inside a pipeline is one unit: what the outer one undoes is undone whole."""

    def inner() -> SimpleNamespace:
        Label.objects.create(name="inner")
        return answer(200)

    def outer() -> SimpleNamespace:
        pipeline.run(CREATE, inner)
        return answer(409)

    pipeline.run(CREATE, outer)
    assert not Label.objects.exists()


@pytest.mark.django_db
def test_steps_wrap_the_handler_in_the_order_of_the_pipeline(request: pytest.FixtureRequest) -> None:
    """Steps run from the outside in and come back from the inside out, whatever order they joined in."""
    seen: list[str] = []

    def step(place: pipeline.Place) -> pipeline.Step:
        def run(operation: Operation, unit: Unit, handler):
            seen.append(f"{place} in")
            result = handler()
            seen.append(f"{place} out")
            return result

        return run

    for place in ("audit", "authorise"):
        pipeline.join(place, step(place))
        request.addfinalizer(partial(pipeline.leave, place))
    pipeline.run(CREATE, lambda: answer(200))
    assert seen == ["authorise in", "audit in", "audit out", "authorise out"]


def test_unknown_place_is_refused() -> None:
    """Joining the pipeline at a place that it does not have names the places it has."""
    with pytest.raises(ValueError, match="no place 'later'; it has authorise"):
        pipeline.join("later", lambda *_: None)  # type: ignore[arg-type]  # the point


@pytest.mark.django_db
def test_notes_reach_those_who_come_after() -> None:
    """What one step tells the unit another can read, by kind and in order."""
    with unit_of_work() as unit:
        unit.tell("first")
        unit.tell(1)
        unit.tell("second")
        assert unit.told(str) == ["first", "second"]
        assert unit.told(float) == []


@pytest.mark.django_db(transaction=True)
def test_after_commit_runs_only_when_the_work_is_kept() -> None:
    """Calls left for after the commit run once it is durable, and never after a rollback."""
    done: list[int] = []

    def handler(status: int) -> SimpleNamespace:
        unit = current_unit()
        assert unit is not None
        unit.after_commit(lambda: done.append(status))
        return answer(status)

    pipeline.run(CREATE, lambda: handler(200))
    pipeline.run(CREATE, lambda: handler(500))
    assert done == [200]


TASK = {"title": "Write", "code": "W", "owner_id": "1"}


@pytest.mark.parametrize(
    ("values", "references", "expected"),
    [
        ({"title": "Other"}, {}, {"code": ["This value is already taken."]}),
        (
            {"code": "X"},
            {},
            {
                "title": ["These values are already taken together."],
                "owner_id": ["These values are already taken together."],
            },
        ),
        ({"code": "X", "title": "Y", "label_id": 99}, {}, {"label": ["No such object."]}),
        ({"code": "X", "title": "Y"}, {"watchers": [98, 99]}, {"watchers": ["No such object."]}),
        ({"code": "X", "title": "Y", "effort": 101}, {}, {"effort": ["Too much work."]}),
        ({"code": "X", "title": None}, {}, {"title": ["This field may not be null."]}),
    ],
    ids=["unique", "unique together", "foreign key", "many to many", "check", "not null"],
)
@pytest.mark.parametrize("durable", [False, True], ids=["in a test's transaction", "committed"])
@pytest.mark.django_db(transaction=True)
def test_violated_constraint_is_told_by_its_fields(values, references, expected, durable) -> None:
    """Whatever constraint a write breaks, and whenever the database notices, the error knows the fields."""
    from django.db import transaction

    Task.objects.create(**TASK)
    task = Task(**(TASK | values))

    def handler() -> SimpleNamespace:
        save(task, **references)
        return answer(201)

    with pytest.raises(IntegrityError) as caught:
        if durable:
            pipeline.run(CREATE, handler)
        else:
            with transaction.atomic():
                pipeline.run(CREATE, handler)
    assert details_of(caught.value) == expected
    assert Task.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_unit_of_another_thread_is_not_joined() -> None:
    """A thread that inherited the context is in no transaction: its unit is its own, not the one it sees."""
    from ironbolt.core import unit as module

    inherited = Unit("default")
    token = module._current.set(inherited)
    try:
        with unit_of_work() as own:
            assert own is not inherited
            assert connection.in_atomic_block
    finally:
        module._current.reset(token)


@pytest.mark.django_db
def test_part_of_a_unit_that_fails_undoes_itself_alone() -> None:
    """What was written and noted in a part goes with it; the rest of the unit stays."""
    with unit_of_work() as unit:
        unit.attempt(Label(name="kept"))
        unit.tell("before")
        Label.objects.create(name="kept")
        with pytest.raises(ValueError, match="part"), unit.part():
            Label.objects.create(name="lost")
            unit.attempt(Label(name="lost"))
            unit.tell("lost")
            unit.tell(5)
            raise ValueError("part")
        with unit.part():
            Label.objects.create(name="also kept")
            unit.tell("after")
    assert [str(attempt.instance) for attempt in unit.attempts] == ["kept"]
    assert (unit.told(str), unit.told(int)) == (["before", "after"], [])
    assert [*Label.objects.order_by("pk").values_list("name", flat=True)] == ["kept", "also kept"]


@pytest.mark.django_db(transaction=True)
def test_meant_rollback_is_no_fault() -> None:
    """Who asks for it knows what they do; a swallowed error is a fault, but not of the units that follow."""
    with pytest.raises(TransactionManagementError, match="swallowed"), unit_of_work() as unit:
        Label.objects.create(name="a")
        with suppress(IntegrityError):
            Label.objects.create(name="a")
        unit.check()
    with unit_of_work() as unit:
        Label.objects.create(name="b")
        transaction.set_rollback(True)
        unit.check()
    assert not Label.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_part_that_has_swallowed_an_error_is_no_success() -> None:
    """Its savepoint is undone without a word otherwise, and what stands behind it would be committed."""

    def handler() -> SimpleNamespace:
        unit = current_unit()
        assert unit is not None
        with unit.part():
            Label.objects.create(name="a")
            with suppress(IntegrityError):
                Label.objects.create(name="a")
        Label.objects.create(name="after")
        return answer(201)

    with pytest.raises(TransactionManagementError, match="swallowed"):
        pipeline.run(CREATE, handler)
    assert not Label.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_unit_that_failed_keeps_nothing_of_its_error() -> None:
    """Django remembers the last one of a connection, and with it the request in its frames."""
    Task.objects.create(title="a", code="a")
    with pytest.raises(IntegrityError), unit_of_work(), transaction.atomic():
        Task.objects.create(title="b", code="a")
    kept: Any = connection
    assert kept.rollback_exc is None
