"""The request log of this door, for the routes of a class with ``LOG_REQUESTS``."""

from ironbolt.bolt.request import Message, Request, Send
from ironbolt.core.request_log import RequestLog, shown_body, unread_body


def log_of(request: Request) -> RequestLog | None:
    """The two lines of this request, neither of them written yet; None where nobody listens."""
    return RequestLog.of(request.method, request.path, request.scope.get("query_string", b"").decode("latin-1"))


def data_of(request: Request) -> str:
    """What the client sent, for the log; of what no handler reads, and of uploads, the size alone."""
    content_type = request.headers.get("content-type", "")
    if request.body:
        return shown_body(request.body, content_type)
    length = request.headers.get("content-length", "")
    if length in ("", "0") and "transfer-encoding" not in request.headers:
        return "{}"
    return unread_body(length, content_type)


def told_by(log: RequestLog, send: Send) -> Send:
    """``send``, which also logs the status as the answer leaves."""

    async def send_and_tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            log.left(message["status"])
        await send(message)

    return send_and_tell
