"""The browsable API over views of this door: pages, forms, filters, controls."""

import re
from html import unescape
from typing import Any

import pytest
from rest_framework.test import APIClient

from ironbolt.drf.browsable import BrowsableAPIRenderer
from ironbolt.drf.pagination import AppPageNumberPagination
from ironbolt.drf.views import BaseViewSet
from tests.project.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.drf.compat.views")]
HTML = {"accept": "text/html"}
EVERY = ("task", "read", "wrapped", "sliced", "cursored", "drf-paged")


def page(path: str, method: str = "get", **options: Any) -> str:
    """A page, unescaped."""
    response = getattr(APIClient(), method)(path, headers=HTML, **options)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return unescape(response.content.decode())


def form(text: str) -> dict[str, str]:
    """The values that the HTML form of a page starts with."""
    start = (
        text.index('id="post-object-form"') if 'id="post-object-form"' in text else text.index('id="put-object-form"')
    )
    found = re.findall(r'<input[^>]*?name="(\w+)"[^>]*?>', text[start : text.index("</form>", start)], re.DOTALL)
    values = re.findall(r'name="(\w+)"[^>]*?value="([^"]*)"', text[start : text.index("</form>", start)], re.DOTALL)
    return dict.fromkeys(found, "") | dict(values)


@pytest.mark.parametrize("name", EVERY)
def test_list_has_its_page(tasks, name) -> None:
    """A list shows its rows, a form to add one, a raw form, and its filters."""
    text = page(f"/{name}/")
    assert '"title": "Sweep"' in text
    assert form(text).keys() >= {"title", "code", "effort"}
    assert '<textarea name="_content"' in text
    assert 'data-target="#filtersModal"' in text
    assert "Tasks" in text
    assert ("message" in text) is (name in ("wrapped", "drf-paged"))


@pytest.mark.parametrize("name", [one for one in EVERY if one != "sliced"])
def test_pages_lead_to_their_neighbours(tasks, name) -> None:
    """A page that has neighbours leads to them; one that has none, to nothing."""
    text = page(f"/{name}/")
    controls = text[text.index('<ul class="pag') :]
    assert re.search(r'href="http://testserver/[\w-]+/\?(page=2|cursor=\w+)', controls)
    Task.objects.exclude(title="Sweep").delete()
    assert '<ul class="pag' not in page(f"/{name}/")


def test_slices_lead_to_their_neighbours(tasks) -> None:
    """Limit and offset have controls too."""
    text = page("/sliced/?limit=1&offset=1")
    for offset in ("limit=1", "limit=1&offset=2"):
        assert f'href="http://testserver/sliced/?{offset}"' in text.replace("&offset=0", "")


@pytest.mark.parametrize("name", EVERY)
def test_object_has_its_page(tasks, name) -> None:
    """An object shows what it is, and a form that is filled in with it, however it was read."""
    text = page(f"/{name}/{tasks[0].pk}/")
    assert form(text) | {"title": "Sweep", "code": "C1", "effort": "1.00"} == form(text)
    assert '"title": "Sweep"' in text.split('<textarea name="_content"')[1]
    assert 'action="/' in text
    assert "DELETE" in text
    assert "Finish" in text


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("form_of_body", ["json", "multipart"])
def test_refused_form_comes_back(tasks, name, form_of_body) -> None:
    """A form that is refused comes back as it was filled in, each fault beside its field."""
    text = page(f"/{name}/", "post", data={"title": "", "code": "kept"}, format=form_of_body)
    assert "HTTP 400 Bad Request" in text
    assert '"validation_error"' in text
    assert '<span class="help-block">This field may not be blank.</span>' in text
    assert form(text)["code"] == "kept"


@pytest.mark.parametrize("name", EVERY)
def test_form_makes_an_object(tasks, name) -> None:
    """What is typed into the form is made, and shown."""
    text = page(f"/{name}/", "post", data={"title": "New", "code": "N1", "state": "open", "effort": "2"})
    assert "HTTP 201 Created" in text
    assert '"title": "New"' in text
    assert Task.objects.filter(code="N1").exists()


@pytest.mark.parametrize("name", EVERY)
def test_options_tell_what_may_be_written(tasks, name) -> None:
    """OPTIONS tell the fields with their types and limits."""
    facts = APIClient().options(f"/{name}/", headers={"accept": "application/json"}).json()
    facts = facts.get("data", facts)
    title = facts["actions"]["POST"]["title"]
    assert (title["type"], title["required"], title["max_length"]) == ("string", True, 100)
    assert facts["parses"] == ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]
    assert "OPTIONS" in page(f"/{name}/", "options")


def test_missing_object_has_a_page() -> None:
    """An error is a page as well, with the status and our envelope in it."""
    text = page("/task/1/")
    assert "HTTP 404 Not Found" in text
    assert '"code": "not_found"' in text


def test_action_has_a_page(tasks) -> None:
    """An action of one's own shows what it answers."""
    text = page(f"/wrapped/{tasks[1].pk}/finish/", "post")
    assert '"message": "Finished."' in text
    assert '"done": "Cook <well>"' in text


def test_usual_renderers_find_filters_in_the_envelope(settings) -> None:
    """Where the settings name REST framework's browsable API, views of this door use one that knows the envelope."""
    from rest_framework import renderers
    from rest_framework.views import APIView

    usual = [renderers.JSONRenderer, renderers.BrowsableAPIRenderer]
    view: Any = type("View", (BaseViewSet,), {"renderer_classes": usual})
    assert type(view().get_renderers()[1]) is renderers.BrowsableAPIRenderer
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(APIView, "renderer_classes", usual)
        assert type(BaseViewSet().get_renderers()[1]) is BrowsableAPIRenderer


def test_controls_know_no_page() -> None:
    """Before a page is made there is nothing to lead to."""
    assert AppPageNumberPagination().display_page_controls is False
