"""Tests of reading a whole body: in memory while small, then in a file, and never more than the limit."""

import asyncio
import tempfile
from io import BytesIO
from typing import Any

import pytest

from ironbolt.core.exchange import ClientGoneError
from ironbolt.core.spooling import BodyTooLargeError, spooled_body


def read(*parts: bytes, headers: Any = (), ends: bool = True) -> Any:
    """The file of a body that comes in parts, and its size."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.request"} if ends else {"type": "http.disconnect"})

    async def receive() -> Any:
        return messages.pop(0)

    return asyncio.run(spooled_body({"headers": list(headers)}, receive))


def test_a_small_body_stays_in_memory() -> None:
    """It is a file at its start all the same."""
    file, size = read(b"ab", b"c")
    with file:
        assert (type(file), file.read(), size) == (BytesIO, b"abc", 3)


def test_a_large_body_goes_to_disk_off_the_loop(settings: Any, monkeypatch: Any) -> None:
    """From ``FILE_UPLOAD_MAX_MEMORY_SIZE`` on a thread writes it to a temporary file, whole and in order."""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 3
    monkeypatch.setattr("ironbolt.core.spooling._WRITE_SIZE", 4)
    hops: list[int] = []
    to_thread = asyncio.to_thread

    async def counted(call: Any, data: Any) -> Any:
        hops.append(len(data))
        return await to_thread(call, data)

    monkeypatch.setattr(asyncio, "to_thread", counted)
    file, size = read(b"ab", b"cd", b"ef", b"ghi", b"j")
    with file:
        assert not isinstance(file, BytesIO)
        assert (file.read(), size, hops) == (b"abcdefghij", 10, [4, 5, 1])


def test_a_body_over_the_limit_is_refused(settings: Any) -> None:
    """By what it says, before anything is read, and by what comes."""
    settings.IRONBOLT = {"MAX_BODY_BYTES": 4}
    for parts, headers in (((), [(b"content-length", b"5")]), ((b"abc", b"de"), ())):
        with pytest.raises(BodyTooLargeError):
            read(*parts, headers=headers)


def test_a_client_that_leaves_leaves_no_file(settings: Any, monkeypatch: Any) -> None:
    """The file is closed, and the reader told."""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1
    made: list[Any] = []
    new = tempfile.TemporaryFile

    def kept(**options: Any) -> Any:
        made.append(new(**options))
        return made[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", kept)
    with pytest.raises(ClientGoneError):
        read(b"abc", ends=False)
    assert made[0].closed
