"""Django's own paths: one hop runs the whole of Django's synchronous handler.

Django's ASGI handler changes threads several times a request and serves a quarter of what this does.
"""

import logging
from io import BytesIO
from typing import Any, cast

from django.core.handlers.wsgi import WSGIHandler, get_script_name
from django.core.signals import request_started
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from ironbolt.asgi._body import has_body, read_body
from ironbolt.asgi._client import Client
from ironbolt.asgi._environ import environ_of
from ironbolt.asgi._messages import body_part, emergency, start_of
from ironbolt.asgi._protocol import ClientGoneError, Message, Receive, Scope, Send
from ironbolt.asgi._streams import close_response, is_small_file, stream_from_thread, stream_on_loop
from ironbolt.core.threads import in_raw_database_thread

logger = logging.getLogger("ironbolt.asgi")


class DjangoHop:
    """Django as an ASGI application, without Django's ASGI handler."""

    def __init__(self) -> None:
        self._handler = WSGIHandler()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, hop, send what the hop gave back."""
        client = Client(receive, send)
        try:
            body, size = await read_body(receive) if has_body(scope) else (BytesIO(), 0)
            answer = await in_raw_database_thread(self._answer, environ_of(scope, body, size), client)
            if isinstance(answer, StreamingHttpResponse):
                await stream_on_loop(answer, client)
                return
            for message in answer:
                await send(message)
        except ClientGoneError:
            pass
        finally:
            client.release()

    def _answer(self, environ: dict[str, Any], client: Client) -> tuple[Message, ...] | StreamingHttpResponse:
        """In the thread: the messages that remain to be sent, or a response that the loop has to iterate."""
        response = self._respond(environ)
        if environ["REQUEST_METHOD"] == "HEAD":
            return _without_body(response)
        if not isinstance(response, StreamingHttpResponse):
            return _whole(response, getattr(response, "content", b""))
        if response.is_async:
            return response
        if is_small_file(response):
            return _whole(response, b"".join(response))
        return stream_from_thread(response, client)

    def _respond(self, environ: dict[str, Any]) -> HttpResponseBase:
        """What ``WSGIHandler.__call__`` does, up to the response itself."""
        body = environ["wsgi.input"]
        try:
            set_script_prefix(get_script_name(environ))
            request_started.send(sender=WSGIHandler, environ=environ)
            request = self._handler.request_class(environ)
            response: Any = self._handler.get_response(request)
        except Exception:
            # No server above catches this one in a way that a client could read.
            logger.critical("%s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"], exc_info=True)
            response = emergency(500)
        response._handler_class = WSGIHandler  # noqa: SLF001 # the sender of request_finished, as Django sets it
        response._resource_closers.append(body.close)  # noqa: SLF001 # Django's list of what ends with the response
        return cast(HttpResponseBase, response)


def _whole(response: HttpResponseBase, content: bytes) -> tuple[Message, ...]:
    """A response all at once.

    It is closed before it is sent, not after: that saves a second hop.
    """
    messages = start_of(response), body_part(content)
    close_response(response)
    return messages


def _without_body(response: HttpResponseBase) -> tuple[Message, ...]:
    """The answer to HEAD, with the length that GET would have had where that is known."""
    if not response.streaming and "Content-Length" not in response:
        response["Content-Length"] = str(len(getattr(response, "content", b"")))
    return _whole(response, b"")
