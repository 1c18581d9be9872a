"""What was sent as a list of items or keys, held to its limits; all of it without a look at the database."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from ironbolt.core.errors import NON_FIELD_ERRORS, ValidationFailed
from ironbolt.core.filtering.values import read_boolean
from ironbolt.core.keys import IDS, read_key
from ironbolt.core.settings import get_settings
from ironbolt.core.validation import NO_ITEMS, NOT_A_LIST, NOT_AN_OBJECT, NULL, REQUIRED, TOO_MANY
from ironbolt.features.bulk.door import MISSING_KEY, Door
from ironbolt.features.bulk.faults import TWICE, invalid
from ironbolt.features.bulk.items import Item

MODE = "partial"
"""The parameter of the query by which a client chooses: all items or none, or as many as can be."""


def most_of(view: Any) -> int:
    """How many items a view takes at once: its ``max_bulk_size``, else what the settings say."""
    own: int | None = view.max_bulk_size
    return get_settings().MAX_BULK_SIZE if own is None else own


def mode_of(view: Any, asked: str | None) -> bool:
    """Whether items may fail one by one: as the client asks, else as the view's ``bulk_partial`` says.

    Raises:
        ValidationFailed: what was asked is no boolean.
    """
    if asked is None:
        return bool(view.bulk_partial)
    try:
        return read_boolean(asked)
    except ValidationError as error:
        raise ValidationFailed({MODE: error.messages}) from None


def listed(body: Any, most: int, inside: str = "") -> list[Item]:
    """The items of a list.

    Raises:
        ValidationFailed: it is no list, an empty one, or too long.
    """
    place = inside or NON_FIELD_ERRORS
    if not isinstance(body, Sequence) or isinstance(body, str | bytes):
        raise ValidationFailed({place: [NULL if body is None else NOT_A_LIST]})
    if not body:
        raise ValidationFailed({place: [NO_ITEMS]})
    if len(body) > most:
        raise ValidationFailed({place: [TOO_MANY.format(limit=most)]})
    return [Item(index, sent, inside) for index, sent in enumerate(body)]


def keys_in(body: Any, most: int) -> list[Item]:
    """The items of ``{"ids": [1, 2, 3]}``.

    Raises:
        ValidationFailed: it has another form.
    """
    if not isinstance(body, Mapping):
        raise ValidationFailed({NON_FIELD_ERRORS: [NULL if body is None else NOT_AN_OBJECT]})
    if IDS not in body:
        raise ValidationFailed({IDS: [REQUIRED]})
    return listed(body[IDS], most, IDS)


def read_keys(door: Door, items: Sequence[Item]) -> None:
    """Find the key of each item; one that is missing, can't be one or was there before is a fault."""
    seen: dict[Any, int] = {}
    for item in items:
        name = "" if item.inside else door.key_name
        try:
            sent = item.sent if item.inside else door.key_of(item)
        except ValidationFailed as error:
            item.problem = error.problem()
            continue
        try:
            item.key = _read(door.key_field, sent)
        except ValueError as error:
            item.problem = invalid({name or NON_FIELD_ERRORS: [str(error)]})
            continue
        first = seen.setdefault(item.key, item.index)
        if first != item.index:
            item.problem = invalid({name or NON_FIELD_ERRORS: [TWICE.format(index=first)]})


def _read(field: Any, sent: Any) -> Any:
    if sent is MISSING_KEY:
        raise ValueError(REQUIRED)
    if sent is None:
        raise ValueError(NULL)
    return read_key(field, sent)


def name_of_key(field: Any, names: Mapping[str, str]) -> str:
    """How clients call a key; that of a child's row is the key of its parent's.

    Args:
        field: the field of the model.
        names: field of the model → the name that clients know it by.
    """
    candidates = [field.name, field.attname, *(["pk"] if field.primary_key else [])]
    while isinstance(field, models.ForeignKey):
        field = field.target_field
        candidates.append(field.name)
    return next((names[name] for name in candidates if name in names), str(field.name))
