"""What objects need that are shown by a serializer which only reads: fetched for all of them at once."""

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import prefetch_related_objects

from ironbolt.plans.sources import Column, Computed, Keys, Many, One, Plan, Source


def followed(sources: Plan) -> tuple[str, ...]:
    """The relations that lead to what is shown, as ``prefetch_related`` is told them."""
    return tuple(dict.fromkeys(path for filled in sources.fields for path in _paths(filled.source)))


def _paths(source: Source) -> Iterator[str]:
    if isinstance(source, Computed):
        for one in source.inputs:
            yield from _paths(one)
    elif isinstance(source, Column) and len(source.path) > 1:
        yield "__".join(source.path[:-1])
    elif isinstance(source, Keys):
        yield source.name
    elif isinstance(source, One | Many):
        yield source.name
        yield from (f"{source.name}__{further}" for further in followed(source.plan))


def fetched_along(objects: Sequence[Any], model: type[Any], relations: Sequence[str]) -> list[Any]:
    """Objects with their relations fetched; what is not stored, or no object of the model, stays as it is.

    They are copies: objects in hand must not remember what somebody may change before they are shown again.
    """
    if not relations:
        return list(objects)
    shown = [copy.copy(one) if _is_stored(one, model) else one for one in objects]
    prefetch_related_objects([one for one in shown if _is_stored(one, model)], *relations)
    return shown


def _is_stored(one: Any, model: type[Any]) -> bool:
    return isinstance(one, model) and one.pk is not None and not one._state.adding
