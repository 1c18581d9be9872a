"""How long the event loop leaves to threads what has held it for too long."""

FIRST_REST, LONGEST_REST = 0.01, 30.0
"""Seconds: twice as long each time that it then still takes too long."""


class Rest:
    """The rest of one thing that the loop did, and was held by: a processor may have been missing, and not speed.

    Args:
        strikes: how many times in a row it may take too long before it rests at all.
    """

    __slots__ = ("_seconds", "_strikes", "_taken", "until")

    def __init__(self, strikes: int = 1) -> None:
        self._strikes = strikes
        self._taken = 0
        self._seconds = FIRST_REST
        self.until = 0.0

    def lengthen(self, now: float) -> None:
        """It took too long, once more; ``now`` in seconds of ``time.monotonic``."""
        self._taken += 1
        if self._taken >= self._strikes:
            self.until = now + self._seconds
            self._seconds = min(2 * self._seconds, LONGEST_REST)

    def end(self) -> None:
        """It was quick."""
        self._taken = 0
        self._seconds = FIRST_REST
