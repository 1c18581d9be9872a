"""The routes that show an API to people: its description, and Swagger UI over it, without any CDN."""

import mimetypes
from functools import cache
from html import escape
from importlib import resources
from importlib.util import find_spec
from pathlib import PurePosixPath
from string import Template
from typing import Any

from ironbolt.bolt.binding import binder_of
from ironbolt.bolt.exceptions import NotFound
from ironbolt.bolt.openapi.document import Info, describe
from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import HTML, Response, encode_json
from ironbolt.bolt.routing import Route, RouteDoc
from ironbolt.core.exchange import root_of

_ASSETS = "drf_spectacular_sidecar"
_SWAGGER = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>$title</title>
  <link rel="icon" href="$base/favicon-32x32.png">
  <link rel="stylesheet" href="$base/swagger-ui.css">
</head>
<body>
  <div id="docs" data-schema="$schema"></div>
  <script src="$base/swagger-ui-bundle.js"></script>
  <script src="$base/start.js"></script>
</body>
</html>
""")

_START = b"""const docs = document.getElementById("docs");
SwaggerUIBundle({url: docs.dataset.schema, domNode: docs, deepLinking: true, persistAuthorization: true});
"""


def routes(prefix: str, info: Info, documented: list[Route]) -> list[Route]:
    """``/openapi.json``, and ``/docs`` where the package with Swagger UI's files is installed."""

    @cache
    def document() -> bytes:
        return encode_json(describe(info, documented))

    async def openapi() -> Response:
        return Response(document(), media_type="application/json")

    async def docs(request: Request) -> Response:
        here = root_of(request.scope) + prefix
        return HTML(_PAGE.substitute(title=escape(info.title), base=f"{here}/docs", schema=f"{here}/openapi.json"))

    def docs_asset(name: str) -> Response:
        return _asset(name)

    found = [_route(f"{prefix}/openapi.json", openapi)]
    if find_spec(_ASSETS):
        found += [_route(f"{prefix}/docs", docs), _route(f"{prefix}/docs/{{name}}", docs_asset, mode="thread")]
    return found


def _route(path: str, handler: Any, *, mode: Any = "loop") -> Route:
    doc = RouteDoc(name=handler.__name__, answer=Response)
    return Route(
        method="GET", path=path, endpoint=handler, binder=binder_of(handler, path, method="GET"), mode=mode, doc=doc
    )


@cache
def _asset(name: str) -> Response:
    if name == "start.js":
        return Response(_START, media_type="text/javascript; charset=utf-8")
    if name not in _SWAGGER:
        raise NotFound
    folder = resources.files(_ASSETS) / "static" / _ASSETS / "swagger-ui-dist"
    media_type = mimetypes.guess_type(PurePosixPath(name))[0] or "application/octet-stream"
    return Response((folder / name).read_bytes(), media_type=media_type)
