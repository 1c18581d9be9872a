import pytest
from django.urls import reverse

from bookstore.catalog.models import Book, Category, Publisher
from tests.bookstore.catalog.making import make_author, make_book, make_isbn

pytestmark = pytest.mark.django_db

MODELS = ["author", "book", "category", "publisher"]


@pytest.fixture
def shop():
    """One row of each model, tied together."""
    category = Category.objects.create(name="Poetry", slug="poetry")
    book = make_book(title="Emma", publisher=Publisher.objects.create(name="A House"))
    book.categories.add(category)
    return {"author": book.author, "book": book, "category": category, "publisher": book.publisher}


@pytest.mark.parametrize("model", MODELS)
def test_every_model_can_be_listed_searched_added_and_changed(admin_client, shop, model):
    """Each page of each model opens."""
    listed = admin_client.get(reverse(f"admin:catalog_{model}_changelist"), {"q": "e"})
    added = admin_client.get(reverse(f"admin:catalog_{model}_add"))
    changed = admin_client.get(reverse(f"admin:catalog_{model}_change", args=[shop[model].pk]))
    assert (listed.status_code, added.status_code, changed.status_code) == (200, 200, 200)


def test_the_list_of_books_costs_the_same_however_long_it_is(admin_client, django_assert_max_num_queries):
    """Authors come with the books, not one by one."""
    for index in range(30):
        make_book(author=make_author(last_name=f"Author {index}"))
    with django_assert_max_num_queries(9):
        page = admin_client.get(reverse("admin:catalog_book_changelist"))
    assert page.context["cl"].result_count == 30


def test_a_book_is_found_by_its_authors_name(admin_client):
    """What people know of a book is often who wrote it."""
    wanted = make_book(author=make_author(last_name="Austen"))
    make_book(author=make_author(last_name="Tolstoy"))
    page = admin_client.get(reverse("admin:catalog_book_changelist"), {"q": "austen"})
    assert list(page.context["cl"].queryset) == [wanted]


def test_authors_are_listed_with_the_number_of_their_books(admin_client):
    """The count stands in the list and can be sorted by."""
    author = make_author()
    make_book(author=author)
    make_book(author=author)
    page = admin_client.get(reverse("admin:catalog_author_changelist"), {"o": "-4"})
    assert page.context["cl"].queryset.get().number_of_books == 2


def test_a_book_can_be_added_and_a_wrong_isbn_is_told_beside_its_field(admin_client):
    """The rules of the models speak in the form."""
    values = {"title": "Emma", "author": make_author().pk, "price": "5.00", "language": "en", "status": "available"}
    values |= {"stock": "3", "subtitle": "", "description": ""}
    refused = admin_client.post(reverse("admin:catalog_book_add"), values | {"isbn": "9780306406158"})
    assert refused.context["adminform"].form.errors["isbn"] == ["The check digit of this ISBN is wrong."]
    isbn = make_isbn()
    assert admin_client.post(reverse("admin:catalog_book_add"), values | {"isbn": isbn}).status_code == 302
    assert Book.objects.get().isbn == isbn
