"""How often one may ask: token buckets, exact in one process whatever threads and tasks race for them.

A bucket holds ``burst`` requests and is refilled at ``rps`` a second. All that has to be kept of one is the
moment at which it will be full again (the generic cell rate algorithm), in whole nanoseconds of a clock
that nobody sets; so nothing is rounded in the caller's favour.

Answers say where one stands in the fields of draft-ietf-httpapi-ratelimit-headers-11: ``RateLimit-Policy``
(``q`` requests in a window of ``w`` seconds) and ``RateLimit`` (``r`` of them left, all of them again in ``t``
seconds); a refusal adds ``Retry-After``. Who keeps to ``q`` in ``w`` is never refused.
"""

import hashlib
import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from itertools import islice
from typing import Any, Literal

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.exceptions import TooManyRequests
from ironbolt.bolt.middleware.clients import client_group
from ironbolt.bolt.request import Request
from ironbolt.bolt.responses.headers import RawHeaders

KeyFunction = Callable[[Request], str | None]

MOST_CLIENTS = 65_536
"""How many clients one limit remembers; some 20 MB at most."""

_SECOND = 1_000_000_000
_LONGEST_KEY = 128
_EXAMINED = 16
_is_name = re.compile(r"[A-Za-z0-9_.:-]{1,64}").fullmatch


class RateLimit(msgspec.Struct, frozen=True):
    """How often a client may ask.

    Attributes:
        rps: requests a second, in the long run; fractions are fine (0.2 is one in five seconds).
        burst: how many at once; by default what a second brings, and one at least.
        key: who a client is: ``"ip"`` its address, ``"user"`` the user behind its credentials (its address
            where there are none), or a function of the request; what that one calls None is not limited.
        name: handlers under limits of one name share one bucket for each client.
    """

    rps: float
    burst: int | None = None
    key: Literal["ip", "user"] | KeyFunction = "ip"
    name: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.rps, bool) or not 0 < self.rps < math.inf:
            raise ImproperlyConfigured(f"rate_limit: rps is a positive number, not {self.rps!r}.")
        burst = max(1, math.ceil(self.rps)) if self.burst is None else self.burst
        if isinstance(burst, bool) or burst != int(burst) or burst < 1:
            raise ImproperlyConfigured(f"rate_limit: burst is a whole number of at least 1, not {burst!r}.")
        if self.key not in ("ip", "user") and not callable(self.key):
            raise ImproperlyConfigured(f"rate_limit: key is 'ip', 'user' or a function, not {self.key!r}.")
        if self.name is not None and not _is_name(self.name):
            raise ImproperlyConfigured(f"rate_limit: name is made of letters, digits and _.:-, not {self.name!r}.")
        msgspec.structs.force_setattr(self, "burst", burst)

    @property
    def needs_auth(self) -> bool:
        """Whether the caller has to be known before; a limit by address also slows down who guesses tokens."""
        return self.key != "ip"

    @property
    def period(self) -> int:
        """Nanoseconds in which one request comes back, rounded up."""
        return max(1, math.ceil(_SECOND / self.rps))

    @property
    def window(self) -> int:
        """Seconds in which the whole burst comes back, rounded up."""
        return max(1, math.ceil((self.burst or 1) / self.rps))

    def as_data(self) -> dict[str, Any]:
        """This limit as JSON-able data."""
        key = self.key if isinstance(self.key, str) else getattr(self.key, "__qualname__", "function")
        return {"rps": self.rps, "burst": self.burst, "key": key, "name": self.name}


class Grant(msgspec.Struct, frozen=True, gc=False):
    """What a bucket answered.

    Attributes:
        allowed: whether the request may go on.
        remaining: how many more may come at once.
        reset: nanoseconds until all may.
        retry: nanoseconds until one may; 0 where this one did.
    """

    allowed: bool
    remaining: int
    reset: int
    retry: int = 0


