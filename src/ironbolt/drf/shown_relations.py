"""The relations that a serializer follows, so that what it shows of many rows is fetched for all of them at once."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Model
from rest_framework import serializers
from rest_framework.relations import ManyRelatedField

from ironbolt.drf.write_only import reading_of
from ironbolt.plans.relations import is_many, relation_of


def shown_relations(serializer: Any) -> tuple[str, ...]:
    """What ``prefetch_related`` would be told, for the serializer that shows what this one writes; mostly nothing."""
    shown = reading_of(serializer)
    model = getattr(getattr(shown, "Meta", None), "model", None)
    if model is None or not isinstance(shown, serializers.Serializer):
        return ()
    return tuple(dict.fromkeys(_paths(shown, model)))


def _paths(serializer: Any, model: type[Model]) -> Iterator[str]:
    for field in serializer.fields.values():
        if field.write_only or field.source == "*":
            continue
        child = field.child if isinstance(field, serializers.ListSerializer) else field
        names = _followed(field, child, model)
        reached = _reached(model, names)
        if reached is None:
            continue
        path = "__".join(names)
        if path:
            yield path
        if isinstance(child, serializers.Serializer):
            yield from (f"{path}__{further}" for further in _paths(child, reached))


def _followed(field: Any, child: Any, model: type[Model]) -> Sequence[str]:
    """The names that a field follows from an object to others."""
    names: list[str] = field.source_attrs
    if isinstance(child, serializers.BaseSerializer | ManyRelatedField | serializers.StringRelatedField):
        return names
    if isinstance(child, serializers.SlugRelatedField):
        return [*names, *str(child.slug_field).split("__")[:-1]]
    before = _reached(model, names[:-1])
    last = relation_of(before, names[-1]) if before and names else None
    return names if last is not None and is_many(last) else names[:-1]


def _reached(model: type[Model], names: Sequence[str]) -> type[Model] | None:
    """The model at the end of a path; None where it leads over something else than relations."""
    for name in names:
        relation = relation_of(model, name)
        if relation is None or not relation.related_model:
            return None
        model = relation.related_model
    return model
