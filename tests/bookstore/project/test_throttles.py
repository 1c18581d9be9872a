"""The shop holds back who asks too often."""

import json
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.cache import cache, caches
from django.test import Client
from rest_framework.permissions import AllowAny
from rest_framework.test import APIRequestFactory
from rest_framework.throttling import ScopedRateThrottle, SimpleRateThrottle
from rest_framework_simplejwt.tokens import AccessToken

from bookstore.project.settings.api import THROTTLE_RATES
from ironbolt.drf.app_views import AppAPIView

pytestmark = pytest.mark.django_db
BOOKS = "/api/v1/books/"


@pytest.fixture(autouse=True)
def rates(monkeypatch) -> Any:
    """The rates of the shop, which are off in other tests, and nobody counted yet."""
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", dict(THROTTLE_RATES))
    cache.clear()
    yield SimpleRateThrottle.THROTTLE_RATES
    cache.clear()


def ask(times: int, path: str = BOOKS, **options: Any) -> list[Any]:
    """The answers to so many requests."""
    client = Client(raise_request_exception=False)
    return [client.get(path, **options) for _ in range(times)]


def bearer(name: str) -> dict[str, str]:
    """The headers of somebody who is logged in."""
    user, _ = User.objects.get_or_create(username=name)
    return {"authorization": f"Bearer {AccessToken.for_user(user)}"}


def assert_throttled(response: Any, most: int) -> None:
    """A 429 in the one shape, which says when to come back."""
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= most
    error = response.json()["error"]
    assert (error["code"], error["details"]) == ("throttled", {})


@pytest.mark.row("M15")
def test_anonymous_clients_have_20_a_minute() -> None:
    """The 21st request from one address within a minute is refused, that from another address is not."""
    *first, last = ask(21)
    assert {one.status_code for one in first} == {200}
    assert_throttled(last, 60)
    assert ask(1, REMOTE_ADDR="10.0.0.9")[0].status_code == 200


def test_written_address_is_not_believed() -> None:
    """Who writes another address into X-Forwarded-For stays who he is."""
    answers = [ask(1, headers={"x-forwarded-for": f"10.1.0.{number}"})[0] for number in range(21)]
    assert answers[-1].status_code == 429


@pytest.mark.row("M15")
def test_users_have_60_a_minute_in_bursts(rates) -> None:
    """Who is logged in has more, and shares it with nobody; without bursts it would be 100."""
    *first, last = ask(61, headers=bearer("ann"))
    assert {one.status_code for one in first} == {200}
    assert_throttled(last, 60)
    assert ask(1, headers=bearer("bob"))[0].status_code == 200
    rates["burst"] = None
    *first, last = ask(101, headers=bearer("bob"))
    assert first[-2].status_code == 200
    assert_throttled(last, 60)


def test_a_day_has_1000(rates) -> None:
    """Over a whole day there is a limit too, which is told in seconds."""
    assert rates["sustained"] == "1000/day"
    rates["sustained"] = "2/day"
    assert_throttled(ask(3, headers=bearer("ann"))[-1], 86_400)


def login(password: str = "wrong") -> Any:
    """Try to log in."""
    body = json.dumps({"username": "ann", "password": password})
    return Client(raise_request_exception=False).post("/api/token/", body, content_type="application/json")


@pytest.mark.row("M15")
def test_passwords_are_guessed_5_times_a_minute() -> None:
    """Refused logins are counted, and nothing else is refused for them."""
    User.objects.create_user("ann", password="open sesame")
    assert {login().status_code for _ in range(5)} == {401}
    assert_throttled(login("open sesame"), 60)
    assert ask(1)[0].status_code == 200


@pytest.mark.row("M15")
@pytest.mark.parametrize(("scope", "most"), [("login", 5), ("otp", 5), ("password", 3), ("payment", 10)])
def test_each_scope_is_counted_by_itself(scope: str, most: int) -> None:
    """A view that names a strict scope of the shop has so many requests a minute, and takes them from no other view."""

    class Strict(AppAPIView):
        authentication_classes = ()
        permission_classes = (AllowAny,)
        throttle_classes = (ScopedRateThrottle,)
        throttle_scope = scope

        def post(self, request: Any) -> Any:
            return self.send_response()

    view = Strict.as_view()
    answers = [view(APIRequestFactory().post("/")) for _ in range(most + 1)]
    assert [one.status_code for one in answers] == [200] * most + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].data["error"]["code"] == "throttled"
    assert ask(1)[0].status_code == 200


def test_what_is_refused_counts(rates) -> None:
    """A write that is refused is undone, but not its count."""
    rates["burst"] = "3/min"
    headers = bearer("staff")
    User.objects.filter(username="staff").update(is_staff=True)
    client = Client(raise_request_exception=False, headers=headers)
    answers = [client.post(BOOKS, b"{}", content_type="application/json") for _ in range(4)]
    assert [one.status_code for one in answers[:-1]] == [400] * 3
    assert_throttled(answers[-1], 60)


def test_processes_count_together(tmp_path, settings) -> None:
    """With a cache that processes share, their counts are one."""
    shared = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(tmp_path)}
    settings.CACHES = {"default": shared}
    assert {one.status_code for one in ask(20)} == {200}
    caches["default"].close()
    del caches["default"]  # as another process starts: without anything in memory
    assert_throttled(ask(1)[0], 60)


def test_shop_has_them_on(monkeypatch) -> None:
    """They are on unless the environment switches them off, and every view has them."""
    names = [name.rpartition(".")[2] for name in django_settings.REST_FRAMEWORK["DEFAULT_THROTTLE_CLASSES"]]
    assert names == ["AnonRateThrottle", "UserRateThrottle", "BurstRateThrottle", "SustainedRateThrottle"]
    assert THROTTLE_RATES == {
        "anon": "20/min",
        "user": "100/min",
        "burst": "60/min",
        "sustained": "1000/day",
        "login": "5/min",
        "otp": "5/min",
        "password": "3/min",
        "payment": "10/min",
    }
    assert set(django_settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"].values()) == {None}
