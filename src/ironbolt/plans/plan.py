"""A plan: what the rows of a queryset look like as Structs, and the statements for every shape that is asked of it."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from threading import Lock
from typing import Any

import msgspec
from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from ironbolt.core.threads import on_a_loop
from ironbolt.plans.conditions import Bound, Compile, bound
from ironbolt.plans.querysets import check, check_distinct
from ironbolt.plans.refusal import CannotPlan, TooSlow, UnfitValuesError, refusing
from ironbolt.plans.related import RelatedPlan, made, related_plans
from ironbolt.plans.selection import Selection, selection_of
from ironbolt.plans.sources import Plan as Sources
from ironbolt.plans.statement import Statement, captured, compiled
from ironbolt.plans.steps import Steps

logger = logging.getLogger("ironbolt.plans")

MOST_SHAPES = 256
"""How many shapes of one plan are kept; the one that was not asked for longest goes first."""


class Ask(msgspec.Struct, frozen=True):
    """What one request asks of the rows.

    Attributes:
        key: the shape of it; requests with the same key have the same SQL.
        values: one for each place in the SQL; true and false have none, and belong to the key.
        build: puts everything on a queryset, for such values.
    """

    key: Hashable
    values: Sequence[Any]
    build: Callable[["QuerySet[Any]", Sequence[Any]], "QuerySet[Any]"]


class QueryPlan:
    """Reads the rows of a queryset into Structs, with SQL that is built once for each shape.

    Args:
        queryset: the rows, before anything is asked of them.
        sources: how a row is read.
        using: the alias of the database.

    Raises:
        CannotPlan: the ORM has to answer; the message says why.
    """

    def __init__(self, queryset: "QuerySet[Any]", sources: Sources, using: str) -> None:
        check(queryset, sources.prefetches)
        self.using = using
        self._rows = queryset.using(using)
        with refusing():
            self._selection: Selection = selection_of(sources, frozenset(queryset.query.annotation_select))
            check_distinct(queryset, self._selection.paths)
            self._related: tuple[RelatedPlan, ...] = related_plans(self._selection, using)
        self._bound: OrderedDict[Hashable, Bound | CannotPlan] = OrderedDict()
        self._lock = Lock()

    def rows(self, ask: Ask, page: tuple[int, int] | None = None) -> Steps[list[Any]]:
        """Read rows as Structs.

        Args:
            ask: what is asked.
            page: how many rows to read, and how many to leave out before them; None for all.

        Raises:
            CannotPlan: the ORM has to answer this shape, or these values.
            TooSlow: the shape is new, and this is an event loop.
        """
        key = ("all" if page is None else "page", ask.key)
        bound = self._bound_for(key, ask, partial(self._select, paged=page is not None))
        try:
            params = bound.params(ask.values)
        except EmptyResultSet:
            return []
        rows = yield bound.statement, params if page is None else (*params, *page)
        return (yield from made(self._selection, self._related, rows))

    def count(self, ask: Ask) -> Steps[int]:
        """Count the rows of all pages.

        Raises:
            CannotPlan, TooSlow: as :meth:`rows`.
        """
        bound = self._bound_for(("count", ask.key), ask, self._counted)
        try:
            params = bound.params(ask.values)
        except EmptyResultSet:
            return 0
        found = yield bound.statement, params
        return int(found[0][0])

    def _select(self, queryset: "QuerySet[Any]", *, paged: bool) -> Statement:
        return compiled(queryset.values_list(*self._selection.paths), self.using, paged=paged)

    def _counted(self, queryset: "QuerySet[Any]") -> Statement:
        return captured(queryset.count, self.using)

    def _bound_for(self, key: Hashable, ask: Ask, compile_: Compile) -> Bound:
        found = self._bound.get(key)
        if found is None:
            found = self._compiled(ask, compile_)
        with self._lock:
            self._bound[key] = found
            self._bound.move_to_end(key)
            if len(self._bound) > MOST_SHAPES:
                self._bound.popitem(last=False)
        if isinstance(found, CannotPlan):
            raise found
        return found

    def _compiled(self, ask: Ask, compile_: Compile) -> Bound | CannotPlan:
        if on_a_loop():
            raise TooSlow
        try:
            with refusing():
                return bound(lambda values: ask.build(self._rows.all(), values), ask.values, self.using, compile_)
        except UnfitValuesError:
            raise  # with the values of another request it may go
        except CannotPlan as refusal:
            logger.info("The ORM answers for %s: %s.", self._rows.model.__name__, refusal)
            return refusal
