"""The settings of the doors: Ironbolt and Django REST Framework."""

from datetime import timedelta
from typing import Any

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
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    # From the sidecar package: no page of ours loads scripts from elsewhere.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
