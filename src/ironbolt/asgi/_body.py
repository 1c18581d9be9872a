"""The whole body of a request, read on the loop: in memory while small, then in a temporary file."""

import asyncio
import tempfile
from io import BytesIO
from typing import IO, cast

from django.conf import settings

from ironbolt.asgi._protocol import ClientGoneError, Receive, Scope

_WRITE_SIZE = 2**20
"""How much is gathered before a thread writes it to the file."""


def has_body(scope: Scope) -> bool:
    """Whether anything is to be received at all; in HTTP/1 the headers tell."""
    if not scope.get("http_version", "").startswith("1"):
        return True
    for name, value in scope["headers"]:
        if name == b"content-length":
            return bool(value != b"0")
        if name == b"transfer-encoding":
            return True
    return False


async def read_body(receive: Receive) -> tuple[IO[bytes], int]:
    """The body as a file at its start, and its size.

    Memory holds ``FILE_UPLOAD_MAX_MEMORY_SIZE`` of it at most. The caller closes the file.

    Raises:
        ClientGoneError: the client went away before the end.
    """
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        return BytesIO(body), len(body)
    spool = _Spool()
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


class _Spool:
    """Bytes that move from memory to a file when they are many."""

    def __init__(self) -> None:
        self.file: IO[bytes] = BytesIO()
        self._size = 0
        self._on_disk = False
        self._gathered = bytearray()

    async def add(self, part: bytes) -> None:
        self._size += len(part)
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
