"""Plans for rows that every request makes anew: SQL is compiled once for each structure of their queries."""

import logging
from functools import partial
from typing import Any

import msgspec
from django.db import router
from django.db.models import Manager, Model, Prefetch, QuerySet
from django.db.models.query import ModelIterable

from ironbolt.core.threads import on_a_loop
from ironbolt.plans.asking import Begin
from ironbolt.plans.leaves import with_values
from ironbolt.plans.plan import QueryPlan
from ironbolt.plans.querysets import check_kind
from ironbolt.plans.refusal import CannotPlan, TooSlow
from ironbolt.plans.sources import Plan as Sources
from ironbolt.plans.structure import structure_of

logger = logging.getLogger("ironbolt.plans")

MOST_PLANS = 32
"""How many sets of annotations and databases the rows of one view may have; whoever invents names gets no more."""

_NONE: frozenset[str] = frozenset()


class Opening(msgspec.Struct, frozen=True):
    """Where a request begins to ask.

    Attributes:
        plan: what it asks; None where there are no rows.
        begin: the rows; None for those of the plan.
        key: their structure, that goes before what is asked of them; None for those of the plan.
        page: how many of them are to be read, and how many to be left out before those; None for all.
    """

    plan: QueryPlan | None
    begin: Begin | None = None
    key: Any = None
    page: tuple[int, int] | None = None


EMPTY = Opening(None)


class OwnRows:
    """The plans of one view whose rows are made for each request.

    Args:
        model: what the rows are of.
        sources: how a row is read.
        shown: as :class:`QueryPlan` has it.
    """

    def __init__(self, model: type[Model], sources: Sources, *, shown: bool) -> None:
        self._model = model
        self._sources = sources
        self._shown = shown
        self._plans: dict[tuple[str, frozenset[str]], QueryPlan | CannotPlan] = {}
        self._told: set[str] = set()

    def opening(self, rows: Any, using: str) -> Opening:
        """The plan for some rows, which may be new.

        Args:
            rows: what was made for the request.
            using: where they are read if they don't say.

        Raises:
            CannotPlan: the ORM has to answer; the log has said why, once.
            TooSlow: there is none yet, and this is an event loop.
        """
        try:
            return self._opening(self._checked(rows), using)
        except CannotPlan as refusal:
            self._tell(str(refusal))
            raise

    def _opening(self, rows: "QuerySet[Any]", using: str) -> Opening:
        query: Any = rows.query
        if query.is_empty():
            return EMPTY
        rows, page = _without_slice(rows)
        structure = structure_of(rows)
        annotations = frozenset(query.annotation_select) if query.annotations else _NONE
        plan = self._plan(_database(rows, using), annotations)
        put = partial(_put, rows, structure, plan.using)
        return Opening(plan, Begin(structure.values, put, is_own=True), structure.key, page)

    def _checked(self, rows: Any) -> "QuerySet[Any]":
        if isinstance(rows, Manager):
            rows = rows.all()
        if not isinstance(rows, QuerySet) or rows.model is not self._model:
            raise CannotPlan(f"get_queryset gives other things than rows of {self._model.__name__}")
        check_kind(type(rows))
        of: Any = rows
        if of._iterable_class is not ModelIterable:  # noqa: SLF001 - nothing else tells
            raise CannotPlan("it has values instead of rows")
        fetched = of._prefetch_related_lookups  # noqa: SLF001 - nothing else tells
        if any(isinstance(one, Prefetch) and one.queryset is not None for one in fetched):
            raise CannotPlan("it says which related rows are fetched")
        return rows

    def _plan(self, using: str, annotations: frozenset[str]) -> QueryPlan:
        found = self._plans.get((using, annotations))
        if found is None:
            if on_a_loop():
                raise TooSlow
            if len(self._plans) >= MOST_PLANS:
                raise CannotPlan("it has other annotations for every request")
            found = self._plans[using, annotations] = self._made(using, annotations)
        if isinstance(found, CannotPlan):
            raise found.again()
        return found

    def _made(self, using: str, annotations: frozenset[str]) -> QueryPlan | CannotPlan:
        every: QuerySet[Any] = QuerySet(self._model)
        try:
            return QueryPlan(every, self._sources, using, annotations=annotations, shown=self._shown)
        except CannotPlan as refusal:
            return refusal.again()

    def _tell(self, reason: str) -> None:
        if reason not in self._told and len(self._told) < MOST_PLANS:
            self._told.add(reason)
            logger.info("The ORM answers for %s: %s.", self._model.__name__, reason)


def _without_slice(rows: "QuerySet[Any]") -> tuple["QuerySet[Any]", tuple[int, int] | None]:
    """All of the rows, and which part of them was cut out, so that its place and size are values like any others."""
    query: Any = rows.query
    if query.high_mark is None:
        return rows, None
    page = query.high_mark - query.low_mark, query.low_mark
    whole = rows.all()
    whole.query.clear_limits()
    return whole, page


def _put(rows: "QuerySet[Any]", structure: Any, using: str, _: "QuerySet[Any]", values: Any) -> "QuerySet[Any]":
    return with_values(rows, structure, values).using(using)


def _database(rows: Any, using: str) -> str:
    named: str | None = rows._db  # noqa: SLF001 - db would ask the routers even where there is nothing to ask
    if named is None and rows._hints and router.routers:  # noqa: SLF001 - as above
        return rows.db  # type: ignore[no-any-return]  # an alias
    return named or using
