"""Rows at the other end of a relation to many: one query for all rows of a page, whatever their number."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from django.db import connections, models
from django.db.models import QuerySet

from ironbolt.plans.querysets import all_rows, check
from ironbolt.plans.refusal import CannotPlan, refusing
from ironbolt.plans.samples import sample, target_of
from ironbolt.plans.selection import Related, Selection, relation_named, selection_of
from ironbolt.plans.statement import Params, Statement, compiled
from ironbolt.plans.steps import Steps

MOST_AT_ONCE = 512
"""How many parents one query asks for; more are asked for in several."""


class RelatedPlan(msgspec.Struct, frozen=True):
    """How the rows of one relation are fetched.

    Attributes:
        related: where they go.
        selection: what is made of them; None for their keys alone.
        further: how the rows that are related to those are fetched.
        statements: one for each number of parents, a power of two.
    """

    related: Related
    selection: Selection | None
    further: "tuple[RelatedPlan, ...]"
    statements: "_Statements"

    def fetch(self, parents: Sequence[Any]) -> Steps[dict[Any, list[Any]]]:
        """Fetch the rows of these parents' values, as parent's value → list."""
        found: dict[Any, list[Any]] = defaultdict(list)
        wanted = list(dict.fromkeys(value for value in parents if value is not None))
        for begin in range(0, len(wanted), MOST_AT_ONCE):
            statement, params = self.statements.of(wanted[begin : begin + MOST_AT_ONCE])
            rows = yield statement, params
            made = [row[1] for row in rows] if self.selection is None else (yield from self._made(rows))
            for row, value in zip(rows, made, strict=True):
                found[row[0]].append(value)
        return found

    def _made(self, rows: Sequence[Any]) -> Steps[list[Any]]:
        assert self.selection is not None
        own = [row[1:] for row in rows]
        return (yield from made(self.selection, self.further, own))


def made(selection: Selection, further: Sequence[RelatedPlan], rows: Sequence[Any]) -> Steps[list[Any]]:
    """The Structs of these rows, after everything that is related to them was fetched."""
    lists = []
    for plan in further:
        position = plan.related.position
        lists.append((yield from plan.fetch([row[position] for row in rows])))
    return selection.make(rows, *lists)


def related_plans(selection: Selection, using: str) -> tuple[RelatedPlan, ...]:
    """How everything is fetched that a selection relates to.

    Raises:
        CannotPlan: something needs an instance, or is a relation of its own kind.
    """
    return tuple(_related_plan(related, using) for related in selection.related)


def _related_plan(related: Related, using: str) -> RelatedPlan:
    relation = relation_named(related.model, related.name)
    selection = None if related.plan is None else selection_of(related.plan, frozenset())
    queryset, name, column, key = _ends(relation)
    paths = (relation.related_model._meta.pk.name,) if selection is None else selection.paths
    statements = _Statements(queryset, name, (column, *paths), key, using)
    further = () if selection is None else related_plans(selection, using)
    return RelatedPlan(related, selection, further, statements)


def _ends(relation: Any) -> tuple["QuerySet[Any]", str, str, Any]:
    """The rows at the other end, the lookup for their parents, the column that names those, and its field."""
    rows = all_rows(relation.related_model._default_manager)
    check(rows)
    if isinstance(relation, models.ManyToOneRel):
        return rows, relation.field.name, relation.field.attname, relation.field.target_field
    if isinstance(relation, models.ManyToManyField):
        name = relation.related_query_name()
    elif isinstance(relation, models.ManyToManyRel):
        name = relation.field.name
    else:
        raise CannotPlan(f"{relation} is a relation of its own kind")
    pk = relation.model._meta.pk
    return rows, name, f"{name}__{pk.name}", pk


class _Statements:
    """The statements of one relation, each made when it is first needed."""

    def __init__(self, rows: "QuerySet[Any]", name: str, paths: tuple[str, ...], key: Any, using: str) -> None:
        self._rows = rows
        self._name = name
        self._paths = paths
        self._key = target_of(key)
        self._using = using
        self._for = cache(self._made)
        self._for(1)  # what can't be planned shows now

    def of(self, values: Sequence[Any]) -> tuple[Statement, Params]:
        """The statement for this many values or a few more, and its parameters; the last value fills the rest."""
        size = 1 << (len(values) - 1).bit_length()
        statement, begin = self._for(size)
        prepared = self._prepared(values)
        params = list(statement.params)
        params[begin : begin + size] = prepared + prepared[-1:] * (size - len(prepared))
        return statement, tuple(params)

    def _made(self, size: int) -> tuple[Statement, int]:
        with refusing():
            return self._compiled(size)

    def _compiled(self, size: int) -> tuple[Statement, int]:
        values = [sample(self._key, number) for number in range(size)]
        rows = self._rows.using(self._using).filter(**{f"{self._name}__in": values}).values_list(*self._paths)
        statement = compiled(rows, self._using)
        wanted = tuple(self._prepared(values))
        for begin in range(len(statement.params) - size + 1):
            if statement.params[begin : begin + size] == wanted:
                return statement, begin
        raise CannotPlan(f"the keys of {self._name!r} are changed on their way to the database")

    def _prepared(self, values: Sequence[Any]) -> list[Any]:
        connection = connections[self._using]
        return [self._key.get_db_prep_value(value, connection) for value in values]
