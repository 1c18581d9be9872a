"""Keyset pages: where a page begins is told by the row before it, so that no row is counted and none is missed."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db.models import CharField, FileField, JSONField, Model, Q, QuerySet, TextField

from ironbolt.core.cursors import Cursor, Place
from ironbolt.core.filtering.columns import Column, column_of
from ironbolt.core.filtering.ordering import named, tie_break_of
from ironbolt.core.filtering.values import type_of_column
from ironbolt.core.row_values import Beyond, has_row_values

_LONGEST_TEXT = 500
"""Characters of a column that has to fit into a cursor, of up to four bytes each."""


class Term(msgspec.Struct, frozen=True):
    """One column of an ordering.

    Attributes:
        path: the column, as a queryset is ordered by it.
        descending: whether the largest comes first.
    """

    path: str
    descending: bool

    def ordered(self, *, backwards: bool) -> str:
        """The term as ``order_by`` takes it."""
        return self.path if self.descending == backwards else f"-{self.path}"

    def beyond(self, value: Any, *, backwards: bool, even: bool = False) -> Q:
        """That a row stands behind ``value``, or with ``even`` beside it."""
        lookup = "gt" if self.descending == backwards else "lt"
        return Q((f"{self.path}__{lookup}{'e' if even else ''}", value))


class Keyset(msgspec.Struct, frozen=True, eq=False):
    """An ordering in which no two rows are equal, and the places in it.

    Attributes:
        label: what it orders by, for cursors to know their own.
        terms: its columns, the last of which is unique.
        joins: relations that the columns are behind.
        values: the types of a place's values.
        is_in_step: whether there are several columns, which all go in one direction, so that rows are compared at once.
    """

    label: str
    terms: tuple[Term, ...]
    joins: tuple[str, ...]
    values: Any
    is_in_step: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a place has values of."""
        return tuple(term.path for term in self.terms)

    def place_of(self, row: Model) -> Place:
        """Where a row stands."""
        return tuple(attrgetter(term.path.replace("__", "."))(row) for term in self.terms)

    def page(self, queryset: "QuerySet[Any]", cursor: Cursor, size: int) -> "QuerySet[Any]":
        """The rows from a place on and one more, in the direction of the cursor; lazily.

        Raises:
            ImproperlyConfigured: the queryset is cut already, so that nothing can be looked for behind a place.
        """
        rows = self.from_place(queryset, cursor)
        if self.joins:
            rows = rows.select_related(*self.joins)
        return rows[: size + 1]

    def from_place(self, queryset: "QuerySet[Any]", cursor: Cursor) -> "QuerySet[Any]":
        """All rows from a place on, in the direction of the cursor; lazily.

        Raises:
            ImproperlyConfigured: as above.
        """
        if queryset.query.is_sliced:
            raise ImproperlyConfigured("Pages by cursor are cut from a whole queryset, not from a slice of one.")
        rows = queryset.order_by(*(term.ordered(backwards=cursor.backwards) for term in self.terms))
        if cursor.place is None:
            return rows
        return rows.filter(self._beyond(cursor.place, backwards=cursor.backwards))

    def _beyond(self, place: Sequence[Any], *, backwards: bool) -> Q | Beyond:
        """All rows behind a place: behind it by the first column, or equal there and behind it by the rest."""
        if self.is_in_step:
            return Beyond(self.columns, tuple(place), self.terms[0].descending != backwards)
        pairs = list(zip(self.terms, place, strict=True))
        last, value = pairs.pop()
        condition = last.beyond(value, backwards=backwards)
        for term, value in reversed(pairs):
            # The first half says nothing new, but lets the database begin at the place in its index.
            even = term.beyond(value, backwards=backwards, even=True)
            condition = even & (term.beyond(value, backwards=backwards) | condition)
        return condition


@lru_cache(maxsize=1024)  # clients choose the orderings
def keyset_of(model: type[Model], ordering: tuple[str, ...], where: str) -> Keyset:
    """The keyset of an ordering, with the key as its last column where rows could be equal.

    Raises:
        ImproperlyConfigured: rows can't be told apart or found again by it; the message says what to do.
    """
    unique = tie_break_of(model)
    last = next((index for index, term in enumerate(ordering) if named(term) in unique), None)
    # What stands behind a unique column decides nothing.
    wanted = [*ordering, *_key_names(model, ordering)] if last is None else ordering[: last + 1]
    columns = [(_column(model, term, where), term.startswith("-")) for term in wanted]
    is_in_step = len({descending for _, descending in columns}) == 1 < len(columns)
    joins = {path.rpartition("__")[0] for path in (column.path for column, _ in columns) if "__" in path}
    return Keyset(
        label=",".join(wanted),
        terms=tuple(Term(column.path, descending) for column, descending in columns),
        joins=tuple(sorted(joins)),
        values=tuple[tuple(type_of_column(column.field) for column, _ in columns)],  # type: ignore[misc]  # made at run time
        is_in_step=is_in_step and all(has_row_values(column.field) for column, _ in columns),
    )


def _key_names(model: type[Model], ordering: tuple[Any, ...]) -> Iterable[str]:
    """The columns of the key, in the direction of the column before them, as an index would have them."""
    fields: Sequence[Any] = getattr(model._meta, "pk_fields", [model._meta.pk])
    sign = "-" if ordering and str(ordering[-1]).startswith("-") else ""
    return [f"{sign}pk"] if len(fields) == 1 else [f"{sign}{field.attname}" for field in fields]


def _column(model: type[Model], term: Any, where: str) -> Column:
    if not isinstance(term, str):
        raise ImproperlyConfigured(f"{where}: a page can't begin behind the value of an expression; order by columns.")
    name = named(term)
    found = column_of(model, name, where)
    if found.relation and name != "pk" and not _is_key(model, name):
        raise ImproperlyConfigured(f"{where}: {name!r} is a relation; order by {name}_id or a column behind it.")
    if found.nullable:
        raise ImproperlyConfigured(
            f"{where}: {name!r} may be null, and nothing stands before or behind NULL, so that rows would be missed. "
            "Order by a column that is never null, or take PageNumberPagination or LimitOffsetPagination."
        )
    if found.many or found.transformed or isinstance(found.field, JSONField) or type_of_column(found.field) is None:
        raise ImproperlyConfigured(f"{where}: a page can't begin behind a value of {name!r}; order by a plain column.")
    if isinstance(found.field, FileField):
        raise ImproperlyConfigured(
            f"{where}: a page can't begin behind a file, as {name!r} is; order by a plain column."
        )
    if isinstance(found.field, CharField | TextField) and not 0 < (found.field.max_length or 0) <= _LONGEST_TEXT:
        raise ImproperlyConfigured(
            f"{where}: the texts of {name!r} may be too long for a cursor; order by a column whose max_length is "
            f"{_LONGEST_TEXT} at most."
        )
    return found


def _is_key(model: type[Model], name: str) -> bool:
    """Whether a name is that of a foreign key's own column."""
    return any(field.attname == name != field.name for field in model._meta.concrete_fields)
