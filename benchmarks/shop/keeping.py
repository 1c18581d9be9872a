"""What happens in the database between rounds: a write that all must show, and the removal of what was created."""

import os
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.shop import database


class Shop:
    """The rows behind one run; Django's default connection in this process leads to them from now on.

    Args:
        url: where they lie.
    """

    def __init__(self, url: str) -> None:
        os.environ[database.VARIABLE] = url
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.shop.settings")
        import django
        from django.db import connections

        django.setup()
        connections.close_all()
        connections.settings = connections.configure_settings({"default": database.django_settings(url)})
        self.url = url
        connections["default"] = connections.create_connection("default")
        self._connection: Any = connections["default"]

    def make(self, books: int) -> None:
        """Make tables and rows anew."""
        from benchmarks.shop import seed

        self.remove()
        seed.make_tables(self._connection)
        seed.fill_tables(self._connection, books)
        self.close()

    def make_over(self, books: int) -> None:
        """Bring every row back to what it was, while others have the tables open."""
        from benchmarks.shop import seed

        seed.empty_tables(self._connection)
        seed.fill_tables(self._connection, books)

    def clean(self, books: int) -> None:
        """Remove what was created after the seed."""
        with self._connection.cursor() as cursor:
            cursor.execute("DELETE FROM shop_book WHERE id > %s", [books])

    def touch(self) -> None:
        """Change rows that answers show, so that one kept from before is wrong."""
        with self._connection.cursor() as cursor:
            pages = random.randint(100, 900)  # noqa: S311 - no secret
            cursor.execute("UPDATE shop_book SET pages = %s WHERE id <= 20", [pages])

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def remove(self) -> None:
        """Remove the file of the database; nobody else may have it open."""
        self.close()
        if not database.is_sqlite(self.url):
            return
        path = Path(database.sqlite_path(self.url))
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{path}{suffix}").unlink()
