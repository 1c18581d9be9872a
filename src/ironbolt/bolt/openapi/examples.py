"""Examples worked out from schemas: the same ones each time, and valid against the schema that they are made from."""

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from msgspec import UNSET

Schema = dict[str, Any]

_MOST_ITEMS = 20
"""An array that has to be longer is shown without an example."""

_BY_FORMAT = {
    "date-time": "2026-01-31T09:30:00Z",
    "date": "2026-01-31",
    "time": "09:30:00Z",
    "duration": "PT1H30M",
    "uuid": "0b54c9a4-2f1e-4c8a-9a58-6f0c2d1e7b33",
    "email": "ada@example.org",
    "uri": "https://example.org/a",
    "hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "decimal": "9.99",
    "binary": "",
}

_BY_NAME = (
    (re.compile(r"e?mail$"), "ada@example.org"),
    (re.compile(r"(url|uri|link|website)$"), "https://example.org/a"),
    (re.compile(r"slug$"), "a-slug"),
    (re.compile(r"user_?name$"), "ada"),
    (re.compile(r"(first|given)_?name$"), "Ada"),
    (re.compile(r"(last|family)_?name$|surname$"), "Lovelace"),
    (re.compile(r"full_?name$|author$"), "Ada Lovelace"),
    (re.compile(r"(language|locale|lang)$"), "en"),
    (re.compile(r"country$"), "GB"),
    (re.compile(r"currency$"), "EUR"),
    (re.compile(r"phone$"), "+442079460000"),
    (re.compile(r"(_at|timestamp)$"), "2026-01-31T09:30:00Z"),
)
"""What a text may be, by the name of the field that holds it."""

_is_mostly_null = re.compile(r"^(next|previous|deleted_at)$").search
"""Fields that are shown without a value, where they may have none."""

_OTHER_TEXTS = (
    "text",
    "a-slug",
    "A1",
    "A",
    "a",
    "1",
    "12",
    "123",
    "1234567890",
    "9.99",
    "0.5",
    "2026-01-31",
    "#102030",
)
"""What is tried where a pattern asks for something; an odder one goes without an example."""


class Examples:
    """Makes examples over one set of components.

    Args:
        components: name → schema, for references.
        hints: component → property → a narrower schema, where the model behind it knows more of its values.
    """

    def __init__(self, components: Mapping[str, Schema], hints: Mapping[str, Mapping[str, Schema]]) -> None:
        self._components = components
        self._hints = hints

    def of(self, schema: Schema, name: str = "") -> Any:
        """An example for a schema; ``UNSET`` where none can be made.

        Args:
            schema: what it has to be valid against.
            name: the field that it is for.
        """
        return self._of(schema, name, ())

    def _of(self, schema: Schema, name: str, above: tuple[str, ...]) -> Any:
        said = _said(schema)
        if said:
            return said[0]
        if "$ref" in schema:
            return self._of_component(schema["$ref"].rpartition("/")[2], name, above)
        if "anyOf" in schema:
            return self._any_of(schema["anyOf"], name, above)
        if schema.get("type") == "object":
            return self._object(schema, above)
        if schema.get("type") == "array":
            return self._array(schema, name, above)
        return _scalar(schema, name)

    def _of_component(self, component: str, name: str, above: tuple[str, ...]) -> Any:
        if component in above:
            return UNSET  # it holds itself, and somewhere that has to end
        found = self._components[component]
        if component in self._hints:
            found = {**found, "properties": {**found.get("properties", {}), **self._hints[component]}}
        return self._of(found, name, (*above, component))

    def _any_of(self, branches: list[Schema], name: str, above: tuple[str, ...]) -> Any:
        values = [branch for branch in branches if branch.get("type") != "null"]
        if len(values) < len(branches) and _is_mostly_null(name):
            return None
        if [branch.get("type") for branch in values] == ["string", "number"]:  # a decimal, as text or as a number
            text = _as_text(_number(values[1], name), values[0])
            return text if text is not UNSET else _number(values[1], name)
        made = (self._of(branch, name, above) for branch in values)
        nothing = None if len(values) < len(branches) else UNSET
        return next((value for value in made if value is not UNSET), nothing)

    def _object(self, schema: Schema, above: tuple[str, ...]) -> Any:
        made: dict[str, Any] = {}
        for name, inner in schema.get("properties", {}).items():
            value = self._of(inner, name, above)
            if value is not UNSET:
                made[name] = value
            elif name in schema.get("required", ()):
                return UNSET
        return made if len(made) >= schema.get("minProperties", 0) else UNSET

    def _array(self, schema: Schema, name: str, above: tuple[str, ...]) -> Any:
        fixed = [self._of(inner, name, above) for inner in schema.get("prefixItems", ())]
        if fixed:
            return UNSET if UNSET in fixed[: schema.get("minItems", 0)] or UNSET in fixed else fixed
        least, most = schema.get("minItems", 0), schema.get("maxItems", _MOST_ITEMS)
        value = self._of(schema.get("items", {}), name.removesuffix("s"), above)
        if value is UNSET or most == 0:
            return UNSET if least else []
        if least > min(most, 1 if schema.get("uniqueItems") else _MOST_ITEMS):
            return UNSET
        return [value] * max(1, least)


