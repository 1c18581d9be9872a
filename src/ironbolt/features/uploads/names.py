"""Names of files: what a client calls one, made harmless, and what it is stored under, which nobody can guess."""

import re
import secrets
import unicodedata
from pathlib import PurePosixPath

MOST_CHARACTERS = 100
"""How long a name may be that is shown; its extension stays."""

_ODD = re.compile(r"""[<>:"'|?*&`$;{}\\/%#]""")
_BLANKS = re.compile(r"\s+")


def extension_of(name: str) -> str:
    """The extension, with its dot and in small letters; empty where there is none."""
    return PurePosixPath(_last_part(name)).suffix.lower()


def inner_extensions(name: str) -> tuple[str, ...]:
    """The extensions before the last one, as in ``page.php.jpg``."""
    return tuple(suffix.lower() for suffix in PurePosixPath(_last_part(name)).suffixes[:-1])


def shown_name(name: str) -> str:
    """What the client calls it, without paths, invisible characters, and those that mean something to programs."""
    text = unicodedata.normalize("NFC", _last_part(name))
    text = "".join(" " if char.isspace() else char for char in text if char.isspace() or char.isprintable())
    text = _BLANKS.sub(" ", _ODD.sub("_", text)).strip(" .") or "file"
    path = PurePosixPath(text)
    return f"{path.stem[: MOST_CHARACTERS - len(path.suffix)]}{path.suffix}"


def stored_name(extension: str) -> str:
    """A name of 128 random bits with an extension."""
    return f"{secrets.token_hex(16)}{extension}"


def _last_part(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].replace("\0", "")
