"""Bulk writes in the words of JSON Schema."""

from typing import Any

from ironbolt.core.answer_schema import ERROR

Schema = dict[str, Any]

MODE_MEANING = "Whether items may fail one by one: 207, with what became of each; else all are done or none."

DELETED: Schema = {"type": "object", "required": ["deleted"], "properties": {"deleted": {"type": "integer"}}}
"""What a bulk deletion answers: how many."""


def items(item: Schema, most: int) -> Schema:
    """An array of items."""
    return {"type": "array", "items": item, "minItems": 1, "maxItems": most}


def outcomes(shown: Schema | None) -> Schema:
    """What became of each item; ``shown`` is the object as clients see it, None where there is none any more."""
    facts: Schema = {"index": {"type": "integer", "minimum": 0}, "status": {"type": "integer"}}
    facts |= {} if shown is None else {"data": shown}
    facts["error"] = ERROR["properties"]["error"]
    return {"type": "array", "items": {"type": "object", "required": ["index", "status"], "properties": facts}}
