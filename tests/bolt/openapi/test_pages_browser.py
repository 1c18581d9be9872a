"""The documentation pages in a real browser, for which there is nothing but the API."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, sync_playwright

from ironbolt.testing import TestClient
from tests.bolt.openapi.kitchen import kitchen_sink

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
HERE = "http://localhost"  # which browsers trust without HTTPS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here (make browser)"),
]


@pytest.mark.row("B25")
@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("name", ["docs", "redoc", "scalar"])
def test_page_shows_the_api_and_asks_nobody_else(name: str, width: int) -> None:
    """Operations, their texts and headings are on the page; it fits, complains of nothing, and calls no other host."""
    client, outside, complaints = TestClient(kitchen_sink()), [], []
    with ThreadPoolExecutor(1) as beside, sync_playwright() as playwright:

        def answer(route: Route) -> None:
            url = urlsplit(route.request.url)
            if f"{url.scheme}://{url.netloc}" != HERE:
                outside.append(route.request.url)
                route.abort()
                return
            address = f"{url.path}?{url.query}" if url.query else url.path
            given = beside.submit(client.get, address, headers={"accept-encoding": "identity"}).result()
            route.fulfill(status=given.status_code, headers=dict(given.headers), body=given.content)

        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("console", lambda message: complaints.append(message.text) if message.type != "info" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.route("**/*", answer)
        page.goto(f"{HERE}/api/{name}")
        _check(page, width)
        browser.close()
    assert outside == []
    assert complaints == []


def _check(page: Page, width: int) -> None:
    page.set_default_timeout(20_000)
    page.get_by_role("heading", name="Kitchen").first.wait_for()
    page.get_by_text("Tidy up").first.wait_for(state="attached")
    page.get_by_text("tasks", exact=True).first.wait_for(state="attached")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"
