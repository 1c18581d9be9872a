"""Django's responses as ASGI messages."""

from functools import lru_cache
from typing import Any

import msgspec
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from ironbolt.asgi._protocol import Message
from ironbolt.core.errors import Problem, body_of
from ironbolt.core.negotiation import JSON


def start_of(response: HttpResponseBase) -> Message:
    """Status and headers; each cookie is a header of its own."""
    headers = [(_name(name), value.encode("latin-1")) for name, value in response.items()]
    cookies = response.cookies.values()
    headers += [(b"set-cookie", cookie.OutputString().encode("latin-1")) for cookie in cookies]
    return {"type": "http.response.start", "status": response.status_code, "headers": headers}


def body_part(content: bytes, *, more: bool = False) -> Message:
    """A part of the body, the last one by default."""
    return {"type": "http.response.body", "body": content, "more_body": more}


def emergency(status: int, **headers: str) -> HttpResponse:
    """An answer where no view and no middleware can give one any more."""
    content: Any = msgspec.json.encode(body_of(Problem.of_status(status)))
    return HttpResponse(content, status=status, content_type=JSON, headers=headers)


@lru_cache(maxsize=1024)
def _name(name: str) -> bytes:
    return name.lower().encode("ascii")
