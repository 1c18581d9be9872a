"""What the answers must be, read from the rows by Django's ``values``, which no peer serves with."""

from typing import Any

from benchmarks.shop.models import Book, Category

BOOKS: Any = Book._default_manager
CATEGORIES: Any = Category._default_manager
FIELDS = ("id", "title", "isbn", "author_id", "price", "pages", "published", "summary", "created")


def book(key: int) -> dict[str, Any]:
    """One book."""
    found: dict[str, Any] = BOOKS.values(*FIELDS).get(pk=key)
    return found


def books(most: int) -> list[dict[str, Any]]:
    """The first books."""
    return list(BOOKS.order_by("pk").values(*FIELDS)[:most])


def nested(most: int) -> list[dict[str, Any]]:
    """The first books with author and categories."""
    found = []
    for row in BOOKS.order_by("pk").values(*FIELDS, "author__id", "author__name", "author__born")[:most]:
        row["author"] = {name: row.pop(f"author__{name}") for name in ("id", "name", "born")}
        del row["author_id"]
        row["categories"] = list(CATEGORIES.filter(books=row["id"]).values("id", "name", "slug"))
        found.append(row)
    return found


def page(author: int, number: int, size: int) -> dict[str, Any]:
    """A page of an author's books, the dearest first."""
    rows = BOOKS.filter(author_id=author).order_by("-price", "-pk").values(*FIELDS)
    return {"count": rows.count(), "results": list(rows[(number - 1) * size : number * size])}
