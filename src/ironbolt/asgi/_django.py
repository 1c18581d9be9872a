"""Django's own paths: one hop runs the whole of Django's synchronous handler.

Django's ASGI handler changes threads several times a request and serves a quarter of what this does.
"""

import logging
from contextlib import suppress
from typing import Any, cast

from django.core.handlers.wsgi import WSGIHandler, get_script_name
from django.core.signals import request_started
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from ironbolt.asgi._body import read_body
from ironbolt.asgi._environ import environ_of
from ironbolt.asgi._messages import body_part, emergency, refusal, start_of
from ironbolt.asgi._streams import close_response, is_small_file, stream_from_thread, stream_on_loop
from ironbolt.core import context
from ironbolt.core.errors import ApiError
from ironbolt.core.exchange import Client, ClientGoneError, Message, Receive, Scope, Send
from ironbolt.core.threads import OverloadedError, in_raw_database_thread

logger = logging.getLogger("ironbolt.asgi")


class DjangoHop:
    """Django as an ASGI application, without Django's ASGI handler."""

    def __init__(self) -> None:
        self._handler = WSGIHandler()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, hop, send what the hop gave back."""
        client = Client(receive, send)
        try:
            answer = await self._answer_to(scope, receive, client)
            if isinstance(answer, StreamingHttpResponse):
                await stream_on_loop(answer, client)
                return
            with suppress(OSError):  # the client is gone
                for message in answer:
                    await send(message)
        except ClientGoneError:
            pass
        finally:
            client.release()

    async def _answer_to(
        self, scope: Scope, receive: Receive, client: Client
    ) -> tuple[Message, ...] | StreamingHttpResponse:
        try:
            body, size = await read_body(scope, receive)
        except ApiError as error:
            return refusal(scope, error)
        try:
            return await in_raw_database_thread(
                self._answer, environ_of(scope, body, size), client, give_up_with=client
            )
        except OverloadedError as error:
            body.close()
            return refusal(scope, error)
        except ClientGoneError:
            body.close()
            raise

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
        except BaseException:
            # No server above catches this one in a way that a client could read, and a view that exits
            # ends its request, not the server.
            trace_id = context.trace_id_from(environ.get("HTTP_X_REQUEST_ID"))
            with context.using(context.Context(trace_id=trace_id)):
                logger.critical("%s %r", environ["REQUEST_METHOD"], environ["PATH_INFO"], exc_info=True)
            response = emergency(500, **{context.REQUEST_ID_HEADER: trace_id})
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
