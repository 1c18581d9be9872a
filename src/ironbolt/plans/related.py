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
from ironbolt.plans.selection import KEYS, KEYS_SHOWN, Related, Selection, relation_named, selection_of
from ironbolt.plans.statement import Params, Statement, compiled
from ironbolt.plans.steps import Steps

MOST_AT_ONCE = 512
"""How many parents one query asks for; more are asked for in several."""


Ends = tuple["QuerySet[Any]", str, str, Any]
"""The rows at the other end, the lookup for their parents, the column that names those, and its field."""

_AS_SENT = (
    *(models.AutoField, models.BigAutoField, models.SmallAutoField),
    *(models.IntegerField, models.BigIntegerField, models.PositiveIntegerField, models.PositiveBigIntegerField),
    *(models.CharField, models.TextField, models.SlugField),
)


class RelatedPlan(msgspec.Struct, frozen=True):
    """How the rows of one relation are fetched.

    Attributes:
        further: how the rows that are related to those are fetched.
        statements: one for each number of parents, a power of two.
    """

    further: "tuple[RelatedPlan, ...]"
    statements: "_Statements"

    def fetch(self, parents: Sequence[Any]) -> Steps[dict[Any, list[Any]]]:
        """Fetch the rows of these parents' values, as parent's value → list."""
        gathered: dict[Any, list[Any]] = defaultdict(list)
        wanted = list(dict.fromkeys(parents))
        if None in wanted:
            wanted.remove(None)
        for begin in range(0, len(wanted), MOST_AT_ONCE):
            found = yield self.statements.of(wanted[begin : begin + MOST_AT_ONCE])
            gathered.update((yield from made(self.further, found)))
        return gathered


def made(further: Sequence[RelatedPlan], found: Any) -> Steps[Any]:
    """What comes of the rows that a statement with makers has found, after everything related to them was fetched."""
    if not further:
        return found.made(())
    lists = []
    for at, plan in enumerate(further):
        lists.append((yield from plan.fetch(found.keys(at))))
    return found.made(lists)


def related_plans(selection: Selection, using: str, *, shown: bool = False) -> tuple[RelatedPlan, ...]:
    """How everything is fetched that a selection relates to; arguments as :func:`selection_of`.

    Raises:
        CannotPlan: something needs an instance, or is a relation of its own kind.
    """
    return tuple(_related_plan(related, using, shown=shown) for related in selection.related)


def _related_plan(related: Related, using: str, *, shown: bool) -> RelatedPlan:
    relation = relation_named(related.model, related.name)
    if related.plan is None:
        selection = Selection((relation.related_model._meta.pk.name,), KEYS_SHOWN if shown else KEYS, ())
    else:
        selection = selection_of(related.plan, frozenset(), shown=shown)
    statements = _Statements(_ends(relation), selection, using)
    return RelatedPlan(related_plans(selection, using, shown=shown), statements)


def _ends(relation: Any) -> Ends:
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

    def __init__(self, ends: "Ends", selection: Selection, using: str) -> None:
        self._rows, self._name, column, key = ends
        self._paths = (column, *selection.paths)
        self._template = selection.template.owned()
        self._key = target_of(key)
        self._using = using
        self._is_as_sent = _is_as_sent(self._key, using)
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
        statement = compiled(rows, self._using, template=self._template)
        wanted = tuple(self._prepared(values))
        for begin in range(len(statement.params) - size + 1):
            if statement.params[begin : begin + size] == wanted:
                return statement, begin
        raise CannotPlan(f"the keys of {self._name!r} are changed on their way to the database")

    def _prepared(self, values: Sequence[Any]) -> list[Any]:
        if self._is_as_sent:
            return [*values]
        connection = connections[self._using]
        return [self._key.get_db_prep_value(value, connection) for value in values]


def _is_as_sent(key: Any, using: str) -> bool:
    """Whether the values of a column, which came from the database, go back to it as they are."""
    return connections[using].vendor == "sqlite" and type(key) in _AS_SENT
