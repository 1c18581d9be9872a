"""Keys of other objects in what is about to be written: looked up together, one query for each relation."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import ForeignKey

from ironbolt.core.integrity import Attempt
from ironbolt.features.bulk.door import Door
from ironbolt.features.bulk.faults import dangling
from ironbolt.features.bulk.finding import batches
from ironbolt.features.bulk.items import Draft, Item


def refuse_dangling(door: Door, drafts: Sequence[tuple[Item, Draft]]) -> None:
    """Tell each item of its keys that belong to no object; the database would name none of the items at the commit."""
    missing: dict[int, tuple[Item, list[str]]] = {}
    for field in door.model._meta.concrete_fields:
        if isinstance(field, ForeignKey):
            keys = {id(draft): _key(draft, field) for _, draft in drafts}
            there = _there(field.related_model, field.target_field.name, keys.values(), door.using)
            for item, draft in drafts:
                if (key := keys[id(draft)]) is not None and key not in there:
                    missing.setdefault(item.index, (item, []))[1].append(field.name)
    for many in door.model._meta.many_to_many:
        wanted = {key for _, draft in drafts for key in draft.references.get(many.name, ())}
        there = _there(many.related_model, "pk", wanted, door.using)
        for item, draft in drafts:
            if not there.issuperset(draft.references.get(many.name, ())):
                missing.setdefault(item.index, (item, []))[1].append(many.name)
    for item, names in missing.values():
        item.problem = item.problem or dangling(names, door)


def drafts_of(door: Door, item: Item, attempts: Iterable[Attempt]) -> list[tuple[Item, Draft]]:
    """What was noted while an item was written by itself, as drafts with all their columns."""
    return [(item, _draft_of(attempt)) for attempt in attempts if isinstance(attempt.instance, door.model)]


def _draft_of(attempt: Attempt) -> Draft:
    references = {name: list(keys) for name, keys in attempt.references.items()}
    return Draft(attempt.instance, frozenset(attempt.instance.__dict__), references)


def _key(draft: Draft, field: Any) -> Any:
    """The key that a draft is about to write, None where it writes none or has read the object itself."""
    is_written = draft.instance._state.adding or bool({field.name, field.attname} & draft.names)
    if not is_written or field.is_cached(draft.instance):
        return None
    key = getattr(draft.instance, field.attname)
    return None if hasattr(key, "resolve_expression") else key


def _there(model: Any, name: str, keys: Iterable[Any], using: str) -> set[Any]:
    wanted = [key for key in dict.fromkeys(keys) if key is not None]
    rows = model._base_manager.using(using)
    found = (rows.filter(**{f"{name}__in": some}).values_list(name, flat=True) for some in batches(wanted, using))
    return {key for some in found for key in some}
