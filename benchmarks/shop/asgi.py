"""Django's ASGI application over the paths of whichever peer is served."""

from django.core.asgi import get_asgi_application

application = get_asgi_application()
