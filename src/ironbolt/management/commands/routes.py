"""``manage.py routes``: every route that the project serves, with who may and how often."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

import msgspec
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from ironbolt.management.finding import api_named, application_name, find
from ironbolt.management.routing import Row, as_table, django_rows, row_of

_WRAPPED = ("app", "application", "inner", "wrapped")
"""Where ASGI middleware keeps what it wraps, as a rule."""


class Command(BaseCommand):
    """List the routes."""

    help = "Lists every route of the Bolt APIs that the project serves, with guards and limits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command understands."""
        parser.add_argument("path", nargs="?", default="", help="Only paths with this text in them.")
        parser.add_argument(
            "--api", metavar="MODULE:NAME", help="List this Bolt API alone, whether it is served or not."
        )
        parser.add_argument("--method", metavar="METHOD", help="Only routes of this method.")
        parser.add_argument("--json", action="store_true", help="As JSON, with all there is to say of each route.")
        parser.add_argument("--all", action="store_true", help="Django's own URL patterns too, those of DRF included.")

    def handle(self, **options: Any) -> None:
        """Print the routes; an API that can't be compiled is an error with the reason."""
        try:
            rows = list(_rows(options))
        except ImproperlyConfigured as error:
            raise CommandError(f"An API can't be compiled: {error}") from error
        wanted = (options["method"] or "").upper()
        found = [row for row in rows if options["path"] in row.path and wanted in ("", *row.method.split(","))]
        if rows and not found:
            raise CommandError(f"None of {len(rows)} routes is like that.")
        if options["json"]:
            self.stdout.write(msgspec.json.format(msgspec.json.encode(found, enc_hook=repr), indent=2).decode())
            return
        heading, *lines = as_table(found)
        self.stdout.write(self.style.MIGRATE_HEADING(heading))
        for line in lines:
            self.stdout.write(line)
        if not (options["all"] or options["api"]):
            self.stderr.write("Django's own URL patterns, those of DRF included, are listed with --all.")


def _rows(options: dict[str, Any]) -> Iterator[Row]:
    engines = [api_named(options["api"], "--api")[1].asgi()] if options["api"] else _engines(optional=options["all"])
    for engine in engines:
        yield from map(row_of, engine.router.routes)
        yield from map(row_of, engine.sockets.routes)
    if options["all"]:
        yield from django_rows()


def _engines(*, optional: bool) -> list[Any]:
    """The Bolt APIs inside the application that ``manage.py serve`` serves.

    Raises:
        CommandError: there is none, and nothing else is to be listed.
    """
    if optional and not getattr(settings, "ASGI_APPLICATION", None):
        return []
    name = application_name()
    application: Any = find(*name.rpartition(".")[::2], f"ASGI_APPLICATION = {name!r}")
    seen = set()
    while not hasattr(application, "apis") and id(application) not in seen:
        seen.add(id(application))
        inner = (getattr(application, attribute, None) for attribute in _WRAPPED)
        application = next((found for found in inner if callable(found)), application)
    engines = [engine for _, engine in getattr(application, "apis", ())]
    if not engines and not optional:
        raise CommandError(
            f"{name} serves no Bolt API. Give one to get_asgi_application(), or name one with --api module:name; "
            "Django's own URL patterns are listed with --all."
        )
    return engines
