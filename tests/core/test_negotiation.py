"""Tests of what an Accept header asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.core.negotiation import accepts_json, is_json, prefers_problem_json

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, True),
        ("", True),
        (" , ", True),
        ("application/json", True),
        ("Application/JSON; q=0.1", True),
        ("application/json;version=2", True),
        ("application/*", True),
        ("*/*", True),
        (BROWSER, True),
        ("application/problem+json", True),
        ("application/problem+json;q=0, */*", True),
        ("text/html", False),
        ("application/json;q=0", False),
        ("application/json;q=0, */*", False),
        ("application/*;q=0, */*", False),
        ("application/json;q=x", False),
        ("*", False),
    ],
)
def test_json_is_acceptable(accept: str | None, expected: bool) -> None:
    """The most particular range that speaks of JSON decides, and q=0 refuses."""
    assert accepts_json(accept) is expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, False),
        ("*/*", False),
        (BROWSER, False),
        ("application/json", False),
        ("application/problem+json", True),
        ("Application/Problem+JSON", True),
        ("application/json, application/problem+json", True),
        ("application/json, application/problem+json;q=0.9", False),
        ("application/json;q=0.5, application/problem+json;q=0.9", True),
        ("application/problem+json;q=0", False),
    ],
)
def test_problem_documents_are_asked_for_by_name(accept: str | None, expected: bool) -> None:
    """Only who names RFC 9457's type, and likes it no less than JSON, gets it."""
    assert prefers_problem_json(accept) is expected


@given(st.text() | st.from_regex(r"[a-z*/+;=q0-9., ]*", fullmatch=True))
def test_no_header_is_too_strange(accept: str) -> None:
    """Any header at all has an answer."""
    assert accepts_json(accept) in (True, False)
    assert prefers_problem_json(accept) in (True, False)


def test_memory_of_headers_is_bounded() -> None:
    """A client that never sends the same header twice can't fill the memory."""
    for number in range(1000):
        accepts_json(f"text/x-{number}")
        prefers_problem_json(f"text/x-{number}")
    assert vars(accepts_json)["kept"].cache_info().currsize <= 256
    assert vars(prefers_problem_json)["kept"].cache_info().currsize <= 256


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/vnd.api+json", True),
        ("text/json", False),
        ("image/svg+json", False),
        ("*/*", False),
        ("", False),
        (None, False),
    ],
)
def test_which_bodies_are_json(content_type, expected) -> None:
    """JSON is JSON by its own name and by the suffix of another."""
    assert is_json(content_type) is expected
