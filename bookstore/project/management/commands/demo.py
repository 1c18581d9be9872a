"""`manage.py demo`: fill an empty shop, so that there is something to see."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bookstore.accounts.services import DemoLoginsRefused, ensure_demo_logins
from bookstore.catalog.services import load_catalogue


class Command(BaseCommand):
    """Load the catalogue and make the demo logins, each only where missing."""

    help = "Loads the catalogue and makes the demo logins where they are missing. Run `migrate` first."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take `--quiet` and `--force-logins`."""
        parser.add_argument("--quiet", action="store_true", help="Print nothing.")
        parser.add_argument(
            "--force-logins",
            action="store_true",
            help="Make the demo logins, whose passwords are public, even with DEBUG off.",
        )

    def handle(self, *, quiet: bool, force_logins: bool, **_: Any) -> None:
        """Do what is missing and print one line for each thing done."""
        for line in (self._catalogue(), *self._logins(force=force_logins)):
            if not quiet:
                self.stdout.write(line)

    def _catalogue(self) -> str:
        loaded = load_catalogue()
        if not loaded.books:
            return f"Catalogue: {loaded.already_there} books, nothing to add."
        return (
            f"Catalogue: added {loaded.books} books, {loaded.authors} authors, {loaded.categories} categories "
            f"and {loaded.publishers} publishers; prices and stock are invented."
        )

    def _logins(self, *, force: bool) -> list[str]:
        try:
            made = ensure_demo_logins(force=force)
        except DemoLoginsRefused as refusal:
            return [f"Demo logins: none made. {refusal}"]
        if not made:
            return ["Demo logins: all there."]
        return [f"Demo login: {login.username} / {login.password} ({login.purpose})." for login in made]
