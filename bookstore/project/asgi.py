"""The shop as one ASGI application."""

import os

from ironbolt.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstore.project.settings.local")

application = get_asgi_application("bookstore.project.api.v2")
