"""Tests of numbered pages."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.core.counting import Total
from ironbolt.core.errors import ValidationFailed
from ironbolt.core.paging import LARGEST_PAGE, InvalidPage, Limits, PageRequest, page_body, page_request


def test_nothing_asked_is_the_first_page(settings) -> None:
    """Without a word from the client it is page 1, of the size that the settings or the list name."""
    settings.IRONBOLT = {"PAGE_SIZE": 7}
    assert page_request({}) == PageRequest(1, 7)
    assert page_request({}, Limits(3)) == PageRequest(1, 3)
    assert page_request({"page": "2", "page_size": "50"}) == PageRequest(2, 50)


def test_every_fault_is_told_at_once() -> None:
    """Two bad parameters are two faults, each under its own name."""
    with pytest.raises(ValidationFailed) as caught:
        page_request({"page": "x", "page_size": "101"})
    assert caught.value.details == {
        "page": ["A whole number from 1 is required."],
        "page_size": ["Ensure this value is less than or equal to 100."],
    }


@given(st.text() | st.integers().map(str) | st.floats().map(str), st.text() | st.integers().map(str))
def test_what_is_no_page_is_refused_and_nothing_overflows(number: str, size: str) -> None:
    """Any text is either a page whose offset fits a database, or invalid input."""
    try:
        page = page_request({"page": number, "page_size": size})
    except ValidationFailed as error:
        assert set(error.details) <= {"page", "page_size"}  # noqa: PT017 - either outcome is right
    else:
        assert 1 <= page.number <= LARGEST_PAGE
        assert 1 <= page.size <= 100
        assert 0 <= page.offset < 2**63


@pytest.mark.parametrize(("number", "count", "there"), [(1, 0, True), (1, 5, True), (2, 10, False), (2, 11, True)])
def test_page_beyond_the_last_is_not_there(number: int, count: int, there: bool) -> None:
    """The first page may be empty, any other must hold something."""
    page = PageRequest(number, 10)
    if there:
        page.check(count)
    else:
        with pytest.raises(InvalidPage) as caught:
            page.check(count)
        assert caught.value.problem().details == {"page": ["There is no page 2."]}


@given(
    st.integers(1, 50),
    st.integers(1, 20),
    st.integers(0, 500),
    st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))),
)
def test_links_lead_through_all_pages(number: int, size: int, count: int, query: dict[str, str]) -> None:
    """The links keep the query, change nothing but the page, and end where the items end."""
    body = page_body(PageRequest(number, size), Total(count), [], url="http://shop/books", query=query)
    assert (body["next"] is None) == (number * size >= count)
    assert (body["previous"] is None) == (number == 1)
    for link, expected in ((body["next"], number + 1), (body["previous"], number - 1)):
        if link:
            kept = parse_qs(urlsplit(link).query, keep_blank_values=True, errors="strict")
            assert kept == {name: [value] for name, value in {**query, "page": str(expected)}.items()}


def test_repeated_parameter_stays_repeated() -> None:
    """A parameter with several values keeps them all."""
    body = page_body(PageRequest(1, 1), Total(2), [], url="/b", query={"tag": ["a", "b"], "page": ["1"]})
    assert body["next"] == "/b?tag=a&tag=b&page=2"


def test_sizes_of_a_list(settings) -> None:
    """A list's own sizes go before those of the settings; its default is never more than its most."""
    settings.IRONBOLT = {"PAGE_SIZE": 20, "MAX_PAGE_SIZE": 50}
    assert (Limits().usual, Limits().largest) == (20, 50)
    assert (Limits(5).usual, Limits(5).largest) == (5, 50)
    assert (Limits(most=10).usual, Limits(most=10).largest) == (10, 10)
    assert (Limits(70).usual, Limits(70).largest) == (70, 70)
