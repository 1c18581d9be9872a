"""Tests of the answers that a handler can give."""

import collections
import dataclasses
import datetime
import decimal
import ipaddress
import pathlib
import types
import uuid
from http.cookies import SimpleCookie
from typing import Any

import msgspec
import pytest
from django.http import parse_cookie
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.bolt.responses import HTML, JSON, NoContent, PlainText, Redirect, Response
from tests.bolt.delivering import deliver

pytestmark = pytest.mark.row("B21")


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


@dataclasses.dataclass
class Point:
    x: int


class Number(int):
    """A subclass of a number."""


class Fraction(float):
    """And of the other kind."""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (mark_safe("<b>"), '"<b>"'),
        (datetime.timedelta(days=1, seconds=3), '"P1DT3S"'),
        ({1}, "[1]"),
        (Point(1), '{"x":1}'),
        (pathlib.PurePosixPath("/a/b"), '"/a/b"'),
        (ipaddress.ip_address("::1"), '"::1"'),
        ({"a": 1}.keys(), '["a"]'),
        ({"a": 1}.values(), "[1]"),
        (collections.deque([1]), "[1]"),
        (types.MappingProxyType({"a": gettext_lazy("Books")}), '{"a":"Books"}'),
        ({gettext_lazy("Books"): 1}, '{"Books":1}'),
        (Number(3), "3"),
        (Fraction(0.5), "0.5"),
    ],
)
def test_data_of_many_kinds_is_encoded(value: Any, expected: str) -> None:
    """What Django and the standard library hand out as data becomes JSON."""
    assert JSON(value).body.decode() == expected


@pytest.mark.parametrize(
    ("body", "expected", "media_type"),
    [
        (b"x", b"x", "application/octet-stream"),
        ("é", "é".encode(), "text/plain; charset=utf-8"),
        (bytearray(b"x"), b"x", "application/octet-stream"),
        (memoryview(b"x"), b"x", "application/octet-stream"),
        ({"a": [1]}, b'{"a":[1]}', "application/json"),
        ([], b"[]", "application/json"),
        (None, b"", None),
        ("", b"", None),
    ],
)
def test_a_body_is_bytes_text_or_data(body: Any, expected: bytes, media_type: str | None) -> None:
    """Each kind has its content type; ``content`` is another word for it."""
    for response in (Response(body), Response(content=body)):
        answer = deliver(response)
        assert answer.body == expected
        assert answer.headers.get("content-type") == media_type
        assert answer.headers["content-length"] == str(len(expected))


def test_a_handler_s_content_type_is_the_only_one() -> None:
    """Whether by ``media_type`` or by a header."""
    assert deliver(Response("x", media_type="text/csv")).all("content-type") == ["text/csv; charset=utf-8"]
    assert deliver(JSON(1, headers={"Content-Type": "application/x"})).all("content-type") == ["application/x"]
    assert deliver(PlainText("x")).headers["content-type"] == "text/plain; charset=utf-8"
    with pytest.raises(ValueError, match="line break"):
        Response("x", media_type="text/plain\r\nSet-Cookie: a=b")


@pytest.mark.parametrize("name", ["Connection", "transfer-encoding", "Upgrade", "Keep-Alive"])
def test_the_connection_is_the_server_s(name: str) -> None:
    """Headers of the connection are refused."""
    with pytest.raises(ValueError, match="server"):
        Response(headers={name: "x"})


@pytest.mark.parametrize(
    ("name", "value"), [("a b", "x"), ("é", "x"), ("", "x"), ("a:", "x"), ("a", "€"), ("a", "\x7f")]
)
def test_what_no_header_may_hold_is_refused(name: str, value: str) -> None:
    """Names are tokens, values printable Latin-1."""
    with pytest.raises(ValueError, match="header"):
        Response(headers={name: value})


def test_a_header_that_is_set_again_is_replaced() -> None:
    """But cookies, links and the like add up."""
    response = Response("x", headers={"X-A": "1", "Link": "<a>"})
    response.set_header("x-a", "2")
    response.set_header("link", "<b>")
    answer = deliver(response)
    assert (answer.all("x-a"), answer.all("link")) == (["2"], ["<a>", "<b>"])


def test_a_handler_s_word_counts_before_that_of_every_answer() -> None:
    """Of headers on both sides the handler's is sent; Vary is sent from both."""
    extra = [(b"x-frame-options", b"DENY"), (b"vary", b"Origin")]
    answer = deliver(Response("x", headers={"X-Frame-Options": "SAMEORIGIN", "Vary": "Cookie"}), extra=extra)
    assert answer.all("x-frame-options") == ["SAMEORIGIN"]
    assert answer.all("vary") == ["Cookie", "Origin"]
    assert extra == [(b"x-frame-options", b"DENY"), (b"vary", b"Origin")]


@pytest.mark.parametrize("status", [200, 404, 500])
def test_head_has_the_length_and_no_body(status: int) -> None:
    """The headers are those of GET."""
    answer = deliver(JSON({"a": 1}, status), "HEAD")
    assert (answer.status, answer.body, answer.headers) == (status, b"", deliver(JSON({"a": 1}, status)).headers)


