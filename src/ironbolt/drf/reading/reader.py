"""Reads the rows of querysets into what a serializer shows of them, by plans that are compiled once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, overload

from django.db import DEFAULT_DB_ALIAS, router
from django.db.models import Model, QuerySet

from ironbolt.drf.reading.along import followed
from ironbolt.drf.reading.sources import sources_of
from ironbolt.drf.reading.varying import varies, varies_within
from ironbolt.plans.asking import Ask
from ironbolt.plans.at_length import fetch_at_length
from ironbolt.plans.own_rows import Opening, OwnRows
from ironbolt.plans.plan import QueryPlan
from ironbolt.plans.refusal import CannotPlan, TooSlow
from ironbolt.plans.steps import Steps, fetch_by_django, run

Shown = dict[str, Any]
"""What a serializer shows of one row."""

_KEPT_AS = "_ironbolt_reader"

_TWO = (2, 0)
"""Enough to see that a lookup does not name one."""


class Reader:
    """The plans of one serializer.

    Attributes:
        model: what it shows rows of.
        lists_plainly: whether a list of rows is shown as what is shown of each.
        followed: the relations that objects need to be shown without a query for each.
        leads_on: whether some of these start where others end, so that even one object would ask many times.

    Args:
        serializer: an instance, bound to nothing, whose fields are columns and relations.

    Raises:
        ImproperlyConfigured: a field of it needs an instance.
    """

    def __init__(self, serializer: Any) -> None:
        sources = sources_of(serializer)
        self.model: type[Model] = sources.model
        self.lists_plainly = getattr(serializer.Meta, "list_serializer_class", None) is None
        self.followed = followed(sources)
        self.leads_on = any("__" in path for path in self.followed)
        self._rows = OwnRows(sources.model, sources, shown=False)

    @property
    def using(self) -> str:
        """The alias of the database that this request reads from, where its rows don't say."""
        return router.db_for_read(self.model) if router.routers else DEFAULT_DB_ALIAS

    def opening(self, queryset: "QuerySet[Any]") -> Opening:
        """Where reading begins, for rows that nobody has fetched yet.

        Raises:
            CannotPlan: the ORM has to read them.
        """
        return self._rows.opening(queryset, self.using)

    def rows(self, queryset: "QuerySet[Any]", page: tuple[int, int] | None = None) -> list[Shown] | None:
        """What is shown of rows, in their order; None where the ORM has to read them.

        Args:
            queryset: rows that nobody has fetched yet.
            page: how many to read, and how many to leave out before them; None for all.
        """
        try:
            return self.all_of(self.opening(queryset), page)
        except CannotPlan:
            return None

    def all_of(self, opening: Opening, page: tuple[int, int] | None = None) -> list[Shown]:
        """What is shown of the rows that an opening leads to.

        Raises:
            CannotPlan: the ORM has to read them.
        """
        plan = opening.plan
        if plan is None:
            return []
        if page is not None and opening.page is not None:
            raise CannotPlan("a part of a slice")
        found: list[Shown] = _found(plan, partial(plan.rows, _all_in(opening), page or opening.page))
        return found

    def some_of(self, opening: Opening, lookup: str, value: Any) -> list[Shown]:
        """What is shown of two rows at most that have a value.

        Args:
            opening: leads to all of the rows.
            lookup: the name of a column.
            value: of the type that such a column has.

        Raises:
            CannotPlan: the ORM has to read them.
        """
        plan = opening.plan
        if plan is None:
            return []
        if opening.page is not None:
            raise CannotPlan("nobody is found by a key in a slice")
        ask = Ask((lookup, opening.key), (value,), partial(_narrowed, lookup), opening.begin)
        found: list[Shown] = _found(plan, partial(plan.rows, ask, _TWO))
        return found

    def count(self, queryset: "QuerySet[Any]") -> int | None:
        """How many rows there are; None where the ORM has to count them."""
        try:
            opening = self.opening(queryset)
            plan = opening.plan
            if plan is None:
                return 0
            if opening.page is not None:
                return None
            found: int = _found(plan, partial(plan.count, _all_in(opening)))
        except CannotPlan:
            return None
        return found


def _all_in(opening: Opening) -> Ask:
    return Ask(opening.key, (), _as_they_are, opening.begin)


def _found(plan: QueryPlan, begin: Callable[[], Steps[Any]]) -> Any:
    """What a plan finds: by as few steps as may be, and by Django where its connection has to be asked."""
    fetch = fetch_at_length(plan.using)
    if fetch is not None:
        with suppress(TooSlow):
            return run(begin(), fetch)
    return run(begin(), fetch_by_django(plan.using))


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


def _narrowed(lookup: str, queryset: "QuerySet[Any]", values: Sequence[Any]) -> "QuerySet[Any]":
    return queryset.filter(**{lookup: values[0]}).order_by()


def shown_of(data: Any, reader: Reader) -> list[Shown] | None:
    """What is shown of rows that nobody has fetched yet; None of anything else, and where the ORM has to read them."""
    if isinstance(data, Part):
        return data.shown(reader)
    if isinstance(data, QuerySet) and data._result_cache is None:  # noqa: SLF001 - Django has no other way to ask
        return reader.rows(data)
    return None


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
