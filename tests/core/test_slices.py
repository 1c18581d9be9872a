"""Limit and offset."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.core.counting import Total
from ironbolt.core.errors import ValidationFailed
from ironbolt.core.paging import Limits
from ironbolt.core.slices import LARGEST_OFFSET, SliceRequest, slice_body, slice_request


def test_nothing_asked_is_the_beginning() -> None:
    """Without a word from the client it is the beginning, as many as usual."""
    assert slice_request({}) == SliceRequest(20, 0)
    assert slice_request({"limit": "7", "offset": "9"}, Limits(5, 8)) == SliceRequest(7, 9)


@given(st.text() | st.integers().map(str), st.text() | st.integers().map(str))
def test_what_is_no_slice_is_refused(limit: str, offset: str) -> None:
    """Any text is either within bounds, or invalid input under its name."""
    try:
        part = slice_request({"limit": limit, "offset": offset})
    except ValidationFailed as error:
        assert set(error.details) <= {"limit", "offset"}  # noqa: PT017 - either outcome is right
    else:
        assert 1 <= part.limit <= 100
        assert 0 <= part.offset <= LARGEST_OFFSET


@pytest.mark.parametrize(
    ("part", "following", "previous"),
    [
        (SliceRequest(5, 0), "u?limit=5&offset=5", None),
        (SliceRequest(5, 3), "u?limit=5&offset=8", "u?limit=5"),
        (SliceRequest(5, 5), None, "u?limit=5"),
        (SliceRequest(5, 9), None, "u?limit=5&offset=4"),
    ],
)
def test_links(part: SliceRequest, following: str | None, previous: str | None) -> None:
    """The links lead as far forward and back as there are items, and never before the first."""
    body = slice_body(part, Total(10), [], url="u", query={})
    assert (body["next"], body["previous"]) == (following, previous)
