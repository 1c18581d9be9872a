"""Orderings: by what a client may order a list, and how the rows stand where it does not say."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import QuerySet

from ironbolt.core.errors import Details
from ironbolt.core.filtering.columns import Annotations, column_of
from ironbolt.core.validation import NOT_A_CHOICE

ORDERING = "ordering"
"""The parameter that a list is ordered by."""

Offered = Iterable[str | tuple[str, str]]
"""Columns, each by its own name or as a pair of column and name for the client."""


class Ordering(msgspec.Struct, frozen=True):
    """By what a list may be ordered.

    Attributes:
        offered: the client's name → the column.
        default: how the rows are ordered where the client does not say.
        tie_break: what decides between rows that are equal, so that none stands on two pages.
    """

    offered: dict[str, str]
    default: tuple[Any, ...]
    tie_break: tuple[str, ...]

    def __hash__(self) -> int:
        return hash((tuple(self.offered.items()), self.default, self.tie_break))

    def read(self, text: str, faults: Details) -> tuple[str, ...]:
        """The columns that a client orders by, those after the minus downwards; unknown ones go to the faults."""
        names = [name for part in text.split(",") if (name := part.strip())] if self.offered else []
        columns: dict[str, str] = {}
        for name in names:
            column = self.offered.get(name.removeprefix("-"))
            if column is None:
                faults[ORDERING] = [refusal(name, self.offered)]
                return ()
            columns.setdefault(column, f"-{column}" if name.startswith("-") else column)
        return tuple(columns.values())

    def terms(self, asked: Sequence[Any]) -> tuple[Any, ...]:
        """What the rows are ordered by, down to the last tie; empty where nobody has said anything."""
        return decided(tuple(asked) or self.default, self.tie_break)


def decided(terms: tuple[Any, ...], tie_break: tuple[str, ...]) -> tuple[Any, ...]:
    """``terms`` with the key behind them where rows could be equal: none must stand on two pages."""
    if not terms or any(named(term) in tie_break for term in terms):
        return terms
    last = terms[-1]
    return (*terms, "-pk" if isinstance(last, str) and last.startswith("-") else "pk")


def without_ties(queryset: "QuerySet[Any]") -> "QuerySet[Any]":
    """The rows in an order without ties, or one could stand on two pages, and another on none."""
    query: Any = queryset.query
    if not queryset.ordered:
        return queryset.order_by("pk")
    if query.is_sliced or query.combinator or query.extra_order_by:
        return queryset  # as it is, for nothing can be put behind it
    model: Any = queryset.model
    terms = tuple(query.order_by or (model._meta.ordering if query.default_ordering else ()))
    return queryset.order_by(*decided(terms, tie_break_of(model))) if "?" not in terms else queryset


def refusal(name: str, offered: Iterable[str]) -> str:
    """What is said of a name that nothing can be ordered by."""
    choice = NOT_A_CHOICE.format(value=name[:50])
    return f"{choice} Choose from {', '.join(offered)}, with a minus in front for the other direction."


def named(term: Any) -> str:
    """The column of a term, empty for an expression."""
    return term.removeprefix("-") if isinstance(term, str) else ""


def ordering_of(
    model: type[models.Model],
    offered: Offered,
    default: str | Sequence[Any],
    where: str,
    annotated: Annotations | None = None,
) -> Ordering:
    """The ordering of a list.

    Raises:
        ImproperlyConfigured: there is no such column, or rows would come twice.
    """
    pairs = [(item, item) if isinstance(item, str) else item for item in offered]
    terms: tuple[Any, ...] = (default,) if isinstance(default, str) else tuple(default)
    for column in (*(column for column, _ in pairs), *filter(None, map(named, terms))):
        if column != "?":
            _check(model, column, where, annotated)
    return Ordering({public: column for column, public in pairs}, terms, tie_break_of(model))


def _check(model: type[models.Model], name: str, where: str, annotated: Annotations | None) -> None:
    found = column_of(model, name, where, annotated)
    if found.many:
        raise ImproperlyConfigured(f"{where}: {name!r} is behind a relation to many; a row would come several times.")
    if name.endswith(f"__{found.lookup}"):
        raise ImproperlyConfigured(f"{where}: {name!r} is a question, and rows are ordered by columns.")


@cache
def tie_break_of(model: type[models.Model]) -> tuple[str, ...]:
    """The names of all columns that no two rows share."""
    fields = model._meta.concrete_fields
    unique = [field.name for field in fields if field.unique and not (field.null or field.is_relation)]
    return ("pk", *unique)
