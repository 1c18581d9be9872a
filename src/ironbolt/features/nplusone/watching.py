"""The watch over one list: it looks at the queries that are made while it is answered, and says what it saw."""

import inspect
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Literal, TypeVar

from django.conf import settings
from django.core.signals import request_started
from django.db import connections

from ironbolt.core.settings import get_settings
from ironbolt.features.nplusone.findings import Finding, NPlusOne
from ironbolt.features.nplusone.frames import SpotIn
from ironbolt.features.nplusone.sightings import Sightings

_T = TypeVar("_T")

Kind = Literal["list", "single", "write"]
"""What a request is for. Lists are always watched, single objects in tests only, writes never."""

_MOST_LOGGED = 1_000
_PRODUCTION_LOOKS = 50
"""How many repeated queries of one list are looked into where nobody is told at once."""

logger = logging.getLogger("ironbolt.n_plus_one")

_logged: set[tuple[str, str, str]] = set()
_blocks: "list[Block]" = []


class Block:
    """What a test gathers: the findings of every view that is called inside."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []


class _Thread(threading.local):
    """What is watched in one thread: the innermost watch sees the queries, and None is one that looks away."""

    def __init__(self) -> None:
        self.watches: list[Sightings | None] = []


_here = _Thread()


def watched(call: Callable[[], _T], kind: Kind, *, place: Callable[[], str], spot_in: SpotIn) -> _T:
    """Call what answers a request, and see that it makes no query for each of its rows.

    Args:
        call: what answers.
        kind: whether it may answer many rows, or one, or writes.
        place: the name of the view and its action; asked where something is found.
        spot_in: what the door knows of its own frames.

    Raises:
        NPlusOne: it does, and ``IRONBOLT["N_PLUS_ONE"]`` is ``"raise"``, the default under ``DEBUG``.
    """
    block = _blocks[-1] if _blocks else None
    mode = "test" if block else _mode() if kind == "list" else "off"
    if mode == "off":
        return call()
    if kind == "write":
        with allow_n_plus_one():
            return call()
    sightings = Sightings(_is_entrance, spot_in, looks=_PRODUCTION_LOOKS if mode == "log" else None)
    _begin(sightings)
    try:
        answer = _enter(call)
    finally:
        _end()
    findings = sightings.findings(place) if sightings.has_found else []
    if block is not None:
        block.findings += findings
    elif findings and mode == "raise":
        raise NPlusOne(findings)
    else:
        _log(findings)
    return answer


@contextmanager
def allow_n_plus_one() -> Iterator[None]:
    """Look away from the queries made inside: they are meant to be made one by one."""
    _begin(None)
    try:
        yield
    finally:
        _end()


@contextmanager
def gather_n_plus_one(start: int) -> Iterator[Block]:
    """Gather what the views that are called inside, and the code inside itself, repeat row by row; for tests.

    Args:
        start: the ``id`` of the frame that encloses what is looked at.
    """
    block = Block()
    sightings = Sightings(lambda frame: id(frame) == start, lambda _: None)

    def begin(**_: Any) -> None:
        sightings.forget()  # one request after the other is no loop over rows

    _blocks.append(block)
    request_started.connect(begin)
    try:
        _begin(sightings)
        try:
            yield block
        finally:
            _end()
    finally:
        request_started.disconnect(begin)
        _blocks.remove(block)
        block.findings += sightings.findings(lambda: "Code under test")


def _mode() -> str:
    return get_settings().N_PLUS_ONE or ("raise" if settings.DEBUG else "log")


def _enter(call: Callable[[], _T]) -> _T:
    """What is called has this frame below it, where looking at the stack ends."""
    return call()


def _is_entrance(frame: FrameType) -> bool:
    return frame.f_code is _enter.__code__


def _begin(sightings: Sightings | None) -> None:
    watches = _here.watches
    watches.append(sightings)
    if len(watches) == 1:
        for connection in connections.all():
            connection.execute_wrappers.append(_look)


def _end() -> None:
    watches = _here.watches
    watches.pop()
    if not watches:
        for connection in connections.all():
            if _look in connection.execute_wrappers:  # unless somebody has replaced the connection meanwhile
                connection.execute_wrappers.remove(_look)


def _look(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    watches = _here.watches  # none where threads share a connection, and another one is watched
    if watches and (sightings := watches[-1]) is not None:
        sightings.see(sql, inspect.currentframe())
    return execute(sql, params, many, context)


setattr(_look, "minds_plans", False)  # noqa: B010 - a plan makes as many queries for any number of rows


def _log(findings: list[Finding]) -> None:
    """Once for each view and relation; a process that finds ever more has said enough."""
    for finding in findings:
        key = (finding.place, finding.what, finding.line)
        if key not in _logged and len(_logged) < _MOST_LOGGED:
            _logged.add(key)
            logger.warning("%s", finding)
