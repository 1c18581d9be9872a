"""Packages of files: whether one can be opened, holds what its type holds, and does not burst."""

import zipfile
import zlib
from typing import Any

from ironbolt.features.uploads.kinds import Kind
from ironbolt.features.uploads.refusal import Refused

_MOST_FILES = 10_000
_MOST_TIMES = 200
_FREE = 50 * 2**20
"""A package may hold this many bytes, or so many times its own size."""


def check(file: Any, kind: Kind) -> None:
    """See that it is a ZIP of its type, whose files are not encrypted out of sight and not absurdly large.

    Raises:
        Refused: it is not.
    """
    try:
        with zipfile.ZipFile(file) as package:
            inside = package.infolist()
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, EOFError, LookupError):
        raise Refused("The package is broken.") from None
    if len(inside) > _MOST_FILES:
        raise Refused(f"The package holds more than {_MOST_FILES} files.")
    if sum(one.file_size for one in inside) > max(_FREE, _MOST_TIMES * file.size):
        raise Refused("The package holds far more than its size.")
    names = {one.filename for one in inside}
    if kind.holds and not {kind.holds, "[Content_Types].xml"} <= names:
        raise Refused(f"The content of the file is not what its name says: {kind.mime}.")
    if kind.holds and any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused("The document holds macros, and is not taken.")
