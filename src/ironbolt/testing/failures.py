"""What an application answered as a 500, raised in the test that asked for it."""

import sys
from typing import Any

from django.core.signals import got_request_exception

from ironbolt.core.errors import failures_to_report


def watch_django() -> None:
    """Have Django tell of the exceptions that it answers itself, where no door and no middleware of ours does."""
    got_request_exception.connect(_note, dispatch_uid="ironbolt.testing")


def raise_first(failures: list[BaseException]) -> None:
    """Raise the first of these, if there is any, with the traceback that it came with."""
    if failures:
        raise failures[0]


def _note(**_: Any) -> None:
    failures, error = failures_to_report.get(), sys.exc_info()[1]
    if failures is not None and error is not None:
        failures.append(error)