def _said(schema: Schema) -> list[Any]:
    """What a schema itself shows, or leaves no choice about, the best first."""
    shown = [*schema.get("examples", ()), *(schema[word] for word in ("example", "const") if word in schema)]
    return shown or sorted(schema.get("enum", ()), key=lambda value: value == "")


def _scalar(schema: Schema, name: str) -> Any:
    kind = schema.get("type")
    if kind == "string":
        return next((text for text in _texts(schema, name) if _fits(text, schema)), UNSET)
    if kind in ("integer", "number"):
        return _number(schema, name)
    return {"boolean": True, "null": None}.get(str(kind), UNSET)


def _texts(schema: Schema, name: str) -> Iterator[str]:
    if "contentEncoding" in schema:
        yield "aGVsbG8="
        yield "aGVsbG8h" * math.ceil(schema.get("minLength", 0) / 8)
        return
    if schema.get("format") in _BY_FORMAT:
        yield _BY_FORMAT[schema["format"]]
        return
    words = " ".join(re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name)).capitalize()
    named = next((text for pattern, text in _BY_NAME if pattern.search(name.lower())), words)
    for text in filter(None, (named, *_OTHER_TEXTS)):
        yield text
        yield _of_length(text, schema)
    yield _of_length("", schema)


def _of_length(text: str, schema: Schema) -> str:
    longer = text or "a"
    while len(longer) < schema.get("minLength", 0):
        longer += longer
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    wanted = max(least, len(text)) if most is None else min(max(least, len(text)), most)
    return longer[:wanted].rstrip() if least <= len(longer[:wanted].rstrip()) else longer[:wanted]


def _fits(text: str, schema: Schema) -> bool:
    if not schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", math.inf):
        return False
    pattern = schema.get("pattern")
    try:
        return pattern is None or re.search(_as_python(pattern), text) is not None
    except re.error:  # in a dialect that Python does not know
        return False


def _as_python(pattern: str) -> str:
    r"""A ``$`` of JSON Schema is the very end, which Python calls ``\Z``."""
    return re.sub(r"(?<!\\)\$(?=$|\||\))", r"\\Z", pattern)


def _number(schema: Schema, name: str) -> Any:
    whole = schema.get("type") == "integer"
    step = Decimal(str(schema.get("multipleOf", 1 if whole else 0)))
    usual = "2026" if name.lower().endswith("year") else "1" if whole else "9.99"
    for value in (Decimal(usual), Decimal(1), Decimal("0.5"), *_near_edges(schema, step)):
        if _is_within(value, schema) and not (step and value % step) and (not whole or value == int(value)):
            return int(value) if whole or value == int(value) else float(value)
    return UNSET


_LOWER, _UPPER = ("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")


def _near_edges(schema: Schema, step: Decimal) -> Iterator[Decimal]:
    """The bounds, the steps next to them, and what lies between."""
    edges = [Decimal(str(schema[word])) for word in (*_LOWER, *_UPPER) if word in schema]
    for edge in edges:
        yield from (edge, edge + (step or 1), edge - (step or 1))
        if step:
            yield from (math.floor(edge / step) * step, math.ceil(edge / step) * step)
    if edges:
        yield sum(edges, Decimal(0)) / len(edges)


def _is_within(value: Decimal, schema: Schema) -> bool:
    lower, above = (Decimal(str(schema.get(word, "-inf"))) for word in _LOWER)
    upper, below = (Decimal(str(schema.get(word, "inf"))) for word in _UPPER)
    return lower <= value <= upper and above < value < below


def _as_text(number: Any, schema: Schema) -> Any:
    text = str(number)
    return text if number is not UNSET and _fits(text, schema) else UNSET
