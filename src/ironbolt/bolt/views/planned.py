"""The default list and retrieve as plans: no instances, and no SQL that is built again."""

from collections.abc import Hashable, Sequence
from functools import partial
from inspect import iscoroutinefunction
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.db.utils import DataError

from ironbolt.bolt.filters import filters_of
from ironbolt.bolt.pagination import CursorPagination, LimitOffsetPagination, PageNumberPagination, Pagination
from ironbolt.bolt.request import Request
from ironbolt.bolt.structs.fields import declaration_of
from ironbolt.bolt.structs.planning import plan_of
from ironbolt.bolt.views.base import ViewSet
from ironbolt.bolt.views.hooks import overridden_in
from ironbolt.bolt.views.openings import Declared, PerRequest
from ironbolt.bolt.views.parts import NoRows, PlannedPart
from ironbolt.core.filtering import Asked, Filters, FilterShape
from ironbolt.core.filtering.ordering import without_ties
from ironbolt.core.rows import AmbiguousLookup
from ironbolt.plans.asking import Ask
from ironbolt.plans.own_rows import Opening
from ironbolt.plans.refusal import CannotPlan
from ironbolt.plans.steps import Steps

_MINE = ("get_object", "get_serializer_class", "filter_queryset", "paginate_queryset", "asked")
"""What a view set may not override for its reads to be planned."""


_NOTHING = Asked()

PLANNED_ACTIONS = ("list", "retrieve")

_OWN_PAGES = (PageNumberPagination.page, LimitOffsetPagination.page, CursorPagination.page)


def reason_against(view: type[ViewSet], action: str) -> str:
    """Why the ORM answers an action, nothing where a plan does.

    Args:
        view: the view set.
        action: ``list`` or ``retrieve``, which is Ironbolt's own.
    """
    if _model_of(view, action) is None:
        return "there is no model"
    overridden = [name for name in _MINE if getattr(view, name) is not getattr(ViewSet, name)]
    if overridden:
        return f"{overridden[0]} is overridden"
    if iscoroutinefunction(view.get_queryset):
        return "get_queryset is asynchronous"
    hooks = overridden_in(view)
    if hooks.lists or (hooks.retrieves and action == "retrieve"):
        return "a hook takes rows"
    pages = view.pagination_class
    if action == "list" and pages is not None and pages.paginate is not Pagination.paginate:
        return "it has its own pages"
    return ""


def _model_of(view: type[ViewSet], action: str) -> Any:
    """The model of a view set; of a list with nothing but a ``get_queryset`` that of the Struct of its rows."""
    model = view.model_class()
    if model is not None or action != "list" or view.get_queryset is ViewSet.get_queryset:
        return model
    try:
        declared = declaration_of(_struct(view, action))
    except ImproperlyConfigured:  # there is no Struct
        return None
    return declared.model if declared else None


class PlannedRows:
    """What a planned list and a planned retrieve share: the rows of a view set.

    Attributes:
        model: the model of the rows.
    """

    def __init__(self, view: type[ViewSet], action: str) -> None:
        self.model: Any = _model_of(view, action)
        sources = plan_of(_struct(view, action), self.model)
        shown = _are_only_shown(view)
        is_own = view.get_queryset is not ViewSet.get_queryset
        self._rows: PerRequest | Declared = (
            PerRequest(view, action, sources, shown=shown) if is_own else Declared(view, sources, shown=shown)
        )

    @property
    def using(self) -> str:
        """The alias of the database to read from, for this request."""
        return self._rows.using

    @property
    def refusal(self) -> str:
        """Why the ORM answers, as far as that is known; nothing where a plan does."""
        return self._rows.refusal


def _are_only_shown(view: type[ViewSet]) -> bool:
    """Whether the Structs go to the encoder, and no code of the project looks at them before."""
    pages = view.pagination_class
    return pages is None or pages.page in _OWN_PAGES


