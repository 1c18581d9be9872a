"""A host that is none of ours: who runs the server is told, with the remedy, and strangers can't fill the log."""

import logging
import time
from collections import deque

from django.conf import settings

from ironbolt.bolt.exceptions import BadRequest

logger = logging.getLogger("django.security.DisallowedHost")

LINES_A_MINUTE = 10
"""How often one process says it, however many names strangers make up."""

_MOST_REMEMBERED = 256
_LONGEST_NAME = 253
"""Of a name in the DNS; a longer one is cut in the log."""


class RefusedHosts:
    """What was said of refused hosts: each once, as long as it is remembered."""

    def __init__(self) -> None:
        self._told: dict[str, None] = {}
        self._moments: deque[float] = deque(maxlen=LINES_A_MINUTE)

    def refusal(self, host: str, domain: str) -> BadRequest:
        """The error to answer with, which says the remedy under ``DEBUG`` only; the log always has it.

        Args:
            host: what the client asked for.
            domain: the name in it, empty where it is none.
        """
        reason = _reason(host, domain)
        if self._is_news(domain or host):
            logger.error(reason)
        return BadRequest(reason if settings.DEBUG else None)

    def _is_news(self, name: str) -> bool:
        name, now = name[: _LONGEST_NAME + 1], time.monotonic()
        is_full = len(self._moments) == LINES_A_MINUTE and now - self._moments[0] < 60
        if name in self._told or is_full:
            return False
        self._moments.append(now)
        self._told[name] = None
        if len(self._told) > _MOST_REMEMBERED:
            del self._told[next(iter(self._told))]
        return True


def _reason(host: str, domain: str) -> str:
    shown = host if len(host) <= _LONGEST_NAME else f"{host[:_LONGEST_NAME]}…"
    remedy = f"You may need to add {domain!r} to ALLOWED_HOSTS." if domain else "It is no valid name of a host."
    return f"Invalid Host header: {shown!r}. {remedy if len(domain) <= _LONGEST_NAME else ''}".rstrip()
