"""Many rows in one request: created, changed or deleted together, all of them or as many as can be."""

from ironbolt.features.bulk.door import Door, Kind
from ironbolt.features.bulk.faults import BulkFailed
from ironbolt.features.bulk.items import Draft, Item
from ironbolt.features.bulk.payload import keys_in, listed, mode_of, most_of
from ironbolt.features.bulk.running import Answer, write

__all__ = [
    "Answer",
    "BulkFailed",
    "Door",
    "Draft",
    "Item",
    "Kind",
    "keys_in",
    "listed",
    "mode_of",
    "most_of",
    "write",
]
