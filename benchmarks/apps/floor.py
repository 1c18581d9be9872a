"""The floor: ASGI by hand on the bare driver; what a framework could cost at least."""

import gc
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import jwt
import msgspec

from benchmarks.apps import floor_rows, forms
from benchmarks.shop.settings import SECRET_KEY
from benchmarks.work import ANSWERS

Answer = Callable[[Any, str], Awaitable[Any]]

_encode = msgspec.json.Encoder().encode
_decode_book = msgspec.json.Decoder(forms.BookIn).decode
_counts: Counter[tuple[str, int]] = Counter()
_LIMIT = 1_000_000


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    method, path = scope["method"], scope["path"]
    if method == "POST":
        made = await rows.create(_decode_book((await receive())["body"]))
        await _send(send, 201, _encode(made))
    elif method == "PUT":
        changed = await rows.update(int(path[7:]), _decode_book((await receive())["body"]))
        await _send(send, 200, _encode(changed))
    else:
        head, _, tail = path[1:].partition("/")
        if head == "guarded" and not any(name == b"authorization" for name, _ in scope["headers"]):
            await _send(send, 401, b"{}")
            return
        await _send(send, 200, _encode(await _ROUTES[head](scope, tail)))


async def _hello(scope: Any, tail: str) -> forms.Hello:
    return forms.Hello("Hello, world!", 42)


async def _typed(scope: Any, tail: str) -> forms.Typed:
    query = dict(parse_qsl(scope["query_string"].decode()))
    return forms.Typed(int(tail), int(query["page"]), int(query["size"]), query["active"] == "true")


async def _guarded(scope: Any, tail: str) -> forms.Hello:
    said = next(value for name, value in scope["headers"] if name == b"authorization")
    claims = jwt.decode(said[7:], SECRET_KEY, algorithms=["HS256"])
    assert "shop.see" in claims["permissions"]
    key = claims["sub"], int(time.monotonic())
    _counts[key] += 1
    assert _counts[key] < _LIMIT
    if len(_counts) > 10_000:
        _counts.clear()
    return forms.Hello("Hello, world!", 42)


async def _up_to(scope: Any, tail: str) -> list[forms.Book]:
    return await rows.up_to(int(scope["path"][4:]))


async def _rows(scope: Any, tail: str) -> list[forms.Book]:
    return await rows.books(int(dict(parse_qsl(scope["query_string"].decode()))["limit"]))


async def _page(scope: Any, tail: str) -> forms.Page:
    query = dict(parse_qsl(scope["query_string"].decode()))
    number, size = int(query["page"]), int(query["page_size"])
    return await rows.page(int(query["author"]), size, (number - 1) * size)


_ROUTES: dict[str, Answer] = {
    "hello": _hello,
    "typed": _typed,
    "guarded": _guarded,
    "rows": _rows,
    "page": _page,
    "books20": lambda scope, tail: rows.up_to(20),
    "books100": lambda scope, tail: rows.up_to(100),
    "nested": lambda scope, tail: rows.nested(20),
    **{f"all{most}": _up_to for most in ANSWERS},
    "books": lambda scope, tail: rows.book(int(tail)),
}


async def _send(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Any, send: Any) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await rows.open()
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000)
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


rows = floor_rows.rows_for_environment()
