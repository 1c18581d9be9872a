"""The answers a handler can give when plain data is not enough."""

from ironbolt.bolt.responses.answers import HTML, JSON, NoContent, PlainText, Redirect, Response
from ironbolt.bolt.responses.compression import Compression
from ironbolt.bolt.responses.encoding import encode_json
from ironbolt.bolt.responses.files import FileResponse
from ironbolt.bolt.responses.headers import RawHeaders
from ironbolt.bolt.responses.sse import Event, EventStream
from ironbolt.bolt.responses.streaming import StreamingResponse

__all__ = [
    "HTML",
    "JSON",
    "Compression",
    "Event",
    "EventStream",
    "FileResponse",
    "NoContent",
    "PlainText",
    "RawHeaders",
    "Redirect",
    "Response",
    "StreamingResponse",
    "encode_json",
]
