"""From a serializer to the sources of its rows: every field is traced to a column or a relation, or refused."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.relations import ManyRelatedField

from ironbolt.drf.reading.showing import is_steady, show_of
from ironbolt.plans.relations import column_of, is_joined, is_many, names_of, relation_of
from ironbolt.plans.sources import Annotation, Column, Computed, Filled, Keys, Many, One, Plan, Source

_WANT_INSTANCES: tuple[tuple[Any, str], ...] = (
    (serializers.SerializerMethodField, "a method of the serializer is given an instance"),
    (serializers.StringRelatedField, "the text of an object is made by the object"),
    (serializers.HyperlinkedRelatedField, "links are looked up for an instance"),
    (serializers.ModelField, "it asks an instance for its value"),
)


def sources_of(serializer: "serializers.ModelSerializer[Any]") -> Plan:
    """Trace every field that a serializer shows.

    Args:
        serializer: an instance of it, bound to nothing.

    Raises:
        ImproperlyConfigured: a field needs an instance of the model, or code that only runs for one.
    """
    return _Tracer(serializer).plan()


class _Tracer:
    """Traces the fields of one serializer."""

    def __init__(self, serializer: Any) -> None:
        self.serializer = serializer
        self.model: type[models.Model] = serializer.Meta.model
        self.prefetches: list[str] = []

    def plan(self) -> Plan:
        self._check()
        shown = [field for field in self.serializer.fields.values() if not field.write_only]
        filled = tuple(Filled(field.field_name, field.field_name, self._source(field)) for field in shown)
        make = _dict_of([field.field_name for field in shown])
        return Plan(make, self.model, filled, None, (), tuple(dict.fromkeys(self.prefetches)))

    def _check(self) -> None:
        kind = type(self.serializer)
        for name in ("to_representation", "data"):
            if not _is_theirs(getattr(kind, name)):
                raise ImproperlyConfigured(
                    f"{kind.__name__} has its own {name}, which is given instances. Write it as an AppModelSerializer."
                )

    def _refusal(self, field: Any, why: str) -> ImproperlyConfigured:
        name = f"{type(self.serializer).__name__}.{field.field_name}"
        return ImproperlyConfigured(f"{name} ({type(field).__name__}) can't be read without instances: {why}.")

    def _source(self, field: Any) -> Source:
        self._check_field(field)
        if isinstance(field, serializers.ListSerializer):
            return self._nested(field, field.child, many=True)
        if isinstance(field, serializers.BaseSerializer):
            return self._nested(field, field, many=False)
        if isinstance(field, ManyRelatedField):
            return self._keys(field)
        if isinstance(field, serializers.PrimaryKeyRelatedField):
            return self._key(field)
        if isinstance(field, serializers.SlugRelatedField):
            return self._value(field, [*field.source_attrs, *field.slug_field.split("__")], as_it_is=True)
        return self._value(field, field.source_attrs)

    def _check_field(self, field: Any) -> None:
        for kind, why in _WANT_INSTANCES:
            if isinstance(field, kind):
                raise self._refusal(field, why)
        if field.source == "*":
            raise self._refusal(field, "its source is the whole object")
        for name in ("to_representation", "get_attribute"):
            if not _is_theirs(getattr(type(field), name)):
                raise self._refusal(field, f"it has its own {name}")

    def _value(self, field: Any, path: list[str], *, as_it_is: bool = False) -> Source:
        *relations, last = path
        model, nullable = self._through(field, relations)
        column = column_of(model, last)
        if column is None:
            if relations or hasattr(model, last) or relation_of(model, last) is not None:
                raise self._refusal(field, f"{last!r} of {model.__name__} is no column. It has: {names_of(model)}")
            return self._annotation(field, last)
        self._check_null(field, nullable=nullable)
        is_file = isinstance(column, models.FileField)
        if is_file and not _shows_address(field):
            raise self._refusal(field, "the name of a file is asked of an instance")
        source = Column((*relations, column.attname), is_file)
        return source if as_it_is else _shown(source, show_of(field, column), is_steady(field, column))

    def _annotation(self, field: Any, name: str) -> Source:
        if field.default is not empty:
            raise self._refusal(field, "an annotation has no default")
        about = msgspec.structs.FieldInfo(name, name, Any)
        return _shown(Annotation(name, about), show_of(field, None))

    def _through(self, field: Any, relations: list[str]) -> tuple[type[models.Model], bool]:
        model, nullable = self.model, False
        for name in relations:
            relation = relation_of(model, name)
            if relation is None or relation.related_model is None or is_many(relation):
                raise self._refusal(field, f"{model.__name__} has no relation to one called {name!r}")
            nullable = nullable or bool(relation.null)
            model = relation.related_model
        return model, nullable

    def _check_null(self, field: Any, *, nullable: bool) -> None:
        """REST framework leaves such a field out of an object, now and then; a plan has the same fields for all."""
        if nullable and not (field.allow_null and field.default is empty):
            raise self._refusal(
                field, "what it leads to may be missing; say allow_null=True, which shows null then, and no default"
            )

    def _key(self, field: Any) -> Source:
        *relations, last = field.source_attrs
        model, nullable = self._through(field, relations)
        relation = relation_of(model, last)
        if relation is None or relation.related_model is None or is_many(relation):
            raise self._refusal(field, f"{last!r} of {model.__name__} is no relation to one")
        shown = None if field.pk_field is None else show_of(field.pk_field, relation.related_model._meta.pk)
        column = column_of(model, last)
        if column is not None:
            self._check_null(field, nullable=nullable)
            return _shown(Column((*relations, column.attname)), shown)
        self._check_null(field, nullable=True)
        return _shown(Column((*relations, last, relation.related_model._meta.pk.attname)), shown)

    def _keys(self, field: Any) -> Source:
        if type(field.child_relation) is not serializers.PrimaryKeyRelatedField or field.child_relation.pk_field:
            raise self._refusal(field, "of many objects only the keys are read; nest a serializer for more")
        name = self._relation_of(field, many=True)
        self.prefetches.append(name)
        return Keys(name)

    def _nested(self, field: Any, child: Any, *, many: bool) -> Source:
        if not isinstance(child, serializers.ModelSerializer):
            raise self._refusal(field, "what is nested has to be a serializer of a model")
        if many and not _is_theirs(type(field).to_representation):
            raise self._refusal(field, "its list has its own to_representation")
        name = self._relation_of(field, many=many)
        relation = relation_of(self.model, name)
        if not many:
            self._check_null(field, nullable=not isinstance(relation, models.ForeignKey))
        if not issubclass(relation.related_model, child.Meta.model):
            raise self._refusal(field, f"{name!r} leads to rows of {relation.related_model.__name__}")
        inner = _Tracer(child)
        plan = inner.plan()
        if many:
            self.prefetches.append(name)
        self.prefetches.extend(f"{name}__{further}" for further in inner.prefetches)
        return Many(name, plan) if many else One(name, plan, is_joined(relation))

    def _relation_of(self, field: Any, *, many: bool) -> str:
        if len(field.source_attrs) > 1:
            raise self._refusal(field, f"nest a serializer for {field.source_attrs[0]!r}")
        name: str = field.source_attrs[0]
        relation = relation_of(self.model, name)
        if relation is None or relation.related_model is None or is_many(relation) is not many:
            raise self._refusal(field, f"{self.model.__name__} has no such relation to {'many' if many else 'one'}")
        return name


def _dict_of(names: Sequence[str]) -> Callable[..., dict[str, Any]]:
    """What makes a dictionary with these names of as many values."""
    values = [f"v{index}" for index, _ in enumerate(names)]
    pairs = ", ".join(f"{name!r}: {value}" for name, value in zip(names, values, strict=True))
    make: Callable[..., dict[str, Any]] = eval(f"lambda {', '.join(values)}: {{{pairs}}}", {})  # noqa: S307 - ours
    return make


def _shown(source: Column | Annotation, show: Any, is_remembered: bool = False) -> Source:
    return source if show is None else Computed(show, (source,), is_remembered)


def _shows_address(field: Any) -> bool:
    from rest_framework.settings import api_settings

    return isinstance(field, serializers.FileField) and getattr(field, "use_url", api_settings.UPLOADED_FILES_USE_URL)


def _is_theirs(function: Any) -> bool:
    """Whether REST framework wrote it, or we, and so what it does to a row is known."""
    owner = getattr(getattr(function, "fget", function), "__module__", "")
    return owner.startswith(("rest_framework.", "ironbolt."))
