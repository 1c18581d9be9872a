"""Django's settings that every request asks for, read once: each look at ``settings`` costs as much as a route."""

from functools import cache
from typing import Any

import msgspec
from django.conf import settings
from django.core.signals import setting_changed

_LOCAL_HOSTS = (".localhost", "127.0.0.1", "[::1]")

_NAMES = frozenset(
    {
        "ALLOWED_HOSTS",
        "DEBUG",
        "FORCE_SCRIPT_NAME",
        "SECURE_PROXY_SSL_HEADER",
        "SECURE_SSL_REDIRECT",
        "USE_X_FORWARDED_HOST",
    }
)


class WebSettings(msgspec.Struct, frozen=True):
    """What a request is read by.

    Attributes:
        hosts: the hosts that are ours.
        root: the path that everything is mounted at, where the settings say so.
        proxy_header: the header by which a proxy says that the client came by HTTPS, and its value for that.
        trusts_forwarded_host: whether ``X-Forwarded-Host`` counts.
        redirects_to_https: whether plain HTTP is sent on.
    """

    hosts: tuple[str, ...]
    root: str
    proxy_header: tuple[str, str] | None
    trusts_forwarded_host: bool
    redirects_to_https: bool


@cache
def web_settings() -> WebSettings:
    """The settings as they are; a test that overrides one of them gets others."""
    header = settings.SECURE_PROXY_SSL_HEADER
    return WebSettings(
        hosts=tuple(settings.ALLOWED_HOSTS) or (_LOCAL_HOSTS if settings.DEBUG else ()),
        root=settings.FORCE_SCRIPT_NAME or "",
        proxy_header=(_name_of(header[0]), header[1]) if header else None,
        trusts_forwarded_host=settings.USE_X_FORWARDED_HOST,
        redirects_to_https=settings.SECURE_SSL_REDIRECT,
    )


def _name_of(variable: str) -> str:
    """The header that WSGI knows by this name."""
    return variable.removeprefix("HTTP_").replace("_", "-").lower()


def _forget(*, setting: str, **_: Any) -> None:
    if setting in _NAMES:
        web_settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="ironbolt.core.web_settings")
