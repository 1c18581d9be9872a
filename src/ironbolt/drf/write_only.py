"""What makes a serializer one that only writes: fields made once, and answers by the serializer that reads."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.fields import empty

from ironbolt.drf.reading.reader import reader_of
from ironbolt.drf.reading.serializers import AppReadOnlyModelSerializer
from ironbolt.drf.reading.showing import shown_to
from ironbolt.drf.writing.templates import fields_for
from ironbolt.features.bulk.showing import unnarrowed

if TYPE_CHECKING:
    _Serializer = serializers.ModelSerializer[Any]
else:
    _Serializer = object


_MAKES_FIELDS: Any = vars(serializers.Serializer)["fields"].func
"""REST framework's own way, one by one."""


class WriteOnlyMixin(_Serializer):
    """The part of an ``AppWriteOnlyModelSerializer`` that differs from an ``AppModelSerializer``."""

    read_serializer_class: Any = None

    def __init_subclass__(cls, **more: Any) -> None:
        """See that what it answers by can show its rows.

        Raises:
            ImproperlyConfigured: ``read_serializer_class`` only writes as well, or shows rows of another model.
        """
        super().__init_subclass__(**more)
        reads, meta = _reads(cls), getattr(cls, "Meta", None)
        if reads is None:
            return
        if not isinstance(reads, type) or not issubclass(reads, serializers.BaseSerializer):
            raise ImproperlyConfigured(f"{cls.__name__}.read_serializer_class is no serializer: {reads!r}.")
        if issubclass(reads, WriteOnlyMixin):
            raise ImproperlyConfigured(f"{cls.__name__} answers by {reads.__name__}, which only writes.")
        own, shown = getattr(meta, "model", None), getattr(getattr(reads, "Meta", None), "model", None)
        if own and shown and not issubclass(own, shown._meta.concrete_model):
            raise ImproperlyConfigured(
                f"{cls.__name__} writes rows of {own.__name__} and answers by {reads.__name__}, "
                f"which shows rows of {shown.__name__}."
            )

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> Any:
        """Many of it, to be written.

        Raises:
            ImproperlyConfigured: it was given rows to show, and no data.
        """
        instance = args[0] if args else kwargs.get("instance")
        if instance is not None and len(args) < 2 and kwargs.get("data", empty) is empty:
            raise ImproperlyConfigured(f"{cls.__name__} only writes; show rows by an AppReadOnlyModelSerializer.")
        return super().many_init(*args, **kwargs)

    @cached_property
    def fields(self) -> Any:
        """Those of the class, in copies; those that are only read are left to the serializer that reads."""
        made = fields_for(self, leave_out=_is_shown_only if _reads(type(self)) else _never)
        return _MAKES_FIELDS(self) if made is None else made

    def get_unique_for_date_validators(self) -> list[Any]:
        """Those of columns that say ``unique_for_date`` and the like, where there are any."""
        return super().get_unique_for_date_validators() if _has_dates(self.Meta.model) else []  # type: ignore[arg-type]  # a class is hashable

    def to_representation(self, instance: Any) -> Any:
        """An object as the serializer that reads shows it."""
        if self._reading is None or isinstance(instance, Mapping):
            return super().to_representation(instance)
        return self._reading.to_representation(instance)

    @property
    def data(self) -> Any:
        """What was written, as it is read; taken from the view's rows, so that it is what a ``GET`` answers."""
        if "_data" not in vars(self) and self._is_written():
            shown = self._read_again()
            if shown is not None:
                self._data = shown
        return super().data

    @cached_property
    def _reading(self) -> Any:
        reads = _reads(type(self))
        return None if reads is None else reads(context=self.context)

    def _is_written(self) -> bool:
        own = vars(self)
        valid = "_validated_data" in own and not own["_errors"]
        return valid and self._reading is not None and isinstance(self.instance, Model)

    def _read_again(self) -> Any:
        """The row as its plan reads it, or with the annotations of the view; None where the object tells all."""
        view: Any = self.context.get("view")
        written: Any = self.instance
        if written.pk is None or not hasattr(view, "get_queryset"):
            return None
        rows = view.get_queryset()
        if not isinstance(rows, QuerySet) or not isinstance(written, rows.model):
            return None
        rows = unnarrowed(rows, written._state.db or DEFAULT_DB_ALIAS).filter(pk=written.pk)
        reads: Any = type(self._reading)
        reader = reader_of(reads) if issubclass(reads, AppReadOnlyModelSerializer) else None
        if reader is not None and (found := self._planned(reader, rows)):
            return found[0]
        row = rows.first() if rows.query.annotations else None
        return None if row is None else self._reading.to_representation(row)

    def _planned(self, reader: Any, rows: Any) -> Any:
        with shown_to(self.context.get("request")):
            return reader.rows(rows, (1, 0))


def reading_of(serializer: Any) -> Any:
    """What shows what a serializer writes: the serializer that it answers by, or itself; a class or ready made."""
    kind = serializer if isinstance(serializer, type) else type(serializer)
    reads = _reads(kind) if issubclass(kind, WriteOnlyMixin) else None
    if reads is None:
        return serializer
    return reads if kind is serializer else reads(context=serializer.context)


def _reads(kind: Any) -> Any:
    return kind.read_serializer_class or getattr(getattr(kind, "Meta", None), "read_serializer_class", None)


@cache
def _has_dates(model: type[Model]) -> bool:
    columns: Any = model._meta.concrete_fields
    return any(one.unique_for_date or one.unique_for_month or one.unique_for_year for one in columns)


def _is_shown_only(field: Any) -> bool:
    return field.read_only and field.default is empty


def _never(field: Any) -> bool:
    return False
