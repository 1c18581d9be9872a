"""APIs that hide each other are refused when the application is put together."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.asgi import get_asgi_application
from ironbolt.bolt import BoltAPI, Info


def api(prefix: str, *paths: str) -> BoltAPI:
    """An API with a route for each path."""
    made = BoltAPI(prefix, info=Info(served=False))
    for path in paths:
        made.get(path)(_answer)
    return made


async def _answer() -> None: ...


def test_second_api_of_a_prefix_is_refused() -> None:
    """All requests would go to the first one."""
    with pytest.raises(ImproperlyConfigured, match="Two APIs have the prefix /api; the second"):
        get_asgi_application(api("/api"), api("/api/", "/x"))


@pytest.mark.parametrize("path", ["/v2", "/v2/books"])
def test_route_below_another_api_is_refused(path: str) -> None:
    """The longer prefix takes it, whichever API was named first."""
    with pytest.raises(ImproperlyConfigured, match=f"GET /api{path} could never be reached: all below /api/v2"):
        get_asgi_application(api("/api", path), api("/api/v2"))


def test_apis_beside_each_other_are_fine() -> None:
    """One below the other too, and what only begins alike."""
    found = get_asgi_application(api("/api", "/books", "/v20"), api("/api/v2", "/books"), api("/other"))
    assert found.apis[0][0] == "/api/v2"  # type: ignore[attr-defined]  # the dispatcher's, for commands
