"""The error boundary: a part of an action whose writes are undone by whatever is raised in it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from django.db import transaction

from ironbolt.core.handled import Handled
from ironbolt.core.unit import current_unit, unit_of_work


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


def _part(using: str, *, writes: bool) -> AbstractContextManager[object]:
    if unit := current_unit():
        return unit.part()
    # Whoever only reads keeps nobody from writing: SQLite locks the whole database for a unit.
    return unit_of_work(using) if writes else transaction.atomic(using)
