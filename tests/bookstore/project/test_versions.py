"""Version 1 and version 2 live side by side, and neither loses what its clients rely on."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.settings import api_settings
from rest_framework.versioning import URLPathVersioning

from ironbolt.testing import TestClient
from scripts import api_versions
from tests.bookstore.catalog.making import make_book

NAMES = ("v1", "v2")


@pytest.mark.row("M22")
@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_each_version_has_addresses_of_its_own(name) -> None:
    """The same book is there under ``/api/v1/`` and ``/api/v2/``."""
    from bookstore.project.asgi import application

    book = make_book()
    answer = TestClient(application).get(f"/api/{name}/books/{book.pk}/")
    assert answer.json()["data"]["title"] == book.title
    assert api_versions.stored(name).keys() >= {f"GET /api/{name}/books" + ("/" if name == "v1" else "")}


@pytest.mark.row("M22")
def test_version_is_read_off_the_path() -> None:
    """A view knows by which version it was called; what is no live version is not there."""
    settings: Any = api_settings
    assert settings.DEFAULT_VERSIONING_CLASS is URLPathVersioning
    assert settings.ALLOWED_VERSIONS == ["v1"]
    assert Client().get("/api/v9/books/").status_code == 404


@pytest.mark.row("M22")
@pytest.mark.parametrize("name", NAMES)
def test_nothing_leaves_a_live_version(name) -> None:
    """No address, method, field or value that was written down is gone, and nothing more is demanded.

    A version that is live only grows; what must go, goes with the next version. See scripts/api_versions.py.
    """
    before = api_versions.stored(name)
    assert len(before) >= 6
    lost = api_versions.broken(before, api_versions.promises(api_versions.documents()[name]))
    assert not lost, f"Version {name} is live, and its clients rely on this:\n" + "\n".join(lost)
