"""Both doors below a root: what the server or ``FORCE_SCRIPT_NAME`` says the application is mounted at."""

from functools import partial
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.urls import set_script_prefix

from bookstore.catalog.models import Book
from ironbolt.core.threads import hop_to_test_thread
from tests.contract.conftest import Door
from tests.test_asgi import Exchange

MOUNTS = {
    "root_path": ("/shop", {"root_path": "/shop"}, None),
    "FORCE_SCRIPT_NAME": ("", {}, "/shop"),
    "both": ("/shop", {"root_path": "/elsewhere"}, "/shop"),
}


@pytest.fixture(params=MOUNTS, ids=str)
def ask(request: pytest.FixtureRequest, settings: Any) -> Any:
    """Ask the whole application for a path below the root, which the server may have cut off."""
    from bookstore.project.asgi import application

    seen, scope, forced = MOUNTS[request.param]
    settings.FORCE_SCRIPT_NAME = forced
    request.addfinalizer(partial(set_script_prefix, "/"))  # noqa: PT021 - nothing is left to do but this

    def asked(path: str) -> Exchange:
        exchange = Exchange(seen + path, headers=[("host", "testserver")], **scope)
        with hop_to_test_thread():
            return async_to_sync(exchange.run)(application)

    return asked


def test_pages_link_below_the_root(ask: Any, door: Door, book: Book) -> None:
    """A list is found, and its links lead to the root again."""
    Book.objects.create(title="Emma", isbn="9780141439587", author=book.author, price="5.00")
    answer = ask(f"{door.base}?page_size=1")
    assert answer.status == 200
    assert answer.json["data"]["next"].startswith(f"http://testserver/shop{door.base}?")


def test_errors_below_the_root_are_the_envelope(ask: Any, door: Door) -> None:
    """An unknown path below an API prefix gets the envelope, as it does without a root."""
    for path in ("/api/nothing/", f"{door.base}nothing/nothing/", "/api"):
        answer = ask(path)
        assert (answer.status, answer.json["error"]["code"]) == (404, "not_found")


def test_the_description_is_served_below_the_root(ask: Any, door: Door) -> None:
    """The OpenAPI document of each door is where it is without a root."""
    path = {"drf": "/api/schema/", "bolt": "/api/v2/openapi.json"}[door.name]
    assert ask(path).status == 200
