"""The filters of a list as data: what may be asked, what a client asks, and what its values are, each by itself."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet

from ironbolt.core.errors import Details, ValidationFailed
from ironbolt.core.filtering.ordering import ORDERING, Ordering
from ironbolt.core.filtering.searching import SEARCH, Search
from ironbolt.core.validation import REQUIRED

NOTHING: Any = msgspec.UNSET
"""Stands for a value that is not there."""


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter that narrows a list.

    Attributes:
        name: what the client calls it.
        lookup: what is asked of the rows, as a queryset's ``filter`` takes it.
        read: text → value; raises ValidationError.
        annotation: the type of the value, for the description of an API.
        many: whether a relation to many is on the way, so that a row must not come twice.
        listed: whether the value is several, in one text with commas between.
        switch: whether the value decides what is asked, as with ``isnull``, instead of being compared.
        default: the value where the client sends none; the condition is left out without one.
        required: whether the client must send it.
        description: what it is for.
    """

    name: str
    lookup: str
    read: Callable[[str], Any]
    annotation: Any = str
    many: bool = False
    listed: bool = False
    switch: bool = False
    default: Any = NOTHING
    required: bool = False
    description: str = ""


class FilterShape(msgspec.Struct, frozen=True):
    """What is asked, without the values that it is asked with: requests of one shape have the same SQL.

    Attributes:
        conditions: place of each condition among those of the list, and how many values it has; of a
            switch 1 for on and 0 for off, and the condition has no value.
        words: how many words are searched for.
        ordering: by what the rows are ordered, empty where the client does not say.
    """

    conditions: tuple[tuple[int, int], ...] = ()
    words: int = 0
    ordering: tuple[str, ...] = ()


class Asked(msgspec.Struct, frozen=True):
    """What one client asks.

    Attributes:
        shape: what is asked.
        values: what it is asked with: those of the conditions one by one, then the words searched for.
    """

    shape: FilterShape = FilterShape()
    values: tuple[Any, ...] = ()


class Filters(msgspec.Struct, frozen=True):
    """Everything that the clients of a list may ask.

    Attributes:
        conditions: the parameters that narrow it.
        search: where words are looked for.
        ordering: by what it may be ordered.
    """

    conditions: tuple[Condition, ...] = ()
    search: Search | None = None
    ordering: Ordering | None = None

    def __bool__(self) -> bool:
        return bool(self.conditions or self.search or self.ordering)

    def read(
        self, query: Mapping[str, str], faults_elsewhere: Callable[[Mapping[str, str]], Details] | None = None
    ) -> Asked:
        """What a query string asks; names that mean nothing here are left alone, and so are empty values.

        Args:
            query: name → text.
            faults_elsewhere: finds what is wrong with the rest of it, for the answer to a query at fault.

        Raises:
            ValidationFailed: with every fault, under the name of its parameter.
        """
        faults: Details = {}
        present: list[tuple[int, int]] = []
        values: list[Any] = []
        for index, condition in enumerate(self.conditions):
            value = _value_of(condition, query, faults)
            if value is NOTHING:
                continue
            if condition.switch:
                present.append((index, int(value)))
            elif condition.listed:
                present.append((index, len(value)))
                values.extend(value)
            else:
                present.append((index, 1))
                values.append(value)
        words = self.search.read(query.get(SEARCH, ""), faults) if self.search else ()
        ordering = self.ordering.read(query.get(ORDERING, ""), faults) if self.ordering else ()
        if faults:
            raise ValidationFailed(faults | (faults_elsewhere(query) if faults_elsewhere else {}))
        return Asked(FilterShape(tuple(present), len(words), ordering), (*values, *words))

    def apply(self, queryset: "QuerySet[Any]", asked: Asked) -> "QuerySet[Any]":
        """``queryset`` narrowed and ordered, lazily."""
        shape = asked.shape
        wanted = [*self._wanted(queryset, asked)]
        if self.search and shape.words:
            wanted.extend(self.search.condition(queryset, word) for word in asked.values[-shape.words :])
        if wanted:
            queryset = queryset.filter(*wanted)
        ordering = self.ordering.terms(shape.ordering) if self.ordering else ()
        return queryset.order_by(*ordering) if ordering else queryset

    def _wanted(self, queryset: "QuerySet[Any]", asked: Asked) -> Iterator[Q]:
        values = iter(asked.values)
        for index, size in asked.shape.conditions:
            condition = self.conditions[index]
            value: Any
            if condition.switch:
                value = bool(size)
            else:
                value = [next(values) for _ in range(size)] if condition.listed else next(values)
            plain = Q((condition.lookup, value))
            yield once(queryset, plain) if condition.many else plain


def once(queryset: "QuerySet[Any]", condition: Q) -> Q:
    """``condition`` asked of each row by itself, so that a relation to many gives no row twice."""
    rows = queryset.model._base_manager.filter(condition, pk=OuterRef("pk"))
    return Q(Exists(rows))


def _value_of(condition: Condition, query: Mapping[str, str], faults: Details) -> Any:
    text = query.get(condition.name)
    if not text:
        if condition.required:
            faults[condition.name] = [REQUIRED]
        return condition.default
    try:
        return condition.read(text)
    except ValidationError as error:
        faults[condition.name] = error.messages
        return NOTHING
