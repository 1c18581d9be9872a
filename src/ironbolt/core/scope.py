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
        values = self.values(context)
        return queryset.none() if any(value is None for value in values) else self.narrow(queryset, values)

    def values(self, context: Context) -> tuple[Any, ...]:
        """The values of this scope and of the others, one for each lookup."""
        own = tuple(value for _, value in zip(self.lookups, self.bind(context), strict=True))
        return own + tuple(value for other in self.others for value in other.values(context))

    def narrow(self, queryset: "QuerySet[_M]", values: Sequence[Any]) -> "QuerySet[_M]":
        """Narrow ``queryset`` to the rows that have these values, none of which is None."""
        size = len(self.lookups)
        queryset = queryset.filter(*(Q(pair) for pair in zip(self.lookups, values[:size], strict=True)))
        rest = values[size:]
        for other in self.others:
            queryset = other.narrow(queryset, rest[: other.size])
            rest = rest[other.size :]
        return queryset

    @property
    def size(self) -> int:
        """How many values it has, those of the others included."""
        return len(self.lookups) + sum(other.size for other in self.others)

    def __and__(self, other: "Scope") -> "Scope":
        """Both scopes at once, even where they look at the same column."""
        return Scope(self.lookups, self.bind, (*self.others, other))
