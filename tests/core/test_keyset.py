"""Places in an ordering; the walk over pages is tested through both doors."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.core.cursor_pages import cursor_request
from ironbolt.core.cursors import FIRST, Cursor, read, written
from ironbolt.core.errors import ValidationFailed
from ironbolt.core.keyset import keyset_of
from ironbolt.core.paging import Limits
from tests.project.models import Article, Task

PLACES: dict[Any, Any] = {
    int: st.integers(-(2**63), 2**63 - 1),
    str: st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    bool: st.booleans(),
    float: st.floats(allow_nan=False),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    uuid.UUID: st.uuids(),
    datetime.datetime: st.datetimes(timezones=st.just(datetime.UTC)) | st.datetimes(),
    datetime.date: st.dates(),
    datetime.time: st.times(),
    datetime.timedelta: st.timedeltas(datetime.timedelta(days=-9999), datetime.timedelta(days=9999)),
}


@given(st.data())
def test_values_survive_in_a_cursor(data: st.DataObject) -> None:
    """What is put into a cursor comes out of it with its type and to the last digit."""
    kinds = data.draw(st.lists(st.sampled_from([*PLACES]), min_size=1, max_size=4))
    place = tuple(data.draw(PLACES[kind]) for kind in kinds)
    cursor = Cursor(place, backwards=data.draw(st.booleans()))
    values: Any = tuple[tuple(kinds)]  # type: ignore[misc]  # made at run time
    assert read(written(cursor, "x", "y"), "x", "y", values) == cursor


def test_the_end_is_a_place() -> None:
    """A cursor without a place begins at an end of the list."""
    end = Cursor(None, backwards=True)
    assert read(written(end, "x", "y"), "x", "y", tuple[int]) == end


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,200}", fullmatch=True))
def test_no_text_but_ours_is_a_cursor(text: str) -> None:
    """Whatever else is sent is invalid input, and nothing but that."""
    with pytest.raises(ValidationFailed) as caught:
        read(text, "x", "y", tuple[int])
    assert caught.value.details == {"cursor": ["This is no cursor of this list."]}


def test_a_cursor_is_for_one_list_and_one_ordering() -> None:
    """It is refused by a list of another model, in another order, and where a column has another type since."""
    text = written(Cursor((1,)), "x", "y")
    for label, audience, values, words in (
        ("x", "z", tuple[int], "This is no cursor of this list."),
        ("z", "y", tuple[int], "This cursor belongs to another ordering; begin again without it."),
        ("x", "y", tuple[str], "This is no cursor of this list."),
        ("x", "y", tuple[int, int], "This is no cursor of this list."),
    ):
        with pytest.raises(ValidationFailed) as caught:
            read(text, label, audience, values)
        assert caught.value.details == {"cursor": [words]}


@pytest.mark.parametrize(
    ("ordering", "label"),
    [
        ((), "pk"),
        (("title",), "title,pk"),
        (("title", "-effort"), "title,-effort,-pk"),
        (("-code", "title"), "-code"),
        (("title", "pk", "effort"), "title,pk"),
    ],
)
def test_no_two_rows_are_equal(ordering: tuple[str, ...], label: str) -> None:
    """The key is the last column, unless one is unique already; what stands behind that decides nothing."""
    assert keyset_of(Task, ordering, "here").label == label


def test_the_first_page_begins_at_the_beginning() -> None:
    """Without a cursor, or with an empty one, the page is the first; faults are told together."""
    keyset = keyset_of(Article, ("-created_at",), "here")
    assert cursor_request({}, keyset, "articles").cursor == FIRST
    assert cursor_request({"cursor": "", "page_size": "3"}, keyset, "articles", Limits(5)).size == 3
    with pytest.raises(ValidationFailed) as caught:
        cursor_request({"cursor": "x", "page_size": "x"}, keyset, "articles")
    assert set(caught.value.details) == {"cursor", "page_size"}


def test_a_slice_is_refused() -> None:
    """Nothing can be looked for behind a place in rows that are cut already."""
    keyset = keyset_of(Article, ("-created_at",), "here")
    with pytest.raises(ImproperlyConfigured, match="from a whole queryset"):
        keyset.page(Article.objects.all()[:3], FIRST, 2)
