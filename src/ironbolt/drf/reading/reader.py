"""Reads the rows of querysets into what a serializer shows of them, by plans that are compiled once."""

from collections.abc import Iterator, Sequence
from typing import Any, overload

from django.db import DEFAULT_DB_ALIAS, router
from django.db.models import Model, QuerySet

from ironbolt.drf.reading.sources import sources_of
from ironbolt.drf.reading.varying import varies, varies_within
from ironbolt.plans.asking import Ask
from ironbolt.plans.own_rows import Opening, OwnRows
from ironbolt.plans.refusal import CannotPlan
from ironbolt.plans.steps import fetch_by_django, run

Shown = dict[str, Any]
"""What a serializer shows of one row."""

_KEPT_AS = "_ironbolt_reader"


class Reader:
    """The plans of one serializer.

    Args:
        serializer: an instance, bound to nothing, whose fields are columns and relations.

    Raises:
        ImproperlyConfigured: a field of it needs an instance.
    """

    def __init__(self, serializer: Any) -> None:
        sources = sources_of(serializer)
        self.model: type[Model] = sources.model
        self._rows = OwnRows(sources.model, sources, shown=False)

    def rows(self, queryset: "QuerySet[Any]", page: tuple[int, int] | None = None) -> list[Shown] | None:
        """What is shown of rows, in their order; None where the ORM has to read them.

        Args:
            queryset: rows that nobody has fetched yet.
            page: how many to read, and how many to leave out before them; None for all.
        """
        try:
            opening = self._opening(queryset)
            if opening.plan is None:
                return []
            if page is not None and opening.page is not None:
                return None  # a part of a slice
            ask = Ask(opening.key, (), _as_they_are, opening.begin)
            return run(opening.plan.rows(ask, page or opening.page), fetch_by_django(opening.plan.using))
        except CannotPlan:
            return None

    def count(self, queryset: "QuerySet[Any]") -> int | None:
        """How many rows there are; None where the ORM has to count them."""
        try:
            opening = self._opening(queryset)
            if opening.plan is None:
                return 0
            if opening.page is not None:
                return None
            ask = Ask(opening.key, (), _as_they_are, opening.begin)
            return run(opening.plan.count(ask), fetch_by_django(opening.plan.using))
        except CannotPlan:
            return None

    def _opening(self, queryset: "QuerySet[Any]") -> Opening:
        using = router.db_for_read(self.model) if router.routers else DEFAULT_DB_ALIAS
        return self._rows.opening(queryset, using)


def reader_of(serializer_class: Any) -> Reader | None:
    """The reader of a serializer's class; None where its fields may differ from one request to the next.

    Raises:
        ImproperlyConfigured: a field of it needs an instance.
    """
    own = vars(serializer_class)
    if _KEPT_AS not in own:  # two threads may come here at once, and make the same twice
        setattr(serializer_class, _KEPT_AS, _made(serializer_class))
    kept: Reader | None = own[_KEPT_AS]
    return kept


def _made(serializer_class: Any) -> Reader | None:
    if varies(serializer_class):
        return None
    serializer = serializer_class()
    return None if varies_within(serializer) else Reader(serializer)


def _as_they_are(queryset: "QuerySet[Any]", _: Sequence[Any]) -> "QuerySet[Any]":
    return queryset


class Part(Sequence[Any]):
    """A part of some rows that nobody has fetched yet: objects for whoever looks, and none for a serializer.

    Args:
        queryset: all of the rows, in order.
        offset: how many to leave out.
        limit: how many to take.
    """

    def __init__(self, queryset: "QuerySet[Any]", offset: int, limit: int) -> None:
        self._queryset = queryset
        self._offset = offset
        self._limit = limit
        self._objects: list[Any] | None = None

    def shown(self, reader: Reader) -> list[Shown] | None:
        """What a serializer shows of them; None where there are objects already, or have to be."""
        if self._objects is not None:
            return None
        return reader.rows(self._queryset, (self._limit, self._offset))

    def __iter__(self) -> Iterator[Any]:
        """The objects."""
        return iter(self._fetched())

    def __len__(self) -> int:
        """How many there are."""
        return len(self._fetched())

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...

    def __getitem__(self, index: int | slice) -> Any:
        """One of the objects, or some of them."""
        return self._fetched()[index]

    def _fetched(self) -> list[Any]:
        if self._objects is None:
            self._objects = list(self._queryset[self._offset : self._offset + self._limit])
        return self._objects
