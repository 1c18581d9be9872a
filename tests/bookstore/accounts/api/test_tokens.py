"""Login and refresh."""

import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    """Somebody with a password that ends in a blank."""
    return User.objects.create_user("ann", password="open sesame ", is_staff=True)


def post(path: str, data: Any) -> Any:
    """Send JSON without a token."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Client(raise_request_exception=False).generic("POST", path, body, content_type="application/json")


def claims(token: str) -> dict[str, Any]:
    """What a token says, its signature checked."""
    said: dict[str, Any] = jwt.decode(token, settings.SECRET_KEY, algorithms=["HS256"])
    return said


def test_login_gives_two_tokens_in_the_envelope(user) -> None:
    """A login is answered by an access token for 15 minutes and a refresh token for 30 days."""
    response = post("/api/token/", {"username": "ann", "password": "open sesame "})
    assert response.status_code == 200
    body = response.json()
    assert body["message"] == "Success"
    access, refresh = claims(body["data"]["access"]), claims(body["data"]["refresh"])
    assert access["exp"] - access["iat"] == 15 * 60
    assert refresh["exp"] - refresh["iat"] == timedelta(days=30).total_seconds()
    assert {name: access[name] for name in ("user_id", "username", "is_staff", "is_superuser")} == {
        "user_id": str(user.pk),
        "username": "ann",
        "is_staff": True,
        "is_superuser": False,
    }


def test_refreshed_token_says_what_holds_by_now(user) -> None:
    """A refresh asks the database again: rights that were taken away are gone."""
    refresh = str(RefreshToken.for_user(user))
    assert claims(post("/api/token/refresh/", {"refresh": refresh}).json()["data"]["access"])["is_staff"] is True
    User.objects.update(is_staff=False)
    assert claims(post("/api/token/refresh/", {"refresh": refresh}).json()["data"]["access"])["is_staff"] is False
    User.objects.update(is_active=False)
    assert post("/api/token/refresh/", {"refresh": refresh}).status_code == 401
    User.objects.all().delete()
    assert post("/api/token/refresh/", {"refresh": refresh}).status_code == 401


@pytest.mark.parametrize(
    "credentials",
    [{"username": "ann", "password": "open sesame"}, {"username": "nobody", "password": "x"}],
    ids=["wrong password", "unknown user"],
)
def test_wrong_login_is_refused(user, credentials) -> None:
    """A wrong login is a 401 with a challenge, the same whatever was wrong."""
    response = post("/api/token/", credentials)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.json()["error"] == {
        "code": "authentication_error",
        "message": "Wrong user name or password.",
        "details": {},
    }


@pytest.mark.parametrize(
    ("path", "data", "fields"),
    [
        ("/api/token/", {}, {"username", "password"}),
        ("/api/token/", {"username": "a\x00", "password": "\x00"}, {"username", "password"}),
        ("/api/token/", {"username": 1, "password": "x", "role": "boss"}, {"username", "role"}),
        ("/api/token/", {"username": "a" * 151, "password": "x" * 1001}, {"username", "password"}),
        ("/api/token/refresh/", {"refresh": None}, {"refresh"}),
    ],
)
def test_bad_body_is_told_by_its_fields(path, data, fields) -> None:
    """A body that can't be a login names its faults."""
    response = post(path, data)
    assert response.status_code == 400
    assert set(response.json()["error"]["details"]) == fields


def test_only_a_refresh_token_refreshes(user) -> None:
    """An access token, an expired one and plain nonsense refresh nothing."""
    expired = RefreshToken.for_user(user)
    expired.set_exp(lifetime=-timedelta(seconds=1))
    for token in (str(AccessToken.for_user(user)), str(expired), "nonsense", "a.b.c"):
        response = post("/api/token/refresh/", {"refresh": token})
        assert (response.status_code, response.json()["error"]["code"]) == (401, "authentication_error")


@pytest.mark.parametrize("header", ["Bearer", "Bearer nonsense", "Bearer a b", "Bearer \xff\xfe"])
def test_bad_token_is_refused_where_reading_is_open(header) -> None:
    """Who shows a bad token is told so, even where none is needed."""
    response = Client(headers={"authorization": header}).get("/api/v1/books/")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"]


@pytest.mark.django_db(transaction=True)
def test_login_holds_no_transaction(user, monkeypatch) -> None:
    """A password is checked outside of any transaction, since that is slow on purpose."""
    seen: list[bool] = []

    def check(self: Any, password: str) -> bool:
        seen.append(connection.in_atomic_block)
        return True

    monkeypatch.setattr(User, "check_password", check)
    assert post("/api/token/", {"username": "ann", "password": "x"}).status_code == 200
    assert seen == [False]
