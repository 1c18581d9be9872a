"""The settings of the doors: Ironbolt and Django REST Framework."""

from datetime import timedelta
from typing import Any

from bookstore.project.settings.environment import env

# How often a client may ask: who is logged in by that, everybody else by the address. The scopes of the last lines are
# for views that name one, as the login does: each is counted by itself, and stricter.
THROTTLE_RATES: dict[str, str] = {
    "anon": "20/min",
    "user": "100/min",
    "burst": "60/min",
    "sustained": "1000/day",
    "login": "5/min",
    "otp": "5/min",
    "password": "3/min",
    "payment": "10/min",
}

IRONBOLT: dict[str, Any] = {}

REST_FRAMEWORK: dict[str, Any] = {
    "EXCEPTION_HANDLER": "ironbolt.drf.exceptions.exception_handler",
    "DEFAULT_RENDERER_CLASSES": ["ironbolt.drf.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["ironbolt.drf.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "ironbolt.drf.negotiation.ContentNegotiation",
    "DEFAULT_PAGINATION_CLASS": "ironbolt.drf.pagination.AppPageNumberPagination",
    "DEFAULT_SCHEMA_CLASS": "ironbolt.drf.schema.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": ["ironbolt.drf.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    # Version 2 is the other door's. What has no version in its path, such as the tokens, belongs to every version.
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.URLPathVersioning",
    "ALLOWED_VERSIONS": ["v1"],
    "DEFAULT_VERSION": "v1",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
        "bookstore.project.throttles.BurstRateThrottle",
        "bookstore.project.throttles.SustainedRateThrottle",
    ],
    # Measuring or fuzzing a shop of one's own needs them off.
    "DEFAULT_THROTTLE_RATES": THROTTLE_RATES if env.bool("THROTTLES", default=True) else dict.fromkeys(THROTTLE_RATES),
    # X-Forwarded-For is believed for as many proxies as there are; anybody could write another address into it.
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
    # The media type is a matter of the Accept header alone.
    "URL_FORMAT_OVERRIDE": None,
}

SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Bookstore",
    "DESCRIPTION": "The bookstore through the DRF door of Ironbolt.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api(/v[0-9]+)?",
    # What may be sent differs from what comes back.
    "COMPONENT_SPLIT_REQUEST": True,
    "TAGS": [
        {"name": "books", "description": "The books of the shop. Everybody reads, staff writes."},
        {"name": "token", "description": "Logging in, and staying logged in."},
    ],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    # From the sidecar package: no page of ours loads scripts from elsewhere.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
