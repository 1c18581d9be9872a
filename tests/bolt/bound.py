"""One handler, bound and called as an engine would, without routes, guards and rendering."""

import inspect
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from asgiref.sync import async_to_sync

from ironbolt.bolt.binding import Binder, Overrides, binder_of
from ironbolt.bolt.binding.forms import close_form, read_form
from ironbolt.bolt.request import Receive, Request
from ironbolt.core.errors import Problem, problem_of
from ironbolt.core.threads import in_database_thread

JSON = {"content-type": "application/json"}


class Sent(msgspec.Struct, kw_only=True):
    """What a client sends."""

    method: str = "GET"
    query: str = ""
    headers: dict[str, str] = {}
    body: bytes = b""
    path: str = "/t"
    path_values: tuple[str, ...] = ()


def call(handler: Any, sent: Sent | None = None, *, overrides: Overrides | None = None) -> Any:
    """Call a handler with what was sent to it."""
    sent = sent or Sent()
    binder = binder_of(handler, sent.path, method=sent.method).overridden(overrides or {})
    return async_to_sync(_answer)(binder, handler, sent)


def get(handler: Any, query: str = "", **rest: Any) -> Any:
    """Call a handler for GET."""
    return call(handler, Sent(query=query, **rest))


def problem(handler: Any, sent: Sent) -> Problem:
    """What a client is told who sent something wrong."""
    try:
        answer = call(handler, sent)
    except Exception as error:  # noqa: BLE001 - whatever it is
        return problem_of(error)
    raise AssertionError(f"No error, but {answer!r}.")


def status(handler: Any, sent: Sent) -> int:
    """The status of the answer: 200, or that of what is raised."""
    try:
        call(handler, sent)
    except Exception as error:  # noqa: BLE001 - whatever it is
        return problem_of(error).status
    return 200


def faults(handler: Any, query: str = "", **rest: Any) -> dict[str, list[str]]:
    """The details of what a client is told."""
    return problem(handler, Sent(query=query, **rest)).details


def escaped(text: str) -> str:
    """Text as it stands in an address."""
    return quote(text, safe="", errors="surrogatepass")


def urlencoded(fields: Mapping[str, Any], **rest: Any) -> Sent:
    """A form without files."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return Sent(method="POST", headers=headers, body=urlencode(fields, doseq=True).encode(), **rest)


def multipart(*parts: tuple[str, str | None, bytes], **rest: Any) -> Sent:
    """A form with files: name, name of the file, content."""
    body = b""
    for name, filename, content in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")
        body += f"--x\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x"}
    return Sent(method="POST", headers=headers, body=body + b"--x--\r\n", **rest)


async def _answer(binder: Binder, handler: Any, sent: Sent) -> Any:
    request = Request(
        {
            "type": "http",
            "method": sent.method,
            "path": sent.path,
            "query_string": sent.query.encode("latin-1"),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.headers.items()],
        }
    )
    try:
        if binder.body is not None:
            await request.read_body(_receiver(sent.body))
        elif binder.form is not None:
            await read_form(binder.form, request, _receiver(sent.body))
        return await _run(binder, handler, request, sent.path_values)
    finally:
        close_form(request)


async def _run(binder: Binder, handler: Any, request: Request, path_values: tuple[str, ...]) -> Any:
    endpoint = binder.endpoint(handler)
    on_loop = inspect.iscoroutinefunction(handler)
    if binder.plan is None:
        arguments = binder.bind(request, path_values)
        return await (endpoint(*arguments) if on_loop else in_database_thread(endpoint, *arguments))
    resolution = binder.resolve(request, path_values)
    if binder.plan.in_hop and not on_loop:

        def in_hop() -> Any:
            with resolution as arguments:
                return endpoint(*arguments)

        return await in_database_thread(in_hop)
    async with resolution as arguments:
        return await (endpoint(*arguments) if on_loop else in_database_thread(endpoint, *arguments))


def _receiver(body: bytes) -> Receive:
    chunks = [body[start : start + 65536] for start in range(0, len(body), 65536)] or [b""]

    async def receive() -> dict[str, Any]:
        chunk = chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

    return receive
