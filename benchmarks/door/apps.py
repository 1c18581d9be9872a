"""The applications that are compared: ours, and the least that a server can be given to do."""

from typing import Any

import django
import msgspec
from django.conf import settings

from ironbolt.bolt import APIView, BoltAPI, Info
from ironbolt.bolt.auth import JWTAuthentication
from ironbolt.bolt.guards import HasPermission
from ironbolt.bolt.middleware import rate_limit

SECRET = "a secret of the benchmark, long enough for HS256"  # noqa: S105 - nothing is behind it

if not settings.configured:
    settings.configure(
        SECRET_KEY=SECRET, ALLOWED_HOSTS=["127.0.0.1", "testserver"], USE_TZ=True, INSTALLED_APPS=["ironbolt"]
    )
    django.setup()


class Hello(msgspec.Struct):
    """A small answer."""

    message: str
    number: int


api = BoltAPI(info=Info(served=False))


@api.view("/class")
class HelloView(APIView):
    """By a class."""

    async def get(self) -> Hello:
        """Say hello."""
        return Hello("Hello, world!", 42)


@api.get("/function")
async def hello() -> Hello:
    """By a function."""
    return Hello("Hello, world!", 42)


@api.get("/guarded", auth=[JWTAuthentication(secret=SECRET)], guards=[HasPermission("shop.see")])
@rate_limit(1_000_000, burst=1_000_000, key="user")
async def guarded() -> Hello:
    """For those who may, and not too often."""
    return Hello("Hello, world!", 42)


application = api.asgi()

BODY = msgspec.json.encode(Hello("Hello, world!", 42))
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


async def bare(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The same bytes without any framework."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


async def _live(receive: Any, send: Any) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
