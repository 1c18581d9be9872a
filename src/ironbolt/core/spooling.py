"""The whole body of a request, read on the loop: in memory while small, then in a temporary file."""

import asyncio
import tempfile
from io import BytesIO
from typing import IO, cast

from django.conf import settings

from ironbolt.core.errors import ApiError
from ironbolt.core.exchange import ClientGoneError, Receive, Scope, declares_more
from ironbolt.core.settings import get_settings

_WRITE_SIZE = 2**20
"""How much is gathered before a thread writes it to the file."""


class BodyTooLargeError(ApiError):
    """The body is over ``MAX_BODY_BYTES``."""

    status = 413


async def spooled_body(scope: Scope, receive: Receive) -> tuple[IO[bytes], int]:
    """The body as a file at its start, and its size.

    Memory holds ``FILE_UPLOAD_MAX_MEMORY_SIZE`` of it at most. The caller closes the file.

    Raises:
        BodyTooLargeError: it is over ``MAX_BODY_BYTES``; one that says so itself is not read at all.
        ClientGoneError: the client went away before the end.
    """
    limit = get_settings().MAX_BODY_BYTES
    _refuse_declared(scope, limit)
    message = await receive()
    spool = _Spool(limit)
    try:
        while message["type"] == "http.request":
            await spool.add(message.get("body", b""))
            if not message.get("more_body", False):
                return await spool.rewind()
            message = await receive()
    except BaseException:
        spool.file.close()
        raise
    spool.file.close()
    raise ClientGoneError


def _refuse_declared(scope: Scope, limit: int) -> None:
    for name, value in scope["headers"]:
        if name == b"content-length" and declares_more(value.decode("latin-1"), limit):
            raise BodyTooLargeError


class _Spool:
    """Bytes that move from memory to a file when they are many, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.file: IO[bytes] = BytesIO()
        self._size = 0
        self._on_disk = False
        self._gathered = bytearray()

    async def add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._limit:
            raise BodyTooLargeError
        if self._on_disk:
            self._gathered += part
            if len(self._gathered) >= _WRITE_SIZE:
                await self._write()
            return
        self.file.write(part)
        if self._size > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
            await self._move_to_disk()

    async def rewind(self) -> tuple[IO[bytes], int]:
        if self._gathered:
            await self._write()
        self.file.seek(0)
        return self.file, self._size

    async def _move_to_disk(self) -> None:
        self._on_disk = True
        memory = cast(BytesIO, self.file)
        self.file = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - the request closes it
        await asyncio.to_thread(self.file.write, memory.getbuffer())

    async def _write(self) -> None:
        # The file is a disk's: written in a thread, so that the loop never waits for one.
        await asyncio.to_thread(self.file.write, self._gathered)
        self._gathered = bytearray()