class PlannedRetrieve(PlannedRows):
    """``GET`` on one object."""

    def __init__(self, view: type[ViewSet], lookup: str) -> None:
        super().__init__(view, "retrieve")
        self._lookup = lookup
        field = self.model._meta.pk if lookup == "pk" else self.model._meta.get_field(lookup)
        # Two rows are enough to see that the lookup does not name one.
        self._page = None if field.unique else (2, 0)

    def steps(self, request: Request, arguments: Sequence[Any], using: str) -> Steps[Any]:
        """The object that the path names.

        Raises:
            ObjectDoesNotExist: there is none.
            AmbiguousLookup: there are several.
            CannotPlan, TooSlow: the ORM, or a thread, has to answer.
        """
        opening = self._rows.opening(request, using)
        if opening.page is not None:
            raise CannotPlan("nobody is found by a key in a slice")
        value = arguments[-1]
        if opening.plan is None or (isinstance(value, str) and "\0" in value):
            raise self.model.DoesNotExist  # databases refuse it, each in its own way
        key = "get" if opening.key is None else ("get", opening.key)
        ask = Ask((key, value) if value is True or value is False else key, (value,), self._build, opening.begin)
        try:
            rows = yield from opening.plan.rows(ask, self._page)
        except (DataError, OverflowError):
            raise self.model.DoesNotExist from None
        if len(rows) > 1:
            raise AmbiguousLookup
        if not rows:
            raise self.model.DoesNotExist
        return rows[0]

    def _build(self, queryset: "QuerySet[Any]", values: Sequence[Any]) -> "QuerySet[Any]":
        return queryset.filter(**{self._lookup: values[0]}).order_by()


class PlannedList(PlannedRows):
    """``GET`` on the collection."""

    def __init__(self, view: type[ViewSet]) -> None:
        super().__init__(view, "list")
        of: Any = view
        self._filters: Filters = filters_of(of)
        self._pagination = view.pagination_class
        self._page_faults = view.pagination_class.faults if view.pagination_class else None
        self._all = Ask(_NOTHING.shape, (), partial(self._build, _NOTHING.shape))

    def steps(self, request: Request, arguments: Sequence[Any], using: str) -> Steps[Any]:
        """The rows that the client asks for, or one page of them.

        Raises:
            ValidationFailed: the query has a value that a filter can't take, or names no page.
            CannotPlan, TooSlow: the ORM, or a thread, has to answer.
        """
        opening = self._rows.opening(request, using)
        asked = self._filters.read(request.query, self._page_faults) if self._filters else _NOTHING
        part: PlannedPart | NoRows = (
            NoRows(self.model)
            if opening.plan is None
            else PlannedPart(opening.plan, self._ask(opening, asked), self.model, opening.page)
        )
        if opening.page is not None and (self._filters or self._pagination):
            raise CannotPlan("pages and filters of a slice are not those of all rows")
        if self._pagination is None:
            return (yield from part.all())
        pages = self._pagination()
        if ordering := self._filters.ordering:
            pages.asked_ordering = asked.shape.ordering or ordering.default
        return (yield from pages.page(part, request))

    def _ask(self, opening: Opening, asked: Asked) -> Ask:
        if asked is _NOTHING and opening.begin is None:
            return self._all
        shape, values = self._grouped(asked) if self._filters else (asked.shape, asked.values)
        key = shape if opening.key is None else (shape, opening.key)
        return Ask(_with_switches(key, values), values, partial(self._build, shape), opening.begin)

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
        if self._filters:
            queryset = self._filters.apply(queryset, Asked(shape, _flat(values)))
        return queryset if self._pagination is None else without_ties(queryset)


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
    if not values:
        return key
    switches = tuple((at, value) for at, value in enumerate(values) if value is True or value is False)
    return (key, switches) if switches else key


def _flat(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(item for value in values for item in (value if isinstance(value, tuple) else (value,)))
