"""Compression of answers, where the client takes it and it is worth its while."""

import asyncio
import copy
import gzip
import importlib
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import msgspec

from ironbolt.bolt.request import Request
from ironbolt.bolt.responses.answers import Response
from ironbolt.bolt.responses.headers import RawHeaders, add_vary, content_type, put, value_of
from ironbolt.bolt.responses.outlet import Encoder
from ironbolt.bolt.responses.streaming import StreamingResponse
from ironbolt.core.remembering import remembered

__all__ = ["Compression", "compress"]

Coding = Literal["zstd", "br", "gzip"]

_Compressor = Callable[[bytes, int], bytes]

_LARGE = 2**16
"""A body over this size is compressed in a thread: it would take a millisecond of the loop or more."""

_TEXTUAL = frozenset(
    {
        "application/javascript",
        "application/json",
        "application/manifest+json",
        "application/wasm",
        "application/x-ndjson",
        "application/xml",
        "application/yaml",
        "image/svg+xml",
    }
)


_JSON = [content_type("application/json")]

_VARY = (b"vary", b"accept-encoding")


class Compression(msgspec.Struct, frozen=True, kw_only=True):
    """When answers are compressed, and how.

    A secret in an answer that also repeats what a client sent can be guessed from compressed sizes
    (BREACH); a route with such an answer says ``Cache-Control: no-transform``.

    Attributes:
        minimum: bodies with fewer bytes are sent as they are.
        level: of gzip; those of the others are chosen to take about as long.
        codings: what is offered, the best first; what is not installed is left out.
    """

    minimum: int = 1024
    level: int = 5
    codings: tuple[Coding, ...] = ("zstd", "br", "gzip")

    def concerns(self, response: Response) -> bool:
        """Whether an answer is large enough, or a stream, whose size nobody knows."""
        return len(response.body) >= self.minimum or isinstance(response, StreamingResponse)


async def compress(response: Response, request: Request, settings: Compression) -> Response:
    """The answer as it should be sent: itself, or a compressed copy where the client accepts that and it pays.

    Streams go in gzip with a flush after each part; server-sent events, files and what is encoded
    already go as they are.
    """
    if not settings.concerns(response) or not _is_eligible(response):
        return response
    streams = isinstance(response, StreamingResponse)
    coding = chosen(request.headers.get("accept-encoding"), ("gzip",) if streams else settings.codings)
    if coding is None:
        request.extra_headers.append(_VARY)
        return response
    made = copy.copy(response)  # an answer may be kept and given to many
    made.headers = [*response.headers]
    add_vary(made.headers, "Accept-Encoding")
    if isinstance(made, StreamingResponse):
        made.encoder = _stream_encoder(settings.level)
        made.headers = [header for header in made.headers if header[0] != b"content-length"]
    elif not await _compress_body(made, coding, settings.level):
        return made
    put(made.headers, (b"content-encoding", coding.encode()))
    _weaken_etag(made.headers)
    return made


@remembered(256)
def chosen(accept: str | None, offered: tuple[Coding, ...]) -> Coding | None:
    """The coding to use for an ``Accept-Encoding``: the client's favourite, of equals the best.

    None where it accepts none of those installed, or would rather have the answer as it is.
    """
    qualities = _qualities(accept or "")
    rest = qualities.get("*", 0.0)
    best: Coding | None = None
    quality = 0.0
    for coding in offered:
        wanted = qualities.get(coding, rest)
        if wanted > quality and coding in _compressors():
            best, quality = coding, wanted
    return None if qualities.get("identity", 0.0) > quality else best


def _qualities(accept: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in accept.lower().split(","):
        coding, _, parameter = part.partition(";")
        name, _, value = parameter.strip().partition("=")
        if coding.strip():
            found[coding.strip()] = _number(value) if name.strip() == "q" else 1.0
    if "x-gzip" in found:
        found.setdefault("gzip", found["x-gzip"])
    return found


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 <= value <= 1 else 0.0


def _is_eligible(response: Response) -> bool:
    if response.status_code == 200 and response.headers == _JSON:  # nearly every answer
        return True
    if response.status_code in (204, 206, 304) or value_of(response.headers, b"content-encoding"):
        return False
    if "no-transform" in (value_of(response.headers, b"cache-control") or "").lower():
        return False
    media_type = (value_of(response.headers, b"content-type") or "").partition(";")[0].strip().lower()
    if media_type == "text/event-stream":
        return False
    return media_type.startswith("text/") or media_type in _TEXTUAL or media_type.endswith(("+json", "+xml"))


async def _compress_body(response: Response, coding: Coding, level: int) -> bool:
    """Compress the body; False if it would not become shorter."""
    compressor, body = _compressors()[coding], response.body
    if len(body) > _LARGE:
        compressed = await asyncio.to_thread(compressor, body, level)
    else:
        compressed = compressor(body, level)
    if len(compressed) >= len(body):
        return False
    response.body = compressed
    return True


def _weaken_etag(headers: RawHeaders) -> None:
    """A strong tag would promise the same bytes, which another coding does not give."""
    etag = value_of(headers, b"etag")
    if etag is not None and not etag.startswith("W/"):
        put(headers, (b"etag", f"W/{etag}".encode("latin-1")))


def _stream_encoder(level: int) -> Encoder:
    return zlib.compressobj(level, wbits=31)  # 31: with the header of gzip, whose time is 0


@cache
def _compressors() -> dict[str, _Compressor]:
    """What can compress here: gzip always, the others where a package or Python itself has them."""
    found: dict[str, _Compressor] = {"gzip": lambda body, level: gzip.compress(body, level, mtime=0)}
    if brotli := _imported("brotli") or _imported("brotlicffi"):
        found["br"] = lambda body, level: _bytes(brotli.compress(body, quality=min(level, 4)))
    if standard := _imported("compression.zstd"):
        found["zstd"] = lambda body, level: _bytes(standard.compress(body, level=3))
    elif package := _imported("zstandard"):
        found["zstd"] = lambda body, level: _bytes(package.ZstdCompressor(level=3).compress(body))
    return found


def _bytes(data: Any) -> bytes:
    return bytes(data)


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
