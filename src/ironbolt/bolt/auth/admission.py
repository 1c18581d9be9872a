"""Admission: who is it, and may they? Worked out once for a route, and asked with one call for each request."""

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.auth.base import Authentication, KeysDue, reads_database
from ironbolt.bolt.exceptions import Forbidden, Unauthorized
from ironbolt.bolt.guards import Guard, guards_for
from ironbolt.bolt.request import Request
from ironbolt.core import context
from ironbolt.core.threads import in_database_thread


class Admission(msgspec.Struct, frozen=True):
    """The ways to authenticate on a route and the guards that a caller must pass, all of them.

    Attributes:
        ways: the ways to authenticate, in the order in which they are tried.
        guards: those over the token and the request, judged on the event loop.
        database_guards: those that read the database, judged in a database thread.
        hops: for each way whether it reads the database.
    """

    ways: tuple[Authentication, ...] = ()
    guards: tuple[Guard, ...] = ()
    database_guards: tuple[Guard, ...] = ()
    hops: tuple[bool, ...] = ()

    def admit(self, request: Request) -> bool:
        """Judge a request on the event loop; False says that :meth:`admit_later` has to finish it.

        Raises:
            Unauthorized: credentials are wrong, or missing where a guard wants some.
            Forbidden: the caller is known and may not.
        """
        for way, hop in zip(self.ways, self.hops, strict=True):
            if hop:
                return False
            try:
                auth = _ask(way, request)
            except KeysDue:
                return False
            if auth is not None:
                self._know(request, auth)
                break
        self._check(self.guards, request)
        return not self.database_guards

    async def admit_later(self, request: Request) -> None:
        """The rest of it, with the hop to a database thread where one is needed.

        Raises:
            Unauthorized: credentials are wrong, or missing where a guard wants some.
            Forbidden: the caller is known and may not.
        """
        if request.auth is None:
            await self._authenticate_later(request)
            self._check(self.guards, request)
        if self.database_guards:
            await in_database_thread(self._check, self.database_guards, request)

    async def _authenticate_later(self, request: Request) -> None:
        for way, hop in zip(self.ways, self.hops, strict=True):
            try:
                auth = await in_database_thread(_ask, way, request) if hop else _ask(way, request)
            except KeysDue as due:
                # Not a database thread: whoever publishes the keys may be slow.
                await asyncio.to_thread(due.keys.refresh)
                auth = _ask(way, request)
            if auth is not None:
                # Here, since what a thread does to the context stays in the thread.
                self._know(request, auth)
                return

    def _know(self, request: Request, auth: dict[str, Any]) -> None:
        request.auth = auth
        user_id = auth.get("user_id")
        context.identify(None if user_id is None else str(user_id))

    def _check(self, guards: tuple[Guard, ...], request: Request) -> None:
        for guard in guards:
            if not guard.judge(request):
                if request.auth is None and self.ways:
                    raise Unauthorized(headers={"WWW-Authenticate": self.ways[0].challenge})
                raise Forbidden


def _ask(way: Authentication, request: Request) -> dict[str, Any] | None:
    try:
        return way.authenticate(request)
    except Unauthorized as error:
        error.headers.setdefault("WWW-Authenticate", way.challenge)
        raise


def admission_of(method: str, ways: Iterable[Authentication], guards: Iterable[Any], where: str) -> Admission:
    """What a route asks under a method; ``where`` names it in the message of a mistake.

    Raises:
        ImproperlyConfigured: something among the guards is none, nobody could ever pass, or a way to
            authenticate can't work.
    """
    tried, needed = tuple(ways), guards_for(method, guards)
    if not tried and not all(guard.admits_anonymous() for guard in needed):
        raise ImproperlyConfigured(
            f"{method} of {where} has guards but no authentication: nobody could ever pass. Say auth=[…] on the route, "
            "its class or the API, with JWTAuthentication() for instance."
        )
    for way in tried:
        if isinstance(way, type) or not hasattr(way, "authenticate"):
            raise ImproperlyConfigured(f"{method} of {where}: {way!r} is no way to authenticate; is a () missing?")
        if check := getattr(way, "check", None):
            check()
    return Admission(
        tried,
        tuple(guard for guard in needed if guard.kind != "database"),
        tuple(guard for guard in needed if guard.kind == "database"),
        tuple(map(reads_database, tried)),
    )
