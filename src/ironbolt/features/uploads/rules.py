"""What decides whether a file is taken: its size, its name, its first bytes. Nothing is read here."""

import msgspec

from ironbolt.features.uploads.kinds import Kind
from ironbolt.features.uploads.names import extension_of, inner_extensions
from ironbolt.features.uploads.refusal import Refused
from ironbolt.features.uploads.sniffing import danger_in, looks_like

MEGABYTE = 2**20

PIXELS = 40_000_000
"""The most that a picture has where nobody says more: 40 megapixels, 160 MB when somebody opens it."""


class UploadRule(msgspec.Struct, frozen=True):
    """Which files are taken.

    Attributes:
        kinds: their types.
        max_bytes: how large one may be.
        max_pixels: how many a picture may have, width times height; None for any number.
    """

    kinds: tuple[Kind, ...]
    max_bytes: int
    max_pixels: int | None = PIXELS

    @property
    def extensions(self) -> tuple[str, ...]:
        """Those of all types."""
        return tuple(extension for kind in self.kinds for extension in kind.extensions)

    def kind_of(self, name: str, head: bytes) -> Kind:
        """The type that a file has by its name and by its content, which have to agree.

        Args:
            name: what the client calls it.
            head: its first bytes, ``sniffing.HEAD`` of them where it has as many.

        Raises:
            Refused: it has another type, or two, or is one of those that are never taken.
        """
        danger = danger_in(head)
        if danger and not self._takes_drawings(name):
            raise Refused(f"This is {danger}, and not taken.")
        extension = extension_of(name)
        if not extension:
            raise Refused(f"The name of the file has no extension. {self._taken()}")
        if bad := next((one for one in inner_extensions(name) if one in RUN_BY_SERVERS), None):
            raise Refused(f"The name of the file has the extension {bad}, which servers may run.")
        for kind in self.kinds:
            if extension in kind.extensions:
                if looks_like(kind, head):
                    return kind
                raise Refused(f"The content of the file is not what its name says: {kind.mime}.")
        raise Refused(f"Files with the extension {extension[:20]} are not taken. {self._taken()}")

    def too_large(self) -> str:
        """What is said of a file that is over the limit."""
        return f"The file is larger than {size_text(self.max_bytes)}."

    def check_pixels(self, width: int, height: int) -> None:
        """See that a picture is not larger than it may be.

        Raises:
            Refused: it is.
        """
        if self.max_pixels is not None and width * height > self.max_pixels:
            raise Refused(f"The picture has {width} by {height} pixels, and may have {self.max_pixels} in all.")

    def _takes_drawings(self, name: str) -> bool:
        """Whether what begins like a page may be a drawing, which is looked into later."""
        extension = extension_of(name)
        return any(kind.family == "drawing" and extension in kind.extensions for kind in self.kinds)

    def _taken(self) -> str:
        return f"Taken are: {', '.join(one.removeprefix('.') for one in self.extensions)}."


RUN_BY_SERVERS = frozenset(
    f".{one}"
    for one in (
        *("php", "php3", "php4", "php5", "php7", "phps", "phtml", "pht", "phar", "asp", "aspx", "ashx", "asmx", "cer"),
        *("jsp", "jspx", "jsw", "cfm", "cgi", "pl", "shtml", "shtm", "htaccess", "exe", "sh", "bat", "cmd", "py", "rb"),
        *("html", "htm", "xhtml", "svg", "js", "mjs", "hta"),
    )
)
"""Extensions that some server or browser acts upon wherever they stand in a name."""


def size_text(size: int) -> str:
    """A number of bytes for a person."""
    if size >= MEGABYTE:
        return f"{size / MEGABYTE:.4g} MB"
    return f"{size / 1024:.4g} kB" if size >= 1024 else f"{size} bytes"
