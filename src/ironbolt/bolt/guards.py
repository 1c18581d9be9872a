"""Who may: guards over the token, over the request and over the database, combined with ``&``, ``|`` and ``~``."""

import inspect
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.request import Request

Auth = dict[str, Any] | None

Kind = Literal["token", "request", "database"]
"""What a guard has to look at. One over the token is data, and can be judged outside Python."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_KINDS: tuple[Kind, ...] = ("token", "request", "database")


class Guard:
    """A condition on the caller; ``a & b`` asks for both, ``a | b`` for one of two, ``~a`` for the contrary.

    A guard of one's own overrides :meth:`allows`, if what the credentials say is enough for it.
    """

    kind: ClassVar[Kind] = "token"

    def allows(self, auth: Auth) -> bool:
        """Whether a caller with these claims may pass; nobody does until a guard says otherwise."""
        return False

    def judge(self, request: Request) -> bool:
        """Whether this request may pass."""
        return self.allows(request.auth)

    def for_method(self, method: str) -> "Guard":
        """What is left to ask once the method is known: ``AllowAny()`` where nobody can fail any more."""
        return self

    def passes_always(self, method: str) -> bool:
        """Whether nobody can fail it under this method, so that the route need not ask at all."""
        return isinstance(self.for_method(method), AllowAny)

    def admits_anonymous(self) -> bool:
        """Whether a caller without credentials could ever pass."""
        return self.allows(None)

    def as_data(self) -> dict[str, Any]:
        """This guard as JSON-able data: its kind, its name, and what it asks for."""
        return {"kind": self.kind, "guard": type(self).__name__}

    def __and__(self, other: Any) -> "Guard":
        return AllOf((self, guard_of(other)))

    def __or__(self, other: Any) -> "Guard":
        return AnyOf((self, guard_of(other)))

    def __rand__(self, other: Any) -> "Guard":
        return AllOf((guard_of(other), self))

    def __ror__(self, other: Any) -> "Guard":
        return AnyOf((guard_of(other), self))

    def __invert__(self) -> "Guard":
        return Not(self)


def guard_of(value: Any) -> Guard:
    """What is written among ``guards`` as a guard: an instance, a class, or any callable that takes the request.

    Raises:
        ImproperlyConfigured: it is none of these.
    """
    if isinstance(value, Guard):
        return value
    if isinstance(value, types.UnionType):  # what Python makes of a | b where both are classes
        return AnyOf(tuple(guard_of(member) for member in get_args(value)))
    if isinstance(value, type) and issubclass(value, Guard):
        try:
            return value()
        except TypeError:
            raise ImproperlyConfigured(
                f"{value.__name__} among the guards needs to be told what it asks for."
            ) from None
    if callable(value) and not isinstance(value, type):
        return RequestGuard(value)
    raise ImproperlyConfigured(f"{value!r} is no guard, nor a function that takes the request.")


def guards_for(method: str, guards: Iterable[Any]) -> tuple[Guard, ...]:
    """The guards to ask under a method, as instances, without those that nobody could fail."""
    left = (guard_of(guard).for_method(method) for guard in guards)
    return tuple(guard for guard in left if not isinstance(guard, AllowAny))


@dataclass(frozen=True)
class _Compound(Guard):
    guards: tuple[Guard, ...]

    @property
    def kind(self) -> Kind:  # type: ignore[override]  # that of the most demanding member
        """The kind of the member that has to look at most."""
        return max((guard.kind for guard in self.guards), key=_KINDS.index, default="token")

    def as_data(self) -> dict[str, Any]:
        """The guards that it is made of."""
        return {**super().as_data(), "guards": [guard.as_data() for guard in self.guards]}

    def _members(self, method: str) -> list[Guard]:
        return [guard.for_method(method) for guard in self.guards]


@dataclass(frozen=True)
class AnyOf(_Compound):
    """At least one of several guards allows."""

    def allows(self, auth: Auth) -> bool:
        """Whether one of them does."""
        return any(guard.allows(auth) for guard in self.guards)

    def judge(self, request: Request) -> bool:
        """Whether one of them does."""
        return any(guard.judge(request) for guard in self.guards)

    def for_method(self, method: str) -> Guard:
        """Open where one of them is."""
        members = [guard for guard in self._members(method) if not isinstance(guard, Nobody)]
        if any(isinstance(guard, AllowAny) for guard in members):
            return AllowAny()
        return _only(members, AnyOf) if members else Nobody()

    def admits_anonymous(self) -> bool:
        """Whether one of them does."""
        return any(guard.admits_anonymous() for guard in self.guards)


@dataclass(frozen=True)
class AllOf(_Compound):
    """Each of several guards allows."""

    def allows(self, auth: Auth) -> bool:
        """Whether all of them do."""
        return all(guard.allows(auth) for guard in self.guards)

    def judge(self, request: Request) -> bool:
        """Whether all of them do."""
        return all(guard.judge(request) for guard in self.guards)

    def for_method(self, method: str) -> Guard:
        """Closed where one of them is."""
        members = [guard for guard in self._members(method) if not isinstance(guard, AllowAny)]
        if any(isinstance(guard, Nobody) for guard in members):
            return Nobody()
        return _only(members, AllOf) if members else AllowAny()

    def admits_anonymous(self) -> bool:
        """Whether all of them do."""
        return all(guard.admits_anonymous() for guard in self.guards)


@dataclass(frozen=True)
class Not(_Compound):
    """A guard does not allow."""

    guards: tuple[Guard, ...]

    def __init__(self, guard: Guard) -> None:
        object.__setattr__(self, "guards", (guard,))

    def allows(self, auth: Auth) -> bool:
        """Whether it does not."""
        return not self.guards[0].allows(auth)

    def judge(self, request: Request) -> bool:
        """Whether it does not."""
        return not self.guards[0].judge(request)

    def for_method(self, method: str) -> Guard:
        """Closed where it is open."""
        inner = self.guards[0].for_method(method)
        if isinstance(inner, AllowAny):
            return Nobody()
        return AllowAny() if isinstance(inner, Nobody) else Not(inner)

    def admits_anonymous(self) -> bool:
        """Whether it does not; what looks at more than the token could go either way."""
        return self.kind != "token" or not self.guards[0].admits_anonymous()


def _only(members: list[Guard], compound: Callable[[tuple[Guard, ...]], Guard]) -> Guard:
    return members[0] if len(members) == 1 else compound(tuple(members))


# --- over the token ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class AllowAny(Guard):
    """Everybody."""

    def allows(self, auth: Auth) -> bool:
        """Yes."""
        return True


@dataclass(frozen=True)
class Nobody(Guard):
    """Not a soul; what is left of a guard that can't be passed under a method."""


