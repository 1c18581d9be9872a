"""The request as a handler sees it."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError

from ironbolt.bolt.exceptions import BadRequest, PayloadTooLarge
from ironbolt.core.exchange import (
    ClientGoneError,
    Message,
    Receive,
    Scope,
    Send,
    declares_more,
    path_below_root,
    root_of,
)
from ironbolt.core.remembering import Table
from ironbolt.core.request_log import RequestLog
from ironbolt.core.web_settings import web_settings

ClientGone = ClientGoneError

API_KEY = "api_key"
"""What the caller's credentials say of their kind where they are an API key, the name of a program."""

__all__ = ["ClientGone", "Message", "Receive", "Request", "Scope", "Send", "quoted"]


def _name_of_header(raw: bytes) -> str:
    """The name in lower case; nothing for one that is dropped."""
    name = raw.decode("latin-1").lower()
    return "" if "_" in name else name


_names_of_headers = Table(_name_of_header, most=256, longest=64)


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers under lower-case names; a repeated one is joined with commas.

    One with an underscore is dropped: it could pass for one with a dash that a proxy has vouched for.
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name = _names_of_headers[raw_name]
        if name in headers:
            headers[name] += f", {raw_value.decode('latin-1')}"
        elif name:
            headers[name] = raw_value.decode("latin-1")
    return headers


_NEEDS_NO_QUOTES = re.compile(r"[\w./~-]*", re.ASCII).fullmatch


def quoted(path: str) -> str:
    """A decoded path as it stands in an address; what was no UTF-8 is given back as it came."""
    return path if _NEEDS_NO_QUOTES(path) else quote(path, safe="/:@!$&'()*+,;=~", errors="surrogateescape")


class Request:
    """One HTTP request.

    Attributes:
        scope: the ASGI scope.
        method: the HTTP method, in capitals.
        path: the decoded path, below the one that everything is mounted at.
        headers: under lower-case names; a repeated one is joined with commas.
        body: the whole body, empty where the route reads none.
        auth: what the caller's credentials say: ``user_id``, ``username``, ``is_staff``, ``is_admin``,
            ``permissions``; None for an anonymous caller.
        extra_headers: what its answer carries whatever it is: CORS, limits.
        route: the compiled route that answers it, None before it is found.
        path_values: what stands in the path for the parameters of the route, in order.
        admitted: whether its caller was let in; None where that was not asked, False where it is not known yet.
        judged: the error that its class has been asked about, None for none.
        log: its two lines in the log, None where nobody wants them.
        is_socket: whether it opens a WebSocket.
    """

    is_socket: ClassVar[bool] = False
    body: bytes = b""
    auth: dict[str, Any] | None = None
    route: Any = None
    path_values: Sequence[str] = ()
    admitted: bool | None = None
    judged: Exception | None = None
    log: RequestLog | None = None

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = path_below_root(scope)
        self.headers: dict[str, str] = headers_of(scope["headers"])
        self.extra_headers: list[tuple[bytes, bytes]] = []

    @cached_property
    def query(self) -> dict[str, str]:
        """The query string; of a repeated name the last value counts, and text is UTF-8."""
        raw: bytes = self.scope.get("query_string", b"")
        if not raw:
            return {}
        text = raw.decode("latin-1")
        most: Any = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        is_plain = "%" not in text and "+" not in text and text.isascii()
        if is_plain and (most is None or text.count("&") < most):
            found = {}
            for pair in text.split("&"):
                name, _, value = pair.partition("=")
                if pair:
                    found[name] = value
            return found
        try:
            pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=most)
        except ValueError:
            raise BadRequest("The query string is not valid UTF-8, or has too many fields.") from None
        return dict(pairs)

    @cached_property
    def user(self) -> Any:
        """The caller as a user of Django's, read from the database on first use; AnonymousUser if none.

        Raises:
            ImproperlyConfigured: the project does without Django's users.
        """
        if not apps.is_installed("django.contrib.auth"):
            raise ImproperlyConfigured("request.user is a user of django.contrib.auth, which is not installed.")
        # Late, since a project without Django's users must be able to start.
        from django.contrib.auth import get_user_model
        from django.contrib.auth.models import AnonymousUser

        claimed = self.auth or {}
        # An API key names no user, even if it is called "1".
        user_id = None if claimed.get("backend") == API_KEY else claimed.get("user_id")
        model = get_user_model()
        try:
            found = model._default_manager.filter(pk=user_id, is_active=True).first() if user_id else None
        except (ValueError, ValidationError):  # an id that no user of this model can have
            found = None
        return found or AnonymousUser()

    @property
    def scheme(self) -> str:
        """``https`` or ``http``, as the client sees it."""
        header = web_settings().proxy_header
        if header:
            name, secure_value = header
            given = self.headers.get(name)
            if given is not None:
                return "https" if given.split(",", 1)[0].strip() == secure_value else "http"
        return str(self.scope.get("scheme", "http"))

    @property
    def host(self) -> str:
        """The host the client asked for, with its port where one was given."""
        if web_settings().trusts_forwarded_host and "x-forwarded-host" in self.headers:
            return self.headers["x-forwarded-host"]
        if "host" in self.headers:
            return self.headers["host"]
        name, port = self.scope.get("server") or ("localhost", None)
        return f"{name}:{port}" if port and port not in (80, 443) else str(name)

    @property
    def url(self) -> str:
        """The absolute address, without the query."""
        return f"{self.scheme}://{self.host}{quoted(root_of(self.scope) + self.path)}"

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute by name, as a dictionary would give it; ``default`` where it is missing or None."""
        value = getattr(self, name, None)
        return default if value is None else value

    async def read_body(self, receive: Receive) -> None:
        """Receive the whole body.

        Raises:
            PayloadTooLarge: it is over ``DATA_UPLOAD_MAX_MEMORY_SIZE``.
            ClientGone: the client left first.
        """
        limit: int | None = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        declared = self.headers.get("content-length", "")
        if limit is not None and declares_more(declared, limit):
            raise PayloadTooLarge
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk = message.get("body", b"")
            size += len(chunk)
            if limit is not None and size > limit:
                raise PayloadTooLarge
            chunks.append(chunk)
            if not message.get("more_body", False):
                self.body = b"".join(chunks)
                return
