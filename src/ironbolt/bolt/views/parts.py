"""The rows of a planned list, for a pagination to cut."""

from typing import Any

from ironbolt.core.counting import Total
from ironbolt.core.cursors import Cursor, Place
from ironbolt.core.keyset import Keyset
from ironbolt.plans import asking
from ironbolt.plans.asking import Ask
from ironbolt.plans.plan import QueryPlan
from ironbolt.plans.steps import Steps


class PlannedPart:
    """Rows that a plan finds.

    Attributes:
        model: what they are of.
    """

    def __init__(self, plan: QueryPlan, ask: Ask, model: Any, page: tuple[int, int] | None = None) -> None:
        self.model = model
        self._page = page
        self._plan = plan
        self._ask = ask

    def all(self) -> Steps[list[Any]]:
        """All of them, as Structs."""
        return self._plan.rows(self._ask, self._page)

    def count(self) -> Steps[int]:
        """How many there are."""
        return self._plan.count(self._ask)

    def estimate(self) -> Steps[Total]:
        """How many there are, roughly."""
        return self._plan.estimate(self._ask)

    def part(self, offset: int, limit: int) -> Steps[list[Any]]:
        """Some of them, as Structs."""
        return self._plan.rows(self._ask, (limit, offset))

    def from_place(self, keyset: Keyset, cursor: Cursor, size: int) -> Steps[list[tuple[Any, Place]]]:
        """Some of them from a place in their order on, each with the place where it stands."""
        values = cursor.place or ()
        switches = tuple(value if value is True or value is False else None for value in values)
        key = ("from", keyset.label, cursor.backwards, switches)

        def put(queryset: Any, given: Any) -> Any:
            return keyset.from_place(queryset, Cursor(tuple(given) or None, cursor.backwards))

        return self._plan.rows_from(self._ask, asking.Place(keyset.columns, key, values, put), size)


class NoRows:
    """No rows at all, for which no query is needed.

    Attributes:
        model: what they would be of.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def all(self) -> Steps[list[Any]]:
        """None."""
        yield from ()
        return []

    def count(self) -> Steps[int]:
        """Zero."""
        yield from ()
        return 0

    def estimate(self) -> Steps[Total]:
        """Zero, and that is exact."""
        yield from ()
        return Total(0, is_estimate=False)

    def part(self, offset: int, limit: int) -> Steps[list[Any]]:
        """None."""
        return self.all()

    def from_place(self, keyset: Keyset, cursor: Cursor, size: int) -> Steps[list[tuple[Any, Place]]]:
        """None."""
        return self.all()
