"""Where the bytes of a file come from: a path, a storage of Django's, or anything that can be read."""

import errno
import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeAlias

import msgspec
from django.core.files.base import File
from django.db.models.fields.files import FieldFile

from ironbolt.bolt.exceptions import NotFound

CHUNK = 2**17
"""How much is read and sent at once. A file no larger than this is read when it is opened."""

AnyFile: TypeAlias = "str | os.PathLike[str] | File[Any] | IO[bytes]"  # a File takes no brackets at run time

_ABSENT = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO}
)
_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
"""Without blocking, since the open of a pipe would wait for somebody to write into it."""

logger = logging.getLogger("ironbolt.files")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """An open file, and what is known of it.

    Attributes:
        file: what is read from, None where all of it was read already.
        content: all of it, where that is little.
        begin: where in the file it begins.
        size: how many bytes it has, None where only reading to the end would tell.
        etag: a tag of its state, with quotes; None where that can't be told.
        modified: when it last changed, in whole seconds of Unix time.
        path: where a server finds the file itself.
    """

    file: Any = None
    content: bytes | None = None
    begin: int = 0
    size: int | None = None
    etag: str | None = None
    modified: int | None = None
    path: str | None = None

    def read(self, position: int | None, most: int) -> bytes:
        """Up to ``most`` bytes from a position, or from wherever the file stands."""
        if self.content is not None and position is not None:
            return self.content[position : position + most]
        if position is not None:
            self.file.seek(self.begin + position)
        data: bytes = self.file.read(most)
        return data

    def close(self) -> None:
        """Close the file."""
        if self.file is not None:
            self.file.close()


def open_source(file: AnyFile, root: str | os.PathLike[str] | None) -> Source:
    """Open a file; this may wait for a disk or a network.

    Raises:
        NotFound: there is no such file, it is none (a directory, a device, a pipe), or it lies outside ``root``.
    """
    if isinstance(file, str | os.PathLike):
        return _of_path(_below(root, file) if root is not None else os.fspath(file))
    if isinstance(file, FieldFile):
        return _of_field(file)
    return _of_stream(file)


def _below(root: str | os.PathLike[str], file: str | os.PathLike[str]) -> str:
    """The real path of a file below a directory; dots and symbolic links lead out of it in vain."""
    try:
        base = Path(root).resolve(strict=True)
        path = (base / file).resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise _absent(file, error) from None
    if not path.is_relative_to(base):
        raise _absent(file, "it lies outside its root")
    return str(path)


def _of_path(path: str) -> Source:
    try:
        descriptor = os.open(path, _FLAGS)
    except ValueError as error:  # a null byte
        raise _absent(path, error) from None
    except OSError as error:
        if error.errno in _ABSENT:
            raise _absent(path, error) from None
        raise
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise _absent(path, "it is not a file")
    file = os.fdopen(descriptor, "rb", buffering=0)
    facts: dict[str, Any] = {
        "size": status.st_size,
        "etag": f'"{status.st_mtime_ns:x}-{status.st_size:x}"',
        "modified": int(status.st_mtime),
        "path": str(Path(path).absolute()),
    }
    if status.st_size <= CHUNK:
        with file:
            return _whole(file.read, facts)
    return Source(file=file, **facts)


def _whole(read: Callable[[int], bytes], facts: dict[str, Any]) -> Source:
    """A small file, read; the length is what was read, should it have changed meanwhile."""
    content = b""
    while len(content) <= CHUNK and (part := read(CHUNK)):
        content += part
    return Source(content=content, **facts | {"size": len(content)})


def _of_field(file: FieldFile) -> Source:
    if not file:
        raise _absent(file, "the field is empty")
    if path := _local_path(file):
        return _of_path(path)
    modified: int | None
    try:
        file.open("rb")
        modified = int(file.storage.get_modified_time(str(file.name)).timestamp())
    except FileNotFoundError as error:
        raise _absent(file, error) from None
    except NotImplementedError:
        modified = None
    return Source(file=file, size=file.size, modified=modified, etag=_weak_tag(modified, file.size))


def _local_path(file: FieldFile) -> str | None:
    """Where the file is, if its storage keeps it on this machine; not every storage that gives a path does."""
    try:
        path = file.path
    except NotImplementedError:
        return None
    return path if Path(path).is_file() else None


def _weak_tag(modified: int | None, size: int) -> str | None:
    """Storages tell the second only, in which a file may change twice."""
    return None if modified is None else f'W/"{modified:x}-{size:x}"'


def _of_stream(file: "File[Any] | IO[bytes]") -> Source:
    if isinstance(file, File) and file.closed:
        file.open("rb")
    seekable = getattr(file, "seekable", None)
    if seekable is None or not seekable():
        return Source(file=file)
    begin = file.tell()
    if isinstance(file, File):
        return Source(file=file, begin=begin, size=max(file.size - begin, 0))
    end = file.seek(0, os.SEEK_END)
    file.seek(begin)
    return Source(file=file, begin=begin, size=max(end - begin, 0))


def _absent(file: Any, reason: Any) -> NotFound:
    # The client hears nothing of paths; whoever runs this wants to know which file is missing.
    logger.warning("There is no file %r to send: %s", str(file), reason)
    return NotFound()
