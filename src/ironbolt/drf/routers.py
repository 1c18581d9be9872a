"""A router whose addresses work with and without the slash at the end."""

from collections.abc import Iterable
from typing import Any

from django.urls import URLPattern, path, re_path
from rest_framework.routers import SimpleRouter


class AppRouter(SimpleRouter):
    """A ``SimpleRouter`` that never redirects: a redirect would lose the body of a write.

    The form with the slash is the one that is reversed and documented.
    """

    def get_urls(self) -> list[Any]:
        """The addresses, each in both forms."""
        urls: list[Any] = super().get_urls()
        return [*urls, *(_without_slash(url) for url in urls if str(url.pattern).endswith("/$"))]


def in_both_forms(urls: Iterable[URLPattern]) -> list[URLPattern]:
    """Addresses made by ``path`` for views of this door, each with its slash at the end and without."""
    return [form for url in urls for form in (url, _short_form(url))]


def _short_form(url: URLPattern) -> URLPattern:
    callback: Any = url.callback
    short: URLPattern = path(
        str(url.pattern).removesuffix("/"), callback.cls.as_view(**{**callback.initkwargs, "schema": None})
    )
    return short


def _without_slash(url: URLPattern) -> URLPattern:
    callback: Any = url.callback
    view: Any = callback.cls.as_view(callback.actions, **{**callback.initkwargs, "schema": None})
    twin: URLPattern = re_path(str(url.pattern).removesuffix("/$") + "$", view)
    return twin
