"""Django's WSGI application over the paths of whichever peer is served."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
