"""Whether a caller is let in: counted, authenticated, judged by the guards."""

from typing import Protocol

from ironbolt.bolt.auth import Admission
from ironbolt.bolt.middleware.limiting import Limiter
from ironbolt.bolt.request import Request


class Entrance(Protocol):
    """As much of a route as says who comes in."""

    @property
    def admission(self) -> Admission:
        """The ways to authenticate, and the guards."""

    @property
    def limiter(self) -> Limiter | None:
        """How often a client may call."""


async def admit(route: Entrance, request: Request) -> None:
    """Count the request, authenticate, ask the guards.

    Raises:
        TooManyRequests: the client asks too often.
        Unauthorized: credentials are wrong, or missing where a guard wants some.
        Forbidden: the caller is known and may not.
    """
    if not admit_at_once(route, request):
        await admit_later(route, request)


def admit_at_once(route: Entrance, request: Request) -> bool:
    """The same as far as nothing has to be waited for; False says that :func:`admit_later` has to finish it."""
    limiter = route.limiter
    if limiter and not limiter.needs_auth:
        request.extra_headers.extend(limiter.take(request))
    if not route.admission.admit(request):
        return False
    _count_caller(route, request)
    return True


async def admit_later(route: Entrance, request: Request) -> None:
    """The rest of it, which may have to wait."""
    await route.admission.admit_later(request)
    _count_caller(route, request)


def _count_caller(route: Entrance, request: Request) -> None:
    limiter = route.limiter
    if limiter and limiter.needs_auth:
        request.extra_headers.extend(limiter.take(request))
