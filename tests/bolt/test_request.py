"""Tests of the request as a handler sees it."""

import asyncio
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.contrib.auth import get_user_model
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.bolt.exceptions import BadRequest, PayloadTooLarge
from ironbolt.bolt.request import ClientGone, Request


def request(**scope: Any) -> Request:
    """A request of this scope."""
    base = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "scheme": "http"}
    return Request({**base, **scope})


def receiver(*messages: dict[str, Any]) -> Any:
    """What a server delivers."""
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    return receive


def body(data: bytes, *, more: bool = False) -> dict[str, Any]:
    """A piece of a body."""
    return {"type": "http.request", "body": data, "more_body": more}


def test_repeated_header_is_joined() -> None:
    """Names are in lower case; a header sent twice has both values, so that neither hides the other."""
    made = request(headers=[(b"Host", b"a"), (b"host", b"b"), (b"X-Name", b"\xe9")])
    assert made.headers == {"host": "a, b", "x-name": "é"}


def test_a_header_with_an_underscore_is_dropped() -> None:
    """Nobody passes x_forwarded_proto off as the header that a proxy sets."""
    made = request(headers=[(b"x_forwarded_proto", b"https"), (b"X_Other-Name", b"1"), (b"x-other", b"2")])
    assert made.headers == {"x-other": "2"}


@pytest.mark.parametrize("forced", [None, "/forced/"])
@pytest.mark.parametrize("path", ["/shop/books", "/forced/books", "/shopping", "/shop"])
def test_path_is_below_the_root_and_url_is_whole(settings, path: str, forced: str | None) -> None:
    """Routing sees the path without the mount point, a client the address with it."""
    settings.FORCE_SCRIPT_NAME = forced
    made = request(path=path, root_path="/shop", headers=[(b"host", b"a")])
    root = forced.rstrip("/") if forced else "/shop"
    below = path.removeprefix(root) if path == root or path.startswith(f"{root}/") else path
    assert (made.path, made.url) == (below, f"http://a{root}{below}")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"", {}),
        (b"a=1&a=2", {"a": "2"}),
        (b"a=&b", {"a": "", "b": ""}),
        (b"a=%C3%A9+b%20c", {"a": "é b c"}),
        (b"a;b=1", {"a;b": "1"}),
        (b"a=%", {"a": "%"}),
    ],
)
def test_query_is_read(query: bytes, expected: dict[str, str]) -> None:
    """The last of several values counts, blanks stay, and the text is UTF-8."""
    assert request(query_string=query).query == expected


@pytest.mark.parametrize("query", [b"a=%ff", b"%ed%a0%80=1", b"&".join(b"a=1" for _ in range(2000))])
def test_unreadable_query_is_refused(query: bytes) -> None:
    """What is no UTF-8, or too much of it, is a 400."""
    with pytest.raises(BadRequest):
        _ = request(query_string=query).query


@given(parts=st.lists(st.tuples(st.text("abc=_-.~/?:@ ", max_size=6), st.sampled_from("&=")), max_size=12))
def test_a_plain_query_is_read_as_any_other(parts: list[tuple[str, str]]) -> None:
    """Whatever its ampersands and equals signs are between."""
    text = "".join(part + sign for part, sign in parts)
    expected = dict(parse_qsl(text, keep_blank_values=True))
    assert request(query_string=text.encode()).query == expected
    assert request(query_string=f"{text}&escaped=%41".encode()).query == {**expected, "escaped": "A"}


def test_query_may_be_missing_from_the_scope() -> None:
    """A server may leave an empty query out."""
    made = request()
    del made.scope["query_string"]
    assert made.query == {}


@pytest.mark.parametrize(
    ("path", "quoted"),
    [
        ("/books/", "/books/"),
        ("/a b/ü?x#y", "/a%20b/%C3%BC%3Fx%23y"),
        ("/\udcff", "/%FF"),
        ("/\r\nx", "/%0D%0Ax"),
        ("/%41", "/%2541"),
        ("//evil", "//evil"),
    ],
)
def test_url_is_quoted_again(path: str, quoted: str) -> None:
    """The path arrives decoded, and stands in an address encoded, whatever it is made of."""
    made = request(path=path, headers=[(b"host", b"shop")])
    assert made.url == f"http://shop{quoted}"
    assert made.url.encode()


@pytest.mark.parametrize(
    ("server", "host"),
    [(("shop", 80), "shop"), (("shop", 8000), "shop:8000"), (("shop", None), "shop"), (None, "localhost")],
)
def test_host_without_a_header_is_that_of_the_server(server: Any, host: str) -> None:
    """An old client sends no Host."""
    assert request(server=server).host == host


def test_body_arrives_in_pieces() -> None:
    """Pieces are put together, empty ones included."""
    made = request()
    asyncio.run(made.read_body(receiver(body(b"ab", more=True), body(b"", more=True), body(b"c"))))
    assert made.body == b"abc"


@pytest.mark.parametrize("length", [b"101", b"9" * 5000])
def test_declared_length_over_the_limit_is_refused_unread(settings, length: bytes) -> None:
    """Nothing is received of a body that says it is too large, by however many digits."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    with pytest.raises(PayloadTooLarge):
        asyncio.run(request(headers=[(b"content-length", length)]).read_body(receiver()))


@pytest.mark.parametrize(
    "length", [[], [(b"content-length", b"5")], [(b"content-length", b"-5")], [(b"content-length", b"x")]]
)
def test_chunks_over_the_limit_are_refused(settings, length: Any) -> None:
    """A body without a length, or with a wrong one, is cut off where it passes the limit."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    endless = receiver(*(body(b"x" * 30, more=True) for _ in range(4)))
    with pytest.raises(PayloadTooLarge):
        asyncio.run(request(headers=length).read_body(endless))


def test_no_limit_means_no_limit(settings) -> None:
    """None switches the limit off, as in Django."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    made = request(headers=[(b"content-length", b"9" * 5000)])
    asyncio.run(made.read_body(receiver(body(b"x"))))
    assert made.body == b"x"


def test_client_that_leaves_is_noticed() -> None:
    """Half a body is no body."""
    with pytest.raises(ClientGone):
        asyncio.run(request().read_body(receiver(body(b"{", more=True), {"type": "http.disconnect"})))


@pytest.mark.django_db
@pytest.mark.parametrize("user_id", ["abc", "", None, "99", str(10**30), "1.5"])
def test_id_that_no_user_has_is_anonymous(user_id: str | None) -> None:
    """A token of another service may carry any id."""
    made = request()
    made.auth = {"user_id": user_id}
    assert made.user.is_anonymous


@pytest.mark.django_db
def test_user_is_read_once_and_must_be_active(django_assert_num_queries) -> None:
    """The user behind a token is looked up on first use; a deactivated one is nobody."""
    user = get_user_model().objects.create(username="a")
    made = request()
    made.auth = {"user_id": str(user.pk)}
    with django_assert_num_queries(1):
        assert made.user == made.user == user
    user.is_active = False
    user.save()
    later = request()
    later.auth = {"user_id": str(user.pk)}
    assert later.user.is_anonymous
    assert request().user.is_anonymous


def test_request_reads_like_a_dictionary() -> None:
    """``get`` gives an attribute, or the default where there is none."""
    made = request(method="POST")
    assert (made.get("method"), made.get("auth", "nobody"), made.get("nothing")) == ("POST", "nobody", None)
