"""The schema of the API for OpenAPI 3.0, whose dialect of JSON Schema is an older one of its own."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.settings import spectacular_settings

Schema = dict[str, Any]

_ONE = ("items", "additionalProperties", "not")
_MANY = ("anyOf", "oneOf", "allOf")


def is_older() -> bool:
    """Whether the settings ask for OpenAPI 3.0."""
    return bool(spectacular_settings.OAS_VERSION.startswith("3.0"))


def in_dialect(schema: Schema) -> Schema:
    """A schema in the words of the version that the settings ask for."""
    return _older(schema) if is_older() else schema


def operation_in_dialect(operation: Schema) -> None:
    """The same for every schema in an operation, in place."""
    if is_older():
        for holder in _holders(operation):
            holder["schema"] = _older(holder["schema"])


def _holders(operation: Schema) -> Iterator[Schema]:
    answers = operation.get("responses", {}).values()
    for one in (
        *operation.get("parameters", ()),
        *operation.get("requestBody", {}).get("content", {}).values(),
        *(content for answer in answers for content in answer.get("content", {}).values()),
        *(header for answer in answers for header in answer.get("headers", {}).values()),
    ):
        if "schema" in one:
            yield one


def _older(schema: Any) -> Any:
    if not isinstance(schema, dict):  # true or false
        return schema
    made = _within(schema)
    if isinstance(made.get("examples"), list):
        made.setdefault("example", made["examples"][0])
        del made["examples"]
    if "const" in made:
        made["enum"] = [made.pop("const")]
    for bound, name in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if type(made.get(bound)) in (int, float):
            made[name], made[bound] = made[bound], True
    return _without_null(made)


def _within(schema: Schema) -> Schema:
    made = dict(schema)
    for name in _ONE:
        if name in made:
            made[name] = _older(made[name])
    for name in _MANY:
        if name in made:
            made[name] = [_older(one) for one in made[name]]
    if "properties" in made:
        made["properties"] = {name: _older(one) for name, one in made["properties"].items()}
    return made


_NULL: Schema = {"type": "object", "nullable": True, "maxProperties": 0}
"""Nothing but null, as nearly as the older dialect can say it."""


def _without_null(schema: Schema) -> Schema:
    kinds = schema.get("type")
    if kinds == "null":
        return schema | _NULL
    if isinstance(kinds, list):
        real = [{"type": kind} for kind in kinds if kind != "null"]
        several = {"anyOf": real} if len(real) > 1 else real[0]
        rest = {name: value for name, value in schema.items() if name != "type"}
        schema = {**rest, **several, **({"nullable": True} if "null" in kinds else {})}
    for name in ("anyOf", "oneOf"):
        if _NULL in schema.get(name, ()):
            real = [one for one in schema[name] if one != _NULL]
            schema = schema | {name: real, "nullable": True}
    return schema
