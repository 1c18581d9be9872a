"""Templates of paths: fixed segments and parameters, and those that no request could ever match."""

import re
from collections.abc import Iterator

from django.core.exceptions import ImproperlyConfigured

_of_django = re.compile(r"<(?:(?P<type>\w+):)?(?P<name>[^\W\d]\w*)>").search
_with_type = re.compile(r"\{(?P<name>\w+):(?P<type>\w+)\}").search
_TYPES = {"int": "int", "float": "float", "uuid": "UUID"}
"""Converter of a path elsewhere → type of an argument here; any other is a text."""

_is_escaped = re.compile(r"%[0-9A-Fa-f]{2}").search


def segments_of(path: str) -> list[str]:
    """The segments of a path or a template; one slash at its end makes no difference."""
    if path in ("", "/"):
        return []
    return path.removeprefix("/").removesuffix("/").split("/")


def is_parameter(segment: str) -> bool:
    """Whether a segment of a template stands for any text."""
    return segment.startswith("{")


def joined(*parts: str) -> str:
    """A template from parts, with one slash between each two: ``("/", "{pk}")`` → ``/{pk}``."""
    return "/" + "/".join(filter(None, (part.strip("/") for part in parts)))


def check_template(path: str, where: str) -> None:
    """Refuse a template that no request, or not the one that is meant, could match.

    Args:
        path: the template.
        where: the route that has it, for the message.

    Raises:
        ImproperlyConfigured: with the reason.
    """
    for fault in _faults(path):
        raise ImproperlyConfigured(f"{where} can never be reached as it is meant: {fault}.")


def _faults(path: str) -> Iterator[str]:
    names: set[str] = set()
    if "?" in path or "#" in path:
        yield "a path ends before ? and #; a query is asked for by the handler's parameters"
    for segment in segments_of(path):
        if not segment:
            yield "there is nothing between two of its slashes"
        elif segment in (".", ".."):
            yield f"clients resolve {segment!r} before they ask"
        elif _is_escaped(segment):
            yield f"{segment!r} is compared with decoded paths; write it decoded"
        elif foreign := _of_django(segment) or _with_type(segment):
            name, kind = foreign["name"], foreign["type"]
            yield f"{segment!r} is not how a parameter is written here{_hint(name, kind)}"
        elif "{" in segment or "}" in segment:
            name = segment[1:-1]
            if segment != f"{{{name}}}" or not name or set(name) & set("{}:"):
                yield f"{segment!r} is no parameter: one is a whole segment, as {{name}}, and has the handler's type"
            if name in names:
                yield f"it names {{{name}}} twice"
            names.add(name)


def _hint(name: str, kind: str | None) -> str:
    if kind == "path":
        return "; none takes more than one segment of a path"
    return f": write {{{name}}}, and its type in the handler's signature, as {name}: {_TYPES.get(kind or '', 'str')}"
