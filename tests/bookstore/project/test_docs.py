"""The pages about the API."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client


def test_docs_load_nothing_from_elsewhere(client: Client) -> None:
    """The documentation takes its scripts and styles from the shop itself."""
    page = client.get("/api/docs/")
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert addresses
    for address in addresses:
        assert address.startswith("/static/")
        assert finders.find(address.removeprefix("/static/"))


def test_schema_is_json_or_yaml(client: Client) -> None:
    """The schema is JSON for a browser and YAML for who asks for it."""
    assert client.get("/api/schema/").json()["openapi"] == "3.1.0"
    yaml = client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi"})
    assert yaml.content.startswith(b"openapi: 3.1.0")


def test_schema_describes_version_1_and_the_tokens(client: Client) -> None:
    """The schema holds the books and the tokens, and none of the pages about them."""
    assert list(client.get("/api/schema/").json()["paths"]) == [
        "/api/token/",
        "/api/token/refresh/",
        "/api/v1/books/",
        "/api/v1/books/{id}/",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/token", "/api/token/refresh", "/api/schema", "/api/docs", "/api/v1/books"])
def test_slash_at_the_end_is_optional(client, settings, path: str) -> None:
    """Every address of version 1 answers in both spellings, and never by a redirect."""
    settings.DEBUG = True
    for spelling in (path, path + "/"):
        assert client.post(spelling, {}, content_type="application/json").status_code in (400, 401, 405)
        assert client.get(spelling).status_code in (200, 405)