class Buckets:
    """The buckets of one limit, one for each client, a bounded number of them; any thread may ask."""

    def __init__(
        self, period: int, burst: int, size: int = MOST_CLIENTS, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._period = period
        self._capacity = period * burst
        self._size = size
        self._clock = clock
        self._full_at: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, client: str) -> Grant:
        """Take one request out of a client's bucket, if there is one."""
        with self._lock:
            # Under the lock, or a thread that was held up would come with a moment gone by.
            now = self._clock()
            before = self._full_at.get(client, 0)
            debt = before - now if before > now else 0
            owed = debt + self._period
            if owed > self._capacity:
                self._full_at.move_to_end(client)
                return Grant(allowed=False, remaining=0, reset=debt, retry=owed - self._capacity)
            if before:
                self._full_at.move_to_end(client)
            elif len(self._full_at) >= self._size:
                self._make_room(now)
            self._full_at[client] = now + owed
            return Grant(allowed=True, remaining=(self._capacity - owed) // self._period, reset=owed)

    def _make_room(self, now: int) -> None:
        """Forget buckets that are full, for nothing is lost with them; where none is, the one nearest to it.

        They stand in the order of their last use, so the full ones are in front. To lose a bucket that is
        not full, a client has to come back from as many addresses as there is room for.
        """
        oldest = list(islice(self._full_at.items(), _EXAMINED))
        full = [client for client, full_at in oldest if full_at <= now]
        for client in full or [min(oldest, key=lambda item: item[1])[0]]:
            del self._full_at[client]


class Limiter:
    """A limit at work, with its buckets and the fields that its answers carry."""

    def __init__(self, limit: RateLimit, **options: Any) -> None:
        self.limit = limit
        self.needs_auth = limit.needs_auth
        burst = limit.burst or 1
        self._buckets = Buckets(limit.period, burst, **options)
        self._key = _KEYS[limit.key] if isinstance(limit.key, str) else limit.key
        self._name = f'"{limit.name or "default"}"'
        policy = f"{self._name};q={burst};w={limit.window}"
        self._policy = (b"ratelimit-policy", policy.encode("ascii"))

    def take(self, request: Request) -> RawHeaders:
        """Count a request, and give the headers that its answer carries.

        Raises:
            TooManyRequests: it is one too many; the headers are with it.
        """
        client = self._key(request)
        if client is None:
            return []
        grant = self._buckets.take(_bounded(client))
        state = f"{self._name};r={grant.remaining};t={-(-grant.reset // _SECOND)}"
        if grant.allowed:
            return [self._policy, (b"ratelimit", state.encode("ascii"))]
        seconds = max(1, -(-grant.retry // _SECOND))
        raise TooManyRequests(
            headers={"RateLimit-Policy": self._policy[1].decode(), "RateLimit": state, "Retry-After": str(seconds)}
        )


class Limiters:
    """The limiters of one API: one for each place, and one for each name that places share."""

    def __init__(self) -> None:
        self._by_scope: dict[str, Limiter] = {}

    def limiter(self, limit: RateLimit, scope: str) -> Limiter:
        """The limiter for a place; the same one for the same scope, and for the same name.

        Raises:
            ImproperlyConfigured: two limits of one name differ.
        """
        place = scope if limit.name is None else f"name {limit.name}"
        found = self._by_scope.setdefault(place, Limiter(limit))
        if found.limit != limit:
            raise ImproperlyConfigured(f"rate_limit: two limits of {place} differ: {found.limit} and {limit}.")
        return found


def _user(request: Request) -> str:
    auth = request.auth
    if auth is None:
        return f"ip:{client_group(request)}"
    return f"{auth.get('backend')}:{auth.get('user_id')}"


_KEYS: dict[str, KeyFunction] = {"ip": client_group, "user": _user}


def _bounded(client: Any) -> str:
    """A key of bounded length, since a function may take it from a header of any."""
    text = client if isinstance(client, str) else str(client)
    if len(text) <= _LONGEST_KEY:
        return text
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
