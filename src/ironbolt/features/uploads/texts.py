"""Texts: whether one is a text at all."""

import codecs
import re
from typing import Any

import msgspec

from ironbolt.features.uploads.kinds import Kind
from ironbolt.features.uploads.refusal import Refused

_CHUNK = 2**16
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
"""What stands in no text; tabs, ends of lines and of pages, and escapes do."""


def check(file: Any, kind: Kind) -> None:
    """See that all of it is text in UTF-8, and JSON where its name says so.

    Raises:
        Refused: it is not.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(_CHUNK):
            _check_characters(decoder.decode(chunk))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise Refused("The file is no text in UTF-8.") from None
    if kind.mime == "application/json":
        file.seek(0)
        _check_json(file.read())


def _check_characters(text: str) -> None:
    if _CONTROLS.search(text):
        raise Refused("The file holds characters that stand in no text.")


def _check_json(body: bytes) -> None:
    try:
        msgspec.json.decode(body.removeprefix(codecs.BOM_UTF8))
    except (msgspec.DecodeError, RecursionError):
        raise Refused("The file is no valid JSON.") from None
