"""The routes that show an API to people: its description, and three pages over it, without any CDN."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape
from string import Template
from typing import Any

import msgspec

from ironbolt.bolt.auth import Authentication, admission_of
from ironbolt.bolt.binding import binder_of
from ironbolt.bolt.openapi.assets import asset, deliver, is_available
from ironbolt.bolt.openapi.document import describe
from ironbolt.bolt.openapi.info import Info, Page
from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import HTML, Response, encode_json
from ironbolt.bolt.responses.preconditions import outcome
from ironbolt.bolt.routing import Route, RouteDoc
from ironbolt.core.exchange import root_of
from ironbolt.core.negotiation import JSON

logger = logging.getLogger("ironbolt.routes")

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>$title</title>
$links
</head>
<body>
  <div id="docs" data-schema="$schema"></div>
$scripts
</body>
</html>
""")

_STYLES: dict[Page, tuple[str, ...]] = {"docs": ("swagger-ui.css", "page.css"), "redoc": ("page.css",)}
_ICONS: dict[Page, str] = {"docs": "favicon-32x32.png"}
_SCRIPTS: dict[Page, tuple[str, ...]] = {
    "docs": ("swagger-ui-bundle.js", "start.js"),
    "redoc": ("redoc.js", "start.js"),
    "scalar": ("scalar.js", "start.js"),
}

# All three write style elements of their own; ReDoc searches in a worker made of a blob.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'self'"
)

_ROOTS = 8
"""How many places one API is mounted at, at most, before its description is written anew."""


def routes(prefix: str, info: Info, documented: list[Route], ways: Sequence[Authentication] = ()) -> list[Route]:
    """``/openapi.json``, and the pages that ``info`` names, as far as the packages with their files are installed.

    Args:
        prefix: that of the API.
        info: what the API says of itself.
        documented: the routes to describe.
        ways: how callers of the API authenticate, where ``info`` does not say it.

    Raises:
        ImproperlyConfigured: nobody could ever pass the guards of ``info``.
    """
    # What only some may see is not for caches that several share.
    caching = "private, no-cache" if info.guards else "no-cache"

    @lru_cache(maxsize=_ROOTS)
    def document(root: str) -> tuple[bytes, str]:
        body = encode_json(describe(info, documented, root))
        return body, f'"{hashlib.sha256(body).hexdigest()[:16]}"'

    def openapi(request: Request) -> Response:
        body, etag = document(root_of(request.scope))
        headers = {"ETag": etag, "Cache-Control": caching}
        if outcome(request.method, request.headers, etag, None) == 304:
            return Response(status_code=304, headers=headers)
        return Response(body, 200, headers, JSON)

    found = [_route(f"{prefix}/openapi.json", openapi, "Info.served")]
    pages = [page for page in info.pages if is_available(page)]
    found += [_page_route(prefix, info.title, page, caching) for page in pages]
    found = [_admitting(route, info, ways) for route in found]
    found += [_file_route(prefix, page) for page in pages]
    _tell_absent(prefix, info)
    return found


def _admitting(route: Route, info: Info, ways: Sequence[Authentication]) -> Route:
    tried = (ways if info.auth is None else info.auth) if info.guards else ()
    return msgspec.structs.replace(route, admission=admission_of("GET", tried, info.guards, route.path))


def _tell_absent(prefix: str, info: Info) -> None:
    """Say once, at start, which pages were asked for and can't be served."""
    absent = [f"{prefix}/{page}" for page in info.pages if not is_available(page)]
    if absent:
        logger.info(
            "%s: not served, for drf-spectacular-sidecar is not installed: install ironbolt[docs], or name the "
            "pages that you want in Info(pages=…).",
            " and ".join(absent),
        )


def _page_route(prefix: str, title: str, page: Page, caching: str) -> Route:
    def show(request: Request) -> Response:
        here = root_of(request.scope) + prefix
        policy = {"Content-Security-Policy": _POLICY, "Cache-Control": caching}
        return HTML(_page(page, title, here), headers=policy)

    return _route(f"{prefix}/{page}", show, f"Info.pages: {page}")


def _file_route(prefix: str, page: Page) -> Route:
    """The files of a page, which are those of packages that anybody can have, and so open to everybody."""

    def file(request: Request, name: str) -> Response:
        return deliver(request, page, name)

    return _route(f"{prefix}/{page}/{{name}}", file, f"Info.pages: {page}")


def _page(page: Page, title: str, here: str) -> str:
    def address(name: str) -> str:
        return escape(f"{here}/{page}/{name}?v={asset(page, name).digest}")

    icon = address(_ICONS[page]) if page in _ICONS else "data:,"
    links = [f'  <link rel="icon" href="{icon}">']
    links += [f'  <link rel="stylesheet" href="{address(name)}">' for name in _STYLES.get(page, ())]
    scripts = [f'  <script src="{address(name)}"></script>' for name in _SCRIPTS[page]]
    return _PAGE.substitute(
        title=escape(title),
        links="\n".join(links),
        schema=escape(f"{here}/openapi.json"),
        scripts="\n".join(scripts),
    )


def _route(path: str, handler: Callable[..., Any], name: str) -> Route:
    binder = binder_of(handler, path, method="GET")
    doc = RouteDoc(name=name, handler=name, answer=Response)
    return Route(method="GET", path=path, endpoint=handler, binder=binder, mode="thread", doc=doc)
