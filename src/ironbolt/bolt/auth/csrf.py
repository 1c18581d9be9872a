"""Requests that another site made in the user's name: what a browser sends along by itself needs a check."""

from http.cookies import CookieError
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.cookie import parse_cookie
from django.middleware.csrf import CsrfViewMiddleware

from ironbolt.bolt.exceptions import Forbidden
from ironbolt.bolt.guards import SAFE_METHODS
from ironbolt.bolt.request import Request

_SAFE = SAFE_METHODS | {"TRACE"}
_FAILED = "CSRF check failed: {reason}"


def cookies_of(request: Request) -> dict[str, str]:
    """The cookies of a request; HTTP/2 may send each in a header of its own (RFC 9113, 8.2.3)."""
    sent = [value.decode("latin-1") for name, value in request.scope["headers"] if name.lower() == b"cookie"]
    try:
        return parse_cookie("; ".join(sent)) if sent else {}
    except CookieError:
        return {}


def require_same_site(request: Request) -> None:
    """Refuse an unsafe request that this site or a trusted one did not make.

    The browser's word counts first (``Sec-Fetch-Site``, then ``Origin``). A client that sends
    neither has to show Django's CSRF token.

    Raises:
        Forbidden: it was made elsewhere, or nobody knows where.
    """
    if request.is_socket or request.method in _SAFE:
        return  # where a socket is asked from was judged before anybody is
    if request.headers.get("sec-fetch-site") in ("same-origin", "none"):
        return
    if "origin" not in request.headers:
        require_token(request)
    elif not is_from_here(request):
        raise Forbidden(_FAILED.format(reason="the request comes from another site."))


def is_from_here(request: Request) -> bool:
    """Whether the ``Origin`` of a request is this site or one of ``CSRF_TRUSTED_ORIGINS``."""
    return _Check(_no_answer).is_from_here(django_request(request))


def require_token(request: Request, django: HttpRequest | None = None) -> None:
    """Refuse an unsafe request exactly where Django's middleware does: by origin, referrer and token; no socket.

    Raises:
        Forbidden: it is refused; the message says why.
    """
    if request.is_socket:
        return  # a browser can send no token with it; its origin was judged before
    check = _Check(_no_answer)
    django = django or django_request(request)
    check.process_request(django)
    if (reason := check.process_view(django, _no_answer, (), {})) is not None:
        raise Forbidden(_FAILED.format(reason=reason))


class _Check(CsrfViewMiddleware):
    """Django's own check, giving a reason instead of a page."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason

    def is_from_here(self, request: HttpRequest) -> bool:
        return bool(self._origin_verified(request))  # type: ignore[attr-defined]  # of Django, without a stub


class DjangoRequest(HttpRequest):
    """As much of a request of Django's as its checks read."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._scheme_seen = request.scheme
        self.method = "GET" if request.is_socket else request.method  # as it comes (RFC 6455, 4.1)
        self.path = self.path_info = request.path
        self.COOKIES = cookies_of(request)
        name, port = request.scope.get("server") or ("localhost", None)
        self.META = {"SERVER_NAME": str(name), "SERVER_PORT": str(port or 80)}
        for header, value in request.headers.items():
            # With an underscore it could pass for another header.
            if "_" not in header:
                self.META[f"HTTP_{header.upper().replace('-', '_')}"] = value

    def _get_scheme(self) -> str:
        return self._scheme_seen


def django_request(request: Request) -> HttpRequest:
    """The request as Django's checks read it."""
    return DjangoRequest(request)


def session_key_of(request: Request) -> str | None:
    """The key of Django's session, None where the request has no such cookie."""
    return cookies_of(request).get(settings.SESSION_COOKIE_NAME) or None


def _no_answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse()
