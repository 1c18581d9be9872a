from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from bookstore.catalog.models import Book

pytestmark = pytest.mark.django_db


def demo(**options):
    """Run the command and return the lines that it prints."""
    output = StringIO()
    call_command("demo", stdout=output, **options)
    return output.getvalue().splitlines()


def test_an_empty_shop_is_filled_and_the_logins_are_told(settings):
    """A line for the catalogue, and one for each login with its password."""
    settings.DEBUG = True
    lines = demo()
    assert lines[0].startswith(f"Catalogue: added {Book.objects.count()} books")
    assert [line.split()[:2] for line in lines[2:]] == [
        [name, f"{name}-of-the-demo"] for name in ("admin", "staff", "customer")
    ]


def test_a_shop_with_books_is_left_alone(settings, django_assert_num_queries):
    """Run again it adds nothing, not even what was taken out, asks the database twice and tells the logins."""
    settings.DEBUG = True
    demo()
    Book.objects.earliest("pk").delete()
    with django_assert_num_queries(2):
        lines = demo()
    assert lines[0] == f"Catalogue: {Book.objects.count()} books."
    assert lines[2].split()[0] == "admin"


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_pages_are_told_where_the_address_is_known(settings, host):
    """Whoever is about to serve the shop gets the addresses of its pages, as a browser can open them."""
    settings.DEBUG = True
    lines = demo(address=f"http://{host}:1234")
    assert [line.split()[-1] for line in lines[-4:]] == [
        f"http://127.0.0.1:1234{path}" for path in ("/", "/api/docs/", "/api/v2/docs", "/admin/")
    ]


def test_quiet_prints_nothing_and_does_the_same(settings):
    """A script that calls it may want no output."""
    settings.DEBUG = True
    assert demo(quiet=True) == []
    assert Book.objects.exists()
    assert get_user_model().objects.count() == 3


def test_without_debug_the_books_come_but_no_logins():
    """The command says why there are none, and how to insist."""
    assert "none made" in demo()[1]
    assert not get_user_model().objects.exists()
    assert demo(force_logins=True)[2].split()[0] == "admin"
