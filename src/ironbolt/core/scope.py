"""Which rows a caller may see: a fixed shape whose values are bound for each request."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from django.db.models import Model, QuerySet

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
    """

    lookups: tuple[str, ...]
    bind: Binder

    def apply(self, queryset: "QuerySet[_M]", context: Context) -> "QuerySet[_M]":
        """Narrow ``queryset`` to the rows that ``context`` may see."""
        bound = dict(zip(self.lookups, self.bind(context), strict=True))
        return queryset.none() if None in bound.values() else queryset.filter(**bound)

    def __and__(self, other: "Scope") -> "Scope":
        """Both scopes at once."""
        return Scope(
            (*self.lookups, *other.lookups),
            lambda context: (*self.bind(context), *other.bind(context)),
        )
