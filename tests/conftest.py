"""What every test starts from."""

from collections.abc import Iterator

import pytest

from ironbolt.core import context
from ironbolt.features.observability import record_with, stop_recording_with
from tests.project.recording import Recording


@pytest.fixture(autouse=True)
def no_request() -> Iterator[None]:
    """Outside of any request: who one test calls as is nobody in the next."""
    with context.using(context.Context(trace_id="-")):
        yield


@pytest.fixture
def recording() -> Iterator[Recording]:
    """A recorder of the project's, told by every view that is made meanwhile."""
    recorder = Recording()
    record_with(recorder)
    yield recorder
    stop_recording_with(recorder)
