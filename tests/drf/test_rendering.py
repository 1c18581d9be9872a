"""JSON by msgspec and by REST framework: the same values, whatever hides at whatever depth."""

import datetime
import json
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework import renderers

from ironbolt.drf.renderers import JSONRenderer, encode

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["NaN", "Infinity", "a NaN of a text"]),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.dates(),
    st.datetimes(timezones=st.just(datetime.UTC)),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.binary(max_size=0),
)
DATA = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=3), inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(DATA)
def test_nested_data_is_what_rest_framework_makes_of_it(data: Any) -> None:
    """Lists of dictionaries of lists, with plain values on one level and others below."""
    assert json.loads(encode([data], "number")) == json.loads(renderers.JSONRenderer().render([data]))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_decimal_that_is_no_number_is_found_at_any_depth(number: str) -> None:
    """And refused as REST framework refuses it, beside texts that only read like one."""
    for data in ([{"a": [{"b": Decimal(number)}]}], {"a": "NaN", "b": (1, Decimal(number))}):
        with pytest.raises(ValueError, match="not JSON compliant"):
            encode(data)
    assert encode([{"a": "NaN"}, {"a": uuid.UUID(int=1)}]) == renderers.JSONRenderer().render(
        [{"a": "NaN"}, {"a": uuid.UUID(int=1)}]
    )


def test_who_decides_of_indents_by_himself_is_asked() -> None:
    """A subclass with a ``get_indent`` of its own, or a context that says it."""

    class Indented(JSONRenderer):
        def get_indent(self, accepted_media_type: Any, renderer_context: Any) -> int:
            return 2

    assert Indented().render({"a": 1}, "application/json", {}) == b'{\n  "a": 1\n}'
    assert JSONRenderer().render({"a": 1}, "application/json", {"indent": 2}) == b'{\n  "a": 1\n}'
    assert JSONRenderer().render({"a": 1}, "application/json; indent=2", {}) == b'{\n  "a": 1\n}'
    assert JSONRenderer().render({"a": 1}, "application/json", {}) == b'{"a":1}'
