"""What pytest finds by itself where Ironbolt is installed: a marker and fixtures against a query per row."""

from collections.abc import Callable, Generator
from typing import Any

import pytest

MARKER = "no_n_plus_one"


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the marker."""
    config.addinivalue_line("markers", f"{MARKER}: fail if a view that the test calls makes a query for each row")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Run a test that bears the marker under the watch."""
    if pyfuncitem.get_closest_marker(MARKER) is None:
        return (yield)
    # Only here: pytest loads this module before anybody has set Django up.
    from ironbolt.testing.queries import no_n_plus_one

    with no_n_plus_one():
        return (yield)


@pytest.fixture
def assert_no_n_plus_one() -> Callable[[Callable[[], Any]], Any]:
    """Calls what it is given, and fails if that makes a query for each row; gives back the answer."""
    from ironbolt.testing import queries

    return queries.assert_no_n_plus_one


@pytest.fixture
def assert_queries_constant() -> Callable[..., None]:
    """Fails if a request takes more queries when there are more rows: see the function of this name."""
    from ironbolt.testing import queries

    return queries.assert_queries_constant
