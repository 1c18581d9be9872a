"""Plain views: ``COMPAT_WAY`` says what of Ironbolt is switched on, ``COMPAT_SET`` how REST framework is set."""

import os
import tempfile
from typing import Any

WAY = os.environ.get("COMPAT_WAY", "plain")
"""``plain``: nothing; ``switched``: the exception handler and the renderer; ``door``: our mixins before each view."""

ODD = os.environ.get("COMPAT_SET", "usual") == "odd"

SECRET_KEY = "a key for tests only, long enough for every algorithm that signs with it"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.drf.compat.plain.urls"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
STATIC_URL = "/static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = tempfile.mkdtemp(prefix="ironbolt-compat-")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGGING_CONFIG = None
MIGRATION_MODULES = dict.fromkeys(["auth", "authtoken", "contenttypes", "sessions"])
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "ATOMIC_REQUESTS": ODD}}

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "tests.project",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

REST_FRAMEWORK: dict[str, Any] = {"PAGE_SIZE": 2}
if ODD:
    REST_FRAMEWORK |= {
        "COMPACT_JSON": False,
        "UNICODE_JSON": False,
        "STRICT_JSON": False,
        "COERCE_DECIMAL_TO_STRING": False,
        "COERCE_BIGINT_TO_STRING": True,
        "DATETIME_FORMAT": "%d.%m.%Y %H:%M",
        "DATE_FORMAT": "%d.%m.%Y",
        "TIME_FORMAT": "%H h %M",
        "DATETIME_INPUT_FORMATS": ["%d.%m.%Y %H:%M"],
        "NON_FIELD_ERRORS_KEY": "all",
        "URL_FIELD_NAME": "href",
        "UPLOADED_FILES_USE_URL": False,
        "SEARCH_PARAM": "q",
        "ORDERING_PARAM": "sort",
        "URL_FORMAT_OVERRIDE": "as",
        "UNAUTHENTICATED_USER": None,
        "DEFAULT_FILTER_BACKENDS": ["rest_framework.filters.OrderingFilter"],
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
        "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.AcceptHeaderVersioning",
        "DEFAULT_VERSION": "1",
        "VIEW_NAME_FUNCTION": "tests.drf.compat.plain.names.view_name",
    }
if WAY != "plain":
    REST_FRAMEWORK |= {
        "EXCEPTION_HANDLER": "ironbolt.drf.exceptions.exception_handler",
        "DEFAULT_RENDERER_CLASSES": [
            "ironbolt.drf.renderers.JSONRenderer",
            "rest_framework.renderers.BrowsableAPIRenderer",
        ],
    }
