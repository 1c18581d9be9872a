import re

import pytest
from django.urls import reverse

from bookstore.accounts.services import DEMO_LOGINS
from bookstore.project import doors
from tests.bookstore.catalog.making import make_author, make_book

pytestmark = pytest.mark.django_db


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """Two short modules in the place of the doors."""
    monkeypatch.setattr(doors, "_API", tmp_path)
    for version in ("v1", "v2"):
        (tmp_path / f"{version}.py").write_text(f'"""The <books> of {version}."""\n', encoding="utf-8")


def test_the_front_page_leads_to_everything_there_is(client):
    """Docs, books, schema and source of both versions, and the admin, are one click away."""
    html = client.get("/").content.decode()
    links = set(re.findall(r'href="(/[^"]*)"', html))
    assert {
        *("/api/docs/", "/api/v1/books/", "/api/schema/", "/source/v1"),
        *("/api/v2/docs", "/api/v2/books", "/api/v2/openapi.json", "/source/v2"),
        "/admin/",
    } <= links


def test_the_front_page_says_how_many_books_there_are_and_shows_some(client, django_assert_num_queries):
    """The shelf holds real books, by three queries however many there are."""
    for index in range(20):
        make_book(title=f"Book <{index}>", author=make_author(last_name=f"Author {index}"))
    with django_assert_num_queries(3):
        html = client.get("/").content.decode()
    assert "20 real books" in html
    assert html.count("<cite>Book &lt;") == 15


def test_an_empty_shop_has_a_front_page_too(client):
    """Nothing on it needs a book."""
    answer = client.get("/")
    assert answer.status_code == 200
    assert "/api/v1/books/1/" in answer.content.decode()


def test_the_examples_name_the_address_that_was_asked(client):
    """What is printed can be pasted."""
    assert "curl http://testserver/api/v1/books/" in client.get("/").content.decode()


def test_demo_logins_are_shown_where_debug_is_on_and_nowhere_else(client, settings):
    """A production page tells nobody a password."""
    secrets = [login.password for login in DEMO_LOGINS]
    assert not any(secret in client.get("/").content.decode() for secret in secrets)
    settings.DEBUG = True
    assert all(secret in client.get("/").content.decode() for secret in secrets)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_source_of_a_door_is_the_file_that_runs(client, sources, version):
    """It is read when asked for and escaped."""
    answer = client.get(reverse("source", args=[version]))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert f"The &lt;books&gt; of {version}." in html
    assert f"bookstore/catalog/api/{version}.py" in html


@pytest.mark.parametrize("path", ["/source/v3", "/source/..", "/source/v1.py"])
def test_no_other_source_can_be_asked_for(client, sources, path):
    """Only the two doors have a page; a path is never built from the address."""
    assert client.get(path).status_code == 404


def test_a_door_without_its_file_has_no_page(client, tmp_path, monkeypatch):
    """What is not there is not found, instead of failing."""
    monkeypatch.setattr(doors, "_API", tmp_path)
    assert client.get("/source/v1").status_code == 404


@pytest.mark.parametrize("path", ["/", "/source/v1"])
def test_pages_need_nothing_that_a_strict_content_security_policy_refuses(client, sources, path):
    """No script, no inline style, nothing from elsewhere; frames and sniffing are refused."""
    answer = client.get(path)
    html = answer.content.decode()
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|(src|href)=\"(https?:)?//", html)
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/source/v1"])
def test_pages_can_only_be_read(client, sources, path):
    """HEAD answers as GET does; anything else is refused."""
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405
