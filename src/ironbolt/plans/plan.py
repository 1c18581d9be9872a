"""A plan: what the rows of a queryset look like as Structs, and the statements for every shape that is asked of it."""

import logging
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from functools import partial
from threading import Lock
from typing import Any

import msgspec
from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from ironbolt.core.counting import Total
from ironbolt.core.estimating import IS_ANALYSED, OF_TABLE
from ironbolt.core.threads import on_a_loop
from ironbolt.plans.asking import Ask, Begin, Place
from ironbolt.plans.budget import Budget
from ironbolt.plans.conditions import Bound, Compile, bound
from ironbolt.plans.estimates import first_question, of_statistics, question_of_planner, told_by
from ironbolt.plans.querysets import check, check_distinct
from ironbolt.plans.refusal import CannotPlan, TooSlow, UnfitValuesError, refusing
from ironbolt.plans.related import RelatedPlan, made, related_plans
from ironbolt.plans.selection import Selection, selection_of
from ironbolt.plans.sources import Plan as Sources
from ironbolt.plans.statement import Params, Statement, captured, compiled
from ironbolt.plans.steps import Steps

logger = logging.getLogger("ironbolt.plans")

MOST_SHAPES = 256
"""How many shapes of one plan are kept; the one that was not asked for longest goes first."""


