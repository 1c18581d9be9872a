"""Django's sessions: who is logged in to the site, the admin for instance, may use the API too."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib import auth as django_auth
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from ironbolt.bolt.auth import csrf
from ironbolt.bolt.auth.base import AuthContext
from ironbolt.bolt.guards import SAFE_METHODS
from ironbolt.bolt.request import Request


@dataclass(frozen=True)
class SessionAuthentication:
    """The session cookie of Django, with its protection against requests that other sites make.

    A cookie that stands for nobody any more is as good as none, as for Django; whoever may not be
    anonymous is refused by a guard.
    """

    reads_database = True

    @property
    def challenge(self) -> str:
        """No scheme is registered for cookies; it must not be one for which browsers open a dialog."""
        return 'Session realm="api"'

    @property
    def security_scheme(self) -> tuple[str, dict[str, Any]]:
        """A cookie in OpenAPI's words."""
        return "session", {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}

    def check(self) -> None:
        """Refuse at start what can't work.

        Raises:
            ImproperlyConfigured: sessions or users have no tables, since their apps are not installed.
        """
        for setting, needed in (("SESSION_ENGINE", _load_sessions), ("AUTHENTICATION_BACKENDS", _load_users)):
            try:
                needed()
            except (ImportError, RuntimeError, ImproperlyConfigured) as error:
                raise ImproperlyConfigured(
                    "SessionAuthentication needs 'django.contrib.sessions' and 'django.contrib.auth' in "
                    f"INSTALLED_APPS, or another {setting} than now: {error}"
                ) from error

    def as_data(self) -> dict[str, Any]:
        """The cookie as JSON-able data."""
        return {"way": "session", "cookie": settings.SESSION_COOKIE_NAME}

    def authenticate(self, request: Request) -> AuthContext | None:
        """The user of the session, if there is one and the user is active.

        Raises:
            Forbidden: the method is unsafe, and Django's CSRF check fails.
        """
        key = csrf.session_key_of(request)
        session = _session(key) if key else None
        user = _user_of(session) if session is not None else None
        if user is None:
            return None
        if request.method not in SAFE_METHODS:
            django_request = csrf.django_request(request)
            _give(django_request, session)
            csrf.require_token(request, django_request)
        request.user = user
        return {
            "user_id": user.pk,
            "username": user.get_username(),
            # A user model of one's own need not have any of these.
            "is_staff": getattr(user, "is_staff", False) is True,
            "is_admin": getattr(user, "is_superuser", False) is True,
            "permissions": sorted(getattr(user, "get_all_permissions", frozenset)()),
            "backend": "session",
        }


def _load_sessions() -> None:
    """The engine with its model, if it has one: only the engines over a database have."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    if hasattr(store, "get_model_class"):
        store.get_model_class()


def _load_users() -> None:
    django_auth.get_user_model()
    for backend in settings.AUTHENTICATION_BACKENDS:
        django_auth.load_backend(backend)


def _session(key: str) -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore(key)


def _give(request: HttpRequest, session: Any) -> None:
    """The session may hold the secret (``CSRF_USE_SESSIONS``)."""
    request.session = session


def _user_of(session: Any) -> Any:
    """The active user of a session, None where it has none.

    As Django's ``get_user``, except that nothing is written: after a change of ``SECRET_KEY`` that one
    gives the session another key, which here nobody would tell the browser.
    """
    backend, user_id = session.get(django_auth.BACKEND_SESSION_KEY), session.get(django_auth.SESSION_KEY)
    if user_id is None or backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        pk = django_auth.get_user_model()._meta.pk.to_python(user_id)
    except ValidationError:
        return None
    user = django_auth.load_backend(backend).get_user(pk)
    if user is None or not user.is_active or not _is_current(user, session):
        return None
    return user


def _is_current(user: Any, session: Any) -> bool:
    """Whether the password is still the one that the session was opened with."""
    if not hasattr(user, "get_session_auth_hash"):
        return True
    opened_with = session.get(django_auth.HASH_SESSION_KEY) or ""
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(opened_with, current) for current in hashes)
