"""What both doors promise of a resource, told with the shop's books."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookstore.catalog.models import Author, Book, Category
from tests.contract.conftest import Door

pytestmark = pytest.mark.django_db

FULL = {
    "title": "Dune",
    "subtitle": "",
    "isbn": "9780441172719",
    "price": "9.90",
    "pages": 412,
    "language": "en",
    "first_published": 1965,
    "publication_date": None,
    "status": "available",
    "stock": 0,
    "description": "",
}


def test_retrieve_answers_the_whole_book(door: Door, book: Book) -> None:
    """A book comes with its author, publisher and categories, and decimals as text."""
    answer = door.call("GET", book.pk)
    assert answer.status_code == 200
    assert answer.json()["message"] == "Success"
    data = answer.json()["data"]
    assert data["author"] == {"id": book.author_id, "full_name": "Frank Herbert"}
    assert data["publisher"]["name"] == "Ace"
    assert [category["name"] for category in data["categories"]] == ["Classics", "Space"]
    assert {name: data[name] for name in FULL} == FULL
    assert data["created_at"].endswith("Z")
    nested = {"id", "author", "publisher", "categories", "created_at", "updated_at"}
    assert set(data) == set(FULL) | nested


def test_list_is_paged(door: Door, author: Author) -> None:
    """A list comes in pages of 20, with the count and absolute links to its neighbours."""
    Book.objects.bulk_create(
        Book(title=f"Book {n:02}", isbn=f"{9780000000000 + n}", author=author, price=1) for n in range(25)
    )
    first = door.call("GET").json()["data"]
    assert first["count"] == 25
    assert len(first["results"]) == 20
    assert first["previous"] is None
    assert first["next"].startswith("http://testserver/api/v")
    second = door.client.get(first["next"].removeprefix("http://testserver")).json()["data"]
    assert [item["title"] for item in second["results"]] == [f"Book {n}" for n in range(20, 25)]
    assert second["next"] is None
    assert door.call("GET", params={"page_size": 3, "page": 9}).json()["data"]["results"][0]["title"] == "Book 24"


def test_empty_list_has_a_first_page(door: Door) -> None:
    """No books at all are an empty first page, not an error."""
    expected = {"count": 0, "next": None, "previous": None, "results": []}
    assert door.call("GET").json()["data"] == expected


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("page=x", 400, "page"),
        ("page=0", 400, "page"),
        ("page=-1", 400, "page"),
        ("page=", 400, "page"),
        ("page=1.5", 400, "page"),
        ("page=%D9%A1", 400, "page"),
        (f"page={10**30}", 400, "page"),
        ("page=%00", 400, "page"),
        ("page_size=0", 400, "page_size"),
        ("page_size=101", 400, "page_size"),
        ("page=2", 404, "page"),
    ],
)
def test_bad_page_is_refused_by_name(door: Door, book: Book, query: str, status: int, field: str) -> None:
    """A page that can't be is a 400 or 404 that names the parameter, never the nearest page instead."""
    answer = door.client.get(f"{door.base}?{query}")
    assert answer.status_code == status
    assert list(answer.json()["error"]["details"]) == [field]


@pytest.mark.row("S30")
def test_list_takes_a_constant_number_of_queries(door: Door, author: Author, shelves: list[Category]) -> None:
    """A page of twenty books takes as many queries as a page of two."""

    def queries(count: int) -> int:
        while Book.objects.count() < count:
            book = Book.objects.create(
                title="B", isbn=f"{9780000000000 + Book.objects.count()}", author=author, price=1
            )
            book.categories.set(shelves)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert len(door.call("GET").json()["data"]["results"]) == count
        return len(captured)

    assert queries(2) == queries(20) <= 3


