"""Ready-made filters of a list: the attributes of a view set become conditions once, at start."""

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from django.core.exceptions import ImproperlyConfigured, ValidationError

from ironbolt.bolt.binding import Parameter
from ironbolt.bolt.binding.texts import converter_of, is_array, messages_of
from ironbolt.bolt.params import MISSING, bare, core_of, members_of
from ironbolt.core.filtering import (
    MOST_LISTED,
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
from ironbolt.core.filtering.values import check_bounded, check_fits, compared_with
from ironbolt.core.validation import TOO_MANY

__all__ = ["filters_of", "lookup", "parameters_of"]

_ATTRIBUTES = (
    "filterset_fields",
    "filterset_class",
    "date_range_fields",
    "search_fields",
    "ordering_fields",
    "ordering",
)

_EQUALS = frozenset({(int, Decimal), (int, float), (Decimal, float), (float, Decimal)})
"""Types of a value and of a column that it may be compared with all the same."""


def lookup(path: str) -> msgspec.Meta:
    """Say what a field of a ``filterset_class`` asks of the rows, as a queryset's ``filter`` has it.

    ``min_price: Annotated[Decimal | None, lookup("price__gte")] = None``
    """
    return msgspec.Meta(extra={"lookup": path})


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
        yield from _by_struct(view.filterset_class, model, annotated)
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


# --- filters that somebody has named: the fields of a Struct ------------------------------------------


def _by_struct(struct: type[msgspec.Struct], model: Any, annotated: Mapping[str, Any]) -> Iterator[Condition]:
    given: Any = struct
    if not (isinstance(given, type) and issubclass(given, msgspec.Struct)):
        raise ImproperlyConfigured(f"{struct!r} is no msgspec.Struct, and so no filterset_class of this door.")
    if hasattr(struct, "__post_init__"):
        raise ImproperlyConfigured(f"{struct.__name__}: a filterset_class is never made, nor its __post_init__ called.")
    for field in msgspec.structs.fields(struct):
        where = f"{struct.__name__}.{field.name}"
        metas = [*_metas(field.type)]
        path = next((meta.extra["lookup"] for meta in metas if meta.extra and "lookup" in meta.extra), field.name)
        column = column_of(model, path, where, annotated)
        kind = _without_none(field.type)
        default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        listed = is_array(kind)
        check_bounded(column, where)
        _check_kind(column, kind, where)
        yield Condition(
            name=field.encode_name,
            lookup=column.condition,
            read=_typed(column, kind),
            annotation=kind,
            many=column.many,
            listed=listed,
            switch=column.lookup == "isnull",
            default=NOTHING if default in (msgspec.NODEFAULT, None) else _plain(default),
            required=field.required,
            description=next((meta.description for meta in metas if meta.description), ""),
        )


def _metas(annotation: Any) -> Iterator[msgspec.Meta]:
    for member in (annotation, *members_of(annotation)):
        yield from (item for item in getattr(member, "__metadata__", ()) if isinstance(item, msgspec.Meta))


def _without_none(annotation: Any) -> Any:
    """The type of a value that was sent: nothing is equal to null, which is asked by ``isnull``."""
    members = tuple(member for member in members_of(annotation) if member is not type(None))
    return Union[members]  # noqa: UP007 - made at run time


def _typed(column: Column, kind: Any) -> Callable[[str], Any]:
    if is_array(kind):
        core = core_of(kind)
        inner = (get_args(core) or (str,))[0]
        return _each(_typed(column, inner))
    convert = converter_of(kind)

    def read(text: str) -> Any:
        try:
            return check_fits(column.field, _plain(convert(text)))
        except msgspec.ValidationError as error:
            raise ValidationError(messages_of(error)) from None

    return read


def _each(one: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(text: str) -> tuple[Any, ...]:
        texts = text.split(",")
        if len(texts) > MOST_LISTED:
            raise ValidationError(TOO_MANY.format(limit=MOST_LISTED))
        return tuple(one(item.strip()) for item in texts)

    return read


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(_plain(item) for item in value)
    return value.value if isinstance(value, Enum) else value


def _check_kind(column: Column, kind: Any, where: str) -> None:
    """Refuse a type that the column can't be compared with: the database would only find out on request."""
    several = column.lookup in ("in", "range")
    if several != is_array(kind):
        raise ImproperlyConfigured(f"{where}: {column.lookup!r} is asked with {'a list' if several else 'one value'}.")
    wanted = compared_with(column)
    kinds = _kinds(get_args(core_of(kind))[0] if several and get_args(core_of(kind)) else kind)
    wrong = [found for found in kinds if wanted not in (None, found) and (found, wanted) not in _EQUALS]
    if wrong:
        hint = " A day of a column of instants is asked by date_range_fields." if wrong == [datetime.date] else ""
        raise ImproperlyConfigured(
            f"{where}: values of {column.path} are compared with {getattr(wanted, '__name__', wanted)}, "
            f"not with {wrong[0].__name__}.{hint}"
        )


def _kinds(kind: Any) -> set[type]:
    """The plain types that a value may have."""
    found: set[type] = set()
    for member in members_of(kind):
        inner = bare(member)
        if get_origin(inner) is Literal:
            found |= {type(value) for value in get_args(inner)}
        elif isinstance(inner, type) and issubclass(inner, Enum):
            found |= {type(item.value) for item in inner}
        else:
            found.add(inner)
    return found
