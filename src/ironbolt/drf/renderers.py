"""JSON by msgspec, with REST framework's own encoder behind it for what msgspec does not know."""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal, get_args

import msgspec
from django.db.models import QuerySet
from django.utils.functional import Promise
from rest_framework import renderers
from rest_framework.utils.encoders import JSONEncoder

Decimals = Literal["string", "number"]
"""How decimals are written: as texts, which nobody rounds, or as REST framework's encoder has them."""


class JSONRenderer(renderers.JSONRenderer):
    """``application/json``: what REST framework's renderer gives, in fewer steps.

    Dates are ISO 8601, lazy texts in the active language, and decimals numbers where no serializer has made texts of
    them; a view of this door has its ``decimals``.

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
        return encode(data, getattr((renderer_context or {}).get("view"), "decimals", "number"))


def encode(data: Any, decimals: Decimals = "string") -> bytes:
    """``data`` as JSON: the values that REST framework's renderer gives, with decimals in one of two ways."""
    if not _differs(data):
        with suppress(TypeError, ValueError, OverflowError):  # keys of odd types, lone surrogates
            body: bytes = _encoders[decimals].encode(data)
            if b"NaN" not in body and b"Infinity" not in body:  # as which msgspec writes decimals that are no numbers
                return body
    rendered: bytes = renderers.JSONRenderer().render(data)
    return rendered


_PLAIN = frozenset({str, int, float, bool, type(None), Decimal, datetime, date, uuid.UUID})
_DIFFERENT = frozenset({timedelta, time, bytes, bytearray, memoryview})
"""Types that msgspec writes in other words than REST framework."""


def _differs(data: Any) -> bool:
    """Whether a value somewhere in it is of a type that REST framework writes in its own way."""
    rest = [(data,)]
    while rest:
        values = rest.pop()
        kinds = set(map(type, values))
        if kinds <= _PLAIN:
            continue
        if not kinds.isdisjoint(_DIFFERENT):
            return True
        rest += [_inside(value) for value in values if type(value) not in _PLAIN]
    return False


def _inside(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple | set | frozenset | QuerySet) else ()


def _native(value: Any) -> Any:
    for native in (str, int, float):
        if isinstance(value, native):
            return native(value)
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, QuerySet):
        return list(value)
    return JSONEncoder().default(value)


_encoders = {form: msgspec.json.Encoder(enc_hook=_native, decimal_format=form) for form in get_args(Decimals)}
