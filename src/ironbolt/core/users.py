"""The caller as a row of the users' table, for what has to remember who."""

from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Model


def stored_user(user: Any) -> Model | None:
    """The user to write into a foreign key; None for anonymous callers and for those without a row.

    Args:
        user: what a request calls its user: a row, one that is loaded when it is looked at, an anonymous user,
            or claims of a token in the shape of a user, which are looked up.
    """
    if user is None or not getattr(user, "is_authenticated", False):
        return None
    if isinstance(user, Model):
        return user if user.pk is not None else None
    if not apps.is_installed("django.contrib.auth"):
        return None
    # Late, since a project without Django's users must be able to start.
    from django.contrib.auth import get_user_model

    try:
        found: Model | None = get_user_model()._default_manager.filter(pk=user.pk, is_active=True).first()
    except (AttributeError, OverflowError, TypeError, ValueError, ValidationError):  # a key that no user can have
        return None
    return found
