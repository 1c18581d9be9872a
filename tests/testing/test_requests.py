"""Tests of what a request may be made of."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ironbolt.testing import CookieJar, StatusError, TestClient, TooManyRedirects
from ironbolt.testing.bodies import FileSpec
from ironbolt.testing.cookies import cookies_in
from tests.testing.apps import answer, echo


def test_content_is_sent_as_it_is() -> None:
    """Text is encoded, and bytes from an iterable arrive one by one, without a length."""
    client = TestClient(echo)
    seen = client.post("/", content="é").json()
    assert (seen["body"].encode("latin-1").decode(), seen["headers"]["content-length"]) == ("é", "2")
    seen = client.post("/", content=iter([b"a", b"b"])).json()
    assert (seen["body"], seen["pieces"], seen["headers"]["transfer-encoding"]) == ("ab", 2, "chunked")
    assert "content-length" not in seen["headers"]


def test_data_is_a_form() -> None:
    """Each value of a list is a field of its own; truth and nothing are written as in an address."""
    seen = TestClient(echo).post("/", data={"a": [1, "ü"], "b": True, "c": None}).json()
    assert seen["body"] == "a=1&a=%C3%BC&b=true&c="
    assert seen["headers"]["content-type"] == "application/x-www-form-urlencoded"


def test_files_make_a_multipart_form() -> None:
    """A file is given by its content, or with a name, a content type and headers; without a name it is a field."""
    files: list[tuple[str, FileSpec]] = [
        ("a", b"one"),
        ("b", ('x"y.txt', "two")),
        ("c", ("z.bin", BytesIO(b"three"), "text/x", {"X-A": "1"})),
        ("d", (None, "four")),
        ("e", SimpleUploadedFile("up.png", b"five", content_type="image/png")),
    ]
    seen = TestClient(echo).post("/", data={"title": "T"}, files=files).json()
    kind, _, boundary = seen["headers"]["content-type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    parts = [part.strip("\r\n").split("\r\n\r\n") for part in seen["body"].split(f"--{boundary}")]
    heads, contents = zip(*parts[1:-1], strict=True)
    assert contents == ("T", "one", "two", "three", "four", "five")
    assert heads[0] == 'Content-Disposition: form-data; name="title"'
    assert 'filename="upload"\r\nContent-Type: application/octet-stream' in heads[1]
    assert 'filename="x%22y.txt"\r\nContent-Type: text/plain' in heads[2]
    assert 'filename="z.bin"\r\nX-A: 1\r\nContent-Type: text/x' in heads[3]
    assert heads[4] == 'Content-Disposition: form-data; name="d"'
    assert 'filename="up.png"\r\nContent-Type: image/png' in heads[5]


def test_request_has_one_body() -> None:
    """Two bodies, or an option that does not exist, are a mistake of the test."""
    client = TestClient(echo)
    with pytest.raises(TypeError, match="one body"):
        client.post("/", json={}, data={"a": 1})
    options: Any = {"jason": {}}
    with pytest.raises(TypeError, match="no option jason"):
        client.post("/", **options)


def test_header_may_be_repeated() -> None:
    """Pairs are sent as they are, in place of the client's header of that name."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(scope["headers"])
        await answer(send, 200, {}, (b"X-B", b"1"), (b"x-b", b"2"))

    headers = TestClient(app, headers={"X-A": "0"}).get("/", headers=[("X-A", "1"), ("x-a", "2")]).headers
    assert seen == [(b"host", b"testserver"), (b"x-a", b"1"), (b"x-a", b"2")]
    assert (headers["X-B"], headers.get_list("X-b"), headers.get("x-c")) == ("1, 2", ["1", "2"], None)


def test_answer_tells_of_success() -> None:
    """``raise_for_status`` lets a success pass, and raises anything else with the answer."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answer(send, int(scope["path"][1:]), {"a": 1})

    client = TestClient(app)
    assert client.get("/204").raise_for_status().is_success
    refused = client.get("/404")
    assert (refused.is_success, refused.is_error, list(refused.iter_lines())) == (False, True, ['{"a": 1}'])
    with pytest.raises(StatusError, match=r"Answer 404.*/404") as caught:
        refused.raise_for_status()
    assert caught.value.answer is refused


def test_answer_that_breaks_off_says_so() -> None:
    """What came of it is there all the same."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"a/b; charset=latin1")]}
        )
        await send({"type": "http.response.body", "body": b"\xe9", "more_body": True})

    broken = TestClient(app).get("/")
    assert (broken.text, broken.is_complete) == ("é", False)
    assert TestClient(echo).get("/").is_complete


async def shop(scope: Any, receive: Any, send: Any) -> None:
    """Set what the query says as a cookie, and answer with the cookies that came."""
    came = dict(scope["headers"]).get(b"cookie", b"").decode()
    setting = [(b"set-cookie", scope["query_string"].replace(b"+", b" "))] if scope["query_string"] else []
    await answer(send, 200, came, *setting)


