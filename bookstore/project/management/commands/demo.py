"""`manage.py demo`: fill an empty shop, and say how to look at it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bookstore.accounts.services import DEMO_LOGINS, DemoLoginsRefused, ensure_demo_logins
from bookstore.catalog import selectors
from bookstore.catalog.services import load_catalogue
from bookstore.project.doors import DOORS

PAGES = (("The shop", "/"), *((f"API {door.version}", door.docs) for door in DOORS), ("Admin", "/admin/"))


class Command(BaseCommand):
    """Load the catalogue into an empty shop, and make the demo logins where they are missing."""

    help = "Loads the catalogue into an empty shop and makes the demo logins. Run `migrate` first."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take `--address`, `--quiet` and `--force-logins`."""
        parser.add_argument("--address", default="", help="Where the shop is about to be served, to print its pages.")
        parser.add_argument("--quiet", action="store_true", help="Print nothing.")
        parser.add_argument(
            "--force-logins",
            action="store_true",
            help="Make the demo logins, whose passwords are public, even with DEBUG off.",
        )

    def handle(self, *, address: str, quiet: bool, force_logins: bool, **_: Any) -> None:
        """Do what is missing, and print what is there to be looked at."""
        for line in (self._catalogue(), *self._logins(force=force_logins), *_pages(address)):
            if not quiet:
                self.stdout.write(line)

    def _catalogue(self) -> str:
        # A shop with books has an owner, who may have taken some out.
        if count := selectors.books().count():
            return f"Catalogue: {count} books."
        loaded = load_catalogue()
        return (
            f"Catalogue: added {loaded.books} books, {loaded.authors} authors, {loaded.categories} categories "
            f"and {loaded.publishers} publishers; prices and stock are invented."
        )

    def _logins(self, *, force: bool) -> list[str]:
        try:
            ensure_demo_logins(force=force)
        except DemoLoginsRefused as refusal:
            return [f"Demo logins: none made. {refusal}"]
        logins = [f"  {login.username:<10}{login.password:<22}{login.purpose}" for login in DEMO_LOGINS]
        return ["Demo logins, with the passwords they were made with:", *logins]


def _pages(address: str) -> list[str]:
    # Who listens on every address of the machine is reached at this one; that one is no host to ask for.
    address = address.replace("//0.0.0.0:", "//127.0.0.1:")
    return ["Pages:", *(f"  {name:<10}{address}{path}" for name, path in PAGES)] if address else []
