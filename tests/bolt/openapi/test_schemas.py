"""Tests of types in the words of JSON Schema, and of their names."""

import datetime
import enum
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypedDict, TypeVar

import msgspec
import pytest
from msgspec import Meta, Struct

from ironbolt.bolt.openapi.naming import distinct
from ironbolt.bolt.openapi.schemas import REF, Schemas

T = TypeVar("T")


class Kind(enum.Enum):
    """A kind."""

    B = "b"
    A = "a"


class Cat(Struct, tag=True):
    """A cat."""

    name: str


class Dog(Struct, tag=True):
    """A dog."""

    age: int = 3
    friends: list["Dog"] = []


class Point(NamedTuple):
    """A point."""

    x: int
    y: int


class Typed(TypedDict):
    """Typed."""

    a: int


@dataclass
class Data:
    """Data."""

    a: int
    b: str = "x"


class Row(Struct, array_like=True, forbid_unknown_fields=True):
    """A row."""

    a: int
    b: int = 0


class Box(Struct, Generic[T]):
    """A box."""

    inside: T


TYPES: list[Any] = [
    None,
    bool,
    int,
    Annotated[int, Meta(ge=1, lt=5, multiple_of=2)],
    Annotated[float, Meta(gt=0.5, le=9)],
    Annotated[str, Meta(min_length=1, max_length=3, pattern="^a")],
    Annotated[str, Meta(description="Said.", examples=["x"], extra_json_schema={"format": "isbn"})],
    Annotated[bytes, Meta(max_length=4)],
    datetime.date,
    datetime.timedelta,
    uuid.UUID,
    Decimal,
    Any,
    list[int],
    Annotated[list[int], Meta(min_length=1, max_length=3)],
    set[str],
    tuple[int, ...],
    dict[str, int],
    dict[Annotated[str, Meta(pattern="^x")], Any],
    Annotated[dict[str, int], Meta(max_length=3)],
    int | None,
    Literal["a", "b"],
    Cat,
    Dog,
    Cat | Dog,
    Point,
    Typed,
    Data,
    Row,
    Kind,
]


@pytest.mark.parametrize("kind", TYPES, ids=repr)
def test_types_are_told_as_msgspec_tells_them(kind: Any) -> None:
    """For what msgspec has words for, ours are the same; only enums keep their order, and tell their type."""
    ours = Schemas([kind])
    (theirs,), components = msgspec.json.schema_components([kind], ref_template=REF + "{name}")
    assert _sorted(ours.of(kind)) == _sorted(theirs)
    assert _sorted(ours.components) == _sorted(components)


def _sorted(node: Any) -> Any:
    """A schema with its lists of values in one order."""
    if isinstance(node, dict):
        return {key: _sorted(value) for key, value in node.items() if not ("enum" in node and key == "type")}
    return sorted(map(_sorted, node), key=repr) if isinstance(node, list) else node


def test_values_have_their_type() -> None:
    """Where it is one, people are shown it; a mixture has none."""
    kinds: list[Any] = [Literal["a", "b"], Literal[1, 2], Literal["a", 1]]
    assert [Schemas(kinds).of(kind).get("type") for kind in kinds] == ["string", "integer", None]


def test_moments_have_a_time_zone_as_the_project_has(settings: Any) -> None:
    """Where Django uses time zones, a moment is one of RFC 3339; a time of the day has none."""
    assert Schemas([datetime.datetime]).of(datetime.datetime) == {"type": "string", "format": "date-time"}
    assert Schemas([datetime.time]).of(datetime.time) == {"type": "string"}
    settings.USE_TZ = False
    assert Schemas([datetime.datetime]).of(datetime.datetime) == {"type": "string"}


def twins() -> tuple[type, type]:
    """Two Structs that share even their full names."""

    def make(kind: Any) -> type:
        return msgspec.defstruct("Twin", [("a", kind)], module=__name__)

    return make(int), make(str)


class Elsewhere:
    """A place for another Cat."""

    class Cat(Struct):
        """Another cat."""

        lives: int


def test_names_are_short_and_never_shared() -> None:
    """A name alone is short, two of one name have their modules, and even twins are two components."""
    one, other = twins()
    types: list[Any] = [Box[Dog], Box[Cat], Box[Elsewhere.Cat], Cat, Elsewhere.Cat, one, other, Box[list[int] | None]]
    schemas = Schemas(types)
    names = {schemas.of(kind)["$ref"].removeprefix(REF) for kind in types}
    here = "tests.bolt.openapi.test_schemas"
    assert names == {
        "BoxOfDog",
        f"BoxOf{here}.Cat",
        f"BoxOf{here}.Elsewhere.Cat",
        f"{here}.Cat",
        f"{here}.Elsewhere.Cat",
        f"{here}.Twin",
        f"{here}.Twin_2",
        "BoxOfListOfIntOrNone",
    }
    assert names <= set(schemas.components)
    assert schemas.components[f"{here}.Twin"]["properties"]["a"] == {"type": "integer"}
    assert schemas.components[f"{here}.Twin_2"]["properties"]["a"] == {"type": "string"}


def test_distinct_names_prefer_the_best_spelling() -> None:
    """The first spelling that nobody else has; a number where none is left."""
    found = distinct({1: ("a", "m.a"), 2: ("a", "n.a"), 3: ("b", "m.b"), 4: ("c",), 5: ("c",)})
    assert found == {1: "m.a", 2: "n.a", 3: "b", 4: "c", 5: "c_2"}
