"""JSON by msgspec, with REST framework's own encoder behind it for what msgspec does not know."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.db.models import QuerySet
from django.utils.functional import Promise
from rest_framework import renderers
from rest_framework.utils.encoders import JSONEncoder


class JSONRenderer(renderers.JSONRenderer):
    """``application/json``: decimals as strings, dates as ISO 8601, lazy texts in the active language.

    A client that asks for indented JSON gets it from REST framework's renderer.
    """

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The body; empty where there is no data."""
        if data is None:
            return b""
        if self.get_indent(accepted_media_type or "", dict(renderer_context or {})):
            rendered: bytes = super().render(data, accepted_media_type, renderer_context)
            return rendered
        return encode(data)


def encode(data: Any) -> bytes:
    """``data`` as JSON."""
    try:
        return _encoder.encode(data)
    except (TypeError, ValueError, OverflowError):  # keys of odd types, lone surrogates
        rendered: bytes = renderers.JSONRenderer().render(data)
        return rendered


def _native(value: Any) -> Any:
    for native in (str, int, float):
        if isinstance(value, native):
            return native(value)
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, QuerySet):
        return list(value)
    return JSONEncoder().default(value)


_encoder = msgspec.json.Encoder(enc_hook=_native, decimal_format="string")
