"""Comparing several columns at once: a database begins at a place in its index, however many rows are equal."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db.models import BooleanField, Expression, F, IntegerField
from django.db.models.lookups import GreaterThan, LessThan
from django.db.models.sql.where import WhereNode

_AFTER, _BEFORE = "gt", "lt"


def has_row_values(field: Any) -> bool:
    """Whether Django itself compares the values of a column, and nobody in a way of his own."""
    compared = field.target_field if field.is_relation else field
    found = compared.get_lookup(_AFTER), compared.get_lookup(_BEFORE)
    return all(
        lookup.__module__.startswith("django.") and issubclass(lookup, base)
        for lookup, base in zip(found, (GreaterThan, LessThan), strict=True)
    )


class Beyond(msgspec.Struct, frozen=True):
    """A condition for ``filter``: ``(a, b) > (x, y)``, that is behind x by a, or equal there and behind y by b.

    Attributes:
        columns: their paths; none of them may be null, and :func:`has_row_values` of each.
        values: where a row has to be behind, one for each column.
        before: whether it has to be before that instead.
    """

    columns: tuple[str, ...]
    values: tuple[Any, ...]
    before: bool

    conditional = True

    def resolve_expression(self, query: Any, *, allow_joins: bool, reuse: Any, **_: Any) -> WhereNode:
        """The condition in the terms of a query, which is joined with what lies between."""
        lookups = []
        for path, value in zip(self.columns, self.values, strict=True):
            column: Any = F(path).resolve_expression(query, allow_joins, reuse)
            lookups.append(column.get_lookup(_BEFORE if self.before else _AFTER)(column, value))
        condition: Any = _Rows(tuple(lookups), before=self.before)
        return WhereNode([condition])


class _Rows(Expression):
    """A row of columns, compared with a row of values; each pair of them is a lookup, by which its value is found."""

    def __init__(self, lookups: tuple[Any, ...], *, before: bool) -> None:
        super().__init__(output_field=BooleanField())
        self._lookups = lookups
        self._sign = "<" if before else ">"

    def get_source_expressions(self) -> list[Any]:
        """The pairs."""
        return [*self._lookups]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Take others."""
        self._lookups = tuple(exprs)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Row, sign and row."""
        return self._written(compiler, connection, [""] * len(self._lookups))

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        """The same; SQLite looks for the key of a table in an index only if it is told how that is compared."""
        return self._written(compiler, connection, [_collation(lookup.lhs.output_field) for lookup in self._lookups])

    def _written(self, compiler: Any, connection: Any, collations: Sequence[str]) -> Any:
        columns, places = [], []
        of_columns: list[Any] = []
        of_places: list[Any] = []
        for lookup, collation in zip(self._lookups, collations, strict=True):
            column, params = lookup.process_lhs(compiler, connection)
            columns.append(column)
            of_columns += params
            place, params = lookup.process_rhs(compiler, connection)
            places.append(f"{place}{collation}")
            of_places += params
        return f"({', '.join(columns)}) {self._sign} ({', '.join(places)})", (*of_columns, *of_places)


def _collation(field: Any) -> str:
    return " COLLATE BINARY" if field.primary_key and isinstance(field, IntegerField) else ""
