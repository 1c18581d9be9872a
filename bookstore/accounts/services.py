"""Writing accounts."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A login that everyone may know, for looking around on one's own machine."""

    username: str
    password: str
    is_staff: bool = False
    is_superuser: bool = False

    @property
    def purpose(self) -> str:
        """What one can do with it."""
        if self.is_superuser:
            return "may do everything"
        return "may change the catalogue" if self.is_staff else "may read"


DEMO_LOGINS = (
    DemoLogin("admin", "admin-of-the-demo", is_staff=True, is_superuser=True),
    DemoLogin("staff", "staff-of-the-demo", is_staff=True),
    DemoLogin("customer", "customer-of-the-demo"),
)


class DemoLoginsRefused(RuntimeError):
    """Logins with published passwords do not belong where DEBUG is off."""


def ensure_demo_logins(*, force: bool = False) -> list[DemoLogin]:
    """Make the demo logins that are missing and return them; a user who is there keeps password and rights."""
    if not (settings.DEBUG or force):
        raise DemoLoginsRefused("The passwords of the demo logins are public, so they are made only with DEBUG on.")
    users = get_user_model().objects
    known = set(users.filter(username__in=[login.username for login in DEMO_LOGINS]).values_list("username", flat=True))
    missing = [login for login in DEMO_LOGINS if login.username not in known]
    if not missing:
        return []
    with transaction.atomic():
        return [login for login in missing if _ensure(login)]


def _ensure(login: DemoLogin) -> bool:
    try:
        with transaction.atomic():
            get_user_model().objects.create_user(
                login.username,
                email=f"{login.username}@example.com",
                password=login.password,
                is_staff=login.is_staff,
                is_superuser=login.is_superuser,
            )
    except IntegrityError:  # another process was quicker
        return False
    return True
