"""Pieces of the schema of the API that are the same for every view."""

from typing import Any

Schema = dict[str, Any]


def without_int64_limits(schema: Schema) -> Schema:
    """An integer without the limits that its format implies, which examples would be made from."""
    if schema.get("format") != "int64":
        return schema
    return {name: value for name, value in schema.items() if (name, value) not in _INT64_LIMITS}


_INT64_LIMITS = (("minimum", -(2**63)), ("maximum", 2**63 - 1))


def decimal_input(field: Any, schema: Schema) -> Schema:
    """A decimal as it may be sent: a string in plain notation, or a number."""
    rest = {name: value for name, value in schema.items() if name not in ("type", "format", "pattern")}
    sign = "" if field.min_value is not None and field.min_value >= 0 else "-?"
    text: Schema = {"type": "string", "format": "decimal"}
    number: Schema = {"type": "number"}
    if field.max_whole_digits is not None:
        fraction = f"(\\.[0-9]{{1,{field.decimal_places}}})?" if field.decimal_places else ""
        text["pattern"] = f"^{sign}[0-9]{{1,{field.max_whole_digits}}}{fraction}$"
        bound = 10**field.max_whole_digits
        number |= {"exclusiveMinimum": -bound, "exclusiveMaximum": bound, "multipleOf": 10**-field.decimal_places}
    if field.min_value is not None:
        number = {name: value for name, value in number.items() if name != "exclusiveMinimum"}
        number["minimum"] = field.min_value
    if field.max_value is not None:
        number = {name: value for name, value in number.items() if name != "exclusiveMaximum"}
        number["maximum"] = field.max_value
    empty = [{"type": "null"}] if field.allow_null else []
    return {"anyOf": [text, number, *empty], **rest}
