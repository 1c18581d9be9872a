"""What the chapters share: viewsets behind a router, callers, and what an error says."""

from types import ModuleType
from typing import Any, Self

from django.contrib.auth.models import User
from django.test import override_settings
from rest_framework.routers import DefaultRouter
from rest_framework.test import APIClient


class Site:
    """Viewsets at their addresses, each below its prefix, and clients that call them; as a context manager."""

    def __init__(self, **views: Any) -> None:
        router = DefaultRouter()
        for prefix, view in views.items():
            router.register(prefix, view, basename=prefix)
        urls: Any = ModuleType("seed_urls")
        urls.urlpatterns = router.urls
        self._settings = override_settings(ROOT_URLCONF=urls)

    def __enter__(self) -> Self:
        self._settings.enable()
        return self

    def __exit__(self, *_: object) -> None:
        self._settings.disable()


def caller(user: User | None = None) -> APIClient:
    """A client that sends JSON, as somebody or as nobody."""
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    return client


def error_of(response: Any) -> tuple[int, str, dict[str, list[str]]]:
    """Status, code and details of an error in the one envelope, which has nothing else in it and shows no code."""
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert "Traceback" not in response.content.decode()
    assert ".py" not in response.content.decode()
    return response.status_code, body["error"]["code"], body["error"]["details"]


def message_of(response: Any) -> str:
    """The sentence of an error."""
    sentence: str = response.json()["error"]["message"]
    return sentence
