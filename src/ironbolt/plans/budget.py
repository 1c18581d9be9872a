"""How much may be compiled: as much as a server meets when it starts, and then a little all the time."""

import time
from threading import Lock

AT_ONCE = 64
"""How many shapes may be compiled one after the other."""

A_SECOND = 1.0
"""How many more, in the long run: what is another query for everybody must not cost more than the ORM."""


class Budget:
    """What one view may have compiled.

    Args:
        at_once: how many shapes one after the other.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = float(at_once)
        self._left = self._at_once
        self._counted = time.monotonic()
        self._lock = Lock()

    def spend(self) -> bool:
        """Whether there is one more to be had, which is then gone."""
        with self._lock:
            now = time.monotonic()
            self._left = min(self._at_once, self._left + (now - self._counted) * A_SECOND)
            self._counted = now
            if self._left < 1:
                return False
            self._left -= 1
            return True
