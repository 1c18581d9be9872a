"""Answers that are files: conditional, in ranges, read off the loop as fast as the client takes them."""

import asyncio
import io
import mimetypes
import os
from collections.abc import Mapping
from email.utils import formatdate
from pathlib import PurePath
from typing import Any

from ironbolt.bolt.exceptions import HTTPException
from ironbolt.bolt.request import Receive, Request, Send
from ironbolt.bolt.responses import preconditions, ranges
from ironbolt.bolt.responses.answers import Response
from ironbolt.bolt.responses.disposition import Kind, content_disposition
from ironbolt.bolt.responses.headers import RawHeaders, combined, content_type, put, raw_header, value_of
from ironbolt.bolt.responses.outlet import Outlet, outlet_to
from ironbolt.bolt.responses.sources import CHUNK, AnyFile, Source, open_source

__all__ = ["FileResponse"]

_ENCODED = {"gzip": "application/gzip", "bzip2": "application/x-bzip", "xz": "application/x-xz"}
"""A file that is compressed is sent as what it is, not as what is inside."""

_NOT_OF_304 = frozenset({b"content-type", b"content-disposition", b"content-length"})


class FileResponse(Response):
    """A file.

    It is found and opened when the answer is sent; one that is missing is a 404. A path that a
    client has a say in belongs below a ``root``.

    Args:
        path: a path, a file of one of Django's storages, or anything that reads bytes, which is closed.
        filename: what the client is to call it, in ``Content-Disposition``; none is sent without it.
        media_type: the content type; by default that of the name.
        headers: extra headers, name → value; they win over those made here.
        content_disposition_type: ``attachment`` to save it, ``inline`` to show it.
        root: the directory that the path has to stay in, symbolic links and dots followed.
    """

    __slots__ = ("_file", "_root")

    def __init__(
        self,
        path: AnyFile,
        filename: str | None = None,
        media_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        content_disposition_type: Kind = "attachment",
        root: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__()
        if isinstance(path, io.TextIOBase):
            raise TypeError("A file is sent as bytes: open it in binary mode.")
        self._file = path
        self._root = root
        guess = _guessed(filename or _name_of(path))
        self.headers = [raw_header("content-type", media_type) if media_type else content_type(guess)]
        if filename is not None:
            self.set_header("Content-Disposition", content_disposition(content_disposition_type, filename))
        self._set_all(headers or {})

    async def deliver(self, request: Request, receive: Receive, send: Send, extra: RawHeaders) -> None:
        """Send the file, a part of it, or word that the client has it.

        Raises:
            NotFound: there is no such file.
            HTTPException: 412 and 416, for conditions and ranges that fail.
        """
        source = await asyncio.to_thread(open_source, self._file, self._root)
        try:
            answer = _Answer(self.headers, source, request)
            headers = combined(answer.headers, extra)
            start = {"type": "http.response.start", "status": answer.status, "headers": headers}
            if _can_be_left_to_the_server(answer, request):
                await send(start)
                await send({"type": "http.response.pathsend", "path": source.path})
            elif (body := answer.body_at_once()) is not None:
                await send(start)
                await send({"type": "http.response.body", "body": body})
            else:
                async with outlet_to(request, receive, send, start) as outlet:
                    await _pour(answer.segments, source, outlet)
        finally:
            if source.file is not None:
                await asyncio.to_thread(source.close)


class _Answer:
    """What a request of a file comes to: a status, headers, and the segments of the body; None for all there is."""

    def __init__(self, own: RawHeaders, source: Source, request: Request) -> None:
        self.status = 200
        self.headers = _with_validators(own, source)
        self.segments: list[ranges.Segment] | None = None if source.size is None else [(0, source.size)]
        self._source = source
        self._is_head = request.method == "HEAD"
        if request.method in ("GET", "HEAD"):
            self._consider(request.headers, request.method)
        if self.segments is not None and self.status != 304:
            put(self.headers, (b"content-length", b"%d" % ranges.length_of(self.segments)))

    def body_at_once(self) -> bytes | None:
        """The body, where it need not be waited for."""
        if self._is_head or self.status == 304:
            return b""
        content = self._source.content
        if content is None or self.segments is None:
            return None
        return b"".join(part if isinstance(part, bytes) else content[slice(*part)] for part in self.segments)

    def _consider(self, asked: Mapping[str, str], method: str) -> None:
        etag, modified = value_of(self.headers, b"etag"), self._source.modified
        status = preconditions.outcome(method, asked, etag, modified)
        if status == 412:
            raise HTTPException(412)
        if status == 304:
            self.status = 304
            self.headers = [header for header in self.headers if header[0] not in _NOT_OF_304]
        elif method == "GET" and "range" in asked and preconditions.may_resume(asked, etag, modified):
            self._cut(asked["range"])

    def _cut(self, header: str) -> None:
        size = self._source.size
        if size is None:
            return
        try:
            found = ranges.ranges_of(header, size)
        except ranges.UnsatisfiableError:
            raise HTTPException(416, headers={"Content-Range": f"bytes */{size}"}) from None
        if found is None:
            return
        self.status = 206
        if len(found) == 1:
            self.segments = [*found]
            put(self.headers, raw_header("content-range", ranges.content_range(found[0], size)))
        else:
            media_type, self.segments = ranges.multipart(found, size, value_of(self.headers, b"content-type") or "")
            put(self.headers, raw_header("content-type", media_type))


def _with_validators(own: RawHeaders, source: Source) -> RawHeaders:
    """The headers of the answer, with what tells one state of the file from another."""
    made: RawHeaders = []
    if source.size is not None:
        made.append((b"accept-ranges", b"bytes"))
    if source.etag is not None:
        made.append((b"etag", source.etag.encode("latin-1")))
    if source.modified is not None:
        made.append((b"last-modified", formatdate(source.modified, usegmt=True).encode("latin-1")))
    return combined([header for header in own if header[0] != b"content-length"], made)


def _can_be_left_to_the_server(answer: _Answer, request: Request) -> bool:
    """Whether the server can send the file by itself, all of it; it opens it anew, by its path."""
    return (
        answer.status == 200
        and request.method != "HEAD"
        and answer.body_at_once() is None
        and answer._source.path is not None  # noqa: SLF001 - of this module
        and "http.response.pathsend" in request.scope.get("extensions", ())
    )


async def _pour(segments: list[ranges.Segment] | None, source: Source, outlet: Outlet) -> None:
    """Send the segments, or all there is, one chunk in memory at a time."""
    if segments is None:
        while data := await asyncio.to_thread(source.read, None, CHUNK):
            await outlet.write(data)
    for segment in segments or ():
        if isinstance(segment, bytes):
            await outlet.write(segment)
            continue
        position, end = segment
        while position < end:
            data = await asyncio.to_thread(source.read, position, min(CHUNK, end - position))
            if not data:
                raise EOFError("The file became shorter while it was sent.")
            await outlet.write(data)
            position += len(data)
    await outlet.end()


def _name_of(file: Any) -> str:
    name = os.fspath(file) if isinstance(file, str | os.PathLike) else getattr(file, "name", None)
    return PurePath(name).name if isinstance(name, str) else ""


def _guessed(name: str) -> str:
    media_type, encoding = mimetypes.guess_type(name)
    if encoding is not None:
        return _ENCODED.get(encoding, "application/octet-stream")
    return media_type or "application/octet-stream"
