"""Which part of the application answers: a Bolt API, Django, or the protocol itself."""

from typing import Protocol

import django
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from ironbolt.core.errors import Problem
from ironbolt.core.exchange import Application, Receive, Scope, Send, path_below_root
from ironbolt.core.lifespan import follow_lifespan
from ironbolt.core.sockets import refusal_of


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

    Raises:
        ImproperlyConfigured: an API could never be reached, or one of its routes, since another takes its paths.
    """
    django.setup(set_prefix=False)
    # Only now: a handler loads the middleware, and that needs the settings.
    from ironbolt.asgi._django import DjangoHop

    found: list[Api] = [import_string(api) if isinstance(api, str) else api for api in apis]
    mounted = [(api.prefix.rstrip("/"), api.asgi()) for api in found]
    mounted.sort(key=lambda mount: len(mount[0]), reverse=True)
    _refuse_hidden(mounted)
    return _Application(mounted, DjangoHop())


def get_api_application(api: Api) -> Application:
    """One API alone, with nothing of Django's beside it: its router answers every path."""
    return _Application([("", api.asgi())], _refuse_socket)


def _refuse_hidden(mounted: list[tuple[str, Application]]) -> None:
    """See that each API gets the requests of its routes; the longest prefixes come first."""
    for index, (prefix, api) in enumerate(mounted):
        for taken, _ in mounted[:index]:
            if taken == prefix:
                raise ImproperlyConfigured(
                    f"Two APIs have the prefix {prefix or '/'}; the second one could never be reached."
                )
            routes = [*getattr(getattr(api, "router", None), "routes", ())]
            if hidden := next((route for route in routes if f"{route.path}/".startswith(f"{taken}/")), None):
                raise ImproperlyConfigured(
                    f"{hidden.method} {hidden.path} could never be reached: all below {taken} goes to the API there."
                )


class _Application:
    """The dispatcher."""

    def __init__(self, mounted: list[tuple[str, Application]], django_paths: Application) -> None:
        self._mounted = mounted
        self._django_paths = django_paths

    @property
    def apis(self) -> list[tuple[str, Application]]:
        """Prefix and application of each API."""
        return [*self._mounted]

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


async def _refuse_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 404 before accepting, or close with 4404, which servers turn into a refused handshake."""
    await receive()
    for message in refusal_of(scope, Problem.of_status(404, "There is no socket here.")):
        await send(message)
