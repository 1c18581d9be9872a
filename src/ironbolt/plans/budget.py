"""How much may be compiled: as much as a server meets when it starts, and then a little all the time."""

import time
from threading import Lock

AT_ONCE = 64
"""How many shapes may be compiled one after the other."""

A_SECOND = 1.0
"""How many more, in the long run: a queryset that is another one for everybody must not cost more than the ORM."""


class Budget:
    """What one view may have compiled."""

    def __init__(self) -> None:
        self._left = float(AT_ONCE)
        self._counted = time.monotonic()
        self._lock = Lock()

    def spend(self) -> bool:
        """Whether there is one more to be had, which is then gone."""
        with self._lock:
            now = time.monotonic()
            self._left = min(AT_ONCE, self._left + (now - self._counted) * A_SECOND)
            self._counted = now
            if self._left < 1:
                return False
            self._left -= 1
            return True
