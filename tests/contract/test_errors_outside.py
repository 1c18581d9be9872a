"""Errors that no view of either door has met, with and without Django's pages for developers."""

from typing import Any

import pytest
from django.conf import settings
from django.middleware.common import CommonMiddleware
from django.test import override_settings

from ironbolt.core.errors import ApiError
from tests.contract.conftest import Door

pytestmark = [pytest.mark.django_db, pytest.mark.row("V02")]


@pytest.fixture(params=[False, True], ids=["production", "DEBUG"], autouse=True)
def pages(request: pytest.FixtureRequest) -> Any:
    """With and without Django's pages for developers."""
    with override_settings(DEBUG=request.param):
        yield


def error_of(answer: Any, status: int) -> dict[str, Any]:
    """The error of an answer that is nothing but the envelope, for a browser too."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert "x-request-id" in answer.headers
    body = answer.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["code", "message", "details"]
    error: dict[str, Any] = body["error"]
    return error


BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_address_beside_the_views(door: Door, method: str) -> None:
    """Below a door's own prefix, and below none of them."""
    for path in (f"{door.base.removesuffix('books/')}nothing", f"{door.base}a/b/c", "/api/nothing"):
        error = error_of(door.client.request(method, path, headers=BROWSER), 404)
        assert error == {"code": "not_found", "message": "Not found.", "details": {}}


def test_a_host_that_is_not_ours(door: Door) -> None:
    """Refused before any view; what would mend it is told to developers at most."""
    error = error_of(door.call("GET", headers={**BROWSER, "host": "evil.example"}), 400)
    assert error["code"] == "bad_request"
    if not settings.DEBUG:
        assert "evil" not in str(error)
        assert "ALLOWED" not in str(error)


def test_a_method_that_nobody_knows(door: Door) -> None:
    """A 405 with Allow."""
    answer = door.call("PROPFIND", headers=BROWSER)
    assert error_of(answer, 405)["code"] == "method_not_allowed"
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("raised", "status", "code", "details"),
    [
        (ApiError("Closed.", details={"until": ["noon"]}), 500, "server_error", {"until": ["noon"]}),
        (RuntimeError("secret"), 500, "server_error", {}),
    ],
)
def test_a_middleware_that_raises(
    door: Door, monkeypatch, raised: Exception, status: int, code: str, details: dict[str, Any]
) -> None:
    """Before the DRF door's views it is answered by the table; before the Bolt door's stands none of Django's."""

    def burst(*_: Any) -> None:
        raise raised

    monkeypatch.setattr(CommonMiddleware, "process_request", burst)
    answer = door.call("GET", headers=BROWSER)
    if door.name == "bolt":
        assert answer.status_code == 200
        return
    error = error_of(answer, status)
    assert (error["code"], error["details"]) == (code, details)
    assert "secret" not in answer.text


def test_pages_outside_of_the_api_are_for_browsers(door: Door) -> None:
    """The site's own 404 stays a page."""
    answer = door.client.get("/nothing", headers=BROWSER)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
