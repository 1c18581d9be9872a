"""Requests: what a test may say of one, and the ASGI scope and the body that come of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import printable
from typing import Any, TypedDict
from urllib.parse import SplitResult, quote, unquote, urlencode, urljoin, urlsplit

from ironbolt.core.exchange import Message, Scope
from ironbolt.testing.answers import AnswerHead
from ironbolt.testing.bodies import Body, Content, Fields, Files, body_of, pairs_of
from ironbolt.testing.cookies import CookieJar

NO_BODY = Body([])

_HANDSHAKE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
}

HeaderLines = Mapping[str, str] | Sequence[tuple[str, str]]


class AddressOptions(TypedDict, total=False):
    """What may be said of any request.

    Keys:
        params: added to the query; a list gives a parameter several values.
        headers: sent beside the client's own, and in their place where the names are the same.
        cookies: sent with this request only.
    """

    params: Fields | None
    headers: HeaderLines | None
    cookies: Mapping[str, str] | None


class RequestOptions(AddressOptions, total=False):
    """What may be said of an HTTP request.

    Keys:
        json: encoded as the body; None is ``null``.
        content: the body as it is; bytes from an iterable are sent one by one, without a length.
        data: the fields of a form.
        files: name → file, see :data:`~ironbolt.testing.bodies.FileSpec`; makes the form a multipart one.
        follow_redirects: whether to go where an answer points; by default what the client says.
    """

    json: Any
    content: Content | None
    data: Fields | None
    files: Files | None
    follow_redirects: bool | None


class SocketOptions(AddressOptions, total=False):
    """What may be said of a WebSocket.

    Keys:
        subprotocols: those that the client offers.
        timeout: seconds to wait for what the application says; by default those of the client.
    """

    subprotocols: Sequence[str]
    timeout: float | None


@dataclass(frozen=True, kw_only=True)
class Sender:
    """What a client adds to every request."""

    headers: Mapping[str, str]
    jar: CookieJar
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """One request, ready to be made.

    Attributes:
        scope: the ASGI scope.
        body: what is sent.
        url: the whole address.
    """

    scope: Scope
    body: Body
    url: str

    def messages(self) -> list[Message]:
        """The body as ASGI messages."""
        pieces = self.body.pieces or [b""]
        last = len(pieces) - 1
        return [
            {"type": "http.request", "body": piece, "more_body": number < last} for number, piece in enumerate(pieces)
        ]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is asked for, before the cookies and headers of the moment are added.

    Attributes:
        method: in capitals.
        url: a path, or a whole address.
        body: what is sent.
        options: the rest that the test said.
        subprotocols: what a WebSocket's client offers.
    """

    method: str
    url: str
    options: AddressOptions
    body: Body = NO_BODY
    subprotocols: tuple[str, ...] = ()

    def request(self, sender: Sender, *, kind: str = "http") -> Request:
        """The request, with what the client adds."""
        parts = _split(self.url)
        host = parts.hostname or "testserver"
        is_secure = parts.scheme in ("https", "wss")
        path = quote(parts.path, safe="/%:@!$&'()*+,;=~") or "/"
        added = urlencode(pairs_of(self.options.get("params")))
        query = "&".join(filter(None, (quote(parts.query, safe=printable), added)))
        scope: Scope = {
            "type": kind,
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": {"http": "http", "websocket": "ws"}[kind] + ("s" if is_secure else ""),
            "path": unquote(path, errors="surrogateescape"),
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "root_path": "",
            "headers": [],
            "client": ("127.0.0.1", 50000),
            "server": (host, parts.port or (443 if is_secure else 80)),
            "state": dict(sender.state),
        }
        if kind == "http":
            scope["method"] = self.method
        also = (self.options.get("cookies") or {}).items()
        cookie = sender.jar.header_for(host, path, is_secure=is_secure, also=also)
        always = {"host": parts.netloc or host}
        if kind == "websocket":
            scope.update(subprotocols=list(self.subprotocols), extensions={"websocket.http.response": {}})
            always |= _HANDSHAKE
            if self.subprotocols:
                always["sec-websocket-protocol"] = ", ".join(self.subprotocols)
        lines = self._lines(sender, always, cookie)
        scope["headers"] = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in lines]
        origin = f"{scope['scheme']}://{parts.netloc or host}"
        return Request(scope, self.body, f"{origin}{path}{'?' if query else ''}{query}")

    def _lines(self, sender: Sender, always: dict[str, str], cookie: str) -> list[tuple[str, str]]:
        """The headers: a name that the test gives replaces what would have been sent without it."""
        given = self.options.get("headers") or {}
        own = [(name.lower(), value) for name, value in (given.items() if isinstance(given, Mapping) else given)]
        below = always | {name.lower(): value for name, value in sender.headers.items()}
        after = {"content-type": self.body.content_type, "cookie": cookie}
        if not self.body.is_measured:
            after["transfer-encoding"] = "chunked"
        elif size := sum(map(len, self.body.pieces)):
            after["content-length"] = str(size)
        names = {name for name, _ in own}
        lines = [(name, value) for name, value in below.items() if name not in names] + own
        names |= below.keys()
        return lines + [(name, value) for name, value in after.items() if value and name not in names]

    def after(self, answer: AnswerHead) -> "Plan":
        """What a browser asks for when this is the answer, which is a redirect."""
        url = urljoin(answer.url, answer.headers["location"])
        options: AddressOptions = {**self.options, "params": None}
        hidden = {"host"}
        if urlsplit(url).netloc != urlsplit(answer.url).netloc:
            hidden |= {"authorization", "cookie"}
        plan = replace(self, url=url, options=options)
        if answer.status_code == 303 or (answer.status_code in (301, 302) and self.method == "POST"):
            hidden |= {"content-type", "content-length", "transfer-encoding"}
            plan = replace(plan, method="HEAD" if self.method == "HEAD" else "GET", body=NO_BODY)
        given = options.get("headers") or {}
        lines = given.items() if isinstance(given, Mapping) else given
        options["headers"] = [(name, value) for name, value in lines if name.lower() not in hidden]
        return plan


def plan_of(method: str, url: str, options: RequestOptions) -> Plan:
    """What a test asks for with these options.

    Raises:
        TypeError: an option is unknown, or there are several bodies.
    """
    _require_known(options, RequestOptions)
    return Plan(method=method, url=url, body=body_of(options), options=_address(options))


def socket_plan_of(url: str, options: SocketOptions) -> Plan:
    """The handshake that a test asks for with these options.

    Raises:
        TypeError: an option is unknown.
    """
    _require_known(options, SocketOptions)
    return Plan(method="", url=url, options=_address(options), subprotocols=tuple(options.get("subprotocols", ())))


def _require_known(options: Mapping[str, Any], known: type[AddressOptions]) -> None:
    if unknown := options.keys() - known.__annotations__.keys():
        raise TypeError(f"There is no option {', '.join(sorted(unknown))}.")


def _address(options: AddressOptions) -> AddressOptions:
    return {"params": options.get("params"), "headers": options.get("headers") or {}, "cookies": options.get("cookies")}


def _split(url: str) -> SplitResult:
    # Of what begins with a slash nothing is a host, however many slashes there are.
    return SplitResult("", "", *url.partition("?")[::2], "") if url.startswith("/") else urlsplit(url)
