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


def test_an_empty_shop_is_filled_and_each_thing_done_has_its_line(settings):
    """One line for the catalogue, one for each login."""
    settings.DEBUG = True
    lines = demo()
    assert lines[0].startswith(f"Catalogue: added {Book.objects.count()} books")
    assert [line.split(" /")[0] for line in lines[1:]] == [
        f"Demo login: {name}" for name in ("admin", "staff", "customer")
    ]


def test_a_full_shop_is_left_alone(settings, django_assert_num_queries):
    """Run again it says that nothing was to do, and asks the database twice."""
    settings.DEBUG = True
    demo()
    with django_assert_num_queries(2):
        lines = demo()
    assert lines == [f"Catalogue: {Book.objects.count()} books, nothing to add.", "Demo logins: all there."]


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
    assert "Demo login: admin" in demo(force_logins=True)[1]
