"""A router whose addresses work with and without the slash at the end."""

from typing import Any

from django.urls import URLPattern, re_path
from rest_framework.routers import SimpleRouter


class AppRouter(SimpleRouter):
    """A ``SimpleRouter`` that never redirects: a redirect would lose the body of a write.

    The form with the slash is the one that is reversed and documented.
    """

    def get_urls(self) -> list[Any]:
        """The addresses, each in both forms."""
        urls: list[Any] = super().get_urls()
        return [*urls, *(_without_slash(url) for url in urls if str(url.pattern).endswith("/$"))]


def _without_slash(url: URLPattern) -> URLPattern:
    callback: Any = url.callback
    view: Any = callback.cls.as_view(callback.actions, **callback.initkwargs, schema=None)
    twin: URLPattern = re_path(str(url.pattern).removesuffix("/$") + "$", view)
    return twin
