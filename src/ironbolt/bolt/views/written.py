"""The row that was just written, read again by a plan for the answer."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from django.db.models import Model, QuerySet

from ironbolt.bolt.structs.planning import plan_of
from ironbolt.plans.asking import Ask
from ironbolt.plans.plan import QueryPlan
from ironbolt.plans.querysets import all_rows
from ironbolt.plans.refusal import CannotPlan
from ironbolt.plans.steps import fetch_by_django, run


class WrittenRow:
    """How one row of a model is shown after it was written."""

    def __init__(self, struct: type[msgspec.Struct], model: type[Model], using: str) -> None:
        self._using = using
        self._plan: QueryPlan | CannotPlan
        try:
            self._plan = QueryPlan(all_rows(model._base_manager), plan_of(struct, model), using)
        except CannotPlan as refusal:
            self._plan = refusal.again()

    def read(self, key: Any) -> Any:
        """The row of this key as a Struct, None where there is none.

        Raises:
            CannotPlan: the ORM has to read it.
        """
        if isinstance(self._plan, CannotPlan):
            raise self._plan.again()
        rows = run(self._plan.rows(Ask("written", (key,), _by_key)), fetch_by_django(self._using))
        return rows[0] if rows else None


def _by_key(queryset: "QuerySet[Any]", values: Sequence[Any]) -> "QuerySet[Any]":
    return queryset.filter(pk=values[0]).order_by()


@cache
def written_row(struct: type[msgspec.Struct], model: type[Model], using: str) -> WrittenRow:
    """Worked out once for each Struct, model and database."""
    return WrittenRow(struct, model, using)
