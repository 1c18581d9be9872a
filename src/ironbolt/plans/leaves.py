"""Puts other values into a query: a copy down to the lookups that have them, the rest is shared."""

from collections.abc import Sequence
from copy import copy
from typing import Any

from django.db.models import Lookup, QuerySet
from django.db.models.expressions import BaseExpression
from django.db.models.sql import Query
from django.db.models.sql.where import WhereNode

from ironbolt.plans.refusal import CannotPlan
from ironbolt.plans.structure import Structure


def with_values(rows: "QuerySet[Any]", structure: Structure, values: Sequence[Any]) -> "QuerySet[Any]":
    """The same rows, but for the values.

    Args:
        rows: what the structure is of.
        structure: where its values are.
        values: one for each of them.

    Raises:
        CannotPlan: one of them can't be reached.
    """
    other = rows.all()
    put = _Put(structure, values)
    other.query = put.of(rows.query)
    if put.rest:
        raise CannotPlan("a value stands where it can't be changed")
    return other


def with_value(lookup: "Lookup[Any]", value: Any) -> "Lookup[Any]":
    """A lookup with another right side, that is prepared already."""
    made: Lookup[Any] = object.__new__(type(lookup))
    made.__dict__.update(lookup.__dict__)
    made.rhs = list(value) if isinstance(value, tuple) else value
    return made


class _Put:
    def __init__(self, structure: Structure, values: Sequence[Any]) -> None:
        self._structure = structure
        self._values = {id(leaf): value for leaf, value in zip(structure.leaves, values, strict=True)}
        self._made: dict[int, Any] = {}
        self.rest = set(self._values)

    def of(self, node: Any) -> Any:
        """The node with the values in it; one that is in the query twice is made once."""
        found = self._made.get(id(node))
        if found is None:
            found = self._made[id(node)] = self._new(node)
        return found

    def _new(self, node: Any) -> Any:
        if isinstance(node, Query):
            return self._query(node)
        if isinstance(node, WhereNode):
            made = copy(node)
            made.resolved = node.resolved
            made.children = [self.of(child) for child in node.children]
            return made
        if isinstance(node, Lookup):
            return self._lookup(node)
        return self._expression(node) if isinstance(node, BaseExpression) else node

    def _lookup(self, node: Any) -> Any:
        made = copy(node)
        made.lhs = self.of(node.lhs)
        if id(node) in self._values:
            self.rest.discard(id(node))
            return with_value(made, self._values[id(node)])
        made.rhs = self.of(node.rhs) if hasattr(node.rhs, "as_sql") else node.rhs
        return made

    def _expression(self, node: Any) -> Any:
        sources = node.get_source_expressions()
        made = [source if source is None else self.of(source) for source in sources]
        if all(new is old for new, old in zip(made, sources, strict=True)):
            return node
        changed = node.copy()
        changed.set_source_expressions(made)
        return changed

    def _query(self, query: Query) -> Query:
        made: Any = query.clone()
        made.where = self.of(query.where)
        made.annotations = {name: self.of(expression) for name, expression in query.annotations.items()}
        for name in ("select", "group_by", "order_by"):
            parts = getattr(query, name)
            if isinstance(parts, tuple):
                setattr(made, name, tuple(self.of(part) for part in parts))
        return made  # type: ignore[no-any-return]  # what a query has as attributes is not known to all stubs
