"""Tests of the routes that show an API to people."""

import pytest

from ironbolt.bolt import BoltAPI, Info
from ironbolt.bolt.openapi.pages import _asset
from ironbolt.testing import TestClient

client = TestClient(BoltAPI("/api", info=Info(title="</title><script>alert(1)</script>")))


def test_page_needs_nothing_from_elsewhere() -> None:
    """Styles and scripts come from the API itself, and the title is only text."""
    answer = client.get("/api/docs", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "://" not in answer.text
    assert "<script>alert" not in answer.text
    assert 'data-schema="/api/openapi.json"' in answer.text


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("swagger-ui.css", "text/css; charset=utf-8"),
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("start.js", "text/javascript; charset=utf-8"),
        ("favicon-32x32.png", "image/png"),
    ],
)
def test_files_of_the_page_are_served(name: str, media_type: str) -> None:
    """Each with its content type, to clients that would take no JSON."""
    answer = client.get(f"/api/docs/{name}", headers={"accept": "image/png"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.content


@pytest.mark.parametrize(
    "name", ["..", "..%2f..%2f..%2f__init__.py", "index.html", "%00", "/etc/passwd", "..%5c..%5cx", "swagger-ui.css%00"]
)
def test_no_other_file_is_served(name: str) -> None:
    """A name that is not on the list is a 404, and is not remembered."""
    before = _asset.cache_info().currsize
    assert client.get(f"/api/docs/{name}").status_code == 404
    assert _asset.cache_info().currsize == before


def test_description_is_json_and_docs_can_be_left_out() -> None:
    """``info=Info(served=False)`` serves neither."""
    assert client.get("/api/openapi.json").headers["content-type"] == "application/json"
    quiet = TestClient(BoltAPI("/api", info=Info(served=False)))
    assert quiet.get("/api/openapi.json").status_code == quiet.get("/api/docs").status_code == 404
