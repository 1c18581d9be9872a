"""Filters that somebody has named: the fields of a Struct, with types, bounds and defaults of their own."""

import datetime
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from django.core.exceptions import ImproperlyConfigured, ValidationError

from ironbolt.bolt.binding.texts import converter_of, is_array, messages_of
from ironbolt.bolt.params import bare, core_of, members_of
from ironbolt.core.filtering import MOST_LISTED, Column, Condition, column_of
from ironbolt.core.filtering.asked import NOTHING
from ironbolt.core.filtering.values import check_bounded, check_fits, compared_with
from ironbolt.core.validation import TOO_MANY

__all__ = ["conditions_of", "lookup"]

_EQUALS = frozenset({(int, Decimal), (int, float), (Decimal, float), (float, Decimal)})
"""Types of a value and of a column that it may be compared with all the same."""


def lookup(path: str) -> msgspec.Meta:
    """Say what a field of a ``filterset_class`` asks of the rows, as a queryset's ``filter`` has it.

    ``min_price: Annotated[Decimal | None, lookup("price__gte")] = None``
    """
    return msgspec.Meta(extra={"lookup": path})


def conditions_of(struct: type[msgspec.Struct], model: Any, annotated: Mapping[str, Any]) -> Iterator[Condition]:
    """The conditions that the fields of a Struct are.

    Args:
        struct: the ``filterset_class``.
        model: what is narrowed.
        annotated: what its rows have besides their columns.

    Raises:
        ImproperlyConfigured: a field asks for what the model does not have, or with a type that can't be compared.
    """
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
