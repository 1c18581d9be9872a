"""One item of a bulk write on its way from the body to the answer."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec
from django.db.models import Model

from ironbolt.core.errors import Problem, joined


class Draft(msgspec.Struct, eq=False):
    """A row about to be written together with others.

    Attributes:
        instance: the row, new or old, with its new values.
        names: the fields that were meant, by name or by attribute.
        references: relation to many → the keys that replace those it has.
    """

    instance: Model
    names: frozenset[str]
    references: Mapping[str, Collection[Any]] = {}


class Item(msgspec.Struct, eq=False):
    """One item.

    Attributes:
        index: its place in what was sent, from 0.
        sent: what was sent, as its door has it.
        inside: the field of the body that holds the items, nothing where the body is the list.
        key: what it names its row by, of an update or a deletion.
        instance: the row, as soon as there is one.
        form: what was sent, valid, as hooks get it.
        values: attribute of the model → valid value.
        problem: why it can't be done.
    """

    index: int
    sent: Any
    inside: str = ""
    key: Any = None
    instance: Any = None
    form: Any = None
    values: Mapping[str, Any] = {}
    problem: Problem | None = None

    @property
    def path(self) -> str:
        """Where it stands, in the words of an error's details: ``3``, ``ids.3``."""
        return joined(self.inside, str(self.index))


def sound(items: Iterable[Item]) -> list[Item]:
    """Those that nothing speaks against so far."""
    return [item for item in items if item.problem is None]
