"""The default list and retrieve as plans: no instances, and no SQL that is built again."""

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

import msgspec
from django.db import DEFAULT_DB_ALIAS, router
from django.db.models import QuerySet
from django.db.utils import DataError

from ironbolt.bolt.filters import filters_of
from ironbolt.bolt.pagination import CursorPagination, Pagination
from ironbolt.bolt.request import Request
from ironbolt.bolt.structs.planning import plan_of
from ironbolt.bolt.views.base import ViewSet
from ironbolt.bolt.views.hooks import overridden_in
from ironbolt.core import context
from ironbolt.core.filtering import Asked, Filters, FilterShape
from ironbolt.core.filtering.ordering import without_ties
from ironbolt.core.rows import AmbiguousLookup
from ironbolt.core.threads import on_a_loop
from ironbolt.plans.plan import Ask, QueryPlan
from ironbolt.plans.querysets import all_rows
from ironbolt.plans.refusal import CannotPlan, TooSlow
from ironbolt.plans.steps import Steps

_MINE = ("get_queryset", "get_object", "get_serializer_class", "filter_queryset", "paginate_queryset", "asked")
"""What a view set may not override for its reads to be planned."""


PLANNED_ACTIONS = ("list", "retrieve")


def reason_against(view: type[ViewSet], action: str) -> str:
    """Why the ORM answers an action, nothing where a plan does.

    Args:
        view: the view set.
        action: ``list`` or ``retrieve``, which is Ironbolt's own.
    """
    if view.model_class() is None:
        return "there is no model"
    overridden = [name for name in _MINE if getattr(view, name) is not getattr(ViewSet, name)]
    if overridden:
        return f"{overridden[0]} is overridden"
    hooks = overridden_in(view)
    if hooks.lists or (hooks.retrieves and action == "retrieve"):
        return "a hook takes rows"
    pages = view.pagination_class
    if action == "list" and pages is not None and pages.paginate is not Pagination.paginate:
        return "pages by cursor are read by the ORM" if issubclass(pages, CursorPagination) else "it has its own pages"
    return ""


class PlannedRows:
    """What a planned list and a planned retrieve share: the rows of a view set, and who may see them.

    Attributes:
        model: the model of the rows.
    """

    def __init__(self, view: type[ViewSet], action: str) -> None:
        self.model: Any = view.model_class()
        self._view = view
        self._scope = view.scope
        struct = _struct(view, action)
        self._sources = plan_of(struct, self.model)
        rows: Any = view.queryset
        self._database: str | None = None if rows is None else rows._db  # noqa: SLF001 - db would ask the router
        self._plans: dict[str, QueryPlan | CannotPlan] = {}

    @property
    def using(self) -> str:
        """The alias of the database to read from, for this request."""
        return self._database or (router.db_for_read(self.model) if router.routers else DEFAULT_DB_ALIAS)

    def plan(self) -> QueryPlan:
        """The plan for that database.

        Raises:
            CannotPlan: the ORM has to answer.
            TooSlow: there is none yet, and this is an event loop.
        """
        using = self.using
        found = self._plans.get(using)
        if found is None:
            if on_a_loop():
                raise TooSlow
            found = self._plans[using] = self._made(using)
        if isinstance(found, CannotPlan):
            raise found
        return found

    def seen_by_caller(self) -> tuple[Any, ...]:
        """The values of the scope for this request.

        Raises:
            CannotPlan: the caller sees no rows at all, for which no query is needed.
        """
        if self._scope is None:
            return ()
        values = self._scope.values(context.current())
        if any(value is None for value in values):
            raise CannotPlan("the scope has no value")
        return values

    def narrowed(self, queryset: "QuerySet[Any]", values: Sequence[Any]) -> "QuerySet[Any]":
        """The rows that a scope with these values shows."""
        return queryset if self._scope is None else self._scope.narrow(queryset, values)

    def _made(self, using: str) -> QueryPlan | CannotPlan:
        queryset = self._view.queryset
        try:
            rows = all_rows(self.model._default_manager) if queryset is None else queryset.all()
            return QueryPlan(rows, self._sources, using)
        except CannotPlan as refusal:
            return refusal


