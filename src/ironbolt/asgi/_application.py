"""Which part of the application answers: a Bolt API, Django, or the protocol itself."""

from typing import Protocol

import django
from django.utils.module_loading import import_string

from ironbolt.core.exchange import Application, Receive, Scope, Send, path_below_root
from ironbolt.core.lifespan import follow_lifespan

NOT_FOUND = 4404
"""The close code of a socket to a path where no socket is."""


class Api(Protocol):
    """A Bolt API: an ASGI application that wants the paths below its prefix."""

    prefix: str

    def asgi(self) -> Application:
        """The application."""


def get_asgi_application(*apis: Api | str) -> Application:
    """One ASGI application: each API below its prefix, Django everywhere else.

    Sets Django up first, as Django's function of this name does; an API whose module imports models
    is therefore best given by its dotted path. Where prefixes overlap, the longest one decides.

    Args:
        apis: Bolt APIs, or dotted paths to them such as ``"shop.api.v2"``.
    """
    django.setup(set_prefix=False)
    # Only now: a handler loads the middleware, and that needs the settings.
    from ironbolt.asgi._django import DjangoHop

    found: list[Api] = [import_string(api) if isinstance(api, str) else api for api in apis]
    mounted = [(api.prefix.rstrip("/"), api.asgi()) for api in found]
    mounted.sort(key=lambda mount: len(mount[0]), reverse=True)
    return _Application(mounted, DjangoHop())


def get_api_application(api: Api) -> Application:
    """One API alone, with nothing of Django's beside it: its router answers every path."""
    return _Application([("", api.asgi())], _refuse_socket)


class _Application:
    """The dispatcher."""

    def __init__(self, mounted: list[tuple[str, Application]], django_paths: Application) -> None:
        self._mounted = mounted
        self._django_paths = django_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._chosen(scope)(scope, receive, send)

    def _chosen(self, scope: Scope) -> Application:
        if scope["type"] == "lifespan":
            return _live
        path = path_below_root(scope)
        for prefix, api in self._mounted:
            if path.startswith(prefix) and path[len(prefix) :][:1] in ("/", ""):
                return api
        return _refuse_socket if scope["type"] == "websocket" else self._django_paths


async def _live(_: Scope, receive: Receive, send: Send) -> None:
    await follow_lifespan(receive, send)


async def _refuse_socket(_: Scope, receive: Receive, send: Send) -> None:
    """Close before accepting, which servers turn into a refused handshake."""
    await receive()
    await send({"type": "websocket.close", "code": NOT_FOUND, "reason": "There is no socket here."})
