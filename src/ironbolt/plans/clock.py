"""A clock that SQLite is asked to look at while it works."""

import time


class Clock:
    """Knows until when a statement may run.

    Attributes:
        until: in seconds of ``time.monotonic``.
    """

    until = float("inf")

    def is_late(self) -> bool:
        """Whether the statement has to be broken off."""
        return time.monotonic() > self.until
