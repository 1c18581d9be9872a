"""The pages about the API."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from bookstore.project.urls import tokens, v1


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
        "/api/v1/books/",
        "/api/v1/books/{id}/",
        "/api/token/",
        "/api/token/refresh/",
    ]


@pytest.mark.row("M14")
def test_every_operation_is_documented(client: Client) -> None:
    """Each operation has a tag that is explained, a summary, a description, and a name that no other has."""
    assert settings.REST_FRAMEWORK["DEFAULT_SCHEMA_CLASS"] == "ironbolt.drf.schema.AutoSchema"
    assert client.get("/api/docs/").status_code == 200
    schema = client.get("/api/schema/").json()
    operations = [one for item in schema["paths"].values() for name, one in item.items() if name != "parameters"]
    assert len(operations) == 8
    assert len({one["operationId"] for one in operations}) == len(operations)
    explained = {tag["name"]: tag["description"] for tag in schema["tags"]}
    for operation in operations:
        assert all(explained[tag] for tag in operation["tags"])
        assert operation["tags"]
        assert operation["summary"]
        assert operation["description"]


@pytest.mark.row("M14")
def test_every_view_has_a_docstring() -> None:
    """Each view of the DRF door says in its own words what it is for, and so does each action of it."""
    callbacks: list[Any] = [url.callback for url in [*v1.urls, *tokens]]
    views = {callback.cls for callback in callbacks}
    assert len(views) == 3
    for view in views:
        assert vars(view).get("__doc__")
        assert all(getattr(view, action.__name__).__doc__ for action in getattr(view, "get_extra_actions", list)())


@pytest.mark.row("M14")
def test_schema_has_nothing_to_warn_of(tmp_path: Path) -> None:
    """``manage.py spectacular --validate --fail-on-warn`` is content."""
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/token", "/api/token/refresh", "/api/schema", "/api/docs", "/api/v1/books"])
def test_slash_at_the_end_is_optional(client, settings, path: str) -> None:
    """Every address of version 1 answers in both spellings, and never by a redirect."""
    settings.DEBUG = True
    for spelling in (path, path + "/"):
        assert client.post(spelling, {}, content_type="application/json").status_code in (400, 401, 405)
        assert client.get(spelling).status_code in (200, 405)
