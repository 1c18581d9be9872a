"""What Django's middleware would have given: the host check, the way to HTTPS, the security headers."""

import re
from collections.abc import Sequence

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from ironbolt.bolt.engine.refused_hosts import RefusedHosts
from ironbolt.bolt.request import Request, quoted
from ironbolt.bolt.responses import RawHeaders, Response
from ironbolt.core.exchange import root_of
from ironbolt.core.remembering import remembered
from ironbolt.core.web_settings import web_settings


class Hardening:
    """Django's security settings; the headers are worked out once, when an API is compiled."""

    def __init__(self) -> None:
        self._refused = RefusedHosts()
        self._exempt = [re.compile(pattern) for pattern in settings.SECURE_REDIRECT_EXEMPT]
        self._headers = _raw(_security_headers())
        self._headers_of_https = [*self._headers, *_raw({"strict-transport-security": _hsts()})]

    def headers(self, request: Request) -> RawHeaders:
        """What every answer carries; the promise of HTTPS only where it was kept (RFC 6797, 7.2)."""
        return self._headers_of_https if request.scheme == "https" else self._headers

    def check(self, request: Request) -> Response | None:
        """Refuse a host that is not ours; send plain HTTP on to HTTPS where the settings ask for it.

        Raises:
            BadRequest: the host is none of ``ALLOWED_HOSTS``; the log says so.
        """
        found = web_settings()
        if not _is_ours(request.host, found.hosts):
            raise self._refused.refusal(request.host, split_domain_port(request.host)[0])
        if found.redirects_to_https and request.scheme != "https" and not self._is_exempt(request.path):
            return _redirect(request)
        return None

    def _is_exempt(self, path: str) -> bool:
        return any(pattern.search(path.lstrip("/")) for pattern in self._exempt)


def _redirect(request: Request) -> Response:
    host = settings.SECURE_SSL_HOST or request.host
    query = request.scope.get("query_string", b"").decode("latin-1")
    path = (request.scope.get("raw_path") or b"").decode("latin-1") or quoted(root_of(request.scope) + request.path)
    # Without its slash the path would go on where the name of the host ends.
    address = f"https://{host}/{path.removeprefix('/')}" + (f"?{query}" if query else "")
    return Response(status_code=301, headers={"Location": address})


@remembered(256)
def _is_ours(host: str, allowed: tuple[str, ...]) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, allowed)


def _raw(headers: dict[str, str]) -> RawHeaders:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items() if value]


def _hsts() -> str:
    if not settings.SECURE_HSTS_SECONDS:
        return ""
    parts = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        parts.append("includeSubDomains")
    if settings.SECURE_HSTS_PRELOAD:
        parts.append("preload")
    return "; ".join(parts)


def _security_headers() -> dict[str, str]:
    referrer: str | Sequence[str] | None = settings.SECURE_REFERRER_POLICY
    return {
        "x-content-type-options": "nosniff" if settings.SECURE_CONTENT_TYPE_NOSNIFF else "",
        "referrer-policy": referrer if isinstance(referrer, str) else ",".join(referrer or ()),
        "cross-origin-opener-policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY or "",
        "x-frame-options": settings.X_FRAME_OPTIONS,
    }
