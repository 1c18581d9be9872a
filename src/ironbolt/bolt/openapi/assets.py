"""The files of the documentation pages: from the packages that carry them, compressed once, cached for good."""

import gzip
import hashlib
from collections.abc import Callable
from functools import cache
from importlib import resources
from importlib.util import find_spec

import msgspec

from ironbolt.bolt.exceptions import NotFound
from ironbolt.bolt.openapi.info import Page
from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import Response
from ironbolt.bolt.responses.compression import chosen
from ironbolt.bolt.responses.preconditions import outcome

_SIDECAR = "drf_spectacular_sidecar"

_SCRIPT, _STYLE, _ICON = "text/javascript; charset=utf-8", "text/css; charset=utf-8", "image/png"

_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"

_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_LOGO = b"data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


class Asset(msgspec.Struct, frozen=True):
    """A file of a page.

    Attributes:
        media_type: what it is.
        compressed: its bytes in gzip.
        digest: what tells this version of it from any other.
    """

    media_type: str
    compressed: bytes
    digest: str

    @property
    def plain(self) -> bytes:
        """Its bytes, for the few clients that take no gzip."""
        return gzip.decompress(self.compressed)


def is_available(page: Page) -> bool:
    """Whether the files of a page are installed; those of Scalar come with this package."""
    return page == "scalar" or find_spec(_SIDECAR) is not None


@cache
def asset(page: Page, name: str) -> Asset:
    """A file of a page.

    Raises:
        NotFound: the page has no file of that name.
    """
    if (page, name) not in _FILES:
        raise NotFound
    media_type, read = _FILES[page, name]
    compressed = read()
    return Asset(media_type, compressed, hashlib.sha256(compressed).hexdigest()[:16])


def deliver(request: Request, page: Page, name: str) -> Response:
    """A file as an answer: compressed where the client takes that, not sent again where it has it.

    Raises:
        NotFound: the page has no file of that name.
    """
    found = asset(page, name)
    is_gzip = chosen(request.headers.get("accept-encoding"), ("gzip",)) is not None
    etag = f'"{found.digest}{"-gzip" if is_gzip else ""}"'
    headers = {
        "ETag": etag,
        "Vary": "Accept-Encoding",
        "Cache-Control": _FOREVER if request.query.get("v") == found.digest else _ASK_AGAIN,
    }
    if outcome(request.method, request.headers, etag, None) == 304:
        return Response(status_code=304, headers=headers)
    if is_gzip:
        return Response(found.compressed, 200, {**headers, "Content-Encoding": "gzip"}, found.media_type)
    return Response(found.plain, 200, headers, found.media_type)


def _own(name: str) -> bytes:
    return (resources.files("ironbolt.bolt.openapi") / "assets" / name).read_bytes()


def _of_sidecar(name: str) -> bytes:
    return (resources.files(_SIDECAR) / "static" / _SIDECAR / name).read_bytes()


def _redoc() -> bytes:
    """ReDoc, whose one picture from elsewhere is a pixel of our own."""
    return _of_sidecar("redoc/bundles/redoc.standalone.js").replace(_LOGO, _NO_LOGO)


def _now(read: Callable[[], bytes]) -> Callable[[], bytes]:
    return lambda: gzip.compress(read(), 9, mtime=0)


_FILES: dict[tuple[Page, str], tuple[str, Callable[[], bytes]]] = {
    ("docs", "swagger-ui.css"): (_STYLE, _now(lambda: _of_sidecar("swagger-ui-dist/swagger-ui.css"))),
    ("docs", "swagger-ui-bundle.js"): (_SCRIPT, _now(lambda: _of_sidecar("swagger-ui-dist/swagger-ui-bundle.js"))),
    ("docs", "favicon-32x32.png"): (_ICON, _now(lambda: _of_sidecar("swagger-ui-dist/favicon-32x32.png"))),
    ("docs", "start.js"): (_SCRIPT, _now(lambda: _own("swagger-start.js"))),
    ("docs", "page.css"): (_STYLE, _now(lambda: _own("page.css"))),
    ("redoc", "page.css"): (_STYLE, _now(lambda: _own("page.css"))),
    ("redoc", "redoc.js"): (_SCRIPT, _now(_redoc)),
    ("redoc", "start.js"): (_SCRIPT, _now(lambda: _own("redoc-start.js"))),
    ("scalar", "scalar.js"): (_SCRIPT, lambda: _own("scalar.js.gz")),
    ("scalar", "start.js"): (_SCRIPT, _now(lambda: _own("scalar-start.js"))),
}
"""Page and name → what kind of file it is, and what reads it, compressed."""
