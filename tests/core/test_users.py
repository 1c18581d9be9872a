"""The caller as a row of the users' table."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.utils.functional import SimpleLazyObject

from ironbolt.core.users import stored_user

pytestmark = pytest.mark.django_db


def claims(key: Any) -> Any:
    """What a token makes of a user."""
    return SimpleNamespace(pk=key, is_authenticated=True)


def test_a_row_is_itself() -> None:
    """Loaded, or yet to be."""
    ann = User.objects.create(username="ann")
    assert stored_user(ann) is ann
    lazy: Any = SimpleLazyObject(lambda: ann)
    assert stored_user(lazy) == ann


def test_claims_are_looked_up() -> None:
    """By their key, among those who are active."""
    ann = User.objects.create(username="ann")
    assert stored_user(claims(str(ann.pk))) == ann
    User.objects.update(is_active=False)
    assert stored_user(claims(ann.pk)) is None


@pytest.mark.parametrize("user", [None, AnonymousUser(), User(username="unsaved"), *map(claims, ("x", None, 10**30))])
def test_whoever_has_no_row_is_nobody(user: Any) -> None:
    """Anonymous callers, programs, and keys that no user can have."""
    assert stored_user(user) is None
