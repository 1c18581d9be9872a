"""Tokens that were verified before: a token is text, so the verdict on its signature holds for as long as its key does.

What does not hold is asked every time: the clock here, revocation by the caller.
"""

import threading
from collections import OrderedDict
from typing import Any

import msgspec

MOST_TOKENS = 4096
LONGEST_TOKEN = 2048
"""A longer token is verified every time, so that 4,096 of them can't fill the memory."""


class Verified(msgspec.Struct, frozen=True, gc=False):
    """A token whose signature was right.

    Attributes:
        stamp: the key that it was verified with.
        claims: what it says.
        auth: what that means for this door.
        starts: the second from which it counts.
        expires: the second from which it counts no more.
        nested: the claims in ``auth`` that hold others, beside the permissions.
    """

    stamp: object
    claims: dict[str, Any]
    auth: dict[str, Any]
    starts: int
    expires: int
    nested: tuple[str, ...] = ()

    def counts_at(self, now: float, leeway: float) -> bool:
        """Whether the clock allows it, by the rules of PyJWT."""
        return self.expires > now - leeway and self.starts <= now + leeway


class TokenCache:
    """The tokens used last, a bounded number of them; any thread may ask."""

    def __init__(self, size: int = MOST_TOKENS) -> None:
        self._size = size
        self._tokens: OrderedDict[str, Verified] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._tokens)

    def get(self, token: str, stamp: object) -> Verified | None:
        """What is known of a token under this key, None where nothing is."""
        with self._lock:
            verified = self._tokens.get(token)
            if verified is None:
                return None
            if verified.stamp is not stamp:
                del self._tokens[token]
                return None
            self._tokens.move_to_end(token)
            return verified

    def put(self, token: str, verified: Verified) -> None:
        """Remember a token that was just verified; the one not used for longest goes."""
        if len(token) > LONGEST_TOKEN:
            return
        with self._lock:
            self._tokens[token] = verified
            if len(self._tokens) > self._size:
                self._tokens.popitem(last=False)

    def forget(self, token: str) -> None:
        """Forget a token that counts no more."""
        with self._lock:
            self._tokens.pop(token, None)
