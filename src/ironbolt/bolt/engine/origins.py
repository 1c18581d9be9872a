"""Which sites' pages may open a socket: a browser asks nobody before it connects, cookies and all."""

from ironbolt.bolt.auth import csrf
from ironbolt.bolt.exceptions import Forbidden
from ironbolt.bolt.middleware.cross_origin import Cors
from ironbolt.bolt.request import Request

_PORTS = {"http": ":80", "https": ":443"}


def require_known_origin(request: Request, cors: Cors | None) -> bool:
    """Refuse a page of another site, unless a policy or ``CSRF_TRUSTED_ORIGINS`` knows it.

    Returns:
        Whether cookies count: not those of a page whose site may read answers, but without credentials.

    Raises:
        Forbidden: the ``Origin`` is another site's. What sends none is no browser.
    """
    origin = request.headers.get("origin")
    if origin is None or _is_own(origin, request) or csrf.is_from_here(request):
        return True
    if cors is None or not cors.allows(origin):
        raise Forbidden("Pages of this origin may not open a socket here.")
    return cors.credentials


def _is_own(origin: str, request: Request) -> bool:
    """Whether a page came from the host that the socket is asked of.

    A proxy in front may take HTTPS off and not say so; the other way round a page was sent in the clear.
    """
    scheme, _, netloc = origin.lower().partition("://")
    if scheme not in (request.scheme, "https"):
        return False
    return bool(netloc) and _bare(netloc, scheme) == _bare(request.host.lower(), scheme)


def _bare(netloc: str, scheme: str) -> str:
    """A host without the port that goes without saying."""
    return netloc.removesuffix(_PORTS.get(scheme, ""))
