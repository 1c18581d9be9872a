"""Tests of tokens and guards."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import APIView, BoltAPI
from ironbolt.bolt.auth import (
    AllowAny,
    HasAllPermissions,
    HasAnyPermission,
    HasPermission,
    IsAdminUser,
    IsAuthenticated,
    IsStaff,
    JWTAuthentication,
    ReadOnly,
)
from ironbolt.bolt.guards import Guard
from ironbolt.testing import Answer, TestClient


def token(key: str | None = None, algorithm: str = "HS256", **claims: Any) -> str:
    """A token that is valid for a minute, unless its claims say otherwise."""
    claims = {"user_id": 7, "exp": time.time() + 60, **claims}
    return jwt.encode(
        {name: value for name, value in claims.items() if value is not None}, key or settings.SECRET_KEY, algorithm
    )


def call(bearer: str | None = None, *, guards: list[Guard], auth: Any = None, method: str = "GET") -> Answer:
    """Call a guarded route that answers what the credentials say."""
    api = BoltAPI(auth=[auth or JWTAuthentication()], guards=guards)

    @api.view("/me")
    class Me(APIView):
        async def get(self, request: Any) -> Any:
            return request.get("auth", {})

        post = get

    headers = {"authorization": f"Bearer {bearer}"} if bearer is not None else {}
    return TestClient(api).request(method, "/me", headers=headers)


def test_claims_reach_the_handler() -> None:
    """A valid token's claims are there as request.get("auth")."""
    sent = token(username="ann", is_staff=True, permissions=["books.read"], exp=4_000_000_000, plan="gold")
    assert call(sent, guards=[IsAuthenticated()]).json() == {
        "user_id": 7,
        "exp": 4_000_000_000,
        "plan": "gold",
        "username": "ann",
        "is_staff": True,
        "is_admin": False,
        "permissions": ["books.read"],
        "backend": "jwt",
    }


def unsigned() -> str:
    """A token that claims to need no signature."""
    parts = ({"alg": "none", "typ": "JWT"}, {"user_id": 1, "exp": time.time() + 60})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, ""])


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(lambda: token(exp=time.time() - 1), id="expired"),
        pytest.param(lambda: token(exp=None), id="without expiry"),
        pytest.param(lambda: token(nbf=time.time() + 60), id="not yet valid"),
        pytest.param(lambda: token(key="another key, of the same length as the one that is right"), id="another key"),
        pytest.param(lambda: token(algorithm="HS512"), id="another algorithm"),
        pytest.param(unsigned, id="alg none"),
        pytest.param(lambda: token(token_type="refresh"), id="a refresh token"),
        pytest.param(lambda: token(user_id=None), id="of nobody"),
        pytest.param(lambda: token(filler="x" * 10_000), id="oversize"),
        pytest.param(lambda: token() + "x", id="tampered with"),
        pytest.param(lambda: token(exp="soon"), id="expiry that is no number"),
        pytest.param(lambda: token(exp=1e400), id="expiry at infinity"),
        pytest.param(lambda: "a.b.c", id="nonsense"),
        pytest.param(lambda: "", id="nothing"),
    ],
)
def test_bad_token_is_a_401_with_a_challenge(bad) -> None:
    """A token that can't be believed is a 401 that says how to authenticate."""
    answer = call(bad(), guards=[IsAuthenticated()])
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="api"'
    assert answer.json()["error"]["code"] == "authentication_error"


def test_audience_and_issuer_are_checked() -> None:
    """A token for another audience or from another issuer is refused where they are declared."""
    auth = JWTAuthentication(audience="shop", issuer="us")
    guards: list[Guard] = [IsAuthenticated()]
    assert call(token(aud="shop", iss="us"), guards=guards, auth=auth).status_code == 200
    assert call(token(aud="else", iss="us"), guards=guards, auth=auth).status_code == 401
    assert call(token(aud="shop"), guards=guards, auth=auth).status_code == 401


NOBODY, USER, STAFF, ADMIN = None, {}, {"is_staff": True}, {"is_superuser": True}
READER = {"permissions": ["a", "b"]}


@pytest.mark.parametrize(
    ("guard", "claims", "status"),
    [
        (AllowAny(), NOBODY, 200),
        (IsAuthenticated(), NOBODY, 401),
        (IsAuthenticated(), USER, 200),
        (IsStaff(), USER, 403),
        (IsStaff(), STAFF, 200),
        (IsStaff(), {"is_staff": "yes"}, 403),
        (IsAdminUser(), STAFF, 403),
        (IsAdminUser(), ADMIN, 200),
        (HasPermission("a"), READER, 200),
        (HasPermission("c"), READER, 403),
        (HasPermission("a"), {"permissions": "abc"}, 403),
        (HasAnyPermission("c", "b"), READER, 200),
        (HasAnyPermission("c", "d"), READER, 403),
        (HasAllPermissions("a", "b"), READER, 200),
        (HasAllPermissions("a", "c"), READER, 403),
        (IsStaff() | HasPermission("a"), READER, 200),
        (IsStaff() | HasPermission("c"), READER, 403),
        (Guard(), ADMIN, 403),
    ],
    ids=str,
)
def test_guards(guard: Guard, claims: dict[str, Any] | None, status: int) -> None:
    """A guard lets in whom it names: 401 for nobody, 403 for somebody else."""
    bearer = None if claims is None else token(**claims)
    assert call(bearer, guards=[guard]).status_code == status


def test_read_only_opens_the_safe_methods() -> None:
    """ReadOnly() | IsStaff() lets everybody read, and staff write."""
    guards = [ReadOnly() | IsStaff()]
    assert call(guards=guards).status_code == 200
    assert call(guards=guards, method="POST").status_code == 401
    assert call(token(), guards=guards, method="POST").status_code == 403
    assert call(token(is_staff=True), guards=guards, method="POST").status_code == 200


def test_guard_nobody_could_pass_is_refused_at_start() -> None:
    """A guard on a route without authentication is a mistake, told at start."""
    api = BoltAPI(guards=[IsAuthenticated()])
    api.get("/x")(lambda: None)
    with pytest.raises(ImproperlyConfigured, match="nobody could ever pass"):
        api.routes()