@dataclass(frozen=True)
class ReadOnly(Guard):
    """Everybody, as long as the method is GET, HEAD or OPTIONS; use it as ``ReadOnly() | IsStaff()``."""

    def judge(self, request: Request) -> bool:
        """Whether the method changes nothing."""
        return request.method in SAFE_METHODS

    def for_method(self, method: str) -> Guard:
        """Open for the methods that change nothing, closed for the others."""
        return AllowAny() if method in SAFE_METHODS else Nobody()


@dataclass(frozen=True)
class IsAuthenticated(Guard):
    """Any caller with valid credentials."""

    def allows(self, auth: Auth) -> bool:
        """Whether there are credentials."""
        return auth is not None


@dataclass(frozen=True)
class IsStaff(Guard):
    """Callers that Django calls staff (``is_staff``)."""

    def allows(self, auth: Auth) -> bool:
        """Whether the claim is there."""
        return auth is not None and auth.get("is_staff") is True


@dataclass(frozen=True)
class IsAdminUser(Guard):
    """Callers that Django calls superusers (``is_superuser`` or ``is_admin``)."""

    def allows(self, auth: Auth) -> bool:
        """Whether the claim is there."""
        return auth is not None and auth.get("is_admin") is True


@dataclass(frozen=True)
class HasPermission(Guard):
    """Callers whose token carries a permission."""

    permission: str

    def allows(self, auth: Auth) -> bool:
        """Whether it does."""
        return auth is not None and self.permission in auth.get("permissions", ())

    def as_data(self) -> dict[str, Any]:
        """The permission beside the rest."""
        return {**super().as_data(), "permissions": [self.permission]}


