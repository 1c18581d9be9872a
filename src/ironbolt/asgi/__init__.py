"""One ASGI application for everything: Bolt APIs, Django's own paths, lifespan and sockets."""

from ironbolt.asgi._application import get_asgi_application

__all__ = ["get_asgi_application"]
