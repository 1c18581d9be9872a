"""The body of a request for Django, which wants it as a file."""

from io import BytesIO
from typing import IO

from ironbolt.core.exchange import Receive, Scope
from ironbolt.core.spooling import spooled_body


def has_body(scope: Scope) -> bool:
    """Whether anything is to be received at all; in HTTP/1 the headers tell."""
    if not scope.get("http_version", "").startswith("1"):
        return True
    for name, value in scope["headers"]:
        if name == b"content-length":
            return bool(value != b"0")
        if name == b"transfer-encoding":
            return True
    return False


async def read_body(scope: Scope, receive: Receive) -> tuple[IO[bytes], int]:
    """The body as a file at its start, and its size; the caller closes the file.

    Raises:
        BodyTooLargeError: it is over ``MAX_BODY_BYTES``; one that says so itself is not read at all.
        ClientGoneError: the client went away before the end.
    """
    return await spooled_body(scope, receive) if has_body(scope) else (BytesIO(), 0)
