"""The unit of work: one atomic transaction, and what was noted on the way for those who come after."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from ironbolt.core.integrity import Attempt, check_deferred

_N = TypeVar("_N")

logger = logging.getLogger("ironbolt.unit")


class Unit:
    """One transaction's worth of work, and the only thing through which features speak to each other."""

    __slots__ = ("_notes", "attempts", "using")

    def __init__(self, using: str) -> None:
        self.using = using
        self.attempts: list[Attempt] = []
        self._notes: dict[type, list[Any]] = {}

    def attempt(self, instance: Model, references: Mapping[str, Iterable[Any]] | None = None) -> None:
        """Note an object about to be written, so that a violated constraint can be told by its fields."""
        self.attempts.append(Attempt(instance, references or {}))

    def tell(self, note: object) -> None:
        """Leave a note (a change, an event, a key) for a later step of the pipeline."""
        self._notes.setdefault(type(note), []).append(note)

    def told(self, kind: type[_N]) -> list[_N]:
        """The notes of one kind, in the order in which they were left."""
        return self._notes.get(kind, [])

    def after_commit(self, call: Callable[[], Any]) -> None:
        """Run ``call`` once the work is durable; what it raises is logged and reaches nobody."""

        def run() -> None:
            # Django's own way to let a failure pass (robust=True) trips over partials in 5.2.
            try:
                call()
            except Exception:
                logger.exception("A call after the commit failed; what was committed stays.")

        transaction.on_commit(run, using=self.using)

    def roll_back(self) -> None:
        """Undo everything at the end of the unit, without raising."""
        transaction.set_rollback(True, using=self.using)


_current: ContextVar[Unit | None] = ContextVar("ironbolt_unit", default=None)


def current_unit() -> Unit | None:
    """The unit that is open now, or None."""
    return _current.get()


@contextmanager
def unit_of_work(using: str = "default") -> Iterator[Unit]:
    """Open a unit, or join the one that is open already on the same database.

    On SQLite the transaction begins IMMEDIATE, so that two writers wait for each other instead of
    one of them failing half-way.
    """
    outer = _current.get()
    connection = connections[using]
    # A thread that inherited the context of another one has a connection, hence a transaction, of its own.
    if outer is not None and outer.using == using and connection.in_atomic_block:
        yield outer
        return
    nested = connection.in_atomic_block
    unit = Unit(using)
    with _immediate(connection), transaction.atomic(using):
        token = _current.set(unit)
        try:
            yield unit
            if nested and not connection.needs_rollback:
                check_deferred({type(attempt.instance) for attempt in unit.attempts}, using)
        finally:
            # Before the commit, for what runs after it must not take this unit for an open one.
            _current.reset(token)


@contextmanager
def _immediate(connection: BaseDatabaseWrapper) -> Iterator[None]:
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()  # connecting reads the mode from the settings and would undo ours
    before = connection.transaction_mode  # type: ignore[attr-defined]  # SQLite's wrapper only
    connection.transaction_mode = "IMMEDIATE"  # type: ignore[attr-defined]  # SQLite's wrapper only
    try:
        yield
    finally:
        connection.transaction_mode = before  # type: ignore[attr-defined]  # SQLite's wrapper only
