"""The WSGI environ of an ASGI scope, byte for byte what a WSGI server would have made of the request."""

import sys
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from ironbolt.core.exchange import Scope, root_of
from ironbolt.core.remembering import Table

_ALWAYS: dict[str, Any] = {
    "CONTENT_TYPE": "",
    "wsgi.version": (1, 0),
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}

_SEPARATORS = {"HTTP_COOKIE": "; "}


def environ_of(scope: Scope, body: IO[bytes], size: int) -> dict[str, Any]:
    """The environ for a request whose body of ``size`` bytes is the file ``body``."""
    root, path = _paths(scope)
    environ = _ALWAYS | {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root,
        "PATH_INFO": path,
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
    }
    host, port = scope.get("server") or ("unknown", 0)
    environ["SERVER_NAME"], environ["SERVER_PORT"] = host, str(port or 0)
    if client := scope.get("client"):
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
        environ["REMOTE_HOST"] = client[0]
    _add_headers(environ, scope["headers"])
    # What was read counts, not what was announced: a chunked body announces nothing.
    environ["CONTENT_LENGTH"] = str(size) if size or "CONTENT_LENGTH" in environ else ""
    return environ


def _paths(scope: Scope) -> tuple[str, str]:
    """SCRIPT_NAME and PATH_INFO; WSGI puts the bytes of a path into a string as if they were Latin-1."""
    raw = scope.get("raw_path")
    path = unquote_to_bytes(raw.partition(b"?")[0]) if raw else scope["path"].encode()
    root = root_of(scope).encode()
    if root and (path == root or path.startswith(root + b"/")):
        path = path[len(root) :]
    return root.decode("latin-1"), path.decode("latin-1")


def _add_headers(environ: dict[str, Any], headers: list[tuple[bytes, bytes]]) -> None:
    """Add each header, repeated ones joined."""
    seen: set[str] = set()
    for name, raw in headers:
        key = _keys[name]
        if key is None:
            continue
        value = raw.decode("latin-1")
        if key in seen:
            environ[key] = f"{environ[key]}{_SEPARATORS.get(key, ',')}{value}"
        else:
            seen.add(key)
            environ[key] = value


def _key_of(name: bytes) -> str | None:
    """The key of a header, None for one to be dropped.

    With an underscore a header could pass for one with a dash that a proxy has vouched for.
    """
    text = name.decode("latin-1").upper()
    if "_" in text:
        return None
    key = text.replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


_keys = Table(_key_of, most=1024, longest=64)
