"""The two lines of a view with ``LOG_REQUESTS``: one as its request arrives, one as the answer leaves."""

import logging
from urllib.parse import parse_qsl

import msgspec

from ironbolt.core import context
from ironbolt.core.redaction import masked, on_one_line, shown, shown_query

logger = logging.getLogger("ironbolt.requests")

NOT_READ = "<not read>"
"""What is shown of a body where the request was refused before anybody read it."""

MOST_BYTES = 64 * 1024
"""A body above this size is not looked into."""

_LONGEST_PATH = 500
_LONGEST_TYPE = 100
_MOST_FIELDS = 100
_MOST_DIGITS = 20


class RequestLog:
    """One request and its answer, for the log.

    Args:
        where: what both lines name it by.
    """

    __slots__ = ("_has_arrived", "_where")

    def __init__(self, where: str) -> None:
        self._where = where
        self._has_arrived = False

    @classmethod
    def of(cls, method: str, path: str, query: str = "") -> "RequestLog | None":
        """The log of one request, none of its lines written yet; None where nobody listens.

        Args:
            method: the HTTP method.
            path: the decoded path.
            query: the query string, still encoded.
        """
        if not logger.isEnabledFor(logging.INFO):
            return None
        where = f"{method} {masked(path[:_LONGEST_PATH])}"
        return cls(on_one_line(f"{where}?{shown_query(query)}" if query else where))

    def arrived(self, data: str = NOT_READ) -> None:
        """Log who asks for what; only the first call does.

        Args:
            data: what was sent, as :func:`shown_body` shows it.
        """
        if self._has_arrived:
            return
        self._has_arrived = True
        user = on_one_line(context.current().user_id or "anonymous")
        logger.info("→ %s | user=%s | data=%s", self._where, user, data)

    def left(self, status: int) -> None:
        """Log which status the answer has."""
        self.arrived()
        logger.info("← %s | status=%d", self._where, status)


def shown_body(body: bytes, content_type: str) -> str:
    """What a client sent, as a log shows it: JSON and forms without their secrets, of the rest the size alone."""
    if not body:
        return "{}"
    media_type = _media_type(content_type)
    if len(body) <= MOST_BYTES:
        try:
            if media_type == "application/json" or media_type.endswith("+json"):
                return shown(msgspec.json.decode(body))
            if media_type == "application/x-www-form-urlencoded":
                return shown(_form(body))
        except (msgspec.DecodeError, ValueError, RecursionError):  # it is not what it says
            pass
    return unread_body(str(len(body)), content_type)


def unread_body(length: str, content_type: str) -> str:
    """What is shown of a body that is not looked into: how long it is and of what type."""
    is_number = length.isascii() and length.isdecimal() and len(length) <= _MOST_DIGITS
    size = f"{length} bytes" if is_number else "a body"
    return on_one_line(f"<{size} of {_media_type(content_type) or 'no type'}>")


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()[:_LONGEST_TYPE]


def _form(body: bytes) -> dict[str, str | list[str]]:
    pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
