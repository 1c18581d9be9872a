"""Which rows a caller may see: a fixed shape whose values are bound for each request."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from django.db.models import Model, Q, QuerySet

from ironbolt.core.context import Context

_M = TypeVar("_M", bound=Model)

Binder = Callable[[Context], Sequence[Any]]


class Scope(msgspec.Struct, frozen=True):
    """Rows for which every lookup equals its bound value, such as ``owner_id`` = the caller's id.

    As in SQL nothing equals None: a caller for whom a value is None sees no rows, and not those
    that belong to nobody.

    The lookups never change, so a query that carries a scope can be compiled once; only the values
    depend on the request.

    Attributes:
        lookups: Django lookups, such as ``("owner_id",)`` or ``("tenant_id", "is_deleted")``.
        bind: gives one value for each lookup.
        others: scopes that hold as well, each by itself, as ``&`` puts them together.
    """

    lookups: tuple[str, ...]
    bind: Binder
    others: tuple["Scope", ...] = ()

    def apply(self, queryset: "QuerySet[_M]", context: Context) -> "QuerySet[_M]":
        """Narrow ``queryset`` to the rows that ``context`` may see."""
        bound = list(zip(self.lookups, self.bind(context), strict=True))
        if any(value is None for _, value in bound):
            return queryset.none()
        queryset = queryset.filter(*(Q(pair) for pair in bound))
        for other in self.others:
            queryset = other.apply(queryset, context)
        return queryset

    def __and__(self, other: "Scope") -> "Scope":
        """Both scopes at once, even where they look at the same column."""
        return Scope(self.lookups, self.bind, (*self.others, other))
