"""What one request asks of rows: the shape, which has SQL of its own, and the values apart from it."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import msgspec
from django.db.models import QuerySet

Build = Callable[["QuerySet[Any]", Sequence[Any]], "QuerySet[Any]"]


class Begin(msgspec.Struct, frozen=True):
    """The rows of one request, before it asks anything of them.

    Attributes:
        values: one for each place in their SQL.
        put: puts such values into rows of the plan, or into rows of its own.
        is_own: whether the rows are not those of the plan, and the values the right sides of their lookups.
    """

    values: Sequence[Any]
    put: Build
    is_own: bool = False


class Ask(msgspec.Struct, frozen=True):
    """What one request asks of the rows.

    Attributes:
        key: the shape of it; requests with the same key have the same SQL.
        values: one for each place in the SQL; true and false have none, and belong to the key.
        build: puts everything on a queryset, for such values.
        begin: the rows it begins with, if they are not just those of the plan.
    """

    key: Hashable
    values: Sequence[Any]
    build: Build
    begin: Begin | None = None

    def all_values(self) -> Sequence[Any]:
        """The values of the rows and of what is asked of them."""
        return self.values if self.begin is None else (*self.begin.values, *self.values)

    def rows_of(self, rows: "QuerySet[Any]", values: Sequence[Any]) -> "QuerySet[Any]":
        """What is asked of these rows with such values.

        Raises:
            CannotPlan: the request's own rows are more than rows and conditions.
        """
        begin = self.begin
        if begin is None:
            return self.build(rows.all(), values)
        count = len(begin.values)
        return self.build(begin.put(rows.all(), values[:count]), values[count:])


class Place(msgspec.Struct, frozen=True):
    """Where a page by keyset begins, and who knows the way from there.

    Attributes:
        columns: those that a place has values of.
        key: the ordering, the direction, and whether there is a place at all.
        values: those of the place.
        put: puts order and place on a queryset.
    """

    columns: tuple[str, ...]
    key: Hashable
    values: tuple[Any, ...]
    put: Build
