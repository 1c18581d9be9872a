"""How a WebSocket is refused or ended: an HTTP answer before it is accepted where the server can, else a close code."""

from collections.abc import Iterable

from ironbolt.core.errors import NON_FIELD_ERRORS, Problem, rendered
from ironbolt.core.exchange import Message, Scope

METHOD = "WEBSOCKET"
"""What stands for the method of a socket, in logs and where rules go by method: not a safe one."""

NORMAL, GOING_AWAY, UNSUPPORTED, INVALID, TOO_BIG, INTERNAL_ERROR = 1000, 1001, 1003, 1007, 1009, 1011
NO_CODE, ABNORMAL = 1005, 1006
"""Close codes of RFC 6455, 7.4.1; the last two are never sent, but say that none came."""

LONGEST_REASON = 123
"""Bytes of UTF-8: a close frame has 125, two of which are the code."""

_DENIAL = "websocket.http.response"


def close_code(status: int) -> int:
    """The close code that stands for an HTTP status: 4401 for 401."""
    return 4000 + status


def close_reason(problem: Problem) -> str:
    """A problem in the words of a close frame: the fields at fault by name, else its sentence."""
    faults = [
        message if path == NON_FIELD_ERRORS else f"{path}: {message}"
        for path, messages in problem.details.items()
        for message in messages
    ]
    return shortened(" ".join(faults) or problem.message)


def shortened(reason: str) -> str:
    """As much of a reason as a close frame can hold, no character cut in half."""
    return reason.encode("utf-8", "replace")[:LONGEST_REASON].decode("utf-8", "ignore")


def refusal_of(scope: Scope, problem: Problem, extra: Iterable[tuple[bytes, bytes]] = ()) -> tuple[Message, ...]:
    """The messages that refuse a socket before it was accepted.

    Where the server offers the denial response of ASGI it is the answer that an HTTP request would get, else
    the close code that stands for its status; most servers make a bare 403 of that one.

    Args:
        scope: that of the socket.
        problem: why it is refused.
        extra: headers beside those of the problem.
    """
    if _DENIAL not in (scope.get("extensions") or {}):
        return ({"type": "websocket.close", "code": close_code(problem.status), "reason": close_reason(problem)},)
    accept = next((value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"accept"), None)
    body, content_type, own = rendered(problem, accept)
    # Each name once: granian has no place for a second header of the same name here.
    headers = dict(extra)
    headers.update(_raw({**own, "content-type": content_type, "content-length": str(len(body))}))
    return (
        {"type": f"{_DENIAL}.start", "status": problem.status, "headers": list(headers.items())},
        {"type": f"{_DENIAL}.body", "body": body, "more_body": False},
    )


def _raw(headers: dict[str, str]) -> dict[bytes, bytes]:
    """Headers as they are sent, without any that could forge another."""
    return {
        name.lower().encode("latin-1", "replace"): value.encode("latin-1", "replace")
        for name, value in headers.items()
        if value.isprintable() and name.isprintable()
    }
