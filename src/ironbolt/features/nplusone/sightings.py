"""The queries of one list, held against each other: which of them are made row by row."""

import logging
import re
from collections.abc import Callable
from types import FrameType
from typing import Any

import msgspec

from ironbolt.features.nplusone.findings import Finding
from ironbolt.features.nplusone.frames import Identity, SpotIn, Trace, identity_of, signature_of, trace_of
from ironbolt.features.nplusone.mending import mend_of

_VALUES = re.compile(r"'(?:[^']|'')*'|\b\d+\b|%s(?:, ?%s)+|\?(?:, ?\?)+")
_READS = ("SELECT", "WITH", "(SELECT")
_LONGEST_SQL = 300

logger = logging.getLogger("ironbolt.n_plus_one")


class _Sighting(msgspec.Struct):
    """One query at one place; no row is kept, only which one it was."""

    what: str
    sql: str
    field: str
    line: str
    row: Identity | None
    held: dict[tuple[int, str], Identity]
    subject: Identity | None
    leads_to: Identity | None
    times: int = 1
    mend: str = ""


class Sightings:
    """The queries that were seen while one list was answered.

    Args:
        is_end: whether a frame is where looking at the stack ends.
        spot_in: what the door knows of its own frames.
        looks: how many queries are looked into, which then are only those that repeat one; None for all.
    """

    __slots__ = ("_counts", "_found", "_is_end", "_looks", "_seen", "_spot_in", "has_found")

    def __init__(self, is_end: Callable[[FrameType], bool], spot_in: SpotIn, looks: int | None = None) -> None:
        self._is_end = is_end
        self._spot_in = spot_in
        self._looks = looks
        self._counts: dict[str, int] = {}
        self._seen: dict[tuple[object, ...], _Sighting] = {}
        self._found: dict[str, _Sighting] = {}
        self.has_found = False

    def see(self, sql: Any, frame: FrameType | None) -> None:
        """Note a query that is about to be made by ``frame``; never raises."""
        if not isinstance(sql, str) or not sql.startswith(_READS):
            return
        count = self._counts[sql] = self._counts.get(sql, 0) + 1
        if self._looks is not None and (count == 1 or sql in self._found or self._looks == 0):
            return  # enough is known of it, or nothing yet that could be held against it
        try:
            self._look_into(sql, frame)
        except Exception:  # an answer must not fail since it was looked at
            self._looks = 0
            logger.debug("A query could not be looked into.", exc_info=True)

    def _look_into(self, sql: str, frame: FrameType | None) -> None:
        if self._looks is not None:
            self._looks -= 1
        shape = _VALUES.sub("?", sql)
        key = (shape, *signature_of(frame, self._is_end))
        seen = self._seen.get(key)
        if seen is not None and seen.mend:
            seen.times += 1
            return
        trace = trace_of(frame, self._is_end, self._spot_in)
        if trace.is_planned:
            return
        if seen is None:
            self._seen[key] = _sighting(shape, trace)
            return
        seen.times += 1
        if trace.is_of_several and _is_another_row(seen, trace):
            seen.mend = mend_of(trace.relation, trace.rows)
            self._found[sql] = seen
            self.has_found = True
        _follow(seen, trace)

    def forget(self) -> None:
        """Hold nothing that comes against what was seen so far; what was found stays."""
        self._seen = {key: seen for key, seen in self._seen.items() if seen.mend}

    def findings(self, place: Callable[[], str]) -> list[Finding]:
        """What is made row by row; ``place`` is asked for the name of the view if anything is."""
        for sql, seen in self._found.items():
            if self._looks is not None:
                seen.times = self._counts[sql]
        return [
            Finding(
                place=place(),
                what=seen.what,
                times=seen.times,
                mend=seen.mend,
                field=seen.field,
                line=seen.line,
                sql=seen.sql,
            )
            for seen in self._seen.values()
            if seen.mend
        ]


def _sighting(shape: str, trace: Trace) -> _Sighting:
    sighting = _Sighting(
        what=str(trace.relation) if trace.relation else trace.model or _table_of(shape),
        sql=shape if len(shape) <= _LONGEST_SQL else f"{shape[:_LONGEST_SQL]}…",
        field=trace.label,
        line=trace.line,
        row=trace.row,
        held=trace.held,
        subject=None,
        leads_to=None,
    )
    _follow(sighting, trace)
    return sighting


def _follow(seen: _Sighting, trace: Trace) -> None:
    """Hold the next one against this one."""
    seen.subject = identity_of(trace.relation.row) if trace.relation else None
    seen.leads_to = trace.relation.leads_to if trace.relation else None


def _is_another_row(seen: _Sighting, trace: Trace) -> bool:
    """Whether the same instructions asked for something of another row than before."""
    if trace.row is not None and trace.row != seen.row:
        return True
    if trace.relation is not None:
        # Who climbs from a row to its parent and on to the parent's asks of one row, however far it climbs.
        return identity_of(trace.relation.row) not in (seen.subject, seen.leads_to)
    return any(
        before != row and before[0] == row[0]
        for variable, row in trace.held.items()
        if (before := seen.held.get(variable)) is not None
    )


def _table_of(sql: str) -> str:
    found = re.search(r'\bFROM\s+["`\[]?(\w+)', sql, re.IGNORECASE)
    return found[1] if found else "A query"
