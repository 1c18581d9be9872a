"""Tests of API keys, of sessions, and of several ways in order."""

import subprocess
import sys
import threading
from typing import Any

import msgspec
import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.auth import (
    APIKeyAuthentication,
    DatabaseGuard,
    HasDjangoPermission,
    HasPermission,
    IsAuthenticated,
    IsStaff,
    JWTAuthentication,
    RequestGuard,
    SessionAuthentication,
    admission_of,
)
from ironbolt.bolt.exceptions import Forbidden, Unauthorized
from ironbolt.core import context
from tests.bolt.calls import a_request, admit, bearer, token

pytestmark = pytest.mark.row("B17")

KEYS = {"webhook-key": "system", "ключ": "cyrillic", "": "nobody", "other": ""}


def with_key(key: str, header: str = "X-API-Key") -> Any:
    """A request with an API key."""
    return a_request({header: key.encode().decode("latin-1")})


def test_api_key_says_who_calls() -> None:
    """A known key makes its name the caller, without any power of staff."""
    way = APIKeyAuthentication(api_keys=KEYS)
    assert way.authenticate(with_key("webhook-key")) == {
        "user_id": "system",
        "username": "system",
        "is_staff": False,
        "is_admin": False,
        "permissions": [],
        "backend": "api_key",
    }
    assert (way.authenticate(with_key("ключ")) or {})["user_id"] == "cyrillic"


@pytest.mark.parametrize("key", ["x", "webhook-ke", "webhook-key ", "WEBHOOK-KEY", "webhook-key, webhook-key", "\x00"])
def test_unknown_api_key_is_a_401(key: str) -> None:
    """A key that is none of ours is wrong, and not merely missing."""
    with pytest.raises(Unauthorized):
        APIKeyAuthentication(KEYS).authenticate(with_key(key))


def test_empty_api_key_never_matches() -> None:
    """A variable of the environment that was never set opens nothing."""
    for way in (APIKeyAuthentication(KEYS), APIKeyAuthentication({""}), APIKeyAuthentication([])):
        assert way.authenticate(with_key("")) is None
        assert way.authenticate(a_request()) is None


def test_api_key_without_name_is_called_by_its_digest() -> None:
    """Audit and logs tell keys apart, and never show one."""
    for way in (APIKeyAuthentication({"other"}), APIKeyAuthentication(["other"]), APIKeyAuthentication({"other": ""})):
        assert (way.authenticate(with_key("other")) or {})["user_id"] == "key-d9298a10"
        assert "other" not in repr(way)
        assert b"other" not in msgspec.json.encode(way.as_data())


def test_api_key_named_like_a_user_is_not_that_user(db) -> None:
    """A key that somebody called "1" does not become the user with that id."""
    user = User.objects.create(username="ann")
    request = admit(with_key("k"), [APIKeyAuthentication({"k": str(user.pk)})])
    assert isinstance(request.user, AnonymousUser)


def test_api_keys_as_one_text_are_refused_at_start() -> None:
    """A text is not a set of its letters."""
    with pytest.raises(ImproperlyConfigured, match="dictionary"):
        APIKeyAuthentication("secret")


def test_api_key_in_a_header_of_ones_own() -> None:
    """The header can be named in any case, and the description names it too."""
    way = APIKeyAuthentication({"k": "n"}, header="X-Hook")
    assert way.authenticate(with_key("k", "x-hook")) is not None
    assert way.security_scheme == ("apiKey_x-hook", {"type": "apiKey", "in": "header", "name": "x-hook"})


def test_every_key_is_compared(monkeypatch) -> None:
    """The time to refuse or accept a key does not depend on which one it is."""
    compared: list[bytes] = []
    way = APIKeyAuthentication(["a", "b", "c"])

    def compare(one: bytes, two: bytes) -> bool:
        compared.append(one)
        return one == two

    monkeypatch.setattr("hmac.compare_digest", compare)
    way.authenticate(with_key("a"))
    assert len(compared) == 3


# --- sessions ---------------------------------------------------------------------------------------


