"""Lanes: where Django's asynchronous ORM runs for code on an event loop.

Django hands every ``await Book.objects.aget(…)`` to one thread of the whole process, and never looks at
the health of its connection. Here a request gets a lane, a thread that it keeps to its end: a cursor that
is read in several steps meets its own connection again, and a slow query holds up no other lane.
"""

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextvars import ContextVar, Token
from functools import cache, partial
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.db import close_old_connections, connections

from ironbolt.core.settings import get_settings
from ironbolt.core.threads.jobs import MAX_QUEUED, OverloadedError, without_exits

_P = ParamSpec("_P")
_T = TypeVar("_T")

_Step = tuple["Future[Any]", Callable[[], Any]]
LaneToken = tuple[Token[ThreadSensitiveContext], "Token[_Place]"]


def take_a_lane() -> LaneToken:
    """Let what the running task awaits of the ORM from here on run in a lane of its own.

    Which lane is decided when it first needs one; tasks that it starts later share it.

    Returns:
        What :func:`part_from_lane` takes.
    """
    return SyncToAsync.thread_sensitive_context.set(_crossing()), _place.set(_Place())


def part_from_lane(token: LaneToken) -> None:
    """Undo the matching :func:`take_a_lane`, in the same task."""
    crossing, place = token
    SyncToAsync.thread_sensitive_context.reset(crossing)
    _place.reset(place)


def close_lanes(seconds: float) -> None:
    """End the threads and their connections, after the work they have."""
    if _lanes.cache_info().currsize:
        lanes = _lanes()
        _crossing.cache_clear()
        _lanes.cache_clear()
        lanes.close(seconds)


class _Lane:
    """One thread, one queue, one connection for each database.

    Connections are looked at when nobody is here: whoever reads a cursor in several steps needs its own again,
    and with ``CONN_MAX_AGE = 0`` a look would close it in between.

    Attributes:
        guests: the requests and sockets whose lane it is.
        waiting: how many steps wait, the running one included.
    """

    def __init__(self, owner: "Lanes") -> None:
        self.owner = owner
        self.waiting = 0
        self.guests: set[int] = set()
        self._has_ended = False
        # Taken again by whoever holds it where a request is collected just then.
        self._lock = threading.RLock()
        self._steps: SimpleQueue[_Step | None] = SimpleQueue()
        # A daemon, so that a stuck query cannot keep the process alive.
        self.thread = threading.Thread(target=self._work, name="ironbolt-lane", daemon=True)
        self.thread.start()

    def welcome(self, place: "_Place") -> None:
        """Be the lane of a request until it is over."""
        if not self.guests:
            self.put(Future(), close_old_connections)
        self.guests.add(id(place))
        weakref.finalize(place, self._part_from, id(place)).atexit = False

    def _part_from(self, guest: int) -> None:
        self.guests.discard(guest)
        if not self.guests:
            self.put(Future(), close_old_connections)

    def put(self, future: "Future[Any]", step: Callable[[], Any]) -> bool:
        """Have a step run; False where the lane has ended."""
        with self._lock:
            if not self._has_ended:
                self.waiting += 1
                self._steps.put((future, step))
            return not self._has_ended

    def end(self) -> None:
        with self._lock:
            self._has_ended = True
            self._steps.put(None)

    def _work(self) -> None:
        while (item := self._steps.get()) is not None:
            _run(*item)
            with self._lock:
                self.waiting -= 1
            del item  # or the last request lives on until the next
        connections.close_all()


def _run(future: "Future[Any]", step: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(without_exits(_with_usable_connections, step))
    except Exception as error:  # noqa: BLE001 - whoever awaits gets whatever it is
        future.set_exception(error)


def _with_usable_connections(step: Callable[[], Any]) -> Any:
    """Drop connections that failed, whatever is still read from them."""
    for connection in connections.all(initialized_only=True):
        if connection.errors_occurred:
            connection.close_if_unusable_or_obsolete()
    return step()


class Lanes(Executor):
    """A bounded number of lanes, made as they are needed; the shape is what asgiref wants of an executor."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lanes: list[_Lane] = []
        self._lock = threading.Lock()

    def submit(self, call: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> "Future[_T]":
        """Run ``call`` in the lane of the running task.

        Raises:
            OverloadedError: too many steps wait already.
        """
        if sum(lane.waiting for lane in self._lanes) >= MAX_QUEUED:
            raise OverloadedError
        place = _place.get()
        future: Future[_T] = Future()
        step = partial(call, *args, **kwargs)
        lane = place.lane
        # Its lane may have ended under it: the server stops, and it has work left.
        while lane is None or lane.owner is not self or not lane.put(future, step):
            lane = place.lane = self._quietest()
            lane.welcome(place)
        return future

    def close(self, seconds: float) -> None:
        """End every lane after the work it has, ``seconds`` at most for each."""
        with self._lock:
            lanes, self._lanes = self._lanes, []
        for lane in lanes:
            lane.end()
        for lane in lanes:
            lane.thread.join(seconds)

    def _quietest(self) -> _Lane:
        with self._lock:
            quiet = min(self._lanes, key=lambda lane: (len(lane.guests), lane.waiting), default=None)
            if (quiet is None or quiet.guests or quiet.waiting) and len(self._lanes) < self._size:
                quiet = _Lane(self)
                self._lanes.append(quiet)
            assert quiet is not None
            return quiet


class _Place:
    """Which lane a request has; a thing to change in place, since asgiref sets variables back after each step."""

    __slots__ = ("__weakref__", "lane")

    def __init__(self) -> None:
        self.lane: _Lane | None = None


_place: ContextVar[_Place] = ContextVar("ironbolt_lane")


@cache
def _lanes() -> Lanes:
    return Lanes(get_settings().DATABASE_THREADS)


@cache
def _crossing() -> ThreadSensitiveContext:
    """The one context that asgiref knows our lanes by."""
    crossing = ThreadSensitiveContext()
    SyncToAsync.context_to_thread_executor[crossing] = _lanes()
    return crossing
