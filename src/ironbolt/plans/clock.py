"""A clock that SQLite is asked to look at while it works."""

import time


class Clock:
    """Knows until when a statement may run.

    Attributes:
        until: in seconds of ``time.monotonic``.
    """

    until = float("inf")

    def stop(self) -> None:
        """Let what comes next take its time: a BEGIN or a COMMIT that is broken off leaves nobody knows what behind.

        SQLite counts the steps of a statement over all the times that it runs: even the shortest one meets the clock.
        """
        self.until = float("inf")

    def is_late(self) -> bool:
        """Whether the statement has to be broken off."""
        return time.monotonic() > self.until
