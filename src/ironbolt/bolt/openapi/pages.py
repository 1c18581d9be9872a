"""The routes that show an API to people: its description, and three pages over it, without any CDN."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from html import escape
from string import Template
from typing import Any

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


def routes(prefix: str, info: Info, documented: list[Route]) -> list[Route]:
    """``/openapi.json``, and the pages that ``info`` names, as far as the packages with their files are installed."""

    @lru_cache(maxsize=_ROOTS)
    def document(root: str) -> tuple[bytes, str]:
        body = encode_json(describe(info, documented, root))
        return body, f'"{hashlib.sha256(body).hexdigest()[:16]}"'

    def openapi(request: Request) -> Response:
        body, etag = document(root_of(request.scope))
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if outcome(request.method, request.headers, etag, None) == 304:
            return Response(status_code=304, headers=headers)
        return Response(body, 200, headers, JSON)

    found = [_route(f"{prefix}/openapi.json", openapi, "Info.served")]
    for page in info.pages:
        if is_available(page):
            found += _page_routes(prefix, info.title, page)
    return found


def _page_routes(prefix: str, title: str, page: Page) -> list[Route]:
    def show(request: Request) -> Response:
        here = root_of(request.scope) + prefix
        policy = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
        return HTML(_page(page, title, here), headers=policy)

    def file(request: Request, name: str) -> Response:
        return deliver(request, page, name)

    name = f"Info.pages: {page}"
    return [_route(f"{prefix}/{page}", show, name), _route(f"{prefix}/{page}/{{name}}", file, name)]


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
