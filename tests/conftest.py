"""What every test starts from."""

from collections.abc import Iterator

import pytest

from ironbolt.core import context


@pytest.fixture(autouse=True)
def no_request() -> Iterator[None]:
    """Outside of any request: who one test calls as is nobody in the next."""
    with context.using(context.Context(trace_id="-")):
        yield