@pytest.mark.parametrize("status", [204, 304])
def test_some_statuses_have_neither_body_nor_length(status: int) -> None:
    """Whatever the handler gave."""
    answer = deliver(Response("x", status, {"X-A": "1"}))
    assert (answer.status, answer.body, answer.headers["x-a"]) == (status, b"", "1")
    assert "content-length" not in answer.headers
    assert deliver(NoContent({"X-A": "1"})).status == 204


def test_the_length_is_the_true_one() -> None:
    """What a handler declares counts only where no body is sent."""
    declared = {"Content-Length": "999"}
    assert deliver(Response("abc", headers=declared)).all("content-length") == ["3"]
    assert deliver(Response(headers=declared)).all("content-length") == ["0"]
    assert deliver(Response("abc", headers=declared), "HEAD").all("content-length") == ["3"]
    assert deliver(Response(headers=declared), "HEAD").all("content-length") == ["999"]
    assert deliver(Response(status_code=204, headers=declared)).all("content-length") == []


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("/a?b=c#d", "/a?b=c#d"),
        ("https://example.com/é ü", "https://example.com/%C3%A9%20%C3%BC"),
        ("/a\r\nSet-Cookie: b=c", "/a%0D%0ASet-Cookie:%20b=c"),
        ("?page=2", "?page=2"),
        ("/%41", "/%41"),
    ],
)
def test_a_redirect_leads_where_it_says(url: str, location: str) -> None:
    """Any text becomes an address, and no further header."""
    answer = deliver(Redirect(url))
    assert (answer.status, answer.headers) == (307, {"location": location, "content-length": "0"})
    assert deliver(Redirect(url, 303)).status == 303


def test_a_redirect_that_is_none_is_refused() -> None:
    """Neither another scheme nor another status."""
    for url in ("javascript:alert(1)", "data:text/html,x", "JaVaScRiPt:x", "ftp://x"):
        with pytest.raises(ValueError, match="HTTP"):
            Redirect(url)
    with pytest.raises(ValueError, match="redirect"):
        Redirect("/", 200)


def cookies(response: Response) -> list[str]:
    """The cookies of an answer."""
    return deliver(response).all("set-cookie")


def test_cookies_have_all_attributes() -> None:
    """Each cookie is a header of its own, and says what it was told to."""
    response = JSON(1)
    response.set_cookie("plain", "1")
    response.set_cookie(
        "full",
        "a b;c",
        max_age=datetime.timedelta(minutes=1),
        expires=datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC),
        path="/api",
        domain="example.com",
        secure=True,
        httponly=True,
        samesite="none",
        partitioned=True,
    )
    response.set_cookie("bare", "", path="", samesite=None)
    assert cookies(response) == [
        "plain=1; Path=/; SameSite=Lax",
        (
            'full="a b\\073c"; Path=/api; Domain=example.com; Max-Age=60; Expires=Tue, 01 Jan 2030 00:00:00 GMT; '
            "SameSite=None; Secure; HttpOnly; Partitioned"
        ),
        "bare=",
    ]


def test_a_cookie_is_forgotten() -> None:
    """Its age is nothing and its end is long ago, under the same path."""
    response = NoContent()
    response.delete_cookie("a", path="/api", secure=True)
    assert cookies(response) == [
        "a=; Path=/api; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Lax; Secure"
    ]


@pytest.mark.parametrize(
    ("name", "value", "attributes"),
    [
        ("a b", "x", {}),
        ("", "x", {}),
        ("a=b", "x", {}),
        ("a", "x\r\ny", {}),
        ("a", "\x00", {}),
        ("a", "€", {}),
        ("a", "x", {"path": "/; Domain=evil.example"}),
        ("a", "x", {"domain": "a\nb"}),
        ("a", "x", {"samesite": "sometimes"}),
        ("a", "x", {"samesite": "None"}),
        ("a", "x", {"partitioned": True}),
        ("__Secure-a", "x", {}),
        ("__Host-a", "x", {"secure": True, "path": "/api"}),
        ("__Host-a", "x", {"secure": True, "domain": "example.com"}),
    ],
)
def test_cookies_that_browsers_would_refuse_are_refused(name: str, value: str, attributes: Any) -> None:
    """Also those that would forge a header or an attribute."""
    with pytest.raises(ValueError, match=r"cookie|SameSite|browsers"):
        JSON().set_cookie(name, value, **attributes)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"])))
def test_any_value_of_a_cookie_comes_back(value: str) -> None:
    """What was set is what Django and the standard library read."""
    response = JSON()
    response.set_cookie("a", value)
    (header,) = cookies(response)
    assert parse_cookie(header.partition("; Path")[0]).get("a") == value
    if value.isascii():
        assert SimpleCookie(header)["a"].value == value


def test_every_answer_of_json_is_json() -> None:
    """Whatever msgspec can read comes out as it went in."""
    assert msgspec.json.decode(JSON({"a": [1, None, "é"]}).body) == {"a": [1, None, "é"]}
