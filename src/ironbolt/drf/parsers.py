"""JSON bodies by msgspec: strict, and never a server error whatever they hold."""

from collections.abc import Mapping
from typing import IO, Any

import msgspec
from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JSONParser(parsers.JSONParser):
    """``application/json`` in UTF-8, as RFC 8259 has it: no NaN, no lone surrogates, no endless nesting.

    An empty body counts as an empty object.
    """

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The values of the body.

        Raises:
            ParseError: this is not JSON.
        """
        body = stream.read()
        if not body:
            return {}
        try:
            return _decoder.decode(body)
        except UnicodeDecodeError:
            raise ParseError("Malformed JSON: this is not UTF-8.") from None
        except RecursionError:
            raise ParseError("Malformed JSON: it is nested too deeply.") from None
        except msgspec.DecodeError as error:
            reason = str(error).removeprefix("JSON is malformed: ").partition(" - at ")[0]
            raise ParseError(f"Malformed JSON: {reason}.") from None


_decoder = msgspec.json.Decoder()
