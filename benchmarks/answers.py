"""Whether an answer is right, by value: a number in quotes is the number, a moment may be spelled as one likes."""

import datetime
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"-?\d+\.\d+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})?")

PAGE_NAMES = {"items": "results", "total": "count"}


class Wrong(Exception):
    """An answer that is not what the rows say."""


def compare(found: Any, wanted: Any, where: str = "answer") -> None:
    """Accept what means the same.

    Args:
        found: the JSON of an answer.
        wanted: what the rows say.
        where: what is looked at, for the message.

    Raises:
        Wrong: with the first place that differs.
    """
    if isinstance(wanted, Mapping):
        _compare_objects(found, wanted, where)
    elif isinstance(wanted, list):
        if not isinstance(found, list) or len(found) != len(wanted):
            raise Wrong(f"{where}: {len(wanted)} items wanted, found {_brief(found)}")
        keyed = all(isinstance(item, Mapping) and "id" in item for item in wanted) and where.endswith("categories")
        pairs = zip(_by_key(found), _by_key(wanted), strict=True) if keyed else zip(found, wanted, strict=True)
        for place, (one, other) in enumerate(pairs):
            compare(one, other, f"{where}[{place}]")
    elif value_of(found) != value_of(wanted):
        raise Wrong(f"{where}: {wanted!r} wanted, found {_brief(found)}")


def page_of(found: Any) -> Any:
    """A page under the names of this comparison, without what only some peers say beside."""
    if not isinstance(found, Mapping):
        return found
    renamed = {PAGE_NAMES.get(name, name): value for name, value in found.items()}
    return {name: renamed[name] for name in ("count", "results") if name in renamed}


def value_of(value: Any) -> Any:
    """What a JSON value means."""
    if isinstance(value, bool):
        return bool, value  # or it would equal 1 and 0
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).replace(microsecond=value.microsecond // 1000 * 1000)
    if isinstance(value, float | Decimal | int):
        return Decimal(str(value))
    if isinstance(value, str):
        return _meaning(value)
    return value


def spelling(found: Any, wanted: Any) -> set[str]:
    """What an answer that is right says in another way than the floor does: types, and names beside."""
    told: set[str] = set()
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        if more := set(found) - set(wanted):
            told.add(f"other names: {', '.join(sorted(more))}")
        for name in set(found) & set(wanted):
            told |= {f"{name}: {text}" if ":" not in text else text for text in spelling(found[name], wanted[name])}
    elif isinstance(wanted, list) and isinstance(found, list):
        if found and wanted:
            told = spelling(found[0], wanted[0])
    elif type(found) is not type(wanted):
        told.add(f"{type(found).__name__} instead of {type(wanted).__name__}")
    elif isinstance(found, str) and found != wanted and value_of(found) == value_of(wanted):
        told.add("other spelling")
    return told


def _compare_objects(found: Any, wanted: Mapping[str, Any], where: str) -> None:
    if not isinstance(found, Mapping):
        raise Wrong(f"{where}: an object wanted, found {_brief(found)}")
    for name, value in wanted.items():
        if name not in found:
            raise Wrong(f"{where}.{name} is missing")
        compare(found[name], value, f"{where}.{name}")
    if more := set(found) - set(wanted):
        raise Wrong(f"{where} has more: {', '.join(sorted(more))}")


def _meaning(text: str) -> Any:
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if _DAY.fullmatch(text):
        return datetime.date.fromisoformat(text)
    if _MOMENT.fullmatch(text):
        moment = datetime.datetime.fromisoformat(text)
        return value_of(moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC))
    return text


def _by_key(rows: list[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: row["id"])


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
