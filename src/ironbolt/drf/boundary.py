"""The error boundary: a part of an action whose writes are undone by whatever is raised in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from ironbolt.core.handled import Handled
from ironbolt.core.unit import Unit, current_unit, unit_of_work


@contextmanager
def boundary(using: str, *, writes: bool) -> Iterator[None]:
    """Undo what the block has written if it raises, and raise that on as it is.

    Args:
        using: the alias of the database, where no unit of work is open.
        writes: whether the request is one that writes.

    Raises:
        Handled: the block ended early with an answer; what it has done is kept if that is no error.
    """
    early: Handled | None = None
    with _part(using, writes=writes):
        try:
            yield
        except Handled as handled:
            if handled.answer.status_code >= 400:
                raise
            early = handled
    if early is not None:
        raise early


@contextmanager
def _part(using: str, *, writes: bool) -> Iterator[None]:
    if unit := current_unit():
        with unit.part():
            yield
        return
    # Whoever only reads keeps nobody from writing: SQLite locks the whole database for a unit.
    with unit_of_work(using) if writes else transaction.atomic(using):
        yield
        Unit(using).check()