class QueryPlan:
    """Reads the rows of a queryset into Structs, with SQL that is built once for each shape.

    Args:
        queryset: the rows, before anything is asked of them.
        sources: how a row is read.
        using: the alias of the database.
        annotations: what the rows have besides their columns; None for what the queryset says.
        shown: whether the Structs are for nobody but the encoder: a number may stand in them as JSON's text for it.

    Raises:
        CannotPlan: the ORM has to answer; the message says why.
    """

    def __init__(
        self,
        queryset: "QuerySet[Any]",
        sources: Sources,
        using: str,
        *,
        annotations: frozenset[str] | None = None,
        shown: bool = False,
    ) -> None:
        check(queryset, sources.prefetches)
        self.using = using
        self._sources = sources
        self._rows = queryset.using(using)
        if annotations is None:
            annotations = frozenset(queryset.query.annotation_select)
        with refusing():
            self._selection: Selection = selection_of(sources, annotations, shown=shown)
            check_distinct(queryset, self._selection.paths)
            self._related: tuple[RelatedPlan, ...] = related_plans(self._selection, using, shown=shown)
        self._bound: OrderedDict[Hashable, Bound | CannotPlan] = OrderedDict()
        self._budget = Budget(MOST_SHAPES)
        self._budget_of_structures = Budget()
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
        if page is None:
            bound = self._bound_for(("all", ask.key), ask, self._select)
        else:
            bound = self._bound_for(("page", ask.key), ask, self._select_page)
        params = _params(bound, ask)
        if params is None:
            return []
        rows: Any = yield bound.statement, params if page is None else (*params, *page)
        made_of: list[Any] = (yield from made(self._related, rows)) if self._related else rows.made(())
        return made_of

    def rows_from(self, ask: Ask, place: Place, size: int) -> Steps[list[Any]]:
        """Read rows from a place in their order on, each as a pair: its Struct, and where it stands.

        Args:
            ask: what is asked.
            place: where to begin.
            size: how many rows to read.

        Raises:
            CannotPlan, TooSlow: as :meth:`rows`.
        """

        def build(queryset: "QuerySet[Any]", values: Sequence[Any]) -> "QuerySet[Any]":
            count = len(values) - len(place.values)
            return place.put(ask.build(queryset, values[:count]), values[count:])

        further = Ask(ask.key, (*ask.values, *place.values), build, ask.begin)
        bound = self._bound_for((place.key, ask.key), further, partial(self._select_from, place.columns))
        params = _params(bound, further, is_nested=True)
        if params is None:
            return []
        rows = yield bound.statement, (*params, size)
        made_of: list[Any] = yield from made(self._related, rows)
        return made_of

    def count(self, ask: Ask) -> Steps[int]:
        """Count the rows of all pages.

        Raises:
            CannotPlan, TooSlow: as :meth:`rows`.
        """
        bound = self._bound_for(("count", ask.key), ask, self._counted)
        params = _params(bound, ask)
        if params is None:
            return 0
        found = yield bound.statement, params
        return int(found[0][0])

    def estimate(self, ask: Ask) -> Steps[Total]:
        """Estimate the rows of all pages; exactly where the database has no statistics.

        Raises:
            CannotPlan, TooSlow: as :meth:`rows`.
        """
        bound = self._bound_for(("estimate", ask.key), ask, partial(first_question, using=self.using))
        params = _params(bound, ask)
        if params is None:
            return Total(0, is_estimate=False)
        rows = yield bound.statement, params
        total = told_by(bound.statement, rows)
        if total is None and bound.statement.sql == IS_ANALYSED and rows[0][0]:
            total = yield from of_statistics(self._rows.model._meta.db_table)
        if total is None and bound.statement.sql == OF_TABLE:
            expected = self._bound_for(("planner", ask.key), ask, partial(question_of_planner, using=self.using))
            rows = yield expected.statement, expected.params(ask.all_values())
            total = told_by(expected.statement, rows)
        if total is None:
            total = Total((yield from self.count(ask)), is_estimate=False)
        return total

    def _select(self, queryset: "QuerySet[Any]") -> Statement:
        columns = queryset.values_list(*self._selection.paths)
        return compiled(columns, self.using, template=self._selection.template)

    def _select_page(self, queryset: "QuerySet[Any]") -> Statement:
        if queryset.query.is_sliced:
            raise CannotPlan("pages of a slice are not cut from all rows")
        columns = queryset.values_list(*self._selection.paths)
        return compiled(columns, self.using, paged=True, template=self._selection.template)

    def _select_from(self, places: Sequence[str], queryset: "QuerySet[Any]") -> Statement:
        paths = (*dict.fromkeys((*self._selection.paths, *places)),)
        text = self._selection.template.text
        where = "".join(f"{{v{paths.index(place)}}}, " for place in places)
        pairs = msgspec.structs.replace(self._selection.template, text=f"({text}, ({where}))", columns=len(paths))
        paged = compiled(queryset.values_list(*paths), self.using, paged=True, template=pairs)
        return msgspec.structs.replace(paged, sql=paged.sql.removesuffix(" OFFSET %s"))

    def _counted(self, queryset: "QuerySet[Any]") -> Statement:
        return captured(queryset.count, self.using)

    def _bound_for(self, key: Hashable, ask: Ask, compile_: Compile) -> Bound:
        found = self._bound.get(key)
        if found is None:
            found = self._compiled(ask, compile_)
            self._keep(key, found)
        elif len(self._bound) > MOST_SHAPES // 2:  # with fewer, none will have to go for a while
            self._keep(key, found)
        if isinstance(found, CannotPlan):
            raise found.again()
        return found

    def _keep(self, key: Hashable, found: Bound | CannotPlan) -> None:
        with self._lock:
            self._bound[key] = found
            self._bound.move_to_end(key)
            if len(self._bound) > MOST_SHAPES:
                self._bound.popitem(last=False)

    def _compiled(self, ask: Ask, compile_: Compile) -> Bound | CannotPlan:
        if on_a_loop():
            raise TooSlow
        begin = ask.begin if ask.begin is not None and ask.begin.is_own else None
        if not (self._budget if begin is None else self._budget_of_structures).spend():
            # Compiling costs several times what the ORM takes, and clients think of filters that nobody has thought of.
            raise UnfitValuesError("it is another query for every request")
        values = ask.all_values()
        prepared = 0 if begin is None else len(begin.values)
        try:
            with refusing():
                if begin is not None:
                    self._check(begin)
                return bound(lambda given: ask.rows_of(self._rows, given), values, self.using, compile_, prepared)
        except UnfitValuesError:
            raise  # with the values of another request it may go
        except CannotPlan as refusal:
            logger.info("The ORM answers for %s: %s.", self._rows.model.__name__, str(refusal))
            return refusal.again()

    def _check(self, begin: Begin) -> None:
        """Refuse rows of a request's own, which nobody has looked at when the plan was made."""
        rows = begin.put(self._rows.all(), begin.values)
        check(rows, self._sources.prefetches)
        check_distinct(rows, self._selection.paths)


def _params(bound: Bound, ask: Ask, *, is_nested: bool = False) -> Params | None:
    """The parameters of a request, None where nothing can match its values.

    Raises:
        UnfitValuesError: they do not fit, or not everything is to match them.
    """
    try:
        return bound.params(ask.all_values())
    except EmptyResultSet:
        if is_nested or (ask.begin is not None and ask.begin.is_own):
            # In one half of an "or" it means less than nothing at all.
            raise UnfitValuesError("a value is one that no row can have") from None
        return None
