"""Files that were stored for work that is not done yet, and are removed if it never is."""

import logging

from django.db.models import Model
from django.db.models.fields.files import FieldFile

logger = logging.getLogger("ironbolt.uploads")


class Stored:
    """What the objects of one piece of work have stored: a transaction takes back rows, and no files."""

    def __init__(self) -> None:
        self._watched: list[FieldFile] = []

    def watch(self, instance: Model, column: str) -> None:
        """Remember the file of an object that is about to be saved, which stores it then.

        What is in the storage already belongs to somebody else, and is left alone; so is what a column is given later.
        """
        file: FieldFile = getattr(instance, column)
        if file and not _is_stored(file):
            self._watched.append(file)

    def keep(self) -> None:
        """The rows are there for good, and their files with them."""
        self._watched.clear()

    def remove(self) -> None:
        """Remove what has been stored by now; a storage that fails to is logged, and hinders nobody."""
        for file in self._watched:
            if file.name and _is_stored(file):
                try:
                    file.storage.delete(file.name)
                except Exception:
                    logger.exception("A file could not be removed though its row was never written: %s", file.name)
        self._watched.clear()


def _is_stored(file: FieldFile) -> bool:
    committed: bool = file._committed  # type: ignore[attr-defined]  # noqa: SLF001 - nothing else tells whether it is in the storage
    return committed
