"""Which relation of which row a query loads, told by Django's own frames."""

from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import django
import msgspec
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable

_MODELS = str(Path(django.__file__).parent / "db" / "models")
_GENERIC = str(Path(django.__file__).parent / "contrib" / "contenttypes" / "fields.py")
_CONTENT_TYPES = str(Path(django.__file__).parent / "contrib" / "contenttypes" / "models.py")
_QUERYSETS = str(Path(_MODELS) / "query.py")
_COUNTING = frozenset({"count", "exists", "aggregate", "contains"})
_PORTIONS = frozenset({"_iterator", "iterator", "aiterator"})

How = Literal["one", "generic", "many", "counted", "narrowed", "deferred"]
"""What is loaded: one object, one of any model, many, a number, some of many, a column."""


class Relation(msgspec.Struct, frozen=True):
    """A relation, or a deferred column, as it is loaded for one row.

    Attributes:
        row: the row it is loaded for; not to be kept.
        name: its name on the row.
        how: what is loaded.
        leads_to: the key of the row that it leads to, where that is known.
    """

    row: Model
    name: str
    how: How
    leads_to: tuple[str, Any] | None = None

    def __str__(self) -> str:
        return f"{type(self.row).__name__}.{self.name}"


class Reading(msgspec.Struct):
    """What the innermost frames tell of a query.

    Attributes:
        relation: the relation it loads, if it does.
        model: the name of the model it reads.
        is_planned: whether it belongs to a prefetch that comes in portions, or to what Django keeps for good.
    """

    relation: Relation | None = None
    model: str = ""
    is_planned: bool = False


def relation_in(frames: Sequence[FrameType]) -> Reading:
    """What Django's frames between a query and the code that asked for it tell; the innermost comes first."""
    reading = Reading()
    queryset: Any = None
    names = []
    for frame in frames:
        code = frame.f_code
        if code.co_filename == _CONTENT_TYPES and code.co_name.startswith("get_for_"):  # once in the life of a process
            return Reading(is_planned=True)
        if not code.co_filename.startswith((_MODELS, _GENERIC)):
            continue
        names.append(code.co_name)
        if code.co_name == "__get__" and (found := _of_descriptor(frame)) is not None:
            reading.relation = found
            return reading
        if code.co_filename == _QUERYSETS and queryset is None:
            queryset = _queryset_in(frame)
    prefetches = "prefetch_related_objects" in names
    reading.is_planned = prefetches and not _PORTIONS.isdisjoint(names[names.index("prefetch_related_objects") :])
    if queryset is not None:
        reading.model = queryset.model.__name__
        if not prefetches and "refresh_from_db" not in names:
            reading.relation = _of_manager(queryset, is_counted=not _COUNTING.isdisjoint(names))
    return reading


def _queryset_in(frame: FrameType) -> Any:
    found = frame.f_locals.get("self")
    found = getattr(found, "queryset", found)  # an iterable of rows has one
    return found if isinstance(found, QuerySet) else None


def _of_descriptor(frame: FrameType) -> Relation | None:
    descriptor, row = frame.f_locals.get("self"), frame.f_locals.get("instance")
    if not isinstance(row, Model):
        return None
    if (related := getattr(descriptor, "related", None)) is not None:
        return Relation(row, related.get_accessor_name(), "one")
    field: Any = getattr(descriptor, "field", descriptor)  # Django 5.2's generic relation is its own descriptor
    if frame.f_code.co_filename == _GENERIC:
        return Relation(row, field.name, "generic")
    if field.is_relation and hasattr(descriptor, "get_object"):
        target = field.remote_field.model
        return Relation(row, field.name, "one", (target._meta.label, row.__dict__.get(field.attname)))
    return Relation(row, field.attname, "deferred")


def _of_manager(queryset: Any, *, is_counted: bool) -> Relation | None:
    """The relation whose manager a queryset comes from: Django leaves the row in its hints."""
    row = queryset._hints.get("instance")  # noqa: SLF001 - Django has no other way to tell
    if not isinstance(row, Model):
        return None
    name = next((name for field in _many(row) if (name := _name_if(field, queryset, is_counted))), None)
    if name is None:
        return None
    if is_counted:
        return Relation(row, name, "counted")
    is_plain = issubclass(queryset._iterable_class, ModelIterable)  # noqa: SLF001 - as above
    is_narrowed = len(queryset.query.where.children) > 1 or queryset.query.is_sliced or not is_plain
    return Relation(row, name, "narrowed" if is_narrowed else "many")


def _many(row: Model) -> list[Any]:
    """Many-to-many relations first: a count of one asks the table between, which is a relation too."""
    fields = row._meta.get_fields(include_hidden=True)
    return sorted(
        (field for field in fields if field.one_to_many or field.many_to_many), key=lambda field: field.one_to_many
    )


def _name_if(field: Any, queryset: Any, is_counted: bool) -> str:
    """The name of a relation to many, if it is the one that this queryset comes from."""
    related: Any = field.related_model
    if field.many_to_many and is_counted and queryset.model is _between(field):
        return _name_of(field)
    if (
        getattr(related, "_meta", None) is None
        or related._meta.concrete_model is not queryset.model._meta.concrete_model
    ):
        return ""
    if field.many_to_many:
        tables = {alias.table_name for alias in queryset.query.alias_map.values()}
        if _between(field)._meta.db_table not in tables:
            return ""
    elif field.auto_created and field.field not in queryset._known_related_objects:  # noqa: SLF001 - as above
        return ""
    return _name_of(field)


def _between(field: Any) -> Any:
    """The model of the table between two sides of a many-to-many relation."""
    return field.through if field.auto_created else field.remote_field.through


def _name_of(field: Any) -> str:
    return str(field.get_accessor_name() if field.auto_created else field.name)
