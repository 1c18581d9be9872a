"""Every fault of an input that does not fit its type: msgspec stops at the first, a client wants all."""

import re
import types
from ast import literal_eval
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from ironbolt.bolt.structs.fields import is_struct
from ironbolt.core.errors import NON_FIELD_ERRORS, Details, joined
from ironbolt.core.validation import (
    ABOVE,
    AT_LEAST,
    AT_MOST,
    BELOW,
    NO_MATCH,
    NOT_A_CHOICE,
    NOT_A_DATE,
    NOT_A_LIST,
    NOT_A_MULTIPLE,
    NOT_A_NUMBER,
    NOT_AN_INSTANT,
    NOT_AN_INTEGER,
    NOT_SO_MANY_ITEMS,
    NULL,
    REQUIRED,
    TOO_FEW_ITEMS,
    TOO_LONG,
    TOO_MANY_ITEMS,
    TOO_SHORT,
    UNKNOWN,
)

MOST_FAULTS = 100
"""No answer lists more faults than this, whatever was sent."""

_TOO_LARGE = 2.0**63
"""No float from here on is a whole number that somebody counted."""

_POSITION = re.compile(r" - at `\$(?P<path>[^`]*)`$")

_WORDS = {
    "int": NOT_AN_INTEGER,
    "float": NOT_A_NUMBER,
    "decimal": NOT_A_NUMBER,
    "bool": "Must be a valid boolean.",
    "str": "Not a valid string.",
    "array": NOT_A_LIST,
    "object": "Expected an object.",
    "date": NOT_A_DATE,
    "datetime": NOT_AN_INSTANT,
    "uuid": "Must be a valid UUID.",
}
_EXPECTED = re.compile(r"Expected `(?P<wanted>\w+)(?: \| null)?`, got `(?P<got>\w+)`")
_BOUND = re.compile(r"Expected `\w+(?: \| null)?` (?P<sign>[<>]=?|that's a multiple of) (?P<limit>\S+)")
_BOUNDS = {">=": AT_LEAST, "<=": AT_MOST, ">": ABOVE, "<": BELOW, "that's a multiple of": NOT_A_MULTIPLE}
_LENGTH = re.compile(r"Expected `(?P<kind>\w+)(?: \| null)?` of length (?P<sign>[<>]=)? ?(?P<limit>\d+)")
_LENGTHS = {
    ("str", ">="): TOO_SHORT,
    ("str", "<="): TOO_LONG,
    ("array", ">="): TOO_FEW_ITEMS,
    ("array", "<="): TOO_MANY_ITEMS,
    ("array", None): NOT_SO_MANY_ITEMS,
}
_PATTERN = re.compile(r"Expected `str(?: \| null)?` matching regex ")
_CHOICE = re.compile(r"Invalid enum value (?P<value>.+)", re.DOTALL)
_FORMATS = {
    "Invalid decimal string": "decimal",
    "Invalid RFC3339 encoded datetime": "datetime",
    "Invalid RFC3339 encoded date": "date",
    "Invalid UUID": "uuid",
}


def faults_of(value: Any, annotation: Any) -> Details:
    """Dotted path → messages, for everything in ``value`` that does not fit ``annotation``.

    Args:
        value: what was sent, as plain Python data.
        annotation: the type it should have had.
    """
    details: Details = {}
    for path, message in _walk(value, annotation, ""):
        details.setdefault(path or NON_FIELD_ERRORS, []).append(message)
        if len(details) >= MOST_FAULTS:
            break
    return details


def with_whole_numbers(value: Any) -> Any:
    """``value`` with 2.0 as 2: to JSON they are the same number, to msgspec only the second is an integer."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _TOO_LARGE else value
    if isinstance(value, list):
        return [with_whole_numbers(item) for item in value]
    if isinstance(value, dict):
        return {name: with_whole_numbers(item) for name, item in value.items()}
    return value


def words_for(error: msgspec.ValidationError) -> tuple[str, str]:
    """The dotted path and the sentence of one of msgspec's own errors."""
    text = str(error)
    found = _POSITION.search(text)
    path = found["path"] if found else ""
    dotted = re.sub(r"\[(?:\.\.\.|(\d*))\]", r".\1", path).strip(".")
    return dotted, _sentence(text[: found.start()] if found else text)


def _sentence(text: str) -> str:
    if expected := _EXPECTED.match(text):
        if expected["got"] == "null":
            return NULL
        return _WORDS.get(expected["wanted"], f"{text}.")
    for start, kind in _FORMATS.items():
        if text.startswith(start):
            return _WORDS[kind]
    return _constraint(text) or f"{text}.".replace("`", "")


def _constraint(text: str) -> str | None:
    """A bound, a length, a pattern or a choice in the words of both doors."""
    if bound := _BOUND.match(text):
        return _BOUNDS[bound["sign"]].format(limit=bound["limit"])
    if (length := _LENGTH.match(text)) and (words := _LENGTHS.get((length["kind"], length["sign"]))):
        return words.format(limit=length["limit"])
    if _PATTERN.match(text):
        return NO_MATCH
    if choice := _CHOICE.fullmatch(text):
        return NOT_A_CHOICE.format(value=_plain(choice["value"]))
    return None


def _plain(shown: str) -> str:
    """A value that msgspec shows as Python would write it, without the quotes and escapes of a text."""
    return str(literal_eval(shown)) if shown[0] in "'\"" else shown


def _walk(value: Any, annotation: Any, path: str) -> Iterator[tuple[str, str]]:
    try:
        msgspec.convert(value, annotation)
    except msgspec.ValidationError as error:
        yield from _inside(value, annotation, path) or [_placed(error, path)]


def _inside(value: Any, annotation: Any, path: str) -> list[tuple[str, str]]:
    """The faults of the parts of a value, empty where the value itself is at fault."""
    inner = _bare(annotation)
    if isinstance(value, Mapping) and is_struct(inner):
        return [*_members(value, inner, path)][:MOST_FAULTS]
    if isinstance(value, list) and get_origin(inner) is list and get_args(inner):
        found: list[tuple[str, str]] = []
        for index, item in enumerate(value):
            found.extend(_walk(item, get_args(inner)[0], joined(path, str(index))))
            if len(found) >= MOST_FAULTS:
                break
        return found[:MOST_FAULTS]
    return []


def _members(value: Mapping[str, Any], struct: Any, path: str) -> Iterator[tuple[str, str]]:
    known = set()
    for field in msgspec.structs.fields(struct):
        known.add(field.encode_name)
        place = joined(path, field.encode_name)
        if field.encode_name in value:
            yield from _walk(value[field.encode_name], field.type, place)
        elif field.required:
            yield place, REQUIRED
    if struct.__struct_config__.forbid_unknown_fields:
        yield from ((joined(path, str(name)), UNKNOWN) for name in value if name not in known)


def _placed(error: msgspec.ValidationError, path: str) -> tuple[str, str]:
    inner, sentence = words_for(error)
    return joined(path, inner), sentence


def _bare(annotation: Any) -> Any:
    """The one type inside ``Annotated``, ``X | None`` and ``X | Unset``."""
    if get_origin(annotation) is Annotated:
        return _bare(annotation.__origin__)
    if get_origin(annotation) in (Union, types.UnionType):
        members = [member for member in get_args(annotation) if member not in (types.NoneType, msgspec.UnsetType)]
        return _bare(members[0]) if len(members) == 1 else annotation
    return annotation
