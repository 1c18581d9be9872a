"""Who may: guards over what the credentials say, as frozen data that can be judged outside Python."""

from dataclasses import dataclass
from typing import Any

Auth = dict[str, Any] | None

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """A condition on the caller; ``a | b`` asks for one of two."""

    def allows(self, auth: Auth) -> bool:
        """Whether a caller with these claims may pass; nobody does until a guard says otherwise."""
        return False

    def passes_always(self, method: str) -> bool:
        """Whether nobody can fail it under this method, so that the route need not ask at all."""
        return False

    def __or__(self, other: "Guard") -> "Guard":
        return AnyOf((self, other))


@dataclass(frozen=True)
class AnyOf(Guard):
    """At least one of several guards allows."""

    guards: tuple[Guard, ...]

    def allows(self, auth: Auth) -> bool:
        """Whether one of them does."""
        return any(guard.allows(auth) for guard in self.guards)

    def passes_always(self, method: str) -> bool:
        """Whether one of them can't fail."""
        return any(guard.passes_always(method) for guard in self.guards)


@dataclass(frozen=True)
class AllowAny(Guard):
    """Everybody."""

    def allows(self, auth: Auth) -> bool:
        """Yes."""
        return True

    def passes_always(self, method: str) -> bool:
        """Yes."""
        return True


@dataclass(frozen=True)
class ReadOnly(Guard):
    """Everybody, as long as the method is GET, HEAD or OPTIONS; use it as ``ReadOnly() | IsStaff()``."""

    def passes_always(self, method: str) -> bool:
        """For the methods that change nothing."""
        return method in SAFE_METHODS


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


@dataclass(frozen=True, init=False)
class _Several(Guard):
    permissions: tuple[str, ...]

    def __init__(self, *permissions: str) -> None:
        object.__setattr__(self, "permissions", permissions)


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
