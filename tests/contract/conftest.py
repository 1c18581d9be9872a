"""One client for each door, over the shop's whole ASGI application."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.conf import settings

from bookstore.catalog.models import Author, Book, Category, Publisher
from ironbolt.testing import Answer, TestClient
from tests.contract.tasks import through_bolt, through_drf
from tests.project.models import Task


class Door:
    """The books of the shop as one of the two doors serves them."""

    def __init__(self, name: str, base: str, client: TestClient) -> None:
        self.name = name
        self.base = base
        self.client = client

    def call(self, method: str, path: str | int = "", *, login: str | None = None, **options: Any) -> Answer:
        """Call below the books: ``path`` is empty for the list, an id for one of them."""
        headers = dict(options.pop("headers", {}))
        if login:
            headers["authorization"] = f"Bearer {token(is_staff=login == 'staff')}"
        address = self.base + str(path) + ("/" if path != "" and self.name == "drf" else "")
        return self.client.request(method, address, headers=headers, **options)


def token(**claims: Any) -> str:
    """An access token, as the login makes it."""
    from django.contrib.auth import get_user_model

    name = "staff" if claims.get("is_staff") else "customer"
    user, _ = get_user_model().objects.get_or_create(username=name, is_staff=claims.get("is_staff", False))
    payload = {"token_type": "access", "exp": time.time() + 60, "jti": "1", "user_id": str(user.pk), **claims}
    return jwt.encode(payload, settings.SECRET_KEY, "HS256")


@pytest.fixture(params=["drf", "bolt"])
def door(request: pytest.FixtureRequest) -> Door:
    """Each door in turn."""
    from bookstore.project.asgi import application

    base = {"drf": "/api/v1/books/", "bolt": "/api/v2/books/"}[request.param]
    return Door(request.param, base, TestClient(application))


@pytest.fixture
def author(db: None) -> Author:
    """Somebody to write books."""
    return Author.objects.create(first_name="Frank", last_name="Herbert")


@pytest.fixture
def shelves(db: None) -> list[Category]:
    """Two categories, named against the order of their ids."""
    return [Category.objects.create(name=name, slug=name.lower()) for name in ("Space", "Classics")]


@pytest.fixture
def book(author: Author, shelves: list[Category]) -> Book:
    """One book with everything."""
    book = Book.objects.create(
        title="Dune",
        isbn="9780441172719",
        author=author,
        publisher=Publisher.objects.create(name="Ace"),
        price="9.90",
        pages=412,
        first_published=1965,
    )
    book.categories.set(shelves)
    return book


@pytest.fixture
def payload(author: Author) -> Callable[..., dict[str, Any]]:
    """The least that makes a book, and whatever a test changes of it."""

    def make(**changes: Any) -> dict[str, Any]:
        values = {"title": "Children of Dune", "isbn": "9780441104024", "author_id": author.pk, "price": "8.50"}
        return {name: value for name, value in {**values, **changes}.items() if value is not ...}

    return make


@pytest.fixture(params=[through_drf, through_bolt], ids=["drf", "bolt"])
def through(request: pytest.FixtureRequest) -> Any:
    """For tests of what a view set may say: what makes one of tasks in each door, and calls it."""
    return request.param


@pytest.fixture
def task(db: None) -> Task:
    """A task that is there."""
    return Task.objects.create(title="there", code="A", owner_id="1")
