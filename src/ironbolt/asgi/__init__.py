"""One ASGI application for everything: Bolt APIs, Django's own paths, lifespan and sockets."""

from ironbolt.asgi._application import get_api_application, get_asgi_application
from ironbolt.core.exchange import Application

__all__ = ["Application", "get_api_application", "get_asgi_application"]
