"""Answers that are finished when they are given; like every answer, each knows how to deliver itself."""

import logging
from collections.abc import Mapping
from typing import Any, Unpack
from urllib.parse import urlsplit

from django.utils.encoding import iri_to_uri

from ironbolt.bolt.request import Receive, Request, Send
from ironbolt.bolt.responses.cookies import CookieAttributes, cookie_header, past
from ironbolt.bolt.responses.encoding import encode_json
from ironbolt.bolt.responses.headers import RawHeaders, combined, content_type, put, raw_header
from ironbolt.core.negotiation import JSON as JSON_TYPE

logger = logging.getLogger("ironbolt.errors")

WITHOUT_BODY = frozenset({204, 304})
"""Statuses whose answers have neither a body nor a length (RFC 9110, 8.6)."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Response:
    """A finished answer.

    Args:
        body: bytes, or text to be sent as UTF-8, or data to be sent as JSON.
        status_code: the HTTP status.
        headers: extra headers, name → value.
        media_type: the content type; by default that of bytes, plain text or JSON.
        content: another name of ``body``.
    """

    __slots__ = ("body", "headers", "status_code")

    def __init__(
        self,
        body: Any = b"",
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        *,
        content: Any = None,
    ) -> None:
        self.body, kind = _bytes_of(body if content is None else content)
        self.status_code = status_code
        self.headers: RawHeaders = [content_type(media_type or kind)] if self.body else []
        if headers:
            self._set_all(headers)

    def set_header(self, name: str, value: str) -> None:
        """Set a header in the place of any other of its name; cookies, links and the like add up.

        Raises:
            ValueError: it holds a line break or what no header may hold, or it is the server's to send.
        """
        put(self.headers, raw_header(name, value))

    def set_cookie(self, name: str, value: str = "", **attributes: Unpack[CookieAttributes]) -> None:
        """Set a cookie, for all paths and with ``SameSite=Lax`` unless the attributes say otherwise.

        Raises:
            ValueError: it holds what a cookie can't hold, or browsers would throw it away.
        """
        self.headers.append(raw_header("set-cookie", cookie_header(name, value, attributes)))

    def delete_cookie(self, name: str, **attributes: Unpack[CookieAttributes]) -> None:
        """Have the client forget a cookie; path, domain and flags must be those it was set with."""
        self.headers.append(raw_header("set-cookie", cookie_header(name, "", past(attributes))))

    async def deliver(self, request: Request, receive: Receive, send: Send, extra: RawHeaders) -> None:
        """Send this answer, with the ``extra`` headers that every answer carries.

        What is raised here is raised before anything was sent, so that another answer can take its
        place. What goes wrong later is logged and the answer not ended, which has the server break
        the connection off.
        """
        own, status, body = self.headers, self.status_code, self.body
        head = request.method == "HEAD"
        if body and len(own) == 1 and status not in WITHOUT_BODY:  # nothing but its content type: nearly every answer
            headers = [*own, *extra, (b"content-length", b"%d" % len(body))]
        else:
            headers = combined(own, extra)
            head = head or status in WITHOUT_BODY
            _settle_length(headers, status, b"" if status in WITHOUT_BODY else body, head=head)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        try:
            await send({"type": "http.response.body", "body": b"" if head else body})
        except OSError:
            raise  # nobody is there any more
        except Exception:
            logger.critical("%s %s broke off half-way.", request.method, request.path, exc_info=True)

    def _set_all(self, headers: Mapping[str, str]) -> None:
        for name, value in headers.items():
            self.set_header(name, value)


class JSON(Response):
    """An answer of anything that msgspec can encode.

    Args:
        data: the value to encode.
        status_code: the HTTP status.
        headers: extra headers, name → value.
        media_type: the content type, for kinds of JSON that have one of their own.
    """

    __slots__ = ()

    def __init__(
        self,
        data: Any = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str = JSON_TYPE,
    ) -> None:
        # Not through Response: this is the answer of nearly every request.
        self.body = encode_json(data)
        self.status_code = status_code
        self.headers = [content_type(media_type)]
        if headers:
            self._set_all(headers)


class HTML(Response):
    """An answer of HTML."""

    __slots__ = ()

    def __init__(self, text: str, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text.encode(), status_code, headers, "text/html")


class PlainText(Response):
    """An answer of plain text."""

    __slots__ = ()

    def __init__(self, text: str, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text.encode(), status_code, headers, "text/plain")


class Redirect(Response):
    """Send the client elsewhere; with 307 and 308 it repeats its method and body there.

    Args:
        url: an address, absolute or relative, which may hold any text.
        status_code: 301, 302, 303, 307 or 308.
        headers: extra headers, name → value.

    Raises:
        ValueError: the address is neither relative nor one of HTTP, or the status is no redirect's.
    """

    __slots__ = ()

    def __init__(self, url: str, status_code: int = 307, headers: Mapping[str, str] | None = None) -> None:
        if status_code not in _REDIRECTS:
            raise ValueError(f"{status_code} is no status of a redirect.")
        if urlsplit(url).scheme not in ("", "http", "https"):
            raise ValueError("A redirect leads to a relative address or to one of HTTP or HTTPS.")
        super().__init__(b"", status_code, headers)
        self.set_header("Location", iri_to_uri(url))


class NoContent(Response):
    """204: done, and there is nothing to say."""

    __slots__ = ()

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(b"", 204, headers)


def _bytes_of(body: Any) -> tuple[bytes, str]:
    """A body and the media type that its kind suggests."""
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, str):
        return body.encode(), "text/plain"
    if isinstance(body, bytearray | memoryview):
        return bytes(body), "application/octet-stream"
    if body is None:
        return b"", ""
    return encode_json(body), JSON_TYPE


def _settle_length(headers: RawHeaders, status: int, body: bytes, *, head: bool) -> None:
    """Give the length that is true, in the place of any that was declared.

    Where no body is sent a handler may know better: an answer to HEAD and a 304 tell of that to GET.
    """
    declared = [header for header in headers if header[0] == b"content-length"]
    if declared and head and not body and status != 204:
        return
    headers[:] = [header for header in headers if header[0] != b"content-length"]
    if status not in WITHOUT_BODY:
        headers.append((b"content-length", b"%d" % len(body)))
