"""The request log of this door: what REST framework's request tells of itself without being read."""

from django.core.exceptions import RequestDataTooBig
from django.http import RawPostDataException
from rest_framework.request import Request

from ironbolt.core.exchange import declares_more
from ironbolt.core.request_log import MOST_BYTES, RequestLog, shown_body, unread_body

_SHOWN = ("json", "x-www-form-urlencoded")
"""How the media types end whose bodies are shown; of an upload they would be read into memory for it."""


def log_of(request: Request) -> RequestLog | None:
    """The two lines of this request, neither of them written yet; None where nobody listens."""
    return RequestLog.of(str(request.method), request.path, request.META.get("QUERY_STRING", ""))


def data_of(request: Request) -> str:
    """What the client sent, for the log; whoever reads the request later still finds all of it."""
    length, content_type = request.META.get("CONTENT_LENGTH") or "", request.META.get("CONTENT_TYPE", "")
    if length in ("", "0"):
        # A body of unknown length can be read once only, and not by us.
        return unread_body("", content_type) if request.META.get("HTTP_TRANSFER_ENCODING") else "{}"
    media_type = content_type.partition(";")[0].strip().lower()
    if not (length.isdecimal() and not declares_more(length, MOST_BYTES) and media_type.endswith(_SHOWN)):
        return unread_body(length, content_type)
    try:
        return shown_body(request._request.body, content_type)  # noqa: SLF001 - kept there for those who come later
    except (RawPostDataException, RequestDataTooBig):  # a middleware has read it; the handler will refuse it
        return unread_body(length, content_type)
