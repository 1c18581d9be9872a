"""Parameters for PostgreSQL, of the very types that they would have as literals in the text that Django sends.

Django writes the values of a query into its text. A parameter whose type is what PostgreSQL takes such a
literal for, an unknown one where it stands in bare quotes, is understood in the same way at the same place.
"""

import re
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer

UNKNOWN = 0
"""The type of a text in quotes: PostgreSQL works it out from what stands around it."""

_NAMES = ("bool", "int8", "int4", "text", "numeric")
BOOL, INT8, INT4, TEXT, NUMERIC = (psycopg.adapters.types[name].oid for name in _NAMES)

_MAX_INT4, _MAX_INT8 = 2**31 - 1, 2**63 - 1

_MOST = 65_535
"""How many parameters the protocol can count."""

_number = re.compile(rb"-?\d+(\.\d*)?([eE][+-]?\d+)?")

Texts = list[bytes | None]
Types = tuple[int, ...]


class NoParameter(Exception):
    """A value can only be sent as a literal, or not at all."""


class Literals:
    """Makes parameters of values, as one connection adapts them."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._transformer = Transformer(connection)

    def of(self, params: Sequence[Any]) -> tuple[Texts, Types]:
        """The texts of the parameters, and their types.

        Raises:
            NoParameter: one of them is none.
        """
        if len(params) > _MOST:
            raise NoParameter
        texts: Texts = []
        types = []
        for value in params:
            kind = type(value)
            if kind is int:
                texts.append(b"%d" % value)
                types.append(_integer(value))
            elif kind is str and value.isprintable():
                texts.append(value.encode())
                types.append(UNKNOWN)
            elif value is None:
                texts.append(None)
                types.append(UNKNOWN)
            else:
                text, oid = self._adapted(value)
                texts.append(text)
                types.append(oid)
        return texts, tuple(types)

    def _adapted(self, value: Any) -> tuple[bytes, int]:
        try:
            dumper = self._transformer.get_dumper(value, PyFormat.TEXT)
            literal = bytes(dumper.quote(value)).strip()
            text = dumper.dump(value)
        except (psycopg.Error, ValueError) as error:
            raise NoParameter from error
        if literal.endswith(b"'"):
            if text is None or b"\0" in bytes(text):
                raise NoParameter
            return bytes(text), self._cast(dumper.oid)
        if literal in (b"true", b"false"):
            return literal, BOOL
        if not _number.fullmatch(literal):
            raise NoParameter
        return literal, _integer(int(literal)) if literal.lstrip(b"-").isdigit() else NUMERIC

    def _cast(self, oid: int) -> int:
        """The type that a literal in quotes is cast to, if it is."""
        is_known = oid != TEXT and self._transformer.adapters.types.get(oid) is not None
        return oid if is_known else UNKNOWN


def _integer(value: int) -> int:
    size = abs(value)
    if size <= _MAX_INT4:
        return INT4
    return INT8 if size <= _MAX_INT8 else NUMERIC
