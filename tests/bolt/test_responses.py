"""Tests of the answers that a handler can give."""

import datetime
import decimal
import uuid

import pytest
from django.utils.translation import gettext_lazy

from ironbolt.bolt.responses import HTML, JSON, Response


def test_json_is_encoded_as_apis_expect_it() -> None:
    """Decimals and ids are text, moments in UTC end in Z, lazy translations are read."""
    data = {
        "price": decimal.Decimal("9.90"),
        "id": uuid.UUID(int=1),
        "at": datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC),
        "label": gettext_lazy("Books"),
    }
    expected = (
        b'{"price":"9.90","id":"00000000-0000-0000-0000-000000000001","at":"2024-05-01T00:00:00Z","label":"Books"}'
    )
    assert JSON(data).body == expected


@pytest.mark.parametrize("value", [object(), {1, object()}, "\ud800", {object(): 1}])
def test_what_can_not_be_encoded_is_refused(value: object) -> None:
    """No guess is made at what an unknown value should look like."""
    with pytest.raises((TypeError, NotImplementedError, UnicodeEncodeError)):
        JSON(value)


@pytest.mark.parametrize("name", ["a\r", "a\nb", "a\x00"])
@pytest.mark.parametrize("value", ["ok", "b\r\nSet-Cookie: c=d"])
def test_line_break_in_a_header_is_refused(name: str, value: str) -> None:
    """No value can forge a further header, no name either."""
    with pytest.raises(ValueError, match="line break"):
        Response(headers={name: value})
    with pytest.raises(ValueError, match="line break"):
        Response(headers={"a": "b\r\nc: d"})


def test_response_says_what_it_is() -> None:
    """A body has a content type, no body has none; names are in lower case."""
    assert Response(b"x", headers={"X-A": "1"}).headers == [
        (b"content-type", b"application/octet-stream"),
        (b"x-a", b"1"),
    ]
    assert Response(status_code=204).headers == []
    assert HTML("<p>é</p>").headers == [(b"content-type", b"text/html; charset=utf-8")]
    assert HTML("é").body == "é".encode()
    assert JSON().body == b"null"