@dataclass(frozen=True, init=False)
class _Several(Guard):
    permissions: tuple[str, ...]

    def __init__(self, *permissions: str) -> None:
        if not permissions:
            raise TypeError(f"{type(self).__name__} wants at least one permission.")
        object.__setattr__(self, "permissions", permissions)

    def as_data(self) -> dict[str, Any]:
        """The permissions beside the rest."""
        return {**super().as_data(), "permissions": list(self.permissions)}


@dataclass(frozen=True, init=False)
class HasAnyPermission(_Several):
    """Callers whose token carries at least one of several permissions."""

    def allows(self, auth: Auth) -> bool:
        """Whether it does."""
        return auth is not None and any(name in auth.get("permissions", ()) for name in self.permissions)


@dataclass(frozen=True, init=False)
class HasAllPermissions(_Several):
    """Callers whose token carries all of several permissions."""

    def allows(self, auth: Auth) -> bool:
        """Whether it does."""
        return auth is not None and all(name in auth.get("permissions", ()) for name in self.permissions)


# --- over the request and the database --------------------------------------------------------------


@dataclass(frozen=True)
class RequestGuard(Guard):
    """Requests of which a function says so; it runs on the event loop, so it must neither wait nor read the database.

    Attributes:
        check: takes the request, says whether it may pass.
    """

    check: Callable[[Request], Any]
    kind: ClassVar[Kind] = "request"

    def __post_init__(self) -> None:
        # What a coroutine function gives back is true, whatever it would have come to.
        if any(map(inspect.iscoroutinefunction, (self.check, type(self.check).__call__))):
            raise ImproperlyConfigured(f"The guard {_name(self.check)} is asynchronous: write it with def.")

    def judge(self, request: Request) -> bool:
        """Whether the function says yes.

        Raises:
            TypeError: it gave back something to await, which would let everybody in.
        """
        verdict = self.check(request)
        if verdict is True or verdict is False:
            return verdict
        if inspect.iscoroutine(verdict):
            verdict.close()
        if inspect.isawaitable(verdict):
            raise TypeError(f"The guard {_name(self.check)} gave back something to await instead of a verdict.")
        return bool(verdict)

    def admits_anonymous(self) -> bool:
        """Nobody knows before it is asked."""
        return True

    def as_data(self) -> dict[str, Any]:
        """The name of the function beside the rest."""
        return {**super().as_data(), "check": _name(self.check)}


@dataclass(frozen=True)
class DatabaseGuard(RequestGuard):
    """The same for a function that reads the database, through ``request.user`` or otherwise: it runs in the hop."""

    kind: ClassVar[Kind] = "database"


@dataclass(frozen=True)
class HasDjangoPermission(Guard):
    """Users who have a permission of Django's right now, whatever a token said when it was issued."""

    permission: str
    kind: ClassVar[Kind] = "database"

    def judge(self, request: Request) -> bool:
        """Whether the user has it."""
        return bool(request.user.has_perm(self.permission))

    def as_data(self) -> dict[str, Any]:
        """The permission beside the rest."""
        return {**super().as_data(), "permissions": [self.permission]}


def _name(function: Any) -> str:
    return str(getattr(function, "__qualname__", None) or type(function).__qualname__)
