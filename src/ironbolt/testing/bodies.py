"""What a client sends: JSON, forms and files as the bytes of a body and the content type that goes with them."""

import mimetypes
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import IO, Any, NamedTuple
from urllib.parse import urlencode

import msgspec

FileContent = bytes | str | IO[bytes] | IO[str]
FileSpec = (
    FileContent
    | tuple[str | None, FileContent]
    | tuple[str | None, FileContent, str | None]
    | tuple[str | None, FileContent, str | None, Mapping[str, str]]
)
"""A file: its content, or ``(file name, content[, content type[, headers]])``; without a name it is a field."""

Fields = Mapping[str, Any] | Sequence[tuple[str, Any]]
Files = Mapping[str, FileSpec] | Sequence[tuple[str, FileSpec]]
Content = bytes | str | Iterable[bytes]


class Body(NamedTuple):
    """A body in the pieces in which it is sent.

    Attributes:
        pieces: the bytes.
        content_type: what they are, as far as the client can say.
        is_measured: whether the client knows the length before it sends.
    """

    pieces: list[bytes]
    content_type: str = ""
    is_measured: bool = True


def body_of(options: Mapping[str, Any]) -> Body:
    """The body that ``json``, ``content``, or ``data`` and ``files`` ask for.

    Raises:
        TypeError: several of them are given.
    """
    has_json = options.get("json", msgspec.UNSET) is not msgspec.UNSET
    content, data, files = (options.get(name) for name in ("content", "data", "files"))
    if has_json + bool(content) + bool(data or files) > 1:
        raise TypeError("A request has one body: json, content, or data and files.")
    if has_json:
        return Body([msgspec.json.encode(options["json"])], "application/json")
    if files:
        boundary = secrets.token_hex(16)
        return Body([_multipart(boundary, data, files)], f"multipart/form-data; boundary={boundary}")
    if data is not None:
        return Body([urlencode(pairs_of(data)).encode()], "application/x-www-form-urlencoded")
    if content is None or isinstance(content, bytes | str):
        return Body([_encoded(content or b"")])
    return Body(list(content), is_measured=False)


def pairs_of(fields: Fields | None) -> list[tuple[str, str | bytes]]:
    """Fields one by one, each value of a list for itself; True is ``true`` and None is empty."""
    items: Iterable[tuple[str, Any]] = fields.items() if isinstance(fields, Mapping) else fields or ()
    found: list[tuple[str, str | bytes]] = []
    for name, value in items:
        values = value if isinstance(value, list | tuple | set | frozenset) else (value,)
        found += [(name, _plain(one)) for one in values]
    return found


def _plain(value: Any) -> str | bytes:
    if isinstance(value, bytes | str):
        return value
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _encoded(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


class _Part(NamedTuple):
    """One part of a multipart body."""

    name: str
    content: bytes
    file_name: str | None = None
    content_type: str | None = None
    headers: Mapping[str, str] = {}

    def lines(self) -> list[bytes]:
        """Its head, an empty line, and what it holds."""
        disposition = f'form-data; name="{_quoted(self.name)}"'
        if self.file_name is not None:
            disposition += f'; filename="{_quoted(self.file_name)}"'
        head = {"Content-Disposition": disposition, **self.headers}
        if self.content_type:
            head["Content-Type"] = self.content_type
        return [*(f"{name}: {value}".encode() for name, value in head.items()), b"", self.content]


def _multipart(boundary: str, data: Fields | None, files: Files) -> bytes:
    parts = [_Part(name, _encoded(value)) for name, value in pairs_of(data)]
    parts += [_file_part(name, spec) for name, spec in (files.items() if isinstance(files, Mapping) else files)]
    lines = [line for part in parts for line in (f"--{boundary}".encode(), *part.lines())]
    return b"\r\n".join([*lines, f"--{boundary}--".encode(), b""])


def _file_part(name: str, spec: FileSpec) -> _Part:
    if not isinstance(spec, tuple):
        file_name = PurePath(str(getattr(spec, "name", None) or "upload")).name
        spec = (file_name, spec, getattr(spec, "content_type", None))
    file_name, content, content_type, headers = (*spec, None, None)[:4]
    if content_type is None and file_name is not None:
        content_type = mimetypes.guess_type(file_name)[0] or "application/octet-stream"
    held = content if isinstance(content, bytes | str) else content.read()
    return _Part(name, _encoded(held), file_name, content_type, headers or {})


def _quoted(text: str) -> str:
    """A name as browsers write it between quotes."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
