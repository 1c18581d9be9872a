"""The shapes of ASGI: what an application is called with."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class ClientGoneError(Exception):
    """The client closed the connection: there is nobody to read from or to answer."""


def root_of(scope: Scope) -> str:
    """The path that everything is mounted at, without a slash at its end; mostly nothing."""
    root: str = settings.FORCE_SCRIPT_NAME or scope.get("root_path", "")
    return root.rstrip("/")


def path_below_root(scope: Scope) -> str:
    """The path without the one that everything is mounted at, as Django reads it."""
    path: str = scope["path"]
    root = root_of(scope)
    if root and (path == root or path.startswith(f"{root}/")):
        return path[len(root) :]
    return path
