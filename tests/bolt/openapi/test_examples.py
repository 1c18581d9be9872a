"""Tests of the examples that are worked out from schemas."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from ironbolt.bolt.openapi.constraints import constraints_of
from ironbolt.bolt.openapi.examples import Examples
from tests.project.models import Bag, Task


def example_of(schema: dict[str, Any], name: str = "", **components: Any) -> Any:
    """An example, made without any hints."""
    return Examples(components, {}).of(schema, name)


def is_valid(value: Any, schema: dict[str, Any]) -> bool:
    """What a validator of JSON Schema says of it."""
    return jsonschema_rs.Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize(
    ("name", "schema", "example"),
    [
        ("title", {"type": "string"}, "Title"),
        ("taskTitle", {"type": "string"}, "Task title"),
        ("title", {"type": "string", "maxLength": 3}, "Tit"),
        ("a", {"type": "string", "minLength": 4}, "AAAA"),
        ("email", {"type": "string"}, "ada@example.org"),
        ("slug", {"type": "string", "pattern": "^[-a-z]+$"}, "a-slug"),
        ("year", {"type": "integer"}, 2026),
        ("size", {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}, 1),
        ("size", {"type": "integer", "minimum": 5, "multipleOf": 4}, 8),
        ("size", {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.25}, 0.125),
        ("flag", {"type": "boolean"}, True),
        ("state", {"enum": ["", "open"]}, "open"),
        ("day", {"type": "string", "format": "date"}, "2026-01-31"),
        ("x", {"anyOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ("x", {"type": "string", "examples": ["mine"]}, "mine"),
        ("labels", {"type": "array", "items": {"type": "string"}}, ["Label"]),
        ("pair", {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "boolean"}]}, [1, True]),
        ("x", {"type": "string", "pattern": "^(?=x)zz$"}, UNSET),
        ("x", {}, UNSET),
    ],
)
def test_example_is_plain_and_fits(name: str, schema: dict[str, Any], example: Any) -> None:
    """A value that reads well, by the name of its field, within all that is asked; none where nothing simple fits."""
    assert example_of(schema, name) == example
    assert example is UNSET or is_valid(example, schema)


def test_what_holds_itself_comes_to_an_end() -> None:
    """A tree is shown with one level, a chain without its end; a thing that needs itself can't be shown."""
    tree = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "under": {"type": "array", "items": _ref("T")}},
    }
    assert example_of(_ref("T"), T=tree) == {"name": "Name", "under": []}
    chain = {"type": "object", "properties": {"next": {"anyOf": [_ref("C"), {"type": "null"}]}}, "required": ["next"]}
    assert example_of(_ref("C"), C=chain) == {"next": None}
    endless = {"type": "object", "properties": {"me": _ref("E")}, "required": ["me"]}
    assert example_of(_ref("E"), E=endless) is UNSET


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize("model", [Task, Bag])
def test_columns_are_met(model: Any) -> None:
    """What is worked out for a column is what the column takes."""
    for column in model._meta.concrete_fields:
        schema = constraints_of(column)
        value = example_of(schema, column.name)
        assert value is UNSET or is_valid(value, schema), column


BOUNDS = st.integers(-50, 50)
NUMBERS = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"])},
    optional={
        "minimum": BOUNDS,
        "maximum": BOUNDS,
        "exclusiveMinimum": BOUNDS,
        "exclusiveMaximum": BOUNDS,
        "multipleOf": st.sampled_from([1, 2, 3, 0.5, 0.25]),
    },
)
TEXTS = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": st.integers(0, 30),
        "maxLength": st.integers(0, 30),
        "pattern": st.sampled_from([r"\S", "^[0-9]+$", "^[a-z]{2}$", "^$|^[A-Z]", r"^\d{1,3}(\.\d{1,2})?$"]),
    },
)
SCALARS = NUMBERS | TEXTS | st.just({"type": "boolean"}) | st.just({"enum": ["", 3, None]})


def _compound(inner: Any) -> Any:
    arrays = st.fixed_dictionaries(
        {"type": st.just("array"), "items": inner},
        optional={"minItems": st.integers(0, 4), "maxItems": st.integers(0, 4), "uniqueItems": st.booleans()},
    )
    objects = st.dictionaries(st.sampled_from(["title", "year", "email"]), inner).flatmap(
        lambda properties: st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.just(properties),
                "required": st.lists(st.sampled_from(sorted(properties)), unique=True) if properties else st.just([]),
            }
        )
    )
    unions = st.fixed_dictionaries({"anyOf": st.lists(inner | st.just({"type": "null"}), min_size=1, max_size=3)})
    return arrays | objects | unions


@given(st.recursive(SCALARS, _compound, max_leaves=6), st.sampled_from(["", "title", "email", "release_year"]))
def test_example_is_valid_against_its_schema(schema: dict[str, Any], name: str) -> None:
    """Whatever a schema asks for: the example is valid, the same the next time, or there is none."""
    value = example_of(schema, name)
    assert value is UNSET or is_valid(value, schema), value
    assert example_of(schema, name) == value
