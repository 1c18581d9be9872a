"""Django's settings for every peer that is made with Django: the same ones, but for the apps and the paths."""

import os

from benchmarks.shop import database

SECRET_KEY = "a secret of the benchmark, long enough for HS256"  # noqa: S105 - nothing is behind it
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = ["benchmarks.shop", *filter(None, os.environ.get("BENCH_APPS", "").split(","))]
MIDDLEWARE: list[str] = []  # nobody's is judged
ROOT_URLCONF = os.environ.get("BENCH_URLS", "benchmarks.shop.no_urls")
ASGI_APPLICATION = os.environ.get("BENCH_ASGI", "")
DATABASES = {"default": database.django_settings(database.address())}

# Limits that no load reaches: what is measured is the counting.
IRONBOLT = {"MAX_PAGE_SIZE": 100}
BOLT_API = [f"{os.environ['BENCH_BOLT']}:api"] if "BENCH_BOLT" in os.environ else []
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}
DMR_SETTINGS = {"validate_responses": False}  # its "production mode"
LOGGING_CONFIG = None
