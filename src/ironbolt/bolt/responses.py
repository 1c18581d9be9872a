"""The answers a handler can give when plain data is not enough."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.utils.functional import Promise

from ironbolt.core.negotiation import JSON as JSON_TYPE

RawHeaders = list[tuple[bytes, bytes]]


def _plain(value: Any) -> Any:
    """What msgspec does not know but Django hands out: texts that are translated when they are read."""
    if isinstance(value, Promise):
        return str(value)
    raise NotImplementedError(f"Encoding objects of type {type(value).__name__} is unsupported")


_encoder = msgspec.json.Encoder(enc_hook=_plain, decimal_format="string", uuid_format="canonical")
encode_json = _encoder.encode


class Response:
    """A finished answer.

    Args:
        body: the bytes to send.
        status_code: the HTTP status.
        headers: extra headers, name → value.
        media_type: the content type.
    """

    __slots__ = ("body", "headers", "status_code")

    def __init__(
        self,
        body: bytes = b"",
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str = "application/octet-stream",
    ) -> None:
        self.body = body
        self.status_code = status_code
        self.headers: RawHeaders = [(b"content-type", media_type.encode("latin-1"))] if body else []
        for name, value in (headers or {}).items():
            self.set_header(name, value)

    def set_header(self, name: str, value: str) -> None:
        """Add a header.

        Raises:
            ValueError: it holds a line break, which would let its value forge further headers.
        """
        raw = name.lower().encode("latin-1"), value.encode("latin-1")
        if any(forbidden in part for part in raw for forbidden in (b"\r", b"\n", b"\x00")):
            raise ValueError(f"The header {name!r} holds a line break.")
        self.headers.append(raw)


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
        super().__init__(encode_json(data), status_code, headers, media_type)


class HTML(Response):
    """An answer of HTML."""

    __slots__ = ()

    def __init__(self, text: str, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text.encode(), status_code, headers, "text/html; charset=utf-8")
