"""The JSON body: read once by its type, and once more for the sake of a client who got it wrong."""

from contextlib import suppress
from itertools import islice
from typing import Any

import msgspec
from django.db.models import Model

from ironbolt.bolt.binding.decimals import decimals_of
from ironbolt.bolt.exceptions import ParseError, UnsupportedMediaType
from ironbolt.bolt.request import Request
from ironbolt.bolt.structs.cleaning import faults_of_model
from ironbolt.bolt.structs.invalid import MOST_FAULTS, faults_of, with_whole_numbers, words_for
from ironbolt.core.errors import NON_FIELD_ERRORS, Details
from ironbolt.core.negotiation import is_json
from ironbolt.core.validation import NOT_A_NUMBER


class BodyReader(msgspec.Struct, frozen=True):
    """Reads a body as one type.

    Attributes:
        annotation: the type.
        model: the model it is meant for, whose rules are told along with faults of type.
    """

    annotation: Any
    model: type[Model] | None = None

    def read(self, request: Request, faults: Details) -> Any:
        """The body of a request; its faults go to ``faults``.

        Raises:
            ParseError, UnsupportedMediaType: it is not readable JSON.
        """
        if request.body or "content-type" in request.headers:
            _require_json(request.headers.get("content-type", ""))
        return self.decode(request.body or b"{}", faults)

    def decode(self, body: bytes, faults: Details) -> Any:
        """JSON from wherever it came; its faults go to ``faults``.

        Raises:
            ParseError: it is not readable JSON.
        """
        try:
            read, found = self._read(body)
        except RecursionError as deep:
            # Python's own limit is below that of msgspec, which has read it all.
            raise ParseError(_why(deep)) from None
        for path, messages in found.items():
            faults.setdefault(path, []).extend(messages)
        return read

    def _read(self, body: bytes) -> tuple[Any, Details]:
        found: Details = {}
        try:
            read = msgspec.json.decode(body, type=self.annotation)
        except msgspec.ValidationError as error:
            read, found = self._second_reading(body, error)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ParseError(_why(error)) from None
        if check := decimals_of(self.annotation):
            for path in islice(check(_plain(body), ""), MOST_FAULTS):
                found.setdefault(path or NON_FIELD_ERRORS, [NOT_A_NUMBER])
        return read, found

    def _second_reading(self, body: bytes, error: msgspec.ValidationError) -> tuple[Any, Details]:
        """Read a body that does not fit its type once more, leniently with numbers, and find every fault of it."""
        plain = with_whole_numbers(_plain(body))
        with suppress(msgspec.ValidationError):
            return msgspec.convert(plain, self.annotation), {}
        found = faults_of(plain, self.annotation) or _single(error)
        if self.model and isinstance(plain, dict):
            found.update(faults_of_model(plain, self.annotation, self.model))
        return None, found


class ItemsReader(msgspec.Struct, frozen=True):
    """Reads an array whose items are left as they are, for each to be read by itself.

    Attributes:
        one: reads what is no array, None where nothing else is taken.
    """

    one: BodyReader | None = None

    def read(self, request: Request, faults: Details) -> Any:
        """A list of raw JSON, or the one object.

        Raises:
            ParseError, UnsupportedMediaType: it is not readable JSON, in whatever item.
        """
        if self.one is not None and request.body.lstrip(b" \t\r\n")[:1] != b"[":
            return self.one.read(request, faults)
        items = _ITEMS.read(request, faults)
        if items is not None:
            _plain(request.body)
        return items


_ITEMS = BodyReader(list[msgspec.Raw])


def _plain(body: bytes) -> Any:
    """The body as plain data; what was ill-typed on the way may turn out to be malformed behind it."""
    try:
        return msgspec.json.decode(body)
    except msgspec.ValidationError:
        raise ParseError("JSON is malformed: a number has too many digits.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(_why(error)) from None


def _single(error: msgspec.ValidationError) -> Details:
    path, sentence = words_for(error)
    return {path or NON_FIELD_ERRORS: [sentence]}


def _why(error: Exception) -> str:
    if isinstance(error, msgspec.DecodeError):
        return f"{error}.".replace("Input data was truncated", "JSON is malformed: it ends too early")
    if isinstance(error, UnicodeDecodeError):
        return "JSON is malformed: it is not UTF-8."
    return "JSON is nested too deeply."


def _require_json(content_type: str) -> None:
    if not is_json(content_type):
        media_type = content_type.partition(";")[0].strip().lower()
        raise UnsupportedMediaType(f'Unsupported media type "{media_type}" in request.')
