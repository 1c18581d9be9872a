"""Facing the internet: everything secret comes from the environment, and everything is HTTPS."""

from django.core.exceptions import ImproperlyConfigured

from bookstore.project.settings import logs, secret_key
from bookstore.project.settings.base import *  # noqa: F403 - settings are made to be layered like this
from bookstore.project.settings.environment import env

SECRET_KEY = secret_key.demanded(env.str("SECRET_KEY", default=""))

ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the names under which the shop is reached, with commas between.")

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SECURE_SSL_REDIRECT: bool = env.bool("SECURE_SSL_REDIRECT", default=True)
# Probes come from inside, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^health/"]
if env.bool("TRUST_X_FORWARDED_PROTO", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS: int = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

LOGGING = logs.logging(env.str("LOG_LEVEL", default="INFO"), logs.ONE_LINE)
