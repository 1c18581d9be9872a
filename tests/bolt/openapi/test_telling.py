"""Tests of what a description leaves out, since JSON has no words for it."""

import datetime
import math
from typing import Annotated, Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from msgspec import UNSET, Meta, Struct

from ironbolt.bolt import BoltAPI
from ironbolt.bolt.openapi.telling import told
from ironbolt.testing import TestClient


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"a": 2**70, "b": [1, None, True], "c": {"d": math.inf}}, {"b": [1, None, True], "c": {}}),
        ({"enum": [1, 2**70], "examples": [object(), 1], "default": object()}, {"examples": [1]}),
        ({"examples": [object()]}, {}),
        ({1: datetime.date(2026, 1, 2)}, {"1": "2026-01-02"}),
        (-(2**63), -(2**63)),
        (2**64, UNSET),
        (math.nan, UNSET),
    ],
)
def test_what_can_not_be_told_is_left_out(value: Any, plain: Any) -> None:
    """Members of objects and examples one by one, other lists as a whole."""
    assert told(value) == plain


def test_odd_facts_fail_no_document() -> None:
    """Bounds and examples that are no JSON are left out of the description, and the rest of it is there."""

    class Odd(Struct):
        large: Annotated[int, Meta(ge=-(2**62), extra_json_schema={"maximum": 2**70})]
        shown: Annotated[str, Meta(examples=[object(), "a"])]
        known: Annotated[float, Meta(extra_json_schema={"minimum": math.inf})] = math.nan
        other: Annotated[Any, Meta(extra_json_schema={"example": {1, 2}, "x-odd": math.nan})] = None

    api = BoltAPI()

    @api.post("/odd/{size}")
    def handler(
        data: Odd, size: Annotated[int, Meta(extra_json_schema={"examples": [2**80]})], of: float = math.inf
    ) -> int:
        raise AssertionError

    answer = TestClient(api).get("/openapi.json")
    assert answer.status_code == 200
    found = answer.json()["components"]["schemas"]["Odd"]["properties"]
    assert found["large"] == {"type": "integer", "minimum": -(2**62)}
    assert found["shown"] == {"type": "string", "examples": ["a"]}
    assert found["known"] == {"type": "number"}
    assert msgspec.json.decode(answer.content)["paths"]["/odd/{size}"]


def test_a_type_that_can_not_be_looked_at_fails_no_document() -> None:
    """An answer with bounds beyond 64 bits is described as anything; an argument with such is refused at start."""
    api = BoltAPI()

    @api.get("/x")
    def handler() -> Annotated[int, Meta(ge=2**70)]:
        raise AssertionError

    document = TestClient(api).get("/openapi.json").json()
    assert document["paths"]["/x"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] == {}
    other = BoltAPI()

    @other.get("/x")
    def asking(size: Annotated[int, Meta(ge=2**70)]) -> int:
        raise AssertionError

    with pytest.raises(ImproperlyConfigured, match="has a type that can't be read"):
        other.routes()
