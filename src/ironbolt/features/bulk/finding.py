"""The rows that items are about: found among those the caller may find, and locked in one order for everybody."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connections
from django.db.models import Model, QuerySet

from ironbolt.core.errors import NON_FIELD_ERRORS
from ironbolt.core.integrity import MISSING
from ironbolt.core.keys import can_be_stored
from ironbolt.features.bulk.door import Door
from ironbolt.features.bulk.faults import not_found, problem_with
from ironbolt.features.bulk.items import Item, sound

MOST_IN_ONE_QUERY = 10_000
"""How many keys go into one query where the database has no limit of its own."""


def find(door: Door, items: Sequence[Item]) -> None:
    """Give each item its row, locked until the unit ends where the database can; one without is at fault."""
    for item in sound(items):
        if not can_be_stored(door.key_field, item.key):
            _miss(door, item)
    wanted = sound(items)
    if door.finds_itself():
        _find_each(door, wanted)
    else:
        found = _find_together(door, [item.key for item in wanted])
        for item in wanted:
            item.instance = found.get(item.key)
            if item.instance is None:
                _miss(door, item)
    for item in sound(items):
        try:
            door.admit(item.instance)
        except Exception as exc:  # noqa: BLE001 - whatever forbids it is told with its item
            item.problem = problem_with(exc, door)


def _miss(door: Door, item: Item) -> None:
    item.problem = not_found({NON_FIELD_ERRORS if item.inside else door.key_name: [MISSING]})


def _find_each(door: Door, items: Sequence[Item]) -> None:
    for item in items:
        try:
            item.instance = door.find(item.key)
        except Exception as exc:  # noqa: BLE001 - as above
            item.problem = problem_with(exc, door)
    _lock(door, [item.instance.pk for item in sound(items) if isinstance(item.instance, Model)])


def _find_together(door: Door, keys: Sequence[Any]) -> dict[Any, Any]:
    name = door.key_field.name
    rows = door.rows().using(door.using).order_by()
    if connections[door.using].features.has_select_for_update:
        _lock(door, [pk for some in batches(keys, door.using) for pk in _keys_of(rows.filter(**{f"{name}__in": some}))])
    found = (row for some in batches(keys, door.using) for row in rows.filter(**{f"{name}__in": some}))
    return {getattr(row, door.key_field.attname): row for row in found}


def _keys_of(rows: "QuerySet[Any]") -> list[Any]:
    return list(rows.values_list("pk", flat=True))


def _lock(door: Door, keys: Sequence[Any]) -> None:
    """Wait for whoever writes these rows; two who want the same ones wait in the same order, and not for each other."""
    if not connections[door.using].features.has_select_for_update:
        return
    rows = door.model._base_manager.using(door.using).order_by("pk").select_for_update()
    for some in batches(sorted(keys), door.using):
        list(rows.filter(pk__in=some).values_list("pk", flat=True))


def batches(keys: Sequence[Any], using: str) -> Iterator[Sequence[Any]]:
    """Keys in as few parts as the database takes parameters."""
    size = min(connections[using].features.max_query_params or MOST_IN_ONE_QUERY, MOST_IN_ONE_QUERY)
    for start in range(0, len(keys), size):
        yield keys[start : start + size]