def a_session(user: User, **changes: Any) -> str:
    """The key of a session that a user opened by logging in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.update(changes)
    session.create()
    return str(session.session_key)


def with_session(key: str, method: str = "GET", headers: dict[str, str] | None = None, cookies: str = "") -> Any:
    """A request with a session cookie."""
    return a_request({"cookie": f"sessionid={key}{cookies}", **(headers or {})}, method)


@pytest.fixture
def ann(db) -> User:
    """A member of staff with one permission."""
    user = User.objects.create_user("ann", password="x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_session"))
    return user


def test_session_says_who_calls(ann: User) -> None:
    """The user of a session is the caller, with what the database says of them now."""
    request = admit(
        with_session(a_session(ann)), [SessionAuthentication()], [IsStaff, HasPermission("sessions.view_session")]
    )
    assert request.auth == {
        "user_id": ann.pk,
        "username": "ann",
        "is_staff": True,
        "is_admin": False,
        "permissions": ["sessions.view_session"],
        "backend": "session",
    }
    assert request.user == ann


def test_session_of_nobody_is_no_session(ann: User, settings) -> None:
    """A cookie that is made up, of another backend, of a user who is gone or inactive, or of an old password."""
    way = SessionAuthentication()
    keys = ["x", "", "z" * 32, a_session(ann, **{BACKEND_SESSION_KEY: "x.Y"}), a_session(ann, **{SESSION_KEY: "x"})]
    keys += [
        a_session(ann, **{SESSION_KEY: "999999"}),
        a_session(ann, **{HASH_SESSION_KEY: ""}),
        SessionStore().session_key or "none",
    ]
    for key in keys:
        assert way.authenticate(with_session(key)) is None
    good = a_session(ann)
    ann.is_active = False
    ann.save()
    assert way.authenticate(with_session(good)) is None
    ann.is_active = True
    ann.set_password("new")
    ann.save()
    assert way.authenticate(with_session(good)) is None


def test_session_from_before_a_change_of_the_secret_stays_as_it_is(ann: User, settings) -> None:
    """Under SECRET_KEY_FALLBACKS the session counts and keeps its key, since nobody would send the browser another."""
    key = a_session(ann)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key for tests only, as long as the one that it replaces has been"
    # The session itself is signed too; that key is Django's to rotate, as the fallback is.
    assert SessionAuthentication().authenticate(with_session(key)) is not None
    assert Session.objects.filter(pk=key).exists()


@pytest.mark.parametrize(
    ("headers", "cookies", "allowed"),
    [
        ({}, "", False),
        ({"x-csrftoken": "a" * 32}, "; csrftoken=" + "a" * 32, True),
        ({"x-csrftoken": "b" * 32}, "; csrftoken=" + "a" * 32, False),
        ({"x-csrftoken": "a" * 32}, "", False),
        ({}, "; csrftoken=" + "a" * 32, False),
        ({"x-csrftoken": "a" * 32, "origin": "https://evil.example"}, "; csrftoken=" + "a" * 32, False),
        ({"x-csrftoken": "a" * 32, "origin": "https://trusted.example"}, "; csrftoken=" + "a" * 32, True),
        ({"x-csrftoken": "a" * 32, "origin": "http://testserver"}, "; csrftoken=" + "a" * 32, True),
        ({"x-csrftoken": "é"}, "; csrftoken=" + "a" * 32, False),
    ],
    ids=repr,
)
def test_session_needs_djangos_csrf_token(
    ann: User, settings, headers: dict[str, str], cookies: str, allowed: bool
) -> None:
    """With an unsafe method a session counts exactly where Django's own middleware would let it."""
    settings.CSRF_TRUSTED_ORIGINS = ["https://trusted.example"]
    request = with_session(a_session(ann), "POST", headers, cookies)
    if allowed:
        assert admit(request, [SessionAuthentication()]).auth is not None
    else:
        with pytest.raises(Forbidden, match="CSRF"):
            admit(request, [SessionAuthentication()])


