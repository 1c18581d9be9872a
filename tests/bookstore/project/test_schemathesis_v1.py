"""schemathesis against the DRF door, in this process and in short; see tests/schemathesis.toml for the long way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from rest_framework_simplejwt.tokens import AccessToken

import tests.schemathesis_hooks  # noqa: F401 - gives the format "isbn" a meaning
from tests.bookstore.catalog.making import make_book

CONFIG = Path(__file__).parents[2] / "schemathesis.toml"


# Made while tests are collected, since there is one for each operation; the schema asks no database.
schema = schemathesis.openapi.from_wsgi(
    "/api/schema/", get_wsgi_application(), config=schemathesis.Config.from_path(CONFIG)
)


@pytest.fixture(autouse=True)
def kept_connection() -> Iterator[None]:
    """Keep the connection of the test over its requests, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def staff(db: None) -> dict[str, str]:
    """The headers of somebody who may write, in a shop that has a book."""
    make_book()
    user = User.objects.create(username="staff", is_staff=True)
    return {"Authorization": f"Bearer {AccessToken.for_user(user)}"}


@schema.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_door_does_what_its_schema_says(case: Any, staff: dict[str, str]) -> None:
    """Whatever is sent, the answer is one that the schema describes, and never a server error."""
    case.call_and_validate(headers=staff)
