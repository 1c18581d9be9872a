import shutil

import pytest
from playwright.sync_api import sync_playwright

from bookstore.catalog.services import load_catalogue
from bookstore.project import doors, home

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
# For each text on the page: the ratio of its colour to the first opaque background behind it, as WCAG 2 reckons.
LOW_CONTRAST = """
() => {
  const channels = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => [r, g, b]
    .map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const background = node => {
    for (; node; node = node.parentElement) {
      const colour = channels(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim());
    if (!own || !node.getClientRects().length) continue;
    const [a, b] = [channels(getComputedStyle(node).color), background(node)].map(luminance);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(`${node.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return low;
}
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here (make browser)"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def visit(django_db_setup, live_server, settings):
    """A function that opens a page in a fresh browser, hands it to a check and allows no complaint of the browser.

    The database is named before the server: only then does the server share the tests' connection to memory.
    """
    settings.DEBUG = True
    load_catalogue()

    def run(check, path="/", *, width=1280, height=900, colour_scheme="light"):
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=colour_scheme)
            page.set_default_timeout(10_000)
            complaints = []
            page.on("console", lambda message: complaints.append(message.text))
            page.on("requestfailed", lambda request: complaints.append(request.url))
            page.goto(live_server.url + path)
            check(page)
            browser.close()
        assert complaints == []

    return run


@pytest.mark.parametrize("colour_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_front_page_fits_and_can_be_read(visit, width, colour_scheme, tmp_path):
    """Nothing sticks out sideways and every text has enough contrast, on a phone and a desk, by day and by night."""

    def check(page):
        picture = page.screenshot(path=tmp_path / "home.png", full_page=True)
        assert len(picture) > 20_000
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(LOW_CONTRAST) == []
        assert page.get_by_role("heading", level=1).inner_text().startswith("One bookshop")
        assert page.locator(".spine a").first.is_visible()

    visit(check, width=width, colour_scheme=colour_scheme)


def test_light_and_dark_are_different_pages_to_the_eye(visit):
    """The page follows what the visitor prefers."""
    seen = []
    for colour_scheme in ("light", "dark"):
        visit(
            lambda page: seen.append(page.evaluate("getComputedStyle(document.body).backgroundColor")),
            colour_scheme=colour_scheme,
        )
    assert len(set(seen)) == 2


def test_the_page_can_be_used_with_the_keyboard_and_by_its_landmarks(visit):
    """The first key leads past the header, focus is visible, and each landmark is there once with its name."""

    def check(page):
        page.keyboard.press("Tab")
        skip = page.locator(":focus")
        assert skip.inner_text() == "Skip to the content"
        assert skip.bounding_box()["y"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        for role in ("banner", "main", "contentinfo"):
            assert page.get_by_role(role).count() == 1
        assert page.get_by_role("navigation", name="Main").is_visible()

    visit(check)


def test_one_gets_from_the_front_page_to_a_source_and_to_the_other_one(visit, tmp_path, monkeypatch):
    """The way a curious visitor takes works by clicks."""
    monkeypatch.setattr(doors, "_API", tmp_path)
    for version in ("v1", "v2"):
        shutil.copy(home.__file__, tmp_path / f"{version}.py")

    def check(page):
        page.get_by_role("link", name="Source of this door (v1)").click()
        assert page.get_by_role("heading", level=1).inner_text() == "The books through v1"
        page.get_by_role("navigation", name="Doors").get_by_role("link", name="v2").click()
        assert page.get_by_role("link", name="v2: Typed views").get_attribute("aria-current") == "page"
        assert page.evaluate(LOW_CONTRAST) == []
        assert page.locator(".line").count() > 10

    visit(check, colour_scheme="dark")