def test_https_session_needs_a_referrer_too(ann: User) -> None:
    """Over https and without Origin, Django asks for a Referer of this site."""
    cookies, headers = "; csrftoken=" + "a" * 32, {"x-csrftoken": "a" * 32}
    for referer, allowed in (("", False), ("https://testserver/page", True), ("https://evil.example/", False)):
        request = with_session(
            a_session(ann), "POST", {**headers, **({"referer": referer} if referer else {})}, cookies
        )
        request.scope["scheme"] = "https"
        if allowed:
            assert admit(request, [SessionAuthentication()]).auth is not None
        else:
            with pytest.raises(Forbidden, match="Referer"):
                admit(request, [SessionAuthentication()])


def test_csrf_secret_may_live_in_the_session(ann: User, settings) -> None:
    """CSRF_USE_SESSIONS works here as it does in Django."""
    settings.CSRF_USE_SESSIONS = True
    key = a_session(ann, _csrftoken="a" * 32)
    assert admit(with_session(key, "POST", {"x-csrftoken": "a" * 32}), [SessionAuthentication()]).auth is not None
    with pytest.raises(Forbidden):
        admit(with_session(key, "POST", {"x-csrftoken": "b" * 32}), [SessionAuthentication()])


def test_nobody_needs_no_csrf_token(db) -> None:
    """Without a user there is nothing that another site could misuse."""
    assert admit(with_session("x", "POST"), [SessionAuthentication()]).auth is None


def test_cookies_of_http2_come_in_several_headers(ann: User) -> None:
    """A browser may send each cookie in a header of its own (RFC 9113)."""
    request = a_request()
    request.scope["headers"] += [(b"cookie", b"a=b"), (b"cookie", f"sessionid={a_session(ann)}".encode())]
    assert SessionAuthentication().authenticate(request) is not None


# --- several ways, guards, and where they run ---------------------------------------------------------


def test_first_way_that_knows_the_caller_decides(ann: User) -> None:
    """Ways are tried in order; one that has no credentials of its kind leaves it to the next."""
    ways = [JWTAuthentication(), APIKeyAuthentication({"k": "machine"}), SessionAuthentication()]
    assert (admit(bearer(token()), ways).auth or {})["backend"] == "jwt"
    assert (admit(with_key("k"), ways).auth or {})["backend"] == "api_key"
    assert (admit(with_session(a_session(ann)), ways).auth or {})["backend"] == "session"
    assert admit(a_request(), ways).auth is None


def test_wrong_credentials_are_not_passed_on_to_the_next_way() -> None:
    """A bad token is a 401 with the challenge of its own way, whatever else the request has."""
    ways = [APIKeyAuthentication({"k": "machine"}), JWTAuthentication()]
    with pytest.raises(Unauthorized) as caught:
        admit(bearer("x"), ways)
    assert caught.value.headers == {"WWW-Authenticate": 'Bearer realm="api"'}
    with pytest.raises(Unauthorized) as caught:
        admit(a_request(), ways, [IsAuthenticated])
    assert caught.value.headers["WWW-Authenticate"].startswith("ApiKey ")


def test_known_caller_is_in_the_context(ann: User) -> None:
    """Everything after the admission, in whatever thread, knows who calls; the audit for one."""
    ways = [JWTAuthentication(), SessionAuthentication()]
    for request, user_id in ((bearer(token()), "7"), (with_session(a_session(ann)), str(ann.pk))):
        seen: list[str | None] = []

        def note(request: Any, seen: list[str | None] = seen) -> bool:
            seen.append(context.current().user_id)
            return True

        admit(request, ways, [RequestGuard(note), DatabaseGuard(note)])
        assert seen == [user_id, user_id]


def test_only_what_reads_the_database_makes_the_hop(ann: User) -> None:
    """A token is judged on the loop, even where a session would be tried after it; a session is not."""
    admission = admission_of("GET", [JWTAuthentication(), SessionAuthentication()], [IsAuthenticated], "x")
    assert admission.admit(bearer(token())) is True
    assert admission.admit(with_session("x")) is False
    with pytest.raises(Unauthorized):
        admission.admit(bearer("x"))
    guarded = admission_of("GET", [JWTAuthentication()], [IsStaff, HasDjangoPermission("a.b")], "x")
    assert guarded.admit(bearer(token(is_staff=True))) is False
    with pytest.raises(Forbidden):
        guarded.admit(bearer(token()))


