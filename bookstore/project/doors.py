"""The two doors of the shop, as the front page presents them."""

from dataclasses import dataclass
from pathlib import Path

from bookstore import catalog

_API = Path(catalog.__file__).parent / "api"


@dataclass(frozen=True, slots=True)
class Door:
    """One version of the API: what it is made of, and where it is reached."""

    version: str
    name: str
    summary: str
    docs: str
    books: str
    schema: str

    @property
    def path(self) -> Path:
        """The module with this door's view of the books."""
        return _API / f"{self.version}.py"

    @property
    def file(self) -> str:
        """That module as one would name it inside the repository."""
        return f"bookstore/catalog/api/{self.version}.py"

    def source(self) -> str:
        """The code that is running, as it stands in the file; empty where the file is not there."""
        return self.path.read_text(encoding="utf-8") if self.path.is_file() else ""


DOORS = (
    Door(
        version="v1",
        name="Django REST Framework",
        summary="Base classes over DRF, for code that exists and for teams that know it.",
        docs="/api/docs/",
        books="/api/v1/books/",
        schema="/api/schema/",
    ),
    Door(
        version="v2",
        name="Typed views",
        summary="Class-based views over typed structures, sync or async, for routes that have to be fast.",
        docs="/api/v2/docs",
        books="/api/v2/books",
        schema="/api/v2/openapi.json",
    ),
)
