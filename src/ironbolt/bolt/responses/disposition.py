"""``Content-Disposition``: what a client is to do with a file, and what to call it (RFC 6266)."""

import unicodedata
from typing import Literal
from urllib.parse import quote

Kind = Literal["attachment", "inline"]

_FREE = "!#$&+-.^_`|~"
"""What stands for itself in an extended value, beside letters and digits (RFC 5987)."""


def content_disposition(kind: Kind, filename: str) -> str:
    """The value of the header, for a file name of any text.

    Control characters and those that change the direction of writing are left out, and a name is
    never a path.
    """
    if kind not in ("attachment", "inline"):
        raise ValueError(f"A disposition is attachment or inline, not {kind!r}.")
    visible = "".join(character for character in filename if _is_visible(character))
    name = visible.translate(_NO_PATH)
    plain = _plain(name)
    if plain == name and not set(name) & {'"', "%"}:
        return f'{kind}; filename="{name}"'
    escaped = plain.replace('"', '\\"').replace("%", "_")
    return f"{kind}; filename=\"{escaped}\"; filename*=UTF-8''{quote(name, safe=_FREE)}"


_NO_PATH = str.maketrans("/\\", "__")


def _is_visible(character: str) -> bool:
    category = unicodedata.category(character)
    return not category.startswith("C") and category not in ("Zl", "Zp")


def _plain(name: str) -> str:
    """The name in ASCII, for clients that read nothing else."""
    decomposed = unicodedata.normalize("NFKD", name).translate(_NO_PATH)
    letters = (character for character in decomposed if not unicodedata.combining(character))
    return "".join(character if character.isascii() and character.isprintable() else "_" for character in letters)