@pytest.mark.parametrize("path", ["abc", 10**30, "-1", 0, "%00", "1e3", "9" * 5000, "%FF", "%ED%A0%80"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_bad_id_is_not_found(door: Door, book: Book, payload, method: str, path: str | int) -> None:
    """An id that no book can have is a 404, whatever it is made of."""
    options: dict[str, Any] = {"json": payload()} if method in ("PUT", "PATCH") else {}
    answer = door.call(method, path, login="staff", **options)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_create_answers_the_new_book(door: Door, payload, shelves: list[Category]) -> None:
    """A created book is answered 201 as it can be read from now on."""
    answer = door.call(
        "POST", login="staff", json=payload(category_ids=[shelf.pk for shelf in shelves], title="  Dune ")
    )
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert data["title"] == "Dune"
    assert data["price"] == "8.50"
    assert len(data["categories"]) == 2
    assert door.call("GET", data["id"]).json()["data"] == data


@pytest.mark.parametrize("price", ["7", "7.0", "7.00", 7, 7.0])
def test_price_may_be_text_or_number(door: Door, payload, price: object) -> None:
    """A price is taken as text or as a number, and always answered with its cents."""
    assert door.call("POST", login="staff", json=payload(price=price)).json()["data"]["price"] == "7.00"


def test_put_requires_what_has_no_default(door: Door, book: Book) -> None:
    """PUT without a required field names every one that is missing."""
    answer = door.call("PUT", book.pk, login="staff", json={"pages": 1})
    assert answer.status_code == 400
    assert set(answer.json()["error"]["details"]) == {"title", "isbn", "author_id", "price"}


def test_put_writes_what_was_sent(door: Door, book: Book, payload) -> None:
    """PUT changes what was sent and leaves the optional rest as it was."""
    answer = door.call("PUT", book.pk, login="staff", json=payload(stock=3))
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert (data["title"], data["stock"], data["pages"]) == ("Children of Dune", 3, 412)
    assert data["updated_at"] > data["created_at"]


def test_patch_changes_only_what_was_sent(door: Door, book: Book) -> None:
    """PATCH goes by presence: null clears a nullable field, and nothing else changes."""
    before = door.call("GET", book.pk).json()["data"]
    answer = door.call("PATCH", book.pk, login="staff", json={"pages": None, "publisher_id": None, "price": "1.20"})
    assert answer.status_code == 200
    changed = {name for name, value in answer.json()["data"].items() if value != before[name]}
    assert changed == {"pages", "publisher", "price", "updated_at"}


def test_patch_of_nothing_changes_nothing(door: Door, book: Book) -> None:
    """An empty PATCH is a 200 with the book as it was."""
    answer = door.call("PATCH", book.pk, login="staff", json={})
    assert answer.status_code == 200
    assert answer.json()["data"]["title"] == "Dune"


def test_null_does_not_clear_what_is_required(door: Door, book: Book) -> None:
    """Null for a column that can't be null is a 400 in the same words everywhere."""
    answer = door.call("PATCH", book.pk, login="staff", json={"title": None, "category_ids": None})
    expected = ["This field may not be null."]
    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == {"title": expected, "category_ids": expected}


def test_destroy_removes_the_book(door: Door, book: Book) -> None:
    """A deleted book is gone; DRF says so with 204, Bolt with a word."""
    answer = door.call("DELETE", book.pk, login="staff")
    if door.name == "drf":
        assert (answer.status_code, answer.content) == (204, b"")
    else:
        assert (answer.status_code, answer.json()["data"]) == (200, {"deleted": True})
    assert door.call("GET", book.pk).status_code == 404


def test_head_and_options_answer(door: Door, book: Book) -> None:
    """HEAD answers like GET without a body, OPTIONS says what is allowed."""
    head, get = door.call("HEAD", book.pk), door.call("GET", book.pk)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))
    options = door.call("OPTIONS", book.pk)
    assert options.status_code in (200, 204)
    assert {"GET", "PUT", "PATCH", "DELETE"} <= set(options.headers["allow"].split(", "))


def test_trace_id_comes_back(door: Door, book: Book) -> None:
    """A caller's request id is answered; a malformed one is replaced by a new one."""
    assert door.call("GET", headers={"x-request-id": "order-4711"}).headers["x-request-id"] == "order-4711"
    forged = door.call("GET", headers={"x-request-id": "a b<script>"}).headers["x-request-id"]
    assert len(forged) == 32
    assert door.call("GET", 0).headers["x-request-id"] != forged
