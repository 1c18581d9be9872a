"""schemathesis against the Bolt door, in this process and in short; see tests/schemathesis.toml for the long way."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from django.contrib.auth.models import User
from hypothesis import HealthCheck, Phase, settings
from rest_framework_simplejwt.tokens import AccessToken
from schemathesis.specs.openapi.checks import ignored_auth
from urllib3 import HTTPResponse

import tests.schemathesis_hooks  # noqa: F401 - gives the format "isbn" a meaning
from bookstore.project.api import v2
from ironbolt.testing import TestClient
from tests.bookstore.catalog.making import make_book

CONFIG = Path(__file__).parents[2] / "schemathesis.toml"
BASE = "http://testserver"

schema = schemathesis.openapi.from_dict(
    TestClient(v2).get("/api/v2/openapi.json").json(), config=schemathesis.Config.from_path(CONFIG)
)


@pytest.fixture
def staff(db: None) -> dict[str, str]:
    """The headers of somebody who may write, in a shop that has a book."""
    make_book()
    user = User.objects.create(username="staff", is_staff=True)
    token = AccessToken.for_user(user)
    token["is_staff"] = True
    return {"Authorization": f"Bearer {token}"}


class InProcess(requests.adapters.BaseAdapter):
    """Answers through the test client, whose database work stays in the test's transaction."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        body: Any = request.body or b""
        answer = TestClient(v2).request(
            str(request.method),
            str(request.url).removeprefix(BASE),
            content=body.encode() if isinstance(body, str) else body,
            headers={str(name): str(value) for name, value in request.headers.items()},
        )
        response = requests.Response()
        response.request, response.url = request, str(request.url)
        response.status_code = answer.status_code
        response.headers.update(answer.headers)
        response.raw = HTTPResponse(BytesIO(answer.content), answer.headers, preload_content=False)
        return response

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def session() -> requests.Session:
    """A session that reaches the door without a network."""
    session = requests.Session()
    session.mount(BASE, InProcess())
    return session


@schema.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_door_does_what_its_schema_says(case: Any, staff: dict[str, str], session: requests.Session) -> None:
    """Whatever is sent, the answer is one that the schema describes, and never a server error."""
    # That check asks again over a connection of its own, hence needs a server; the long way has it.
    case.call_and_validate(base_url=BASE, session=session, headers=staff, excluded_checks=[ignored_auth])
