"""Forms: read by Django's own parser and upload handlers, and cleaned up when the request is over."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import load_handler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser

from ironbolt.bolt.exceptions import BadRequest, PayloadTooLarge, UnsupportedMediaType
from ironbolt.bolt.request import Receive, Request
from ironbolt.core.spooling import BodyTooLargeError, spooled_body

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

_AT_ONCE = 16 * 1024
"""A form up to this size is parsed faster than handed to a thread."""


class Form(msgspec.Struct, frozen=True):
    """What a form holds: names → texts, names → files."""

    fields: dict[str, list[str]] = {}
    files: "dict[str, list[UploadedFile[Any]]]" = {}


class FormWanted(msgspec.Struct, frozen=True):
    """What a handler asks of a form.

    Attributes:
        required: whether a request without any form fails.
        files: whether it takes files.
    """

    required: bool
    files: bool


async def read_form(wanted: FormWanted, request: Request, receive: Receive) -> None:
    """Receive and parse the form of a request; :func:`close_form` has to follow, whatever happens.

    Raises:
        UnsupportedMediaType: it is no form.
        BadRequest, MultiPartParserError, SuspiciousOperation: it is malformed, or over a limit of Django's.
        PayloadTooLarge: it is over ``MAX_BODY_BYTES``.
        ClientGone: the client left first.
    """
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == MULTIPART:
        await _read_multipart(request, receive)
        return
    if media_type not in (URLENCODED, ""):
        raise UnsupportedMediaType(f"Unsupported media type “{media_type}” in request.")
    await request.read_body(receive)
    if not media_type and (request.body or wanted.required):
        raise UnsupportedMediaType("A form is expected, and the request does not say that it is one.")
    _keep(request, Form(fields=_fields(request.body)))


def form_of(request: Request) -> Form:
    """The form of a request, as it was read."""
    form: Form = vars(request).get("_form") or Form()
    return form


def close_form(request: Request) -> None:
    """Close the files of a request's form, which removes the temporary ones; harmless where there is none."""
    form: Form | None = vars(request).get("_form")
    if form is None:
        return
    for files in form.files.values():
        for file in files:
            file.close()


def pairs_of(raw: bytes, what: str) -> list[tuple[str, str]]:
    """The names and values of a query string or urlencoded form, whose text is UTF-8.

    Raises:
        BadRequest: it is not, or there are too many; ``what`` says of what.
    """
    try:
        return parse_qsl(
            raw.decode("latin-1"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=settings.DATA_UPLOAD_MAX_NUMBER_FIELDS,
        )
    except ValueError:
        raise BadRequest(f"The {what} is not valid UTF-8, or has too many fields.") from None


def lists_of(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Name → all of its values, in order."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _keep(request: Request, form: Form) -> None:
    vars(request)["_form"] = form


def _fields(body: bytes) -> dict[str, list[str]]:
    if not body.isascii():  # browsers escape what is not; others may send it as it is
        try:
            body.decode()
        except UnicodeDecodeError:
            raise BadRequest("The form is not valid UTF-8.") from None
        return lists_of(pairs_of(_escaped(body), "form"))
    return lists_of(pairs_of(body, "form"))


def _escaped(body: bytes) -> bytes:
    return b"".join(b"%%%02X" % byte if byte > 127 else bytes((byte,)) for byte in body)


async def _read_multipart(request: Request, receive: Receive) -> None:
    """Receive the body into memory, or into a temporary file where it is big, and have Django read it."""
    try:
        file, size = await spooled_body(request.scope, receive)
    except BodyTooLargeError:
        raise PayloadTooLarge from None
    with file:
        meta = _meta(request.headers, size)
        form = _parsed(meta, file) if size <= _AT_ONCE else await asyncio.to_thread(_parsed, meta, file)
    _keep(request, form)


def _meta(headers: Mapping[str, str], size: int) -> dict[str, Any]:
    meta = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return {**meta, "CONTENT_TYPE": headers["content-type"], "CONTENT_LENGTH": str(size)}


def _parsed(meta: dict[str, Any], stream: Any) -> Form:
    request = HttpRequest()
    request.META = meta
    handlers = [load_handler(path, request) for path in settings.FILE_UPLOAD_HANDLERS]
    try:
        fields, files = MultiPartParser(meta, stream, handlers, settings.DEFAULT_CHARSET).parse()
    except TooManyFieldsSent:
        raise BadRequest("The form has too many fields.") from None
    return Form(fields={name: fields.getlist(name) for name in fields}, files=dict(files.lists()))
