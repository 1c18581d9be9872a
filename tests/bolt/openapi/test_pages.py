"""Tests of the routes that show an API to people."""

import gzip
import logging
import re
from importlib import resources
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import BoltAPI, Info
from ironbolt.bolt.auth import IsStaff, JWTAuthentication
from ironbolt.bolt.openapi import assets
from ironbolt.testing import TestClient
from tests.bolt.calls import token

PAGES = ("docs", "redoc", "scalar")

client = TestClient(BoltAPI("/api", info=Info(title="</title><script>alert(1)</script>")))


def addresses(page: str) -> list[str]:
    """What a page loads."""
    text = client.get(f"/api/{page}").text
    return [found for found in re.findall(r'(?:src|href)="([^"]+)"', text) if not found.startswith("data:")]


@pytest.mark.row("B25")
@pytest.mark.parametrize("page", PAGES)
def test_page_needs_nothing_from_elsewhere(page: str) -> None:
    """Styles and scripts come from the API itself, none stands in the page, and the title is only text."""
    answer = client.get(f"/api/{page}", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "://" not in answer.text
    assert "<script>" not in answer.text
    assert 'data-schema="/api/openapi.json"' in answer.text
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert len(addresses(page)) >= 2


@pytest.mark.parametrize("page", PAGES)
def test_everything_that_a_page_loads_is_there_for_good(page: str) -> None:
    """Under the address in the page a file never changes, so browsers need not ask again."""
    for address in addresses(page):
        answer = client.get(address, headers={"accept": "*/*"})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert client.get(address.partition("?")[0]).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("docs/swagger-ui.css", "text/css; charset=utf-8"),
        ("docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("docs/start.js", "text/javascript; charset=utf-8"),
        ("docs/favicon-32x32.png", "image/png"),
        ("redoc/redoc.js", "text/javascript; charset=utf-8"),
        ("redoc/start.js", "text/javascript; charset=utf-8"),
        ("scalar/scalar.js", "text/javascript; charset=utf-8"),
        ("scalar/start.js", "text/javascript; charset=utf-8"),
    ],
)
def test_files_are_served_compressed_or_plain(name: str, media_type: str) -> None:
    """Each with its content type, in gzip where the client takes it, and not again where it has it."""
    plain = client.get(f"/api/{name}", headers={"accept": "image/png", "accept-encoding": "identity"})
    assert (plain.status_code, plain.headers["content-type"]) == (200, media_type)
    packed = client.get(f"/api/{name}", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["vary"]
    assert packed.headers["etag"] != plain.headers["etag"]
    content = packed.content
    assert (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content) == plain.content
    again = client.get(f"/api/{name}", headers={"accept-encoding": "gzip", "if-none-match": packed.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["..", "..%2f..%2f..%2f__init__.py", "index.html", "%00", "/etc/passwd", "..%5c..%5cx", "swagger-ui.css%00"]
)
@pytest.mark.parametrize("page", PAGES)
def test_no_other_file_is_served(page: str, name: str) -> None:
    """A name that is not on the list is a 404, and is not remembered."""
    before = assets.asset.cache_info().currsize
    assert client.get(f"/api/{page}/{name}").status_code == 404
    assert assets.asset.cache_info().currsize == before


def test_redoc_shows_no_picture_from_elsewhere() -> None:
    """The one picture that its script would load from another host is replaced."""
    assert b"cdn.redoc" not in assets.asset("redoc", "redoc.js").plain


def test_scalar_comes_with_its_licence() -> None:
    """Who ships it has to say whose it is."""
    folder = resources.files("ironbolt.bolt.openapi") / "assets"
    assert "Scalar" in (folder / "scalar.LICENSE.txt").read_text(encoding="utf-8")


def test_description_is_json_and_asked_for_once() -> None:
    """A client that has it is told that nothing changed."""
    first = client.get("/api/openapi.json")
    assert first.headers["content-type"] == "application/json"
    again = client.get("/api/openapi.json", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_pages_can_be_chosen_or_left_out() -> None:
    """``Info(pages=…)`` names them, ``Info(served=False)`` serves nothing, and another name is refused."""
    one = TestClient(BoltAPI("/api", info=Info(pages=("redoc",))))
    assert [one.get(f"/api/{page}").status_code for page in PAGES] == [404, 200, 404]
    none = TestClient(BoltAPI("/api", info=Info(pages=())))
    assert [none.get(f"/api/{page}").status_code for page in ("openapi.json", *PAGES)] == [200, 404, 404, 404]
    quiet = TestClient(BoltAPI("/api", info=Info(served=False)))
    assert {quiet.get(f"/api/{page}").status_code for page in ("openapi.json", *PAGES)} == {404}
    with pytest.raises(ImproperlyConfigured, match="'rapidoc' is none of docs, redoc, scalar"):
        Info(pages=("rapidoc",))  # type: ignore[arg-type]  # that is the point


def test_scalar_needs_no_other_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package that carries Swagger UI and ReDoc, Scalar is there."""
    monkeypatch.setattr(assets, "find_spec", lambda name: None)
    bare = TestClient(BoltAPI())
    assert [bare.get(f"/{page}").status_code for page in PAGES] == [404, 404, 200]


def test_route_of_ones_own_in_the_place_of_a_page_is_refused() -> None:
    """The message names both, and so what to change."""
    api = BoltAPI()

    @api.get("/docs")
    async def my_docs() -> None: ...

    with pytest.raises(ImproperlyConfigured, match=r"my_docs and by Info\.pages: docs"):
        api.routes()


def test_addresses_know_where_they_are_mounted(settings) -> None:
    """Below a root path, pages and description speak of addresses below it."""
    settings.FORCE_SCRIPT_NAME = "/shop"
    text = client.get("/shop/api/scalar").text
    assert 'data-schema="/shop/api/openapi.json"' in text
    assert 'src="/shop/api/scalar/scalar.js?v=' in text
    assert client.get("/shop/api/openapi.json").json()["servers"] == [{"url": "/shop"}]


def test_description_may_have_guards_of_its_own() -> None:
    """Info(guards=…) is about description and pages, with the API's ways to authenticate; routes stay as they are."""
    api = BoltAPI("/api", auth=[JWTAuthentication()], info=Info(guards=[IsStaff()]))

    @api.get("/x")
    async def x() -> int:
        return 1

    anybody = TestClient(api)
    staff = {"authorization": f"Bearer {token(user_id=1, is_staff=True)}"}
    reader = {"authorization": f"Bearer {token(user_id=1)}"}
    assert anybody.get("/api/x").status_code == 200
    for path in ("openapi.json", *PAGES):
        assert [anybody.get(f"/api/{path}", headers=headers).status_code for headers in ({}, reader, staff)] == [
            401,
            403,
            200,
        ]
        assert anybody.get(f"/api/{path}", headers=staff).headers["cache-control"] == "private, no-cache"
    assert anybody.get("/api/docs/start.js").status_code == 200


def test_guards_of_the_description_that_nobody_could_pass_are_refused() -> None:
    """As those of any route: the API has no way to authenticate, nor has Info."""
    with pytest.raises(ImproperlyConfigured, match=r"GET of /openapi.json has guards but no authentication"):
        BoltAPI(info=Info(guards=[IsStaff()])).routes()


def test_pages_that_can_not_be_served_are_told_at_start(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    """One line names them and the package to install; none where only Scalar is wanted."""
    caplog.set_level(logging.INFO, "ironbolt.routes")
    monkeypatch.setattr(assets, "find_spec", lambda name: None)
    BoltAPI(info=Info(pages=("scalar",))).routes()
    assert caplog.messages == []
    api = BoltAPI("/api")
    assert api.routes()
    assert api.routes()
    (line,) = caplog.messages
    assert line.startswith("/api/docs and /api/redoc: not served")
    assert "ironbolt[docs]" in line