def test_cookies_are_kept_between_requests() -> None:
    """What an answer sets is sent from then on, until an answer takes it back."""
    client = TestClient(shop, cookies={"theme": "dark"})
    assert client.get("/?a=1;Path=/").cookies["a"].value == "1"
    assert client.get("/x").json() == "theme=dark; a=1"
    assert client.get("/", cookies={"a": "2", "b": "x y"}).json() == 'theme=dark; a=2; b="x y"'
    assert dict(client.cookies) == {"theme": "dark", "a": "1"}
    client.get("/?a=;Max-Age=0;Path=/")
    assert client.get("/").json() == "theme=dark"
    assert client.get("/", headers={"Cookie": "own=1"}).json() == "own=1"
    client.cookies["theme"] = "light"
    assert client.get("/").json() == "theme=light"
    client.cookies.clear()
    assert client.get("/").json() == ""


@pytest.mark.parametrize(
    ("attributes", "url", "is_sent"),
    [
        ("", "/", True),
        ("; Path=/a", "/a/b", True),
        ("; Path=/a", "/ab", False),
        ("; Secure", "/", False),
        ("; Secure", "https://testserver/", True),
        ("; Domain=shop.example", "http://www.shop.example/", True),
        ("; Domain=.shop.example", "/", False),
        ("", "http://elsewhere.example/", False),
        ("; Expires=Wed, 21 Oct 2015 07:28:00 GMT", "/", False),
        ("; Expires=some day; Partitioned; Max-Age=60; HttpOnly", "/", True),
    ],
)
def test_cookie_is_sent_where_it_belongs(attributes: str, url: str, is_sent: bool) -> None:
    """Path, domain, ``Secure`` and the end of its life decide, as in a browser."""
    client = TestClient(shop)
    host = "shop.example" if "Domain" in attributes else "testserver"
    client.cookies.keep(cookies_in([f"a=1{attributes}"]), host, "/")
    assert client.get(url).json() == ("a=1" if is_sent else "")


def test_what_is_no_cookie_is_passed_over() -> None:
    """A name that no cookie can have, or a line without a value, sets nothing."""
    assert not cookies_in(["a b=1", "nothing", "=1"])
    jar = CookieJar([("a", "1")])
    assert (len(jar), repr(jar)) == (1, "<CookieJar {'a': '1'}>")
    with pytest.raises(KeyError):
        jar["b"]
    with pytest.raises(KeyError):
        del jar["b"]


async def maze(scope: Any, receive: Any, send: Any) -> None:
    """Send the client on: ``/307/echo`` to ``/echo`` by a 307, and ``/echo`` nowhere."""
    _, status, *rest = scope["path"].split("/")
    if not status.isdigit():
        await echo(scope, receive, send)
        return
    where = "/".join(("", *rest)) if rest != ["again"] else scope["path"]
    await answer(send, int(status), {}, (b"location", where.encode()), (b"set-cookie", b"been=here; Path=/"))


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [(301, "POST", "GET"), (302, "POST", "GET"), (303, "PUT", "GET"), (307, "POST", "POST"), (308, "PUT", "PUT")],
)
def test_redirect_is_followed_as_a_browser_would(status: int, method: str, then: str) -> None:
    """The body goes along where the method does, and cookies that were set on the way are sent."""
    headers = {"Content-Type": "text/x", "X-A": "1"}
    client = TestClient(maze, follow_redirects=True)
    last = client.request(method, f"/{status}/echo", content="body", headers=headers)
    seen = last.json()
    assert (seen["method"], seen["body"]) == (then, "body" if then == method else "")
    assert ("content-type" in seen["headers"], seen["headers"]["x-a"]) == (then == method, "1")
    assert seen["headers"]["cookie"] == "been=here"
    assert ([one.status_code for one in last.history], last.url) == ([status], "http://testserver/echo")


def test_redirect_is_followed_only_where_asked_for() -> None:
    """Neither the client nor the call does by default, and the call decides; an endless one is given up."""
    client = TestClient(maze)
    assert client.get("/302/echo").is_redirect
    assert client.get("/302/echo", follow_redirects=True).json()["path"] == "/echo"
    with pytest.raises(TooManyRedirects, match="20 times"):
        client.get("/302/again", follow_redirects=True)


def test_credentials_stay_with_their_host() -> None:
    """A redirect to another host takes no header of the call along that says who asks."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/":
            await answer(send, 302, {}, (b"location", b"https://other.example:8443/x"))
        else:
            await echo(scope, receive, send)

    seen = TestClient(app).get("/", headers={"Authorization": "Bearer 1"}, follow_redirects=True).json()
    assert seen["headers"] == {"host": "other.example:8443"}
