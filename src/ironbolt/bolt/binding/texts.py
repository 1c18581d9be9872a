"""How text becomes a value: for each type a converter is chosen once, at start."""

import math
import re
import types
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated, Any, get_args, get_origin

import msgspec
from django.core.exceptions import ValidationError

from ironbolt.bolt.params import Limits, core_of, members_of
from ironbolt.bolt.structs.invalid import MOST_FAULTS, words_for
from ironbolt.core.errors import Details
from ironbolt.core.validation import (
    ABOVE,
    AT_LEAST,
    AT_MOST,
    BELOW,
    NOT_A_NUMBER,
    NOT_AN_INTEGER,
    check_characters,
    is_plain_number,
)

FromText = Callable[[str], Any]
"""Converts a text; raises Django's or msgspec's ValidationError."""

FromTexts = Callable[[Sequence[str], str, Details], Any]
"""Converts the texts of one name; its faults go to the details, under dotted paths below the name."""

_WHOLE_NUMBER = re.compile(r"-?[0-9]+").fullmatch
_SMALL_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}").fullmatch
_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_ARRAYS = (list, set, frozenset, tuple)


def messages_of(error: ValidationError | msgspec.ValidationError) -> list[str]:
    """What a converter's error says to the client."""
    return error.messages if isinstance(error, ValidationError) else [words_for(error)[1]]


def is_array(annotation: Any) -> bool:
    """Whether a type takes several texts: a list, set or tuple."""
    core = core_of(annotation)
    return (get_origin(core) or core) in _ARRAYS


def converter_of(annotation: Any) -> FromText:
    """The converter to a type."""
    core = core_of(annotation)
    if annotation is Any or all(member in (str, types.NoneType) for member in members_of(annotation)):
        return _text
    if annotation is int:
        return _integer
    if core is str:
        return _strict(annotation)
    if core is int:
        return _whole(annotation)
    if core is bool:
        return _boolean(annotation)
    return _lenient(annotation, _limits(annotation))


def _limits(annotation: Any) -> dict[str, float]:
    wrapped = (annotation, *members_of(annotation))
    found = [item for member in wrapped for item in getattr(member, "__metadata__", ()) if isinstance(item, Limits)]
    return dict(found[0].bounds) if found else {}


def _text(text: str) -> str:
    check_characters(text)
    return text


def _integer(text: str) -> int:
    if _SMALL_NUMBER(text):
        return int(text)
    _require_whole(text)
    return msgspec.convert(text, int, strict=False)


def _require_whole(text: str) -> None:
    """Refuse 1e3 and 1.0, which msgspec reads as well: one object would have many addresses."""
    check_characters(text)
    if not _WHOLE_NUMBER(text):
        raise ValidationError(NOT_AN_INTEGER)


def _strict(annotation: Any) -> FromText:
    def convert(text: str) -> Any:
        check_characters(text)
        return msgspec.convert(text, annotation)

    return convert


def _whole(annotation: Any) -> FromText:
    nullable = types.NoneType in members_of(annotation)

    def convert(text: str) -> Any:
        if not (nullable and text == "null"):
            _require_whole(text)
        return msgspec.convert(text, annotation, strict=False)

    return convert


def _boolean(annotation: Any) -> FromText:
    def convert(text: str) -> Any:
        check_characters(text)
        return msgspec.convert(_WORDS.get(text.lower(), text), annotation, strict=False)

    return convert


def _lenient(annotation: Any, limits: dict[str, float]) -> FromText:
    def convert(text: str) -> Any:
        check_characters(text)
        try:
            value = msgspec.convert(text, annotation, strict=False)
        except OverflowError:  # an instant that Python's calendar does not have
            raise ValidationError("This is out of range.") from None
        if (isinstance(value, float) and not math.isfinite(value)) or (
            isinstance(value, Decimal) and not is_plain_number(text)
        ):
            raise ValidationError(NOT_A_NUMBER)
        if limits and value is not None:
            _require_within(value, limits)
        return value

    return convert


def _require_within(value: Any, limits: dict[str, float]) -> None:
    checks = {
        "ge": (value.__ge__, AT_LEAST),
        "gt": (value.__gt__, ABOVE),
        "le": (value.__le__, AT_MOST),
        "lt": (value.__lt__, BELOW),
    }
    for name, (holds, words) in checks.items():
        if name in limits and not holds(Decimal(str(limits[name]))):
            raise ValidationError(words.format(limit=limits[name]))


def array_converter_of(annotation: Any) -> FromTexts:
    """The converter to a list, set or tuple, each item by the rules of its own type."""
    core = core_of(annotation)
    kind: Any = get_origin(core) or core
    items = get_args(core) or (str,)
    fixed = kind is tuple and ... not in items
    converters = [converter_of(item) for item in items if item is not ...]
    length = _length_of(annotation, len(items) if fixed else None)

    def convert(texts: Sequence[str], name: str, faults: Details) -> Any:
        try:
            msgspec.convert([None] * len(texts), length)
        except msgspec.ValidationError as error:
            faults.setdefault(name, []).extend(messages_of(error))
            return None
        values, wrong = [], 0
        for index, text in enumerate(texts):
            try:
                values.append(converters[index if fixed else 0](text))
            except (ValidationError, msgspec.ValidationError) as error:
                faults.setdefault(f"{name}.{index}", []).extend(messages_of(error))
                wrong += 1
                if wrong >= MOST_FAULTS:
                    break
        return kind(values)

    return convert


def _length_of(annotation: Any, fixed: int | None) -> Any:
    """A type that says how many items there may be, and nothing of what they are."""
    if fixed is not None:
        return tuple[(Any,) * fixed]  # type: ignore[misc]  # made at run time
    for member in (annotation, *members_of(annotation)):
        for item in getattr(member, "__metadata__", ()):
            if isinstance(item, msgspec.Meta):
                meta = msgspec.Meta(min_length=item.min_length, max_length=item.max_length)
                return Annotated[list[Any], meta]
    return list[Any]
