"""Who asks the database: what the running frames between a query and the view tell of it."""

import opcode
import os
import re
import sys
import sysconfig
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import django
import msgspec
from django.db.models import Model

from ironbolt.features.nplusone.relations import Relation, relation_in

Identity = tuple[str, Any]
"""A row without the row: the label of its model, and its key."""

Kind = Literal["django", "door", "project", "other"]

_HERE = Path(__file__).parent
_DJANGO = f"{Path(django.__file__).parent}{os.sep}"  # and not what only begins like it, as django_filters
_PRECALL = opcode.opmap.get("PRECALL")
_TO_CALL = 4
_NAMELESS = re.compile(r"(?:\.<locals>)?\.<(?!locals)\w+>")
_OTHERS = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib"))
_TOOLS = ("_pytest", "asgiref", "granian", "pluggy", "pytest_django", "psycopg", "psycopg_c", "rest_framework")


class Spot(msgspec.Struct, frozen=True):
    """What a door knows of one of its frames.

    Attributes:
        label: the field that is being read, as ``BookSerializer.author``.
        row: the row that is being read.
        size: how many rows the list has that is being read.
    """

    label: str = ""
    row: Any = None
    size: int | None = None


SpotIn = Callable[[FrameType], Spot | None]


class Trace(msgspec.Struct):
    """What was seen of one query.

    Attributes:
        relation: the relation it loads, None for a query of another kind.
        model: the model it reads.
        label: the field of the door that asked.
        line: the line of the project that asked.
        row: the outermost row that a door was reading.
        held: the rows in the project's variables.
        rows: all of these themselves by the frame, outermost last; for the mend, and not to be kept.
        is_of_several: whether the rows are several, as far as anybody knows.
        is_planned: whether it belongs to a prefetch that comes in portions, or to what Django keeps for good.
    """

    relation: Relation | None = None
    model: str = ""
    label: str = ""
    line: str = ""
    row: Identity | None = None
    held: dict[tuple[int, str], Identity] = {}
    rows: list[list[Model]] = []
    is_of_several: bool = True
    is_planned: bool = False


def identity_of(row: Any) -> Identity:
    """Which row it is, found out without a query."""
    if not isinstance(row, Model):
        return type(row).__qualname__, id(row)
    return row._meta.label, row.__dict__.get(row._meta.pk.attname, id(row))


def trace_of(frame: FrameType | None, is_end: Callable[[FrameType], bool], spot_in: SpotIn) -> Trace:
    """What the frames from ``frame`` outwards tell, up to the one that ``is_end`` knows.

    Args:
        frame: the innermost one.
        is_end: whether a frame is the view's end of the stack.
        spot_in: what the door knows of its own frames.
    """
    trace = Trace()
    spots: list[Spot] = []
    inner: list[FrameType] = []
    for depth, each in enumerate(_frames(frame, is_end)):
        kind = kind_of(each.f_code.co_filename)
        if kind == "django" and not spots and not trace.line:
            inner.append(each)
        elif kind == "door" and (spot := spot_in(each)) is not None:
            spots.append(spot)
            trace.rows.append([spot.row] if isinstance(spot.row, Model) else [])
        elif kind == "project":
            trace.line = trace.line or _line(each)
            _add_variables(trace, depth, each)
    _add_spots(trace, spots)
    reading = relation_in(inner)
    trace.relation, trace.model, trace.is_planned = reading.relation, reading.model, reading.is_planned
    return trace


def _frames(frame: FrameType | None, is_end: Callable[[FrameType], bool]) -> Iterator[FrameType]:
    while frame is not None and not is_end(frame):
        yield frame
        frame = frame.f_back


def signature_of(frame: FrameType | None, is_end: Callable[[FrameType], bool]) -> Iterator[object]:
    """The instructions that led to a query: the same ones again are a loop."""
    for each in _frames(frame, is_end):
        code = each.f_code
        yield id(code)  # a code's own hash looks at all of it
        yield _instruction(each)
        if code.co_name == "prefetch_one_level":
            # Several prefetches may be alike in all but their path.
            yield getattr(each.f_locals.get("lookup"), "prefetch_to", "")
            yield each.f_locals.get("level")


def _instruction(frame: FrameType) -> int:
    """Where in its code a frame is; Python 3.11 stands at either half of a call, as it likes."""
    at = frame.f_lasti
    return at + _TO_CALL if _PRECALL is not None and frame.f_code.co_code[at] == _PRECALL else at


def _add_spots(trace: Trace, spots: list[Spot]) -> None:
    trace.label = next((spot.label for spot in spots if spot.label), "")
    rows = [spot.row for spot in spots if spot.row is not None]
    if rows:
        trace.row = identity_of(rows[-1])
    sizes = [spot.size for spot in spots if spot.size is not None]
    trace.is_of_several = not sizes or any(size > 1 for size in sizes)


def _add_variables(trace: Trace, depth: int, frame: FrameType) -> None:
    found = {name: value for name, value in frame.f_locals.items() if isinstance(value, Model)}
    trace.held.update({(depth, name): identity_of(value) for name, value in found.items()})
    trace.rows.append([*found.values()])


@lru_cache(maxsize=4096)
def kind_of(file: str) -> Kind:
    """Whose code a file holds."""
    parts = Path(file).parts
    if file.startswith(_DJANGO):
        return "django"
    if Path(file).is_relative_to(_HERE.parents[1]) or "rest_framework" in parts:
        return "door"
    if file.startswith("<") or any(tool in parts for tool in _TOOLS):
        return "other"
    return "other" if file.startswith(_OTHERS) and "site-packages" not in parts else "project"


def _line(frame: FrameType) -> str:
    code = frame.f_code
    name = _NAMELESS.sub("", code.co_qualname).rpartition("<locals>.")[2]
    return f"{_short(code.co_filename)}:{frame.f_lineno} in {name}"


@lru_cache(maxsize=4096)
def _short(file: str) -> str:
    """The path of a file below the working directory, or below where it is imported from."""
    path = Path(file)
    for root in [Path.cwd(), *map(Path, filter(None, sys.path))]:
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return file