class PlannedRetrieve(PlannedRows):
    """``GET`` on one object."""

    def __init__(self, view: type[ViewSet], lookup: str) -> None:
        super().__init__(view, "retrieve")
        self._lookup = lookup
        field = self.model._meta.pk if lookup == "pk" else self.model._meta.get_field(lookup)
        # Two rows are enough to see that the lookup does not name one.
        self._page = None if field.unique else (2, 0)

    def steps(self, request: Request, arguments: Sequence[Any]) -> Steps[Any]:
        """The object that the path names.

        Raises:
            ObjectDoesNotExist: there is none.
            AmbiguousLookup: there are several.
            CannotPlan, TooSlow: the ORM, or a thread, has to answer.
        """
        value = arguments[-1]
        if isinstance(value, str) and "\0" in value:
            raise self.model.DoesNotExist  # databases refuse it, each in its own way
        ask = Ask(_with_switches("get", (value,)), (value, *self.seen_by_caller()), self._build)
        try:
            rows = yield from self.plan().rows(ask, self._page)
        except (DataError, OverflowError):
            raise self.model.DoesNotExist from None
        if len(rows) > 1:
            raise AmbiguousLookup
        if not rows:
            raise self.model.DoesNotExist
        return rows[0]

    def _build(self, queryset: "QuerySet[Any]", values: Sequence[Any]) -> "QuerySet[Any]":
        return self.narrowed(queryset, values[1:]).filter(**{self._lookup: values[0]}).order_by()


class PlannedList(PlannedRows):
    """``GET`` on the collection."""

    def __init__(self, view: type[ViewSet]) -> None:
        super().__init__(view, "list")
        of: Any = view
        self._filters: Filters = filters_of(of)
        self._pagination = view.pagination_class
        self._page_faults = view.pagination_class.faults if view.pagination_class else None

    def steps(self, request: Request, arguments: Sequence[Any]) -> Steps[Any]:
        """The rows that the client asks for, or one page of them.

        Raises:
            ValidationFailed: the query has a value that a filter can't take, or names no page.
            CannotPlan, TooSlow: the ORM, or a thread, has to answer.
        """
        asked = self._filters.read(request.query, self._page_faults) if self._filters else Asked()
        ask = self._ask(asked)
        plan = self.plan()
        if self._pagination is None:
            return (yield from plan.rows(ask))
        pages = self._pagination()
        if ordering := self._filters.ordering:
            pages.asked_ordering = asked.shape.ordering or ordering.default
        return (yield from pages.page(_PlannedPart(plan, ask), request))

    def _ask(self, asked: Asked) -> Ask:
        scope = self.seen_by_caller()
        if not self._filters:
            return Ask(_with_switches("list", scope), scope, partial(self._build, FilterShape()))
        shape, values = self._grouped(asked)
        values = (*values, *scope)
        return Ask(_with_switches(shape, values), values, partial(self._build, shape))

    def _grouped(self, asked: Asked) -> tuple[FilterShape, tuple[Any, ...]]:
        """One value for each condition: several of them as a tuple, each once but for the ends of a range."""
        if not any(self._filters.conditions[index].listed for index, _ in asked.shape.conditions):
            return asked.shape, asked.values
        rest = iter(asked.values)
        sizes, values = [], []
        for index, size in asked.shape.conditions:
            condition = self._filters.conditions[index]
            if condition.switch:
                sizes.append((index, size))
            elif condition.listed:
                listed = [next(rest) for _ in range(size)]
                several = tuple(dict.fromkeys(listed) if condition.lookup.endswith("__in") else listed)
                sizes.append((index, len(several)))
                values.append(several)
            else:
                sizes.append((index, size))
                values.append(next(rest))
        return msgspec.structs.replace(asked.shape, conditions=tuple(sizes)), (*values, *rest)

    def _build(self, shape: FilterShape, queryset: "QuerySet[Any]", values: Sequence[Any]) -> "QuerySet[Any]":
        count = sum(1 for index, _ in shape.conditions if not self._filters.conditions[index].switch) + shape.words
        queryset = self.narrowed(queryset, values[count:])
        if self._filters:
            queryset = self._filters.apply(queryset, Asked(shape, _flat(values[:count])))
        return queryset if self._pagination is None else without_ties(queryset)


class _PlannedPart:
    """The rows of a plan, for a pagination to cut."""

    def __init__(self, plan: QueryPlan, ask: Ask) -> None:
        self._plan = plan
        self._ask = ask

    def count(self) -> Steps[int]:
        return self._plan.count(self._ask)

    def part(self, offset: int, limit: int) -> Steps[list[Any]]:
        return self._plan.rows(self._ask, (limit, offset))


Planned = PlannedList | PlannedRetrieve


def planned(view: type[ViewSet], action: str, lookup: str) -> Planned | None:
    """The plan of a default action, None where the ORM answers."""
    if action not in PLANNED_ACTIONS or reason_against(view, action):
        return None
    return PlannedList(view) if action == "list" else PlannedRetrieve(view, lookup)


def _struct(view: type[ViewSet], action: str) -> type[msgspec.Struct]:
    asked = view()
    asked.action = action
    return asked.get_serializer_class(action)


def _with_switches(key: Hashable, values: Sequence[Any]) -> Hashable:
    """A key that also knows which of the values are true and which false: databases have other SQL for each."""
    switches = tuple((at, value) for at, value in enumerate(values) if value is True or value is False)
    return (key, switches) if switches else key


def _flat(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(item for value in values for item in (value if isinstance(value, tuple) else (value,)))
