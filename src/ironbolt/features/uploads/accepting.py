"""A file from a client is looked into, and gets the name that it is stored under."""

from typing import Any

import msgspec

from ironbolt.features.uploads import drawings, packages, pictures, texts
from ironbolt.features.uploads.kinds import Kind
from ironbolt.features.uploads.names import extension_of, shown_name, stored_name
from ironbolt.features.uploads.refusal import Refused
from ironbolt.features.uploads.rules import UploadRule
from ironbolt.features.uploads.sniffing import HEAD


class Accepted(msgspec.Struct, frozen=True):
    """A file that is taken.

    Attributes:
        name: what the client calls it, made harmless.
        stored_as: what it is stored under, which nobody can guess.
        size: in bytes.
        kind: its type, by its content.
    """

    name: str
    stored_as: str
    size: int
    kind: Kind

    @property
    def content_type(self) -> str:
        """Its media type."""
        return self.kind.mime


def accept(file: Any, rule: UploadRule) -> Accepted:
    """Look into a file, whose ``name`` is the client's, and leave it at its beginning.

    Raises:
        Refused: it is not taken.
    """
    if file.size > rule.max_bytes:
        raise Refused(rule.too_large())
    file.seek(0)
    kind = rule.kind_of(file.name, file.read(HEAD))
    file.seek(0)
    try:
        _look_into(file, kind, rule)
    finally:
        file.seek(0)
    return Accepted(shown_name(file.name), stored_name(extension_of(file.name)), file.size, kind)


def _look_into(file: Any, kind: Kind, rule: UploadRule) -> None:
    if kind.family == "picture":
        pictures.check(file, kind, rule)
    elif kind.family == "drawing":
        drawings.check(file)
    elif kind.family == "text":
        texts.check(file, kind)
    elif kind.family == "package":
        packages.check(file, kind)
