"""What a serializer is about to write, told to the unit of work before the database sees it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model
from rest_framework.serializers import BaseSerializer

from ironbolt.core.unit import current_unit


def note_attempt(serializer: BaseSerializer[Any], extra: Mapping[str, Any]) -> None:
    """Tell the open unit of work, if any, what ``serializer.save(**extra)`` will write.

    Only so can a key that points to nothing be told by its field: some databases name neither.
    What is noted is a draft with the same values, so that it works with any serializer of a model.
    """
    unit = current_unit()
    model: type[Model] | None = getattr(getattr(serializer, "Meta", None), "model", None)
    values = getattr(serializer, "validated_data", None)
    if unit is None or model is None or not isinstance(values, Mapping):
        return
    attributes, references = split(model, {**values, **extra})
    try:
        draft = model(**attributes)
    except (TypeError, ValueError):  # nested input, or names that only the serializer understands
        return
    unit.attempt(draft, references)


def split(model: type[Model], values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Attributes of an object of ``model``, and the keys of its many-to-many relations."""
    many = {field.name for field in model._meta.many_to_many}
    attributes = {name: value for name, value in values.items() if name not in many}
    references = {name: _keys(values[name]) for name in many if isinstance(values.get(name), Iterable)}
    return attributes, references


def _keys(objects: Iterable[Any]) -> list[Any]:
    return [one.pk if isinstance(one, Model) else one for one in objects]
