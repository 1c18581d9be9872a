"""Which querysets a plan can stand for: those that are no more than rows, conditions and an order."""

from collections.abc import Collection
from functools import cache
from typing import Any

from django.db.models import Manager, Prefetch, QuerySet
from django.db.models.query import ModelIterable

from ironbolt.plans.refusal import CannotPlan

_OF_A_QUERYSET = (
    "__iter__",
    "__getitem__",
    "_fetch_all",
    "_clone",
    "_chain",
    "iterator",
    "values_list",
    "count",
    "get",
)
"""What a queryset of somebody's own may not do in a way of its own."""


_ASKED = (
    *_OF_A_QUERYSET,
    *("all", "using", "filter", "_filter_or_exclude", "_filter_or_exclude_inplace", "order_by", "query"),
)
"""What a plan does with a queryset that a request has made, beside reading it."""


@cache
def check_kind(kind: type["QuerySet[Any]"]) -> None:
    """Refuse a kind of querysets that narrows or orders in a way of its own, which may depend on the request.

    Raises:
        CannotPlan: it has such a method.
    """
    own = [name for name in _ASKED if getattr(kind, name) is not getattr(QuerySet, name)]
    if own:
        raise CannotPlan(f"{kind.__name__} has its own {own[0]}")


def check(queryset: "QuerySet[Any]", prefetches: Collection[Any] = ()) -> None:
    """Refuse a queryset that is more than rows and conditions.

    Args:
        queryset: the rows.
        prefetches: what a Struct wants to be fetched along.

    Raises:
        CannotPlan: it is combined, locked, or has values or SQL of its own.
    """
    query = queryset.query
    own = [name for name in _OF_A_QUERYSET if getattr(type(queryset), name) is not getattr(QuerySet, name)]
    if own:
        raise CannotPlan(f"{type(queryset).__name__} has its own {own[0]}")
    reasons = {
        "it is a combination of querysets": query.combinator,
        "it locks its rows": query.select_for_update,
        "it has values instead of rows": queryset._iterable_class is not ModelIterable,  # noqa: SLF001 - nothing else tells
        "it has SQL of its own": query.extra,
        "it is distinct on some columns": query.distinct_fields,
        "it is empty": query.is_empty(),
        "it says which related rows are fetched": any(
            isinstance(lookup, Prefetch) and lookup.queryset is not None
            for lookup in (*queryset._prefetch_related_lookups, *prefetches)  # type: ignore[attr-defined]  # noqa: SLF001 - nothing else tells
        ),
    }
    if reason := next((reason for reason, holds in reasons.items() if holds), None):
        raise CannotPlan(reason)


def check_distinct(queryset: "QuerySet[Any]", paths: Collection[str]) -> None:
    """Refuse rows that are distinct as a whole, where only some of their columns are read.

    Raises:
        CannotPlan: two rows might look the same by those columns.
    """
    query: Any = queryset.query
    key: Any = queryset.model._meta.pk
    if query.distinct and (query.annotation_select or not {key.name, key.attname} & {*paths}):
        raise CannotPlan("it is distinct, and its key is not read")


def all_rows(manager: "Manager[Any]") -> "QuerySet[Any]":
    """What a manager gives, which is the same at any time.

    Raises:
        CannotPlan: it has a way of its own to get its rows, which may give others to every request.
    """
    own = [name for name in ("get_queryset", "all") if getattr(type(manager), name) is not getattr(Manager, name)]
    if own:
        raise CannotPlan(f"{type(manager).__name__} has its own {own[0]}")
    return manager.all()
