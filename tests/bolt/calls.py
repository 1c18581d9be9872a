"""Requests without a server, for tests of what judges them."""

import time
from typing import Any

import jwt
from asgiref.sync import async_to_sync
from django.conf import settings

from ironbolt.bolt.auth import admission_of
from ironbolt.bolt.request import Request
from ironbolt.core.threads import hop_to_test_thread


def a_request(
    headers: dict[str, str] | None = None, method: str = "GET", client: Any = ("192.0.2.1", 5000), **scope: Any
) -> Request:
    """A request with these headers; a name with a number at its end may repeat another."""
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    raw.append((b"host", b"testserver"))
    return Request({"type": "http", "method": method, "path": "/", "headers": raw, "client": client, **scope})


def bearer(token: str, method: str = "GET") -> Request:
    """A request with a token."""
    return a_request({"authorization": f"Bearer {token}"}, method)


def token(key: str | None = None, algorithm: str = "HS256", **claims: Any) -> str:
    """A token that is valid for an hour, unless its claims say otherwise; None leaves a claim out."""
    given = {"user_id": 7, "exp": int(time.time()) + 3600, **claims}
    return jwt.encode(
        {name: value for name, value in given.items() if value is not None}, key or settings.SECRET_KEY, algorithm
    )


def admit(request: Request, ways: list[Any], guards: list[Any] | None = None) -> Request:
    """Judge a request as the engine does, the hop included; it comes back with what is known of the caller."""
    admission = admission_of(request.method, ways, guards or [], "a test")

    async def judge() -> None:
        if not admission.admit(request):
            await admission.admit_later(request)

    with hop_to_test_thread():
        async_to_sync(judge)()
    return request
