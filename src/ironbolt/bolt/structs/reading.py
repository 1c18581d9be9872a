"""How rows become Structs: worked out once for a Struct and a model, relations included."""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, get_args

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db.models import ForeignObjectRel, Model, QuerySet

from ironbolt.bolt.structs.fields import source_of

Row = Model
Reader = Callable[[Any], Any]


class RowReader(msgspec.Struct, frozen=True):
    """How rows become Structs, and which relations the query must bring along for it."""

    read: Reader
    joins: tuple[str, ...]
    prefetches: tuple[str, ...]

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
    from_model = getattr(struct, "from_model", None)
    readers: list[Reader] = []
    joins: list[str] = []
    prefetches: list[str] = []
    for field in msgspec.structs.fields(struct):
        name = source_of(field)
        relation = _relation(model, name)
        nested = _nested_struct(field.type)
        many = relation is not None and (relation.many_to_many or relation.one_to_many)
        if relation is None or nested is None:
            _check_attribute(struct, field, model)
            readers.append(_keys(name) if many else _attribute(getattr(relation, "attname", name)))
            prefetches.extend([name] if many else [])
            continue
        inner = row_reader(nested, relation.related_model)
        readers.append(_many(name, inner.read) if many else _one(name, inner.read))
        # What lies behind a to-many relation can no longer be joined, only fetched along.
        (prefetches if many else joins).append(name)
        (prefetches if many else joins).extend(f"{name}__{path}" for path in inner.joins)
        prefetches.extend(f"{name}__{path}" for path in inner.prefetches)
    return RowReader(from_model or _constructor(struct, tuple(readers)), tuple(joins), tuple(prefetches))


def _relation(model: type[Model], name: str) -> Any:
    for field in model._meta.get_fields():
        accessor = field.get_accessor_name() if isinstance(field, ForeignObjectRel) else field.name
        if accessor == name:
            return field if field.is_relation else None
    return None


def _nested_struct(annotation: Any) -> type[msgspec.Struct] | None:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    for member in get_args(annotation):
        if found := _nested_struct(member):
            return found
    return None


def _check_attribute(struct: type[msgspec.Struct], field: msgspec.structs.FieldInfo, model: type[Model]) -> None:
    name = source_of(field)
    known = hasattr(model, name) or hasattr(struct, "from_model") or not field.required
    if not known:
        raise ImproperlyConfigured(f"{struct.__name__}.{field.name}: {model.__name__} has no {name!r}.")


def _attribute(name: str) -> Reader:
    def read(row: Row) -> Any:
        return getattr(row, name)

    return read


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


def _constructor(struct: type[msgspec.Struct], readers: tuple[Reader, ...]) -> Reader:
    def by_position(row: Row) -> Any:
        return struct(*[reader(row) for reader in readers])

    def by_name(row: Row) -> Any:
        return struct(**{name: reader(row) for name, reader in zip(names, readers, strict=True)})

    names = struct.__struct_fields__
    parameters = inspect.signature(struct).parameters.values()
    return by_name if any(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters) else by_position
