"""What a view leaves to us of its reads, worked out once for a class and for as long as that stays what it is."""

import inspect
from operator import attrgetter
from typing import Any

import msgspec
from django.db.models import QuerySet
from rest_framework.settings import api_settings

from ironbolt.drf.owners import DOOR, are_of
from ironbolt.drf.reading.pages import cuts
from ironbolt.plans.own_rows import Opening
from ironbolt.plans.querysets import check_kind
from ironbolt.plans.refusal import CannotPlan

_ROWS = ("get_queryset", "filter_queryset", "before_perform_list", "after_perform_list")
_SERIALIZING = ("get_serializer", "get_serializer_context")
_RETRIEVING = ("get_object", "check_object_permissions", "before_perform_retrieve", "after_perform_retrieve")
_PAGING = ("paginate_queryset", "paginator")

_METHODS = (*_ROWS, *_SERIALIZING, *_RETRIEVING, *_PAGING, "finalize_response")
_ALL = (*_METHODS, "queryset", "scope", "pagination_class")
"""What every view set has that may read by plans; views that lack one of these read in REST framework's way."""

_FILTERS = ("filterset_fields", "filterset_class", "date_range_fields", "search_fields", "ordering_fields", "ordering")
_OF_ROWS = frozenset({"queryset", "filter_backends", *_FILTERS})
_WATCHED = frozenset({*_ALL, *_OF_ROWS})
"""What a single view may have of its own, beside its class."""

_attributes = attrgetter(*_ALL)

_KEPT_AS = "_ironbolt_decided"

_PLAIN = ("rest_framework.", "ironbolt.drf.views", "ironbolt.drf.lifecycle", "ironbolt.drf.base")
"""Who gives the rows that a class declares, and nothing else."""

_FOR_QUERIES = frozenset(
    {
        "ironbolt.drf.filters.AppFilterBackend",
        "ironbolt.drf.filters.DateRangeFilter",
        "ironbolt.drf.filters.AppSearchFilter",
        "ironbolt.drf.filters.AppOrderingFilter",
    }
)
"""Filters that do the same for every request whose address has no query."""

MOST_OPENINGS = 32
"""How many serializers and databases of one view are remembered."""


class Decided(msgspec.Struct, frozen=True, eq=False):
    """What is known of a class.

    Attributes:
        attributes: of the class, when this was worked out.
        lists: whether its list may be made without a serializer.
        retrieves: whether an object may be shown without an instance, as far as permissions want none.
        pages: whether lists have pages.
        cuts: whether its pages are parts of its rows, in which rows may stand for objects.
        is_declared: whether all requests without a query read the same rows.
        openings: action, reader and database → where such a request begins; None where the ORM answers.
        told: what the log has said of the class.
    """

    attributes: tuple[Any, ...]
    lists: bool = False
    retrieves: bool = False
    pages: bool = False
    cuts: bool = False
    is_declared: bool = False
    openings: dict[Any, Opening | None] = msgspec.field(default_factory=dict)
    told: set[str] = msgspec.field(default_factory=set)


_NOTHING = Decided(())


def decided_for(view: Any) -> Decided:
    """What is known of a view's class, and true of this view."""
    view_class = type(view)
    try:
        methods = _attributes(view_class)
    except AttributeError:
        return _NOTHING
    own = view_class.__dict__
    filters = [getattr(view_class, name, None) for name in _FILTERS]
    attributes = (*methods, own.get("filter_backends"), api_settings.DEFAULT_FILTER_BACKENDS, *filters)
    found: Decided | None = own.get(_KEPT_AS)
    if found is None or found.attributes != attributes:
        found = _worked_out(view_class, attributes)
        setattr(view_class, _KEPT_AS, found)
    if _WATCHED.isdisjoint(view.__dict__):
        return found
    return _of_one(view, found)


def _of_one(view: Any, found: Decided) -> Decided:
    """The same for a view that has something of its own, as ``as_view(queryset=…)`` gives it."""
    own = _WATCHED & view.__dict__.keys()
    if own <= _OF_ROWS:
        return msgspec.structs.replace(found, is_declared=False)
    return _NOTHING


def _worked_out(view_class: type[Any], attributes: tuple[Any, ...]) -> Decided:
    pages_plainly = are_of(view_class, _PAGING, DOOR)
    return Decided(
        attributes,
        lists=are_of(view_class, (*_SERIALIZING, "finalize_response"), DOOR),
        retrieves=are_of(view_class, (*_SERIALIZING, *_RETRIEVING, "finalize_response"), DOOR),
        pages=view_class.pagination_class is not None or not pages_plainly,
        cuts=pages_plainly and cuts(view_class.pagination_class),
        is_declared=_is_declared(view_class),
    )


def _is_declared(view_class: Any) -> bool:
    queryset, backends = view_class.queryset, view_class.filter_backends
    if not isinstance(queryset, QuerySet) or view_class.scope is not None or not isinstance(backends, list | tuple):
        return False
    if getattr(view_class, "filterset_class", None) is not None or any(map(_is_worked_out, _of_filters(view_class))):
        return False
    if not all(f"{backend.__module__}.{backend.__qualname__}" in _FOR_QUERIES for backend in backends):
        return False
    try:
        check_kind(type(queryset))
    except CannotPlan:
        return False
    return are_of(view_class, _ROWS, _PLAIN)


def _of_filters(view_class: type[Any]) -> list[Any]:
    """What a class declares for its filters, as it stands there."""
    return [inspect.getattr_static(view_class, name, None) for name in _FILTERS]


def _is_worked_out(declared: Any) -> bool:
    """Whether it is a property or the like, which may say something else for the next request."""
    return hasattr(type(declared), "__get__")
