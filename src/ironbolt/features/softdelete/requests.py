"""What clients send to restore several objects at once, and what they are told."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.db.models import Model

from ironbolt.core.settings import get_settings


def most_of(view: Any) -> int:
    """How many objects a view restores at once: its ``max_restored``, else what the settings say of bulk writes."""
    own: int | None = view.max_restored
    return get_settings().MAX_BULK_SIZE if own is None else own


class Restored(msgspec.Struct, frozen=True):
    """What came back.

    Attributes:
        restored: the keys of the objects that were in the trash.
        not_found: those that were sent and are not there, or not to be seen by this caller.
    """

    restored: list[Any]
    not_found: list[Any]


def told(keys: Sequence[Any], rows: Iterable[Model]) -> Restored:
    """What is told of the keys that were sent, in their order, once these rows have been restored."""
    found = {row.pk for row in rows}
    return Restored([key for key in keys if key in found], [key for key in keys if key not in found])
