"""Files of every type, made by the libraries that know them, and some that are not what they say."""

import struct
import zipfile
import zlib
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def picture(kind: str = "PNG", size: tuple[int, int] = (4, 3)) -> bytes:
    """A red picture."""
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return out.getvalue()


def vast_png(width: int, height: int) -> bytes:
    """A small file that says it has very many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def package(*names: str, content: bytes = b"x", compressed: bool = False) -> bytes:
    """A ZIP with files of these names."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as made:
        for name in names:
            made.writestr(name, content)
    return out.getvalue()


def drawing(inside: str = "", *, attributes: str = "", before: str = "") -> bytes:
    """An SVG."""
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</svg>'.encode()


WORD = ("[Content_Types].xml", "_rels/.rels", "word/document.xml")
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(30)
WEBM = b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f\x42\x86\x81\x01\x42\x82\x84webm" + bytes(30)
ELF = b"\x7fELF\x02\x01\x01" + bytes(60)
EXE = b"MZ\x90\0\3\0\0\0" + bytes(60)


def sent(name: str, content: bytes, content_type: str = "application/octet-stream") -> Any:
    """A file as a client sends it."""
    return SimpleUploadedFile(name, content, content_type)
