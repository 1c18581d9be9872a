"""Who asks and under which trace: one frozen value for each request, task or socket message."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from random import getrandbits

import msgspec

TRACE_ATTRIBUTE = "_ironbolt_trace_id"
"""Where a request of Django's keeps its trace id."""

REQUEST_ID_HEADER = "X-Request-ID"
"""The header a trace id comes in by and leaves by."""

_WELL_FORMED_TRACE_ID = re.compile(r"[A-Za-z0-9._-]{8,128}").fullmatch


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What every layer may know of the request at hand.

    ``user_id`` is a string, as tokens carry it, and None for an anonymous caller.
    """

    trace_id: str
    user_id: str | None = None
    tenant: str | None = None


_NO_REQUEST = Context(trace_id="-")
_current: ContextVar[Context] = ContextVar("ironbolt_context", default=_NO_REQUEST)


def current() -> Context:
    """The context of the running request; outside of one, a context whose trace id is ``-``."""
    return _current.get()


def enter(context: Context) -> Token[Context]:
    """Make ``context`` the current one until :func:`leave` is called with the returned token."""
    return _current.set(context)


def leave(token: Token[Context]) -> None:
    """Restore the context that was current before the matching :func:`enter`."""
    _current.reset(token)


@contextmanager
def using(context: Context) -> Iterator[Context]:
    """Run a block under ``context``."""
    token = enter(context)
    try:
        yield context
    finally:
        leave(token)


def identify(user_id: str | None) -> None:
    """Record who the caller turned out to be; everything after this in the request sees it."""
    _current.set(msgspec.structs.replace(_current.get(), user_id=user_id))


def trace_id_from(header: str | None) -> str:
    """A caller's own trace id when it is well formed, else a new one of 32 hexadecimal digits.

    Anything else than 8 to 128 letters, digits, dots, dashes and underscores is replaced, so that
    a header can forge neither a log line nor another header.
    """
    if header and _WELL_FORMED_TRACE_ID(header):
        return header
    return f"{getrandbits(128):032x}"  # it tells requests apart, and keeps nothing secret


class TraceFilter(logging.Filter):
    """Give every log record the ``trace_id`` of its request, ``-`` outside of one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Annotate the record and let it pass."""
        # Django logs a request that failed when the request is over, and hands it along.
        request = getattr(record, "request", None)
        record.trace_id = getattr(request, TRACE_ATTRIBUTE, None) or _current.get().trace_id
        return True
