"""Drawings in SVG, which browsers run like pages: taken only where nothing in one acts or is fetched from elsewhere."""

import re
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from ironbolt.features.uploads.refusal import Refused

_CHUNK = 2**16
_DEEPEST = 200
_ACTIVE = frozenset(
    ("script", "foreignobject", "iframe", "embed", "object", "applet", "audio", "video", "handler", "listener")
)
_ANIMATING = frozenset(("set", "animate", "animatetransform", "animatemotion", "animatecolor"))
_LINKS = frozenset(("href", "src", "base", "action", "formaction", "ping"))
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,", re.IGNORECASE)
_REACHES_OUT = re.compile(
    r"@import|expression\s*\(|javascript:|vbscript:|behavior\s*:|-moz-binding"
    r"|url\(\s*+['\"]?+\s*+(?!#|data:image/(?:png|jpeg|gif|webp);)"
    r"|\b(?:image|image-set|cross-fade|src)\(",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_STRING_OR_COMMENT = re.compile(
    r"(\"(?:\\.|[^\"\\\n\r\f])*+\"?|'(?:\\.|[^'\\\n\r\f])*+'?|url\(\s*+[^\"'\s][^)]*+)|/\*.*?(?:\*/|$)",
    re.DOTALL | re.IGNORECASE,
)
"""What begins like a comment inside of a string or an address is none."""

_INVISIBLE = re.compile(r"[\s\x00-\x20]+")


def check(file: Any) -> None:
    """See that a drawing is well-formed SVG and draws, and no more.

    Raises:
        Refused: it is not, or a script, a handler, a page or something from elsewhere is in it.
    """
    reader = _Reader()
    try:
        while chunk := file.read(_CHUNK):
            reader.parser.Parse(chunk)
        reader.parser.Parse(b"", True)  # noqa: FBT003 - it takes no names
    except (expat.ExpatError, ValueError, LookupError):
        raise Refused("The drawing is no well-formed SVG.") from None


class _Reader:
    """Reads a drawing and refuses what acts."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._refuse_entity
        self.parser.ProcessingInstructionHandler = self._instruction
        self.parser.buffer_text = True
        self._open: list[str] = []
        self._style = ""

    def _start(self, qualified: str, attributes: dict[str, str]) -> None:
        namespace, _, name = qualified.rpartition(" ")
        name = name.lower()
        if not self._open and name != "svg":
            raise Refused("The drawing is no SVG.")
        if name in _ACTIVE or namespace == "http://www.w3.org/1999/xhtml":
            raise Refused(f"The drawing has a <{name}> in it, and is not taken.")
        if self._open and self._open[-1] == "style":  # which would hide from us what browsers read on either side of it
            raise Refused("The drawing has an element in its style, and is not taken.")
        if len(self._open) >= _DEEPEST:
            raise Refused("The drawing is nested too deeply.")
        self._open.append(name)
        self._style = ""
        for attribute, value in attributes.items():
            _check_attribute(name, attribute.rpartition(" ")[2].lower(), value)

    def _end(self, qualified: str) -> None:
        if self._open.pop() == "style":
            _check_style(self._style)

    def _text(self, text: str) -> None:
        if self._open and self._open[-1] == "style":
            self._style += text

    def _doctype(self, name: str, system: Any, public: Any, has_subset: int) -> None:
        if has_subset:
            raise Refused("The drawing declares entities, and is not taken.")

    def _refuse_entity(self, *_: Any) -> None:
        raise Refused("The drawing declares entities, and is not taken.")

    def _instruction(self, target: str, data: str) -> None:
        raise Refused("The drawing has instructions for programs in it, and is not taken.")


def _check_attribute(element: str, name: str, value: str) -> None:
    if name.startswith("on"):
        raise Refused(f"The drawing has a handler in it ({name[:20]}), and is not taken.")
    if name in _LINKS:
        _check_link(element, name, value)
    elif name == "attributename" and element in _ANIMATING:
        changed = value.rpartition(":")[2].strip().lower()
        if changed in _LINKS or changed.startswith("on"):
            raise Refused("The drawing changes a link by an animation, and is not taken.")
    else:
        _check_style(value)


def _check_link(element: str, name: str, value: str) -> None:
    target = _INVISIBLE.sub("", value)
    plain = not target or target.startswith("#") or (element in {"image", "feimage"} and _PICTURE.match(target))
    is_link = element == "a" and name == "href" and re.match(r"https?://", target, re.IGNORECASE)
    if not (plain or is_link):
        raise Refused("The drawing refers to something elsewhere, and is not taken.")


def _check_style(style: str) -> None:
    if any(_REACHES_OUT.search(_unescaped(reading)) for reading in _readings(style)):
        raise Refused("The drawing refers to something elsewhere in its style, and is not taken.")


def _readings(style: str) -> Iterator[str]:
    """A style without its comments; where it is hard to say what is one, with all that may be none."""
    yield style if "/*" not in style else _COMMENT.sub("", style)
    if "/*" in style:
        yield style if "\\" in style else _STRING_OR_COMMENT.sub(lambda found: found[1] or "", style)


_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?|\\(.)", re.DOTALL)


def _unescaped(text: str) -> str:
    """A style as browsers read it, which may hide letters behind numbers."""

    def letter(match: re.Match[str]) -> str:
        number = int(match[1], 16) if match[1] else 0
        return chr(number) if 0 < number <= 0x10FFFF else match[2] or ""

    return _ESCAPE.sub(letter, text)
