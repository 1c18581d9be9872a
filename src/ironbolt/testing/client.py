"""A client that calls an ASGI application in process, in the transaction of the test that uses it."""

import asyncio
from collections.abc import Mapping
from http.cookies import SimpleCookie
from string import printable
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

import msgspec
from asgiref.sync import async_to_sync

from ironbolt.core.threads import hop_to_test_thread


class Answer:
    """What came back.

    Attributes:
        status_code: the HTTP status.
        headers: name in lower case → value; a repeated header is joined with commas.
        content: the body.
    """

    def __init__(self, status_code: int, raw_headers: list[tuple[bytes, bytes]], content: bytes) -> None:
        self.status_code = status_code
        self.content = content
        self.headers: dict[str, str] = {}
        self.cookies: SimpleCookie = SimpleCookie()
        for raw_name, raw_value in raw_headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            if name == "set-cookie":
                self.cookies.load(value)
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode()

    def json(self) -> Any:
        """The body as plain data."""
        return msgspec.json.decode(self.content)

    def __repr__(self) -> str:
        return f"<Answer {self.status_code}: {self.content[:200]!r}>"


class TestClient:
    """Call a :class:`~ironbolt.bolt.BoltAPI` or any ASGI application from synchronous test code.

    Database work of the application runs in the test's own thread and transaction.

    Args:
        app: the API or application.
        headers: sent with every request.
    """

    __test__ = False  # not a test class, whatever its name suggests to a collector

    def __init__(self, app: Any, *, headers: Mapping[str, str] | None = None) -> None:
        self._app = app.asgi() if hasattr(app, "asgi") else app
        self.headers = dict(headers or {})

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = msgspec.UNSET,
        content: bytes = b"",
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make a request: ``json`` is encoded as the body, ``content`` is sent as it is."""
        sent = {"host": "testserver", **_lower(self.headers), **_lower(headers or {})}
        if json is not msgspec.UNSET:
            content = msgspec.json.encode(json)
            sent.setdefault("content-type", "application/json")
        if content:
            sent.setdefault("content-length", str(len(content)))
        scope = _scope(method, url, params, sent)
        with hop_to_test_thread():
            return async_to_sync(_exchange)(self._app, scope, content)

    def get(self, url: str, **options: Any) -> Answer:
        """GET."""
        return self.request("GET", url, **options)

    def head(self, url: str, **options: Any) -> Answer:
        """HEAD."""
        return self.request("HEAD", url, **options)

    def options(self, url: str, **options: Any) -> Answer:
        """OPTIONS."""
        return self.request("OPTIONS", url, **options)

    def post(self, url: str, **options: Any) -> Answer:
        """POST."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> Answer:
        """PUT."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Any) -> Answer:
        """PATCH."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Any) -> Answer:
        """DELETE."""
        return self.request("DELETE", url, **options)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _scope(method: str, url: str, params: Mapping[str, Any] | None, headers: Mapping[str, str]) -> dict[str, Any]:
    # Of what begins with a slash nothing is a host, however many slashes there are.
    parts = SplitResult("", "", *url.partition("?")[::2], "") if url.startswith("/") else urlsplit(url)
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~")
    query = "&".join(filter(None, (quote(parts.query, safe=printable), urlencode(params or {}, doseq=True))))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": parts.scheme or "http",
        "path": unquote(path, errors="surrogateescape"),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("testserver", 80),
    }


async def _exchange(app: Any, scope: dict[str, Any], content: bytes) -> Answer:
    incoming = [{"type": "http.request", "body": content, "more_body": False}]
    outgoing: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not incoming:
            await asyncio.Event().wait()  # a client that stays says nothing more
        return incoming.pop(0)

    async def send(message: dict[str, Any]) -> None:
        outgoing.append(message)

    await app(scope, receive, send)
    start = outgoing[0]
    body = b"".join(message.get("body", b"") for message in outgoing[1:])
    return Answer(start["status"], list(start.get("headers", [])), body)
