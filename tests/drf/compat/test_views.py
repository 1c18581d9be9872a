"""Serializers, renderers and responses of REST framework in views of this door."""

import csv
import io

import pytest
from django.contrib.auth.models import User
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.test import APIClient
from rest_framework.views import exception_handler

from tests.project.models import Label, Task

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.drf.compat.views")]
JSON = {"accept": "application/json"}


def test_links_are_read_and_written(tasks) -> None:
    """A hyperlinked serializer names objects by their addresses, and takes those."""
    client = APIClient()
    label = f"http://testserver/label/{tasks[0].label_id}/"
    assert client.get(f"/linked/{tasks[0].pk}/").json() == {
        "url": f"http://testserver/linked/{tasks[0].pk}/",
        "title": "Sweep",
        "code": "C1",
        "label": label,
    }
    made = client.post("/linked/", {"title": "L", "code": "L1", "label": label}, format="json")
    assert made.status_code == 201
    assert made.headers["Location"] == made.json()["url"]
    bad = client.post("/linked/", {"title": "L", "code": "L2", "label": "/task/1/"}, format="json")
    assert list(bad.json()["error"]["details"]) == ["label"]


def test_objects_are_written_inside_each_other(db) -> None:
    """A nested serializer writes both, or neither; ``perform_create`` may say who."""
    client = APIClient()
    user = User.objects.create(username="ann")
    client.force_authenticate(user)
    made = client.post("/nested/", {"title": "N", "code": "N1", "label": {"name": "new"}}, format="json")
    assert made.json() | {"id": 0} == {
        "id": 0,
        "title": "N",
        "code": "N1",
        "owner_id": "ann",
        "label": made.json()["label"],
    }
    bad = client.post("/nested/", {"title": "N", "code": "N2", "label": {"name": ""}}, format="json")
    assert bad.json()["error"]["details"] == {"label.name": ["This field may not be blank."]}
    taken = client.post("/nested/", {"title": "N", "code": "N1", "label": {"name": "other"}}, format="json")
    assert taken.status_code == 409
    assert not Label.objects.filter(name="other").exists()


@pytest.mark.parametrize("name", ["task", "read"])
def test_rows_in_another_form(tasks, name) -> None:
    """A renderer of the project's own gets the rows as it would from REST framework."""
    for response in (
        APIClient().get(f"/{name}/", headers={"accept": "text/csv"}),
        APIClient().get(f"/{name}.csv"),
    ):
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(response.content.decode())))
        assert [row["title"] for row in rows] == ["Sweep", "Cook <well>"]
        assert rows[0]["effort"] == "1.00"


def test_what_is_not_acceptable_is_told_in_our_envelope(tasks) -> None:
    """A media type that nobody renders is a 406, a suffix that nobody knows a 404."""
    response = APIClient().get("/task/", headers={"accept": "application/pdf"})
    assert (response.status_code, response.json()["error"]["code"]) == (406, "not_acceptable")
    response = APIClient().get("/task.pdf")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
    quality = {"accept": "application/pdf, application/json; q=0.5; version=2"}
    assert APIClient().get("/task/", headers=quality).status_code == 200


@pytest.mark.parametrize(
    ("kind", "body", "content_type"),
    [
        ("plain", b"text", "text/plain"),
        ("stream", b"one,two", "text/csv"),
        ("file", b"bytes", "application/octet-stream"),
        ("data", b'{"message":"Success","data":[1]}', "application/json"),
    ],
)
def test_responses_of_django_stay_bare(kind, body, content_type) -> None:
    """What is no Response of REST framework leaves as it is, whether successes are wrapped or not."""
    response = APIClient().get(f"/answers/{kind}/")
    assert response.getvalue() == body
    assert response.headers["Content-Type"] == content_type
    assert response.headers.get("X-One") == ("1" if kind == "data" else None)


def shouting(exc, context) -> Response | None:
    """An exception handler of the project's own."""
    response = exception_handler(exc, context)
    if response is not None:
        response.data = {"SHOUTED": str(exc).upper()}
    return response


def test_handler_of_ones_own_is_asked(settings, db) -> None:
    """``EXCEPTION_HANDLER`` stays the last word, and what a view wrote is undone all the same."""
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "EXCEPTION_HANDLER": f"{__name__}.shouting"}
    assert api_settings.EXCEPTION_HANDLER is not exception_handler
    assert APIClient().get("/task/1/", headers=JSON).json() == {"SHOUTED": "NO TASK MATCHES THE GIVEN QUERY."}


def test_page_and_filters_of_rest_framework_are_kept(tasks) -> None:
    """Pages and filters that the project has set work inside the envelope."""
    body = APIClient().get("/drf-paged/?ordering=-title", headers=JSON).json()
    assert [one["title"] for one in body["data"]["results"]] == ["Write", "Sweep"]
    assert body["data"]["next"] == "http://testserver/drf-paged/?ordering=-title&page=2"
    assert Task.objects.count() == body["data"]["count"]
