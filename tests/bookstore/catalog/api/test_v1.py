"""Books through the DRF door. What both doors have in common is tested in tests/contract."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken

from bookstore.catalog.models import Author, Book, Category, Publisher
from tests.bookstore.catalog.making import make_author, make_book, make_isbn

pytestmark = pytest.mark.django_db()

BOOKS = "/api/v1/books/"


class Caller:
    """Somebody with or without a token, who sends JSON."""

    def __init__(self, user: User | None = None) -> None:
        headers = {"authorization": f"Bearer {AccessToken.for_user(user)}"} if user else {}
        self.client = Client(headers=headers, raise_request_exception=False)

    def __call__(self, method: str, path: str, data: Any = None) -> Any:
        """Send a request and decode nothing."""
        body = b"" if data is None else json.dumps(data)
        return self.client.generic(method, path, body, content_type="application/json")


@pytest.fixture
def staff() -> Caller:
    """Somebody who works in the shop."""
    return Caller(User.objects.create(username="staff", is_staff=True))


@pytest.fixture
def author() -> Author:
    """Somebody to write books."""
    return make_author(first_name="Mary", last_name="Shelley")


def new_book(author: Author, **changes: Any) -> dict[str, Any]:
    """What it takes to create a book."""
    return {"title": "Frankenstein", "isbn": make_isbn(), "author_id": author.pk, "price": "9.99", **changes}


def test_book_has_the_shape_of_the_contract(staff, author) -> None:
    """A created book is answered whole, with the names of what belongs to it."""
    publisher = Publisher.objects.create(name="Lackington")
    shelves = [Category.objects.create(name=name, slug=name.lower()) for name in ("Horror", "Classics")]
    keys = [shelf.pk for shelf in shelves]
    response = staff("POST", BOOKS, new_book(author, publisher_id=publisher.pk, category_ids=keys, price=9.5))
    assert response.status_code == 201
    body = response.json()
    assert body["message"] == "Success"
    book = body["data"]
    assert {"id", "title", "isbn", "price", "created_at", "updated_at"} <= set(book)
    assert book["author"] == {"id": author.pk, "full_name": "Mary Shelley"}
    assert book["publisher"] == {"id": publisher.pk, "name": "Lackington"}
    assert [shelf["name"] for shelf in book["categories"]] == ["Classics", "Horror"]
    assert (book["price"], book["language"], book["status"], book["stock"]) == ("9.50", "en", "available", 0)
    assert book["created_at"].endswith("Z")
    assert staff("GET", f"{BOOKS}{book['id']}/").json()["data"] == book


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_only_staff_writes(author, method) -> None:
    """An anonymous caller is asked to log in, a customer is refused; both leave the book alone."""
    book = make_book(author=author)
    path = BOOKS if method == "POST" else f"{BOOKS}{book.pk}/"
    response = Caller()(method, path, new_book(author))
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    response = Caller(User.objects.create(username="customer"))(method, path, new_book(author))
    assert response.status_code == 403
    assert Book.objects.get().title == book.title


def test_everybody_reads(author) -> None:
    """The list and each book are open."""
    book = make_book(author=author)
    assert Caller()("GET", BOOKS).json()["data"]["count"] == 1
    assert Caller()("GET", f"{BOOKS}{book.pk}/").status_code == 200


def test_list_costs_the_same_however_long(django_assert_num_queries) -> None:
    """A page of books is one count, one query for the books and one for their categories."""
    shelf = Category.objects.create(name="All", slug="all")
    for count in (1, 10):
        for _ in range(count):
            make_book().categories.add(shelf)
        with django_assert_num_queries(3):
            Caller()("GET", BOOKS)


def test_list_is_in_a_fixed_order() -> None:
    """Books come by title, those of one title by age."""
    keys = [make_book(title=title).pk for title in ("b", "a", "a")]
    listed = Caller()("GET", BOOKS).json()["data"]["results"]
    assert [book["id"] for book in listed] == [keys[1], keys[2], keys[0]]


def test_put_writes_what_was_sent(staff, author) -> None:
    """PUT demands what has no default, and leaves what was not sent."""
    book = make_book(author=author, subtitle="kept")
    response = staff("PUT", f"{BOOKS}{book.pk}/", {"title": "New"})
    assert response.status_code == 400
    assert set(response.json()["error"]["details"]) == {"isbn", "author_id", "price"}
    response = staff("PUT", f"{BOOKS}{book.pk}/", new_book(author, title="New"))
    assert response.status_code == 200
    assert (response.json()["data"]["title"], response.json()["data"]["subtitle"]) == ("New", "kept")


def test_patch_tells_null_from_absent(staff, author) -> None:
    """PATCH writes what is present; null clears a column that may be empty and is refused elsewhere."""
    shelf = Category.objects.create(name="All", slug="all")
    book = make_book(author=author, publisher=Publisher.objects.create(name="P"), pages=5)
    path = f"{BOOKS}{book.pk}/"
    data = staff("PATCH", path, {"publisher_id": None, "pages": None, "category_ids": [shelf.pk]}).json()["data"]
    assert (data["publisher"], data["pages"], len(data["categories"])) == (None, None, 1)
    assert staff("PATCH", path, {}).json()["data"]["categories"] == data["categories"]
    refused = staff("PATCH", path, {"title": None, "stock": None, "author_id": None})
    assert refused.status_code == 400
    assert set(refused.json()["error"]["details"]) == {"title", "stock", "author_id"}


def test_delete_answers_nothing(staff, author) -> None:
    """A deleted book is gone, with an empty 204."""
    book = make_book(author=author)
    response = staff("DELETE", f"{BOOKS}{book.pk}/")
    assert (response.status_code, response.content) == (204, b"")
    assert staff("DELETE", f"{BOOKS}{book.pk}/").status_code == 404


@pytest.mark.parametrize("path", ["books", "books/1"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_slash_at_the_end_may_be_left_out(settings, path, method) -> None:
    """Without the slash it is the same address, for writes as well."""
    settings.DEBUG = True  # where Django refuses to redirect a write
    with_slash, without = (Caller()(method, f"/api/v1/{path}{slash}") for slash in ("/", ""))
    assert with_slash.status_code == without.status_code != 500


def test_invalid_isbn_is_named(staff, author) -> None:
    """A wrong check digit is a fault of the field."""
    response = staff("POST", BOOKS, new_book(author, isbn="9780141439519"))
    assert response.status_code == 400
    assert response.json()["error"]["details"] == {"isbn": ["The check digit of this ISBN is wrong."]}


@pytest.mark.django_db(transaction=True)
@pytest.mark.row("V02", "V04")
def test_conflict_names_the_field_and_nothing_else(author) -> None:
    """What the database refuses is a 409 by field, durable or not, without a word of the schema."""
    staff = Caller(User.objects.create(username="staff", is_staff=True))
    book = make_book(author=author)
    for changes, field in (({"isbn": book.isbn}, "isbn"), ({"author_id": 10**6}, "author_id")):
        response = staff("POST", BOOKS, new_book(author, **changes))
        assert response.status_code == 409
        assert list(response.json()["error"]["details"]) == [field]
        assert "catalog" not in response.content.decode()
    assert Book.objects.count() == 1
