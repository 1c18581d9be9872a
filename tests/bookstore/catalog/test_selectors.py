import pytest
from model_bakery import baker

from bookstore.catalog import selectors
from bookstore.catalog.models import Category, Publisher
from tests.bookstore.catalog.making import make_author, make_book

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", [1, 12])
def test_a_list_costs_two_queries_however_long_it_is(number, django_assert_num_queries):
    """Authors and publishers come with the books, all categories with a second query."""
    for index in range(number):
        author = make_author(last_name=f"Author {index}")
        publisher = baker.make(Publisher, name=f"House {index}")
        book = make_book(author=author, publisher=publisher)
        book.categories.set([baker.make(Category, name=f"{side}{index}", slug=f"{side}{index}") for side in "ab"])
    with django_assert_num_queries(2):
        seen = [
            (
                book.author.full_name,
                book.publisher and book.publisher.name,
                [shelf.name for shelf in book.categories.all()],
            )
            for book in selectors.books()
        ]
    assert len(seen) == number
    assert ("Ann Author 0", "House 0", ["a0", "b0"]) in seen
