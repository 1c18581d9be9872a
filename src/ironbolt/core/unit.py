"""The unit of work: one atomic transaction, and what was noted on the way for those who come after."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, TypeVar

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from ironbolt.core.integrity import Attempt, check_deferred

_N = TypeVar("_N")

logger = logging.getLogger("ironbolt.unit")

_IN_ERROR = 3
"""PQTRANS_INERROR of libpq, whichever driver asks it."""


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

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of the work that may fail by itself: what it raises undoes it, and what was noted in it.

        Raises:
            TransactionManagementError: it has swallowed an error of the database, see :meth:`check`.
        """
        attempts, notes = len(self.attempts), {kind: len(found) for kind, found in self._notes.items()}
        try:
            with transaction.atomic(self.using):
                yield
                self.check()
        except BaseException:
            del self.attempts[attempts:]
            for kind, found in self._notes.items():
                del found[notes.get(kind, 0) :]
            raise

    def roll_back(self) -> None:
        """Undo everything at the end of the unit, without raising."""
        transaction.set_rollback(True, using=self.using)

    def check(self) -> None:
        """See that what was done can still be committed.

        Raises:
            TransactionManagementError: somebody has swallowed an error after which the database can only undo it.
        """
        connection: Any = connections[self.using]
        is_broken = connection.needs_rollback and connection.rollback_exc is not None
        is_marked = is_broken or connection.closed_in_transaction
        if is_marked or _is_aborted(connection):
            raise transaction.TransactionManagementError(
                "An error of the database was swallowed, after which nothing can be committed: "
                "let it pass, or put what may fail into an atomic block of its own."
            ) from connection.rollback_exc


_current: ContextVar[Unit | None] = ContextVar("ironbolt_unit", default=None)


def current_unit() -> Unit | None:
    """The unit that is open now, or None."""
    return _current.get()


def unit_of_work(using: str = "default") -> "_Opening":
    """Open a unit, or join the one that is open already on the same database; for a ``with`` statement.

    On SQLite the transaction begins IMMEDIATE, so that two writers wait for each other instead of
    one of them failing half-way.
    """
    return _Opening(using)


class _Opening:
    """The block of a unit: by hand, since every write passes here."""

    __slots__ = ("_atomic", "_connection", "_is_nested", "_token", "_unit", "_using")

    def __init__(self, using: str) -> None:
        self._using = using
        self._token: Token[Unit | None] | None = None

    def __enter__(self) -> Unit:
        outer = _current.get()
        connection: Any = connections[self._using]
        self._connection = connection
        self._is_nested = connection.in_atomic_block
        if not connection.needs_rollback:
            connection.rollback_exc = None  # of somebody before us; Django itself never forgets it
        # A thread that inherited the context of another one has a connection, hence a transaction, of its own.
        if outer is not None and outer.using == self._using and self._is_nested:
            return outer
        self._unit = Unit(self._using)
        self._atomic = transaction.atomic(self._using)
        if connection.vendor == "sqlite" and not self._is_nested:
            _begin_at_once(self._atomic, connection)
        else:
            self._atomic.__enter__()
        self._token = _current.set(self._unit)
        return self._unit

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is None:
            return
        try:
            if kind is None and self._is_nested and not self._connection.needs_rollback:
                check_deferred({type(attempt.instance) for attempt in self._unit.attempts}, self._using)
        except BaseException as late:
            self._leave(type(late), late, late.__traceback__)
            raise
        self._leave(kind, error, trace)

    def _leave(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._token is not None
        # Before the commit, for what runs after it must not take this unit for an open one.
        _current.reset(self._token)
        try:
            self._atomic.__exit__(kind, error, trace)
        finally:
            if not self._is_nested:  # Django never forgets it, nor the request in its frames
                self._connection.rollback_exc = None


def _is_aborted(connection: BaseDatabaseWrapper) -> bool:
    """Whether PostgreSQL would answer a COMMIT by a ROLLBACK, without an error."""
    if connection.vendor != "postgresql" or connection.connection is None:
        return False
    return int(connection.connection.info.transaction_status) == _IN_ERROR


def _begin_at_once(atomic: transaction.Atomic, connection: BaseDatabaseWrapper) -> None:
    connection.ensure_connection()  # connecting reads the mode from the settings and would undo ours
    before = connection.transaction_mode  # type: ignore[attr-defined]  # SQLite's wrapper only
    connection.transaction_mode = "IMMEDIATE"  # type: ignore[attr-defined]  # SQLite's wrapper only
    try:
        atomic.__enter__()
    finally:
        connection.transaction_mode = before  # type: ignore[attr-defined]  # SQLite's wrapper only
