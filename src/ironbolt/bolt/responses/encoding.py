"""JSON, with what Django and the standard library hand out beyond the types of msgspec."""

import ipaddress
from collections import deque
from collections.abc import Mapping, ValuesView
from collections.abc import Set as AbstractSet
from pathlib import PurePath
from typing import Any

import msgspec
from django.utils.functional import Promise

_TEXTS = (str, Promise, PurePath, ipaddress.IPv4Address, ipaddress.IPv6Address)
_LISTS = (AbstractSet, ValuesView, deque)


def _plain(value: Any) -> Any:
    """Plain data for what msgspec does not know: lazy and safe texts, paths, addresses, subclasses of numbers, views.

    Data only: what would have to be fetched or guessed (a queryset, an instance of a model) is refused.
    """
    if isinstance(value, _TEXTS):
        return str.__str__(str(value))  # a safe text's own __str__ gives the safe text once more
    if isinstance(value, int | float):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, _LISTS):
        return list(value)
    raise NotImplementedError(f"Encoding objects of type {type(value).__name__} is unsupported")


_encoder = msgspec.json.Encoder(enc_hook=_plain, decimal_format="string", uuid_format="canonical")
encode_json = _encoder.encode
