"""The JSON body: read once by its type, and once more for the sake of a client who got it wrong."""

from contextlib import suppress
from decimal import Decimal
from functools import cache
from typing import Any, get_args

import msgspec
from django.db.models import Model

from ironbolt.bolt.exceptions import ParseError, UnsupportedMediaType
from ironbolt.bolt.request import Request
from ironbolt.bolt.structs.cleaning import faults_of_model
from ironbolt.bolt.structs.invalid import faults_of, with_whole_numbers, words_for
from ironbolt.core.errors import NON_FIELD_ERRORS, Details
from ironbolt.core.negotiation import is_json
from ironbolt.core.validation import NOT_A_NUMBER, is_plain_number


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
            read = msgspec.json.decode(body, type=self.annotation)
        except msgspec.ValidationError as error:
            try:
                return self._second_reading(body, error, faults)
            except RecursionError as deep:
                # Python's own limit is below that of msgspec, which has read it all.
                raise ParseError(_why(deep)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ParseError(_why(error)) from None
        for name in _strange_decimals(body, self.annotation):
            faults.setdefault(name, []).append(NOT_A_NUMBER)
        return read

    def _second_reading(self, body: bytes, error: msgspec.ValidationError, faults: Details) -> Any:
        """Read a body that does not fit its type once more, leniently with numbers, and find every fault of it."""
        plain = with_whole_numbers(_plain(body))
        with suppress(msgspec.ValidationError):
            return msgspec.convert(plain, self.annotation)
        found = faults_of(plain, self.annotation) or _single(error)
        if self.model and isinstance(plain, dict):
            found.update(faults_of_model(plain, self.annotation, self.model))
        for path, messages in found.items():
            faults.setdefault(path, []).extend(messages)
        return None


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


def _strange_decimals(body: bytes, annotation: Any) -> list[str]:
    """Decimals that are written as only Python would: with exponents, underscores, blanks, other digits."""
    shape = _decimals_of(annotation)
    if shape is None:
        return []
    texts = msgspec.json.decode(body, type=shape)
    sent = {field.encode_name: bytes(getattr(texts, field.name)) for field in msgspec.structs.fields(shape)}
    return [name for name, raw in sent.items() if raw not in (b"", b"null") and not is_plain_number(_plain(raw))]


@cache
def _decimals_of(annotation: Any) -> type[msgspec.Struct] | None:
    """The decimals of a Struct, each as the text it was sent as; None where there are none."""
    if not (isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)):
        return None
    fields = [
        (field.name, msgspec.Raw, msgspec.field(default=msgspec.Raw(b""), name=field.encode_name))
        for field in msgspec.structs.fields(annotation)
        if _speaks_of(field.type, Decimal)
    ]
    return msgspec.defstruct("Decimals", fields) if fields else None


def _speaks_of(annotation: Any, kind: type) -> bool:
    return annotation is kind or any(_speaks_of(member, kind) for member in get_args(annotation))
