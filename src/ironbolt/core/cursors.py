"""Cursors: the place at which a page begins, in a text that clients pass on and can't make up."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec
from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from ironbolt.core.errors import ValidationFailed

CURSOR = "cursor"

_SALT = "ironbolt.core.cursors"
_SIGNATURE = 16
_MOST_CHARACTERS = 4_096

INVALID = "This is no cursor of this list."
FOREIGN = "This cursor belongs to another ordering; begin again without it."


Place = tuple[Any, ...]
"""What a row has in the columns of the ordering."""


class Cursor(msgspec.Struct, frozen=True):
    """Where a page begins.

    Attributes:
        place: what the row before the page has in the columns of the ordering; None for the very end to begin from.
        backwards: whether the page is read towards the beginning of the list.
    """

    place: Place | None = None
    backwards: bool = False


FIRST = Cursor()


class _Sent(msgspec.Struct, array_like=True, frozen=True):
    """What is in a cursor."""

    label: str
    backwards: bool
    place: msgspec.Raw


_sent = msgspec.msgpack.Decoder(_Sent)


def written(cursor: Cursor, label: str, audience: str) -> str:
    """A cursor as the client gets it.

    Args:
        cursor: the cursor.
        label: the ordering that it is a place in.
        audience: the list that it is for.
    """
    place = msgspec.Raw(msgspec.msgpack.encode(cursor.place))
    raw = msgspec.msgpack.encode(_Sent(label, cursor.backwards, place))
    return _text_of(_signature(raw, audience, settings.SECRET_KEY) + raw)


def read(text: str, label: str, audience: str, values: Any) -> Cursor:
    """A cursor as a client sent it.

    Args:
        text: what it sent.
        label: the ordering that the list has now.
        audience: the list.
        values: the types of the values of a place.

    Raises:
        ValidationFailed: it was not made here, or for another list or another ordering.
    """
    try:
        sent = _sent.decode(_verified(text, audience))
        if sent.label != label:
            raise ValidationFailed({CURSOR: [FOREIGN]})
        return Cursor(msgspec.msgpack.decode(sent.place, type=values | None), sent.backwards)
    except ValueError:  # msgspec's and base64's errors are some
        raise ValidationFailed({CURSOR: [INVALID]}) from None


def _text_of(signed: bytes) -> str:
    return urlsafe_b64encode(signed).rstrip(b"=").decode()


def _verified(text: str, audience: str) -> bytes:
    if len(text) > _MOST_CHARACTERS or not text.isascii():
        raise ValueError("too long, or no cursor")
    signed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _text_of(signed) != text:  # the decoder passes over what it does not know
        raise ValueError("not as we write it")
    signature, raw = signed[:_SIGNATURE], signed[_SIGNATURE:]
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if constant_time_compare(signature, _signature(raw, audience, key)):
            return raw
    raise ValueError("somebody else made it")


def _signature(raw: bytes, audience: str, key: Any) -> bytes:
    return salted_hmac(f"{_SALT}.{audience}", raw, key, algorithm="sha256").digest()[:_SIGNATURE]
