"""How rows become Structs: worked out once for a Struct and a model, relations included."""

import inspect
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet

from ironbolt.bolt.structs.planning import plan_of
from ironbolt.plans.sources import (
    Annotation,
    Attribute,
    Column,
    Computed,
    Keys,
    LeftOut,
    Many,
    One,
    Plan,
    Source,
)

Row = Model
Reader = Callable[[Any], Any]


class RowReader(msgspec.Struct, frozen=True):
    """How rows become Structs, and which relations the query must bring along for it."""

    read: Reader
    joins: tuple[str, ...]
    prefetches: tuple[str, ...]
    annotations: frozenset[str] = frozenset()

    @property
    def is_of_one_table(self) -> bool:
        """Whether a row needs nothing beside it."""
        return not (self.joins or self.prefetches or self.annotations)

    def prepare(self, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """Load the relations in a constant number of queries."""
        if self.joins:
            queryset = queryset.select_related(*self.joins)
        return queryset.prefetch_related(*self.prefetches) if self.prefetches else queryset


@cache
def row_reader(struct: type[msgspec.Struct], model: type[Model]) -> RowReader:
    """Work out once how a row of ``model`` is read into ``struct``.

    A ``from_model`` class method of the Struct is used where it has one.

    Raises:
        ImproperlyConfigured: a field of the Struct is nothing that the model has.
    """
    plan = plan_of(struct, model)
    return RowReader(_reader(plan), plan.joins, plan.prefetches, plan.annotations())


def _reader(plan: Plan) -> Reader:
    if plan.from_model is not None:
        return plan.from_model
    parameters = inspect.signature(plan.struct).parameters.values()
    if any(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters):
        return _by_name(plan)
    return _by_position(plan)


def _by_position(plan: Plan) -> Reader:
    struct = plan.struct
    readers = [_value(filled.source) for filled in plan.fields]
    if len(readers) > 1 and all(type(reader) is attrgetter for reader in readers):
        values: Callable[[Any], Any] = attrgetter(*(_attribute_of(filled.source) for filled in plan.fields))
        return lambda row: struct(*values(row))
    return lambda row: struct(*[reader(row) for reader in readers])


def _by_name(plan: Plan) -> Reader:
    struct = plan.struct
    readers = [(filled.name, _value(filled.source)) for filled in plan.fields]
    return lambda row: struct(**{name: reader(row) for name, reader in readers})


def _attribute_of(source: Source) -> str:
    assert isinstance(source, Column | Attribute)
    return source.path[0]


def _value(source: Source) -> Reader:
    read: Reader
    match source:
        case Column(path, is_file):
            read = _file(_at(path)) if is_file else _at(path)
        case Attribute(path, is_called):
            read = _called(_at(path)) if is_called else _at(path)
        case Annotation():
            read = _annotation(source)
        case Computed(function, inputs):
            read = _computed(function, [_value(one) for one in inputs])
        case Keys(name):
            read = _keys(name)
        case One(name, plan):
            read = _one(name, _reader(plan))
        case Many(name, plan):
            read = _many(name, _reader(plan))
        case LeftOut():
            read = _nothing
    return read


def _nothing(row: Row) -> Any:
    return msgspec.UNSET


def _at(path: tuple[str, ...]) -> Reader:
    if len(path) == 1:
        return attrgetter(path[0])
    *relations, last = path

    def read(row: Row) -> Any:
        found: Any = row
        for relation in relations:
            # Of the other side of a one-to-one relation there may be none.
            found = getattr(found, relation, None)
            if found is None:
                return None
        return getattr(found, last)

    return read


def _file(inner: Reader) -> Reader:
    def read(row: Row) -> Any:
        file = inner(row)
        return file.url if file else None

    return read


def _called(inner: Reader) -> Reader:
    def read(row: Row) -> Any:
        method = inner(row)
        return None if method is None else method()

    return read


def _annotation(source: Annotation) -> Reader:
    name, field = source.name, source.field

    def read(row: Row) -> Any:
        value = getattr(row, name, msgspec.NODEFAULT)
        if value is not msgspec.NODEFAULT:
            return value
        if field.required:
            model = type(row).__name__
            raise ImproperlyConfigured(f"{field.name}: neither {model} nor its queryset has {name!r}; annotate it.")
        return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()

    return read


def _computed(function: Callable[..., Any], inputs: list[Reader]) -> Reader:
    return lambda row: function(*[read(row) for read in inputs])


def _one(name: str, inner: Reader) -> Reader:
    def read(row: Row) -> Any:
        related = getattr(row, name, None)  # of the other side of a one-to-one relation there may be none
        return None if related is None else inner(related)

    return read


def _keys(name: str) -> Reader:
    def read(row: Row) -> Any:
        return [related.pk for related in getattr(row, name).all()]

    return read


def _many(name: str, inner: Reader) -> Reader:
    def read(row: Row) -> Any:
        return [inner(related) for related in getattr(row, name).all()]

    return read
