"""The types of files that can be taken: their names, and how each is told by its content."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Literal

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.core.spelling import did_you_mean

Family = Literal["picture", "drawing", "text", "package", "other"]


class Kind(msgspec.Struct, frozen=True):
    """A type of files.

    Attributes:
        mime: its media type.
        extensions: of names, with their dot, in small letters.
        family: how its content is looked at beside its first bytes.
        format: what Pillow calls it, for a picture.
        holds: a file that has to be inside, for a package.
    """

    mime: str
    extensions: tuple[str, ...]
    family: Family = "other"
    format: str = ""
    holds: str = ""


_OFFICE = "application/vnd.openxmlformats-officedocument."

KINDS: tuple[Kind, ...] = (
    Kind("image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"), "picture", "JPEG"),
    Kind("image/png", (".png",), "picture", "PNG"),
    Kind("image/gif", (".gif",), "picture", "GIF"),
    Kind("image/webp", (".webp",), "picture", "WEBP"),
    Kind("image/avif", (".avif",), "picture", "AVIF"),
    Kind("image/tiff", (".tif", ".tiff"), "picture", "TIFF"),
    Kind("image/bmp", (".bmp",), "picture", "BMP"),
    Kind("image/svg+xml", (".svg",), "drawing"),
    Kind("application/pdf", (".pdf",)),
    Kind("text/plain", (".txt",), "text"),
    Kind("text/markdown", (".md",), "text"),
    Kind("text/csv", (".csv",), "text"),
    Kind("application/json", (".json",), "text"),
    Kind("application/zip", (".zip",), "package"),
    Kind(f"{_OFFICE}wordprocessingml.document", (".docx",), "package", holds="word/document.xml"),
    Kind(f"{_OFFICE}spreadsheetml.sheet", (".xlsx",), "package", holds="xl/workbook.xml"),
    Kind(f"{_OFFICE}presentationml.presentation", (".pptx",), "package", holds="ppt/presentation.xml"),
    Kind("audio/mpeg", (".mp3",)),
    Kind("audio/wav", (".wav",)),
    Kind("audio/ogg", (".ogg", ".oga")),
    Kind("video/mp4", (".mp4",)),
    Kind("video/webm", (".webm",)),
)

PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
"""What is taken for a column of pictures, where nobody says more."""

USUAL = (*PICTURES, "application/pdf", "text/plain", "text/csv")
"""What is taken for any other column."""


def kinds_of(allowed: Iterable[str]) -> tuple[Kind, ...]:
    """The types of a list of media types, in which ``image/*`` stands for all pictures; drawings have to be named.

    Raises:
        ImproperlyConfigured: one of them is no type that can be told by its content, or there is none.
    """
    found: dict[str, Kind] = {}
    for name in (allowed,) if isinstance(allowed, str) else allowed:
        matching = [kind for kind in KINDS if _names(name, kind)]
        if not matching:
            known = [kind.mime for kind in KINDS]
            raise ImproperlyConfigured(
                f"allowed_types: {name!r} can't be told by its content, and is not taken."
                f"{did_you_mean(name, known) or ' There are: ' + ', '.join(known) + '.'}"
            )
        found |= {kind.mime: kind for kind in matching}
    if not found:
        raise ImproperlyConfigured("allowed_types names no type of files.")
    return tuple(found.values())


def _names(name: str, kind: Kind) -> bool:
    if kind.mime == name.lower():
        return True
    return name.endswith("/*") and kind.family != "drawing" and fnmatchcase(kind.mime, name.lower())
