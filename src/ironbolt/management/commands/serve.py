"""``manage.py serve``: the project, or one Bolt API alone, on granian."""

import errno
import importlib.util
import socket
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from typing import Any

import granian
from django.core.management.base import BaseCommand, CommandError
from granian.log import LogLevels

from ironbolt.management import server
from ironbolt.management.finding import api_named, application_name

DRAIN_SECONDS = 30
RELOAD_DRAIN_SECONDS = 3


class Command(BaseCommand):
    """Serve the project's ASGI application."""

    help = "Serves the project (settings.ASGI_APPLICATION), or one Bolt API alone, on granian."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command understands."""
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on (default: 127.0.0.1).")
        parser.add_argument(
            "--port", type=int, default=8000, help="Port to listen on, 0 for a free one (default: 8000)."
        )
        parser.add_argument("--uds", type=Path, metavar="PATH", help="Listen on this Unix socket instead.")
        parser.add_argument("--workers", type=int, default=1, help="Number of processes (default: 1).")
        parser.add_argument("--api", metavar="MODULE:NAME", help="Serve this Bolt API alone.")
        parser.add_argument("--reload", action="store_true", help="Restart when a .py file changes.")
        parser.add_argument(
            "--drain",
            type=int,
            metavar="SECONDS",
            help=f"How long requests in flight may take after a signal to stop (default: {DRAIN_SECONDS}).",
        )
        parser.add_argument("--access-log", action="store_true", help="Log each request.")
        parser.add_argument(
            "--log-level",
            default="warning",
            choices=["debug", "info", "warning", "error"],
            help="Of the server's own log.",
        )
        parser.add_argument("--ssl-cert", type=Path, metavar="FILE", help="Serve HTTPS with this certificate.")
        parser.add_argument("--ssl-key", type=Path, metavar="FILE", help="The key of the certificate.")

    def handle(self, **options: Any) -> None:
        """Check everything that can be wrong, then serve until a signal comes."""
        _check_reload(options)
        _check_tls(options)
        chosen = _granian_options(options)
        listen = _listen_options(options)
        name = api_named(options["api"], "--api")[0] if options["api"] else application_name()

        def announce() -> None:
            workers = "1 worker" if options["workers"] == 1 else f"{options['workers']} workers"
            details = f"{workers}, granian {granian.__version__}"
            self.stdout.write(f"Serving {name} on {_address(options, listen)} ({details}). Ctrl-C stops.")
            self.stdout.flush()

        server.serve(name, api=bool(options["api"]), on_ready=announce, options=listen | chosen)


def _granian_options(options: dict[str, Any]) -> dict[str, Any]:
    chosen = {
        "workers": _positive(options, "workers"),
        "workers_kill_timeout": _positive(options, "drain")
        or (RELOAD_DRAIN_SECONDS if options["reload"] else DRAIN_SECONDS),
        "log_level": LogLevels(options["log_level"]),
        "log_access": options["access_log"],
        "ssl_cert": options["ssl_cert"],
        "ssl_key": options["ssl_key"],
    }
    if options["reload"]:
        filters = import_module("watchfiles")
        # A mistake in the code that was just saved ends the worker, not the server.
        chosen |= {"reload": True, "reload_filter": filters.PythonFilter, "reload_ignore_worker_failure": True}
    return chosen


def _positive(options: dict[str, Any], name: str) -> int | None:
    value: int | None = options[name]
    if value is not None and value < 1:
        raise CommandError(f"--{name} must be at least 1, not {value}.")
    return value


def _listen_options(options: dict[str, Any]) -> dict[str, Any]:
    """Where granian listens. Its own check lets a second server share the port, so this one comes first."""
    if options["uds"]:
        return {"uds": options["uds"]}
    host, port = options["host"], options["port"]
    if not 0 <= port <= 65535:  # the range of ports
        raise CommandError(f"--port must be between 0 and 65535, not {port}.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            bound = probe.getsockname()
    except OSError as error:
        raise CommandError(
            _REFUSALS.get(error.errno or 0, "{error}").format(host=host, port=port, error=error)
        ) from None
    return {"address": bound[0], "port": bound[1]}


_REFUSALS = {
    errno.EADDRINUSE: "Port {port} on {host} is in use already. Stop what uses it or choose another with --port.",
    errno.EACCES: "You may not listen on port {port}. Choose one above 1023 with --port.",
    errno.EADDRNOTAVAIL: "{host} is not an address of this machine.",
    socket.EAI_NONAME: "{host} is not an address of this machine.",
}


def _check_reload(options: dict[str, Any]) -> None:
    if options["reload"] and importlib.util.find_spec("watchfiles") is None:
        raise CommandError("--reload needs the package watchfiles: install ironbolt[reload].")


def _check_tls(options: dict[str, Any]) -> None:
    files = options["ssl_cert"], options["ssl_key"]
    if any(files) and not all(files):
        raise CommandError("--ssl-cert and --ssl-key belong together.")
    for file in filter(None, files):
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")


def _address(options: dict[str, Any], listen: dict[str, Any]) -> str:
    if options["uds"]:
        return f"unix:{options['uds']}"
    scheme = "https" if options["ssl_cert"] else "http"
    host = listen["address"]
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{listen['port']}"
