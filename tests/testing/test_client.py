"""Tests of the client that calls an application in process."""

import json
from typing import Any

import pytest

from ironbolt.testing import TestClient


async def mirror(scope: Any, receive: Any, send: Any) -> None:
    """Answer with what came in."""
    message = await receive()
    seen = {
        "method": scope["method"],
        "scheme": scope["scheme"],
        "path": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "raw_path": scope["raw_path"].decode(),
        "query": scope["query_string"].decode(),
        "headers": {name.decode(): value.decode("latin-1") for name, value in scope["headers"]},
        "body": message["body"].decode("latin-1"),
    }
    headers = [(b"Set-Cookie", b"a=1; Path=/"), (b"set-cookie", b"b=2"), (b"X-A", b"1"), (b"x-a", b"2")]
    await send({"type": "http.response.start", "status": 207, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()[:5], "more_body": True})
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()[5:]})


client = TestClient(mirror, headers={"Accept": "text/plain", "X-Own": "1"})


@pytest.mark.parametrize("method", ["get", "head", "options", "post", "put", "patch", "delete"])
def test_every_method_has_a_call(method: str) -> None:
    """The method arrives in capitals, as HTTP has it."""
    answer = getattr(client, method)("/x")
    assert (answer.status_code, answer.json()["method"]) == (207, method.upper())


def test_json_is_encoded_and_declared() -> None:
    """``json`` brings its content type and length; null is JSON too."""
    seen = client.post("/x", json={"a": [1]}).json()
    assert seen["body"] == '{"a":[1]}'
    assert (seen["headers"]["content-type"], seen["headers"]["content-length"]) == ("application/json", "9")
    assert client.post("/x", json=None).json()["body"] == "null"
    assert client.post("/x", json={}, headers={"Content-Type": "text/x"}).json()["headers"]["content-type"] == "text/x"
    assert "content-type" not in client.post("/x").json()["headers"]


def test_headers_of_the_client_and_of_the_call() -> None:
    """Those of the call win, in any spelling."""
    client = TestClient(mirror, headers={"Accept": "text/plain", "X-Own": "1"})
    headers = client.get("/x", headers={"accept": "application/json"}).json()["headers"]
    assert headers == {"host": "testserver", "accept": "application/json", "x-own": "1"}


@pytest.mark.parametrize(
    ("url", "path", "raw_path", "query"),
    [
        ("/a/b?c=1", "/a/b", "/a/b", "c=1"),
        ("/a%20b?c=%20", "/a b", "/a%20b", "c=%20"),
        ("/ü?ü=ü", "/ü", "/%C3%BC", "%C3%BC=%C3%BC"),
        ("//evil/x", "//evil/x", "//evil/x", ""),
        ("https://testserver/x?y=1", "/x", "/x", "y=1"),
        ("/a?b=1&b=2", "/a", "/a", "b=1&b=2"),
    ],
)
def test_address_is_sent_as_a_browser_would(url: str, path: str, raw_path: str, query: str) -> None:
    """What begins with a slash is a path, and arrives decoded once."""
    seen = client.get(url).json()
    assert seen["path"].encode("latin-1").decode() == path
    assert (seen["raw_path"], seen["query"]) == (raw_path, query)
    assert seen["scheme"] == ("https" if url.startswith("https") else "http")


def test_parameters_are_added_to_the_query() -> None:
    """A list gives a parameter several values."""
    assert client.get("/a?b=1", params={"c": [2, 3], "d": "é"}).json()["query"] == "b=1&c=2&c=3&d=%C3%A9"


def test_answer_tells_what_came_back() -> None:
    """Pieces of a body are put together, repeated headers are joined, cookies are read."""
    answer = client.get("/x")
    assert answer.headers["x-a"] == "1, 2"
    assert {name: cookie.value for name, cookie in answer.cookies.items()} == {"a": "1", "b": "2"}
    assert answer.text.startswith('{"method": "GET"')
    assert repr(answer).startswith("<Answer 207: b'{")