def test_revocation_in_the_database_makes_the_hop() -> None:
    """A hook that reads the database says so, and is asked in a database thread."""
    way = JWTAuthentication(revoked=lambda claims: False, reads_database=True)
    assert admission_of("GET", [way], [], "x").admit(bearer(token())) is False
    assert admit(bearer(token()), [way]).auth is not None


def test_guards_over_the_database_are_asked_last_and_each_request(ann: User) -> None:
    """A permission is judged by what the database says now; 403 for the user, 401 for nobody."""
    ways, guards = [JWTAuthentication()], [HasDjangoPermission("sessions.view_session")]
    sent = token(user_id=ann.pk)
    assert admit(bearer(sent), ways, guards).auth is not None
    ann.user_permissions.clear()
    with pytest.raises(Forbidden):
        admit(bearer(sent), ways, guards)
    with pytest.raises(Unauthorized):
        admit(a_request(), ways, guards)


def test_way_of_ones_own_runs_where_it_says(db) -> None:
    """A class with the three members is a way to authenticate; one that reads the database is asked in the hop."""
    threads: list[str] = []

    class Own:
        challenge = "Own"
        security_scheme = ("own", {"type": "http", "scheme": "own"})
        reads_database = True

        def authenticate(self, request: Any) -> dict[str, Any]:
            threads.append(threading.current_thread().name)
            return {"user_id": "x"}

    assert (admit(a_request(), [Own()]).auth or {})["user_id"] == "x"
    assert threads


@pytest.mark.parametrize("way", [JWTAuthentication, "jwt", None, 7])
def test_what_is_no_way_to_authenticate_is_refused_at_start(way: Any) -> None:
    """A class without its parentheses, or a name, is told at start."""
    with pytest.raises(ImproperlyConfigured, match="no way to authenticate"):
        admission_of("GET", [way], [], "x")


def test_route_without_authentication_answers_403() -> None:
    """Where nobody can authenticate, a guard over the request refuses with 403: no credentials would help."""
    with pytest.raises(Forbidden):
        admit(a_request(), [], [lambda request: False])


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SESSION_ENGINE", "nowhere.sessions", "another SESSION_ENGINE than now: No module named"),
        ("AUTHENTICATION_BACKENDS", ["nowhere.Backend"], "another AUTHENTICATION_BACKENDS than now: No module named"),
        ("AUTH_USER_MODEL", "nowhere.User", "nowhere.User"),
    ],
)
def test_sessions_that_can_not_work_are_refused_at_start(settings: Any, name: str, value: Any, told: str) -> None:
    """Not at the first request with a cookie; the message names the apps to install."""
    admission_of("GET", [SessionAuthentication()], [], "/x")
    setattr(settings, name, value)
    with pytest.raises(
        ImproperlyConfigured, match=r"^SessionAuthentication needs .django\.contrib\.sessions"
    ) as raised:
        admission_of("GET", [SessionAuthentication()], [], "/x")
    assert told in str(raised.value)


@pytest.mark.parametrize("missing", ["sessions", "auth"])
def test_session_authentication_names_the_app_that_is_missing(missing: str) -> None:
    """In a project without the apps, whatever else it has, nothing starts."""
    apps = [f"django.contrib.{name}" for name in ("contenttypes", "auth", "sessions") if name != missing]
    code = (
        "import django; from django.conf import settings; "
        f"settings.configure(SECRET_KEY='x', INSTALLED_APPS={apps!r}); django.setup(); "
        "from ironbolt.bolt import BoltAPI; from ironbolt.bolt.auth import SessionAuthentication; "
        "api = BoltAPI(auth=[SessionAuthentication()]); api.get('/')(lambda request: 1); api.routes()"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "ImproperlyConfigured: SessionAuthentication needs 'django.contrib.sessions' and" in ended.stderr
