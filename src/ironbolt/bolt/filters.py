"""Ready-made filters of a list: the attributes of a view set become conditions once, at start."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.binding import Parameter
from ironbolt.bolt.named_filters import conditions_of, lookup
from ironbolt.bolt.params import MISSING
from ironbolt.core.filtering import (
    MOST_SEARCHED,
    ORDERING,
    SEARCH,
    Column,
    Condition,
    Filters,
    column_of,
    date_ranges,
    ordering_of,
    reader_for,
    search_of,
)
from ironbolt.core.filtering.asked import NOTHING

__all__ = ["filters_of", "lookup", "parameters_of"]

_ATTRIBUTES = (
    "filterset_fields",
    "filterset_class",
    "date_range_fields",
    "search_fields",
    "ordering_fields",
    "ordering",
)


@cache
def filters_of(view: type[Any]) -> Filters:
    """What the clients of a view set's list may ask, worked out once for each class.

    Raises:
        ImproperlyConfigured: an attribute names what the model does not have, or what can't be asked by a text.
    """
    declared = [name for name in _ATTRIBUTES if getattr(view, name, None)]
    model = view.model_class() if declared else None
    if not declared:
        return Filters()
    if model is None:
        raise ImproperlyConfigured(f"{view.__name__}.{declared[0]} needs a model or a queryset to be about.")
    annotated = view.queryset.all().query.annotations if view.queryset is not None else {}
    conditions = tuple(_conditions(view, model, annotated))
    _refuse_double(view, [condition.name for condition in conditions])
    orders = view.ordering_fields or view.ordering
    return Filters(
        conditions,
        search_of(model, view.search_fields, f"{view.__name__}.search_fields", annotated)
        if view.search_fields
        else None,
        ordering_of(model, view.ordering_fields, view.ordering, f"{view.__name__}.ordering", annotated)
        if orders
        else None,
    )


def parameters_of(filters: Filters) -> tuple[Parameter, ...]:
    """The query parameters, for the description of an API."""
    found = [_parameter(condition) for condition in filters.conditions]
    if filters.search:
        words = msgspec.Meta(max_length=MOST_SEARCHED)
        about = "Words that must all be found; several between quotes are looked for as they stand."
        found.append(Parameter(SEARCH, "query", Annotated[str, words], None, description=about, may_be_empty=True))
    if filters.ordering and filters.ordering.offered:
        names = tuple(sign + name for name in filters.ordering.offered for sign in ("", "-"))
        default = ",".join(term for term in filters.ordering.default if isinstance(term, str))
        about = "What to order by, the largest first after a minus."
        about += f" By default {default}." if default else ""
        kind: Any = list[Literal[names]]  # type: ignore[valid-type]  # made at run time
        found.append(Parameter(ORDERING, "query", kind, None, description=about, joined=True, may_be_empty=True))
    return tuple(found)


def _parameter(condition: Condition) -> Parameter:
    default = MISSING if condition.required else None if condition.default is NOTHING else condition.default
    return Parameter(
        condition.name,
        "query",
        condition.annotation,
        default,
        description=condition.description,
        joined=condition.listed,
        may_be_empty=not condition.required,
    )


def _conditions(view: Any, model: Any, annotated: Mapping[str, Any]) -> Iterator[Condition]:
    where = f"{view.__name__}.filterset_fields"
    for name, path in _named(view.filterset_fields, where):
        column = column_of(model, path, where, annotated)
        yield _condition(name, column, f"{where}: {name}")
    if view.filterset_class is not None:
        yield from conditions_of(view.filterset_class, model, annotated)
    for name in view.date_range_fields:
        yield from date_ranges(model, name, f"{view.__name__}.date_range_fields", annotated)


def _named(fields: Any, where: str) -> Iterable[tuple[str, str]]:
    """Name for the client and path for the database, of each filter."""
    if isinstance(fields, str):
        raise ImproperlyConfigured(f"{where} is a list of names, or a dictionary of names and their lookups.")
    if not isinstance(fields, Mapping):
        return [(name, name) for name in fields]
    return [
        (name if asked == "exact" else f"{name}__{asked}", f"{name}__{asked}")
        for name, lookups in fields.items()
        for asked in ([lookups] if isinstance(lookups, str) else lookups)
    ]


def _condition(name: str, column: Column, where: str) -> Condition:
    reader = reader_for(column, where)
    return Condition(
        name=name,
        lookup=column.condition,
        read=reader.read,
        annotation=reader.annotation,
        many=column.many,
        listed=reader.listed,
        switch=reader.switch,
    )


def _refuse_double(view: Any, names: list[str]) -> None:
    pages = view.pagination_class.parameters() if view.pagination_class else ()
    reserved = {parameter.wire_name for parameter in pages}
    reserved |= {SEARCH} if view.search_fields else set()
    reserved |= {ORDERING} if view.ordering_fields else set()
    double = sorted({name for name in names if names.count(name) > 1 or name in reserved})
    if double:
        raise ImproperlyConfigured(f"{view.__name__}: two query parameters would be called {' and '.join(double)}.")
