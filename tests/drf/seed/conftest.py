"""Who calls the guide's viewsets."""

import pytest
from django.contrib.auth.models import User


@pytest.fixture
def ann() -> User:
    """Somebody who writes articles."""
    return User.objects.create_user("ann", "ann@example.com", "ann's old password")


@pytest.fixture
def bob() -> User:
    """Somebody else."""
    return User.objects.create_user("bob", "bob@example.com", "bob's old password")


@pytest.fixture
def chief() -> User:
    """Staff."""
    return User.objects.create_user("chief", "chief@example.com", "chief's old password", is_staff=True)
