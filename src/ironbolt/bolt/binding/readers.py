"""How each parameter is read from a request: one function for each, made at start."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import parse_cookie

from ironbolt.bolt.binding.bodies import BodyReader, ItemsReader
from ironbolt.bolt.binding.forms import form_of, lists_of, pairs_of
from ironbolt.bolt.binding.signatures import Parameter
from ironbolt.bolt.binding.texts import array_converter_of, converter_of, is_array, messages_of
from ironbolt.bolt.exceptions import NotFound
from ironbolt.bolt.params import MISSING, core_of
from ironbolt.bolt.request import Request
from ironbolt.core.errors import NON_FIELD_ERRORS, Details
from ironbolt.core.validation import REQUIRED, UNKNOWN

Read = Callable[[Request, Sequence[str], Details], Any]
"""Reads one argument: request, values of the path, and where faults are to be told."""


def reader_of(parameter: Parameter, path_names: Sequence[str], others: Sequence[Parameter] = ()) -> Read:
    """The reader of a parameter.

    Args:
        parameter: the parameter.
        path_names: the names of the path's values, in order.
        others: all parameters of the handler.
    """
    if parameter.place == "request":
        return _request
    if parameter.place in ("fixed", "depends"):
        return _default_reader(parameter)
    if parameter.place == "rest":
        taken = {other.wire_name for other in others if other.place == "path"}
        return _rest([(index, name) for index, name in enumerate(path_names) if name not in taken])
    if parameter.place == "path":
        return _path(parameter, path_names.index(parameter.wire_name))
    if parameter.place == "body":
        return _body(parameter)
    return _named(parameter, others)


def _named(parameter: Parameter, others: Sequence[Parameter]) -> Read:
    if parameter.group is not None:
        return _group(parameter, parameter.group, others)
    if parameter.place == "file":
        return _file(parameter)
    return _array(parameter) if is_array(parameter.annotation) else _single(parameter)


def _request(request: Request, path_values: Sequence[str], faults: Details) -> Any:
    return request


def _default_reader(parameter: Parameter) -> Read:
    default, factory = parameter.default, parameter.factory

    def read(request: Request, path_values: Sequence[str], faults: Details) -> Any:
        return default if factory is None else factory()

    return read


def _missing_of(parameter: Parameter) -> Callable[[Details], Any]:
    """What to do where the client sends nothing."""
    default, factory, name = parameter.default, parameter.factory, parameter.wire_name
    if factory is not None:
        return lambda faults: factory()
    if default is MISSING:
        return lambda faults: faults.setdefault(name, []).append(REQUIRED)
    return lambda faults: default


def _rest(found: list[tuple[int, str]]) -> Read:
    def read(request: Request, path_values: Sequence[str], faults: Details) -> Any:
        return {name: path_values[index] for index, name in found}

    return read


def _path(parameter: Parameter, index: int) -> Read:
    name, convert = parameter.wire_name, converter_of(parameter.annotation)

    def read(request: Request, path_values: Sequence[str], faults: Details) -> Any:
        try:
            return convert(path_values[index])
        except (ValidationError, msgspec.ValidationError) as error:
            # What no object can be named by names no object; only an argument of somebody's own is told by its fault.
            raise NotFound(details={} if parameter.model else {name: messages_of(error)}) from None

    return read


def _body(parameter: Parameter) -> Read:
    whole = BodyReader(parameter.annotation, parameter.model)
    read_body = ItemsReader(None if parameter.arrays == "only" else whole).read if parameter.arrays else whole.read
    required, missing = parameter.required, _missing_of(parameter)

    def read(request: Request, path_values: Sequence[str], faults: Details) -> Any:
        return read_body(request, faults) if required or request.body else missing(faults)

    return read


def _single(parameter: Parameter) -> Read:
    name, source = parameter.wire_name, _TEXT[parameter.place]
    key = name.lower() if parameter.place == "header" else name
    convert, missing = converter_of(parameter.annotation), _missing_of(parameter)
    # A form sends its empty fields too.
    skips_empty = parameter.place == "form" and not parameter.required and core_of(parameter.annotation) is not str

    def read(request: Request, path_values: Sequence[str], faults: Details) -> Any:
        text = source(request).get(key)
        if text is None or (skips_empty and not text):
            return missing(faults)
        try:
            return convert(text)
        except (ValidationError, msgspec.ValidationError) as error:
            faults.setdefault(name, []).extend(messages_of(error))
            return None

    return read


def _array(parameter: Parameter) -> Read:
    name, source = parameter.wire_name, _TEXTS[parameter.place]
    convert, missing = array_converter_of(parameter.annotation), _missing_of(parameter)

    def read(request: Request, path_values: Sequence[str], faults: Details) -> Any:
        texts = source(request, name)
        return convert(texts, name, faults) if texts else missing(faults)

    return read


def _file(parameter: Parameter) -> Read:
    name, limit, missing = parameter.wire_name, parameter.max_size, _missing_of(parameter)
    several = is_array(parameter.annotation)

    def read(request: Request, path_values: Sequence[str], faults: Details) -> Any:
        files = form_of(request).files.get(name)
        if not files:
            return missing(faults)
        chosen = files if several else files[-1:]
        for index, file in enumerate(chosen):
            if _is_over(file, limit):
                place = f"{name}.{index}" if several else name
                faults.setdefault(place, []).append(f"A file may have no more than {limit} bytes.")
        return chosen if several else chosen[0]

    return read


def _is_over(file: "UploadedFile[Any]", limit: int | None) -> bool:
    return limit is not None and (file.size or 0) > limit


def _group(parameter: Parameter, struct: type[msgspec.Struct], others: Sequence[Parameter]) -> Read:
    members = parameter.members()
    readers = [(member.name, _named(member, ())) for member in members]
    known = {member.wire_name for other in others if other.place == parameter.place for member in other.members()}
    strict = struct.__struct_config__.forbid_unknown_fields and parameter.place in ("query", "form")
    source = _TEXT[parameter.place]

    def read(request: Request, path_values: Sequence[str], faults: Details) -> Any:
        own: Details = {}
        values = {name: read_member(request, path_values, own) for name, read_member in readers}
        if strict:
            own.update({name: [UNKNOWN] for name in source(request) if name not in known})
        if not own:
            try:
                return struct(**values)
            except (TypeError, ValueError) as error:  # its __post_init__ says no
                own[NON_FIELD_ERRORS] = [str(error)]
        for name, messages in own.items():
            faults.setdefault(name, []).extend(messages)
        return None

    return read


def _cookies(request: Request) -> dict[str, str]:
    cookies: dict[str, str] = _once(request, "_cookies", lambda: parse_cookie(request.headers.get("cookie", "")))
    return cookies


def _form_text(request: Request) -> dict[str, str]:
    last: dict[str, str] = _once(
        request, "_form_text", lambda: {name: texts[-1] for name, texts in form_of(request).fields.items() if texts}
    )
    return last


def _query_texts(request: Request, name: str) -> list[str]:
    lists: dict[str, list[str]] = _once(
        request, "_query_lists", lambda: lists_of(pairs_of(request.scope.get("query_string", b""), "query string"))
    )
    return lists.get(name, [])


def _header_texts(request: Request, name: str) -> list[str]:
    """The values of a header that is a list: repeated or joined by commas, which is the same (RFC 9110, 5.3)."""
    joined = request.headers.get(name.lower())
    return [text for part in joined.split(",") if (text := part.strip())] if joined else []


def _cookie_texts(request: Request, name: str) -> list[str]:
    text = _cookies(request).get(name)
    return [] if text is None else [text]


def _form_texts(request: Request, name: str) -> list[str]:
    return form_of(request).fields.get(name, [])


def _once(request: Request, name: str, make: Callable[[], Any]) -> Any:
    kept = vars(request)
    if name not in kept:
        kept[name] = make()
    return kept[name]


_TEXT: dict[str, Callable[[Request], Mapping[str, str]]] = {
    "query": attrgetter("query"),
    "header": attrgetter("headers"),
    "cookie": _cookies,
    "form": _form_text,
}
"""Place → all its names, each with its last value."""

_TEXTS: dict[str, Callable[[Request, str], list[str]]] = {
    "query": _query_texts,
    "header": _header_texts,
    "cookie": _cookie_texts,
    "form": _form_texts,
}
"""Place → all values of one name."""
