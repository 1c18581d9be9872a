"""JSON by msgspec, with REST framework's own encoder behind it for what msgspec does not know."""

import copy
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any, Literal, get_args

import msgspec
from django.db.models import QuerySet
from django.utils.functional import Promise
from rest_framework import renderers
from rest_framework.settings import api_settings
from rest_framework.utils.encoders import JSONEncoder

Decimals = Literal["string", "number"]
"""How decimals are written: as texts, which nobody rounds, or as REST framework's encoder has them."""


class JSONRenderer(renderers.JSONRenderer):
    """``application/json``: what REST framework's renderer gives, in fewer steps.

    Dates are ISO 8601, lazy texts in the active language, and decimals numbers where no serializer has made texts of
    them; a view of this door has its ``decimals``.

    REST framework's renderer writes it for a client that asks for indented JSON, and where ``COMPACT_JSON``,
    ``UNICODE_JSON``, ``STRICT_JSON`` or a subclass ask for a form of their own.
    """

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The body; empty where there is no data."""
        if data is None:
            return b""
        decimals = _decimals_of((renderer_context or {}).get("view"))
        if self._is_usual() and not self.get_indent(accepted_media_type or "", dict(renderer_context or {})):
            return encode(data, decimals)
        slow = _writing(decimals, self)
        rendered: bytes = super(JSONRenderer, slow).render(data, accepted_media_type, renderer_context)
        return rendered

    def _is_usual(self) -> bool:
        """Whether JSON is to look as msgspec writes it."""
        return self.compact and self.strict and not self.ensure_ascii and self.encoder_class is JSONEncoder


def encode(data: Any, decimals: Decimals = "string") -> bytes:
    """``data`` as JSON: the values that REST framework's renderer gives, with decimals in one of two ways."""
    kinds = _kinds_in(data)
    if kinds.isdisjoint(_DIFFERENT):
        with suppress(TypeError, ValueError, OverflowError):  # keys of odd types, lone surrogates
            body: bytes = _encoders[decimals].encode(data)
            # As which msgspec writes decimals that are no numbers.
            if kinds <= _NEVER_NAN or (b"NaN" not in body and b"Infinity" not in body):
                return _safe_in_scripts(body)
    rendered: bytes = _writing(decimals, renderers.JSONRenderer()).render(data)
    return rendered


def _safe_in_scripts(body: bytes) -> bytes:
    """The same without the two line ends of Unicode, which REST framework escapes, since JavaScript broke at them."""
    if b"\xe2\x80" not in body:
        return body
    return body.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")


def _decimals_of(view: Any) -> Decimals:
    """How a view writes decimals; one of this door that does not say goes by the serializers' own setting."""
    said: Decimals | None = getattr(view, "decimals", "number")
    return said or ("string" if api_settings.COERCE_DECIMAL_TO_STRING else "number")


class _ExactEncoder(JSONEncoder):
    """REST framework's, with decimals as texts."""

    def default(self, obj: Any) -> Any:
        return str(obj) if isinstance(obj, Decimal) and obj.is_finite() else super().default(obj)


def _writing(decimals: Decimals, renderer: Any) -> Any:
    """A renderer of REST framework's that writes decimals so, unless it has an encoder of its own."""
    if decimals == "number" or renderer.encoder_class is not JSONEncoder:
        return renderer
    exact = copy.copy(renderer)
    exact.encoder_class = _ExactEncoder
    return exact


_PLAIN = frozenset({str, int, float, bool, type(None), Decimal, datetime, date, uuid.UUID})
_DIFFERENT = frozenset({timedelta, time, bytes, bytearray, memoryview})
"""Types that msgspec writes in other words than REST framework."""


_NEVER_NAN = frozenset({str, int, float, bool, type(None), datetime, date, uuid.UUID, dict, list, tuple})
"""Types that no decimal hides in."""


def _kinds_in(data: Any) -> set[type]:
    """The types of the values in it at any depth; as soon as one of them is different, those so far."""
    level: Iterable[Any] = (data,)
    found: set[type] = set()
    while True:
        values = [*level]
        kinds = set(map(type, values))
        found |= kinds
        if kinds <= _PLAIN or not kinds.isdisjoint(_DIFFERENT):
            return found
        if kinds == {dict}:
            level = chain.from_iterable(map(dict.values, values))
        elif kinds == {list}:
            level = chain.from_iterable(values)
        else:
            level = chain.from_iterable(_inside(value) for value in values if type(value) not in _PLAIN)


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
    plain = JSONEncoder().default(value)
    if not _kinds_in(plain).isdisjoint(_DIFFERENT):
        raise TypeError(type(value))  # for REST framework's own encoder
    return plain


_encoders = {form: msgspec.json.Encoder(enc_hook=_native, decimal_format=form) for form in get_args(Decimals)}
