"""Views that show what the ASGI application makes of a request."""

import asyncio
import io
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse

from tests.project.models import Label

events: list[str] = []
"""What the streams have to tell."""

loops: list[asyncio.AbstractEventLoop] = []


def echo(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Tell what arrived."""
    meta = {key: value for key, value in request.META.items() if isinstance(value, str)}
    facts = {"rest": rest, "path": request.path, "scheme": request.scheme, "GET": request.GET.dict(), "META": meta}
    return JsonResponse(facts | {"COOKIES": request.COOKIES, "body": request.body.decode(), "self": reverse("echo")})


def cookies(request: HttpRequest) -> HttpResponse:
    """Set two cookies."""
    response = HttpResponse("ok")
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


def upload(request: HttpRequest) -> HttpResponse:
    """Count the bytes of a file."""
    uploaded: Any = request.FILES["file"]
    return JsonResponse({"size": sum(len(chunk) for chunk in uploaded.chunks())})


def stream(request: HttpRequest) -> HttpResponseBase:
    """Number the parts and say whether one thread made them all."""
    made_in = threading.get_ident()

    def parts() -> Iterator[str]:
        try:
            for number in range(int(request.GET.get("parts", "3"))):
                events.append(f"made {number}")
                yield f"{number} {threading.get_ident() == made_in};"
        finally:
            events.append("closed")

    return StreamingHttpResponse(parts())


def broken_stream(request: HttpRequest) -> HttpResponseBase:
    """Fail half-way."""

    def parts() -> Iterator[str]:
        yield "first"
        raise ValueError("half-way")

    return StreamingHttpResponse(parts())


async def async_stream(request: HttpRequest) -> HttpResponseBase:
    """Take a nap between two parts."""

    async def parts() -> AsyncIterator[str]:
        try:
            yield "first;"
            await asyncio.sleep(float(request.GET.get("sleep", "0")))
            yield "second"
        finally:
            events.append("closed")

    return StreamingHttpResponse(parts())


def file(request: HttpRequest) -> HttpResponseBase:
    """Send a file of the size that is asked for."""
    return FileResponse(io.BytesIO(b"x" * int(request.GET["size"])), filename="x.bin")


async def async_view(request: HttpRequest) -> HttpResponse:
    """Note the loop."""
    loops.append(asyncio.get_running_loop())
    await asyncio.sleep(0)
    return HttpResponse("done")


async def count_labels(request: HttpRequest) -> HttpResponse:
    """Ask the database."""
    return HttpResponse(f"{await Label.objects.acount()} labels")


def add_label(request: HttpRequest) -> HttpResponse:
    """Write."""
    Label.objects.create(name="made by a request")
    return HttpResponse(status=201)


def slow(request: HttpRequest) -> HttpResponse:
    """Take as many seconds as asked for."""
    time.sleep(float(request.GET["seconds"]))
    return HttpResponse("done")


def broken(request: HttpRequest) -> HttpResponse:
    """Fail."""
    raise ValueError("a secret")


def leave(request: HttpRequest) -> HttpResponse:
    """Ask for the end of the program."""
    raise SystemExit(3)


async def leave_async(request: HttpRequest) -> HttpResponse:
    """Ask for the end of the program, on the loop."""
    raise SystemExit(3)


def handler500(request: HttpRequest) -> HttpResponse:
    """Fail again."""
    raise ValueError("even the error page")


urlpatterns = [
    path("echo", echo, name="echo"),
    path("echo/<path:rest>", echo),
    path("cookies", cookies),
    path("upload", upload),
    path("stream", stream),
    path("broken-stream", broken_stream),
    path("async-stream", async_stream),
    path("file", file),
    path("async", async_view),
    path("labels", add_label),
    path("labels/count", count_labels),
    path("slow", slow),
    path("broken", broken),
    path("leave", leave),
    path("leave-async", leave_async),
]
