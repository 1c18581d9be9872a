"""The test tools of REST framework, on views of this door."""

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from rest_framework.test import (
    APIClient,
    APIRequestFactory,
    APISimpleTestCase,
    APITestCase,
    APITransactionTestCase,
    RequestsClient,
    force_authenticate,
)

from tests.drf.compat.views import NestedTasks, Tasks
from tests.project.models import Label, Task

DATA = {"title": "T", "code": "T1", "label": {"name": "l"}}


@override_settings(ROOT_URLCONF="tests.drf.compat.views")
class TestCases(APITestCase):
    """A TestCase with its client, and rows that are gone after each test."""

    user: User
    task: Task

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = User.objects.create(username="ann")
        cls.task = Task.objects.create(title="T", code="T0")

    def test_client_writes_and_reads(self) -> None:
        """The client sends JSON, and knows the data of an answer without parsing it."""
        response = self.client.patch(f"/task/{self.task.pk}/", {"title": "U"}, format="json")
        assert response.status_code == 200
        assert response.data["title"] == "U"
        assert response.json() == response.data
        self.task.refresh_from_db()
        assert self.task.title == "U"

    def test_rows_are_as_they_were(self) -> None:
        """What another test wrote is gone, though each request was a unit of work of its own."""
        assert Task.objects.get().title == "T"

    def test_refused_write_does_not_break_the_transaction(self) -> None:
        """After a 409 the test may go on with the database."""
        response = self.client.post("/task/", {"title": "T", "code": "T0"}, format="json")
        assert (response.status_code, response.data["error"]["code"]) == (409, "integrity_error")
        assert Task.objects.count() == 1

    def test_user_is_forced(self) -> None:
        """``force_authenticate`` is believed, and taken back."""
        self.client.force_authenticate(self.user)
        assert self.client.post("/nested/", DATA, format="json").data["owner_id"] == "ann"
        self.client.force_authenticate(None)
        again = self.client.post("/nested/", DATA | {"code": "T2", "label": {"name": "m"}}, format="json")
        assert again.data["owner_id"] == "AnonymousUser"


@override_settings(ROOT_URLCONF="tests.drf.compat.views")
class TestTransactions(APITransactionTestCase):
    """Without a transaction around the test."""

    def test_writes_are_committed(self) -> None:
        """A request commits by itself."""
        assert self.client.post("/label/", {"name": "l"}, format="json").status_code == 201
        assert Label.objects.get().name == "l"


@override_settings(ROOT_URLCONF="tests.drf.compat.views")
class TestNoDatabase(APISimpleTestCase):
    """Without a database at all."""

    def test_what_needs_no_rows(self) -> None:
        """What asks no rows is answered."""
        assert self.client.get("/answers/data/").data == {"message": "Success", "data": [1]}


@pytest.mark.django_db
def test_request_factory_and_forced_user() -> None:
    """A view can be called with a request that was made by hand, for a user who is forced on it."""
    request = APIRequestFactory().post("/nested/", DATA, format="json")
    force_authenticate(request, User.objects.create(username="ann"))
    response = NestedTasks.as_view({"post": "create"})(request)
    assert (response.status_code, response.data["owner_id"]) == (201, "ann")
    task = Task.objects.get()
    form = APIRequestFactory().put("/task/", {"title": "U", "code": "U1"})
    assert Tasks.as_view({"put": "update"})(form, pk=task.pk).data["title"] == "U"


@pytest.mark.urls("tests.drf.compat.views")
@pytest.mark.django_db
def test_sessions_are_checked_for_forgery() -> None:
    """With ``enforce_csrf_checks`` a session needs the token; credentials stay until they are taken back."""
    user = User.objects.create(username="ann")
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)
    refused = client.post("/nested/", DATA, format="json")
    assert refused.status_code == 403
    assert refused.json()["error"] == {
        "code": "permission_denied",
        "message": "CSRF Failed: CSRF cookie not set.",
        "details": {},
    }
    client.cookies["csrftoken"] = "a" * 32
    client.credentials(HTTP_X_CSRFTOKEN="a" * 32)
    assert client.post("/nested/", DATA, format="json").json()["owner_id"] == "ann"


@pytest.mark.urls("tests.drf.compat.views")
@pytest.mark.django_db
def test_requests_client() -> None:
    """The client in the style of requests reaches the views by absolute addresses."""
    client = RequestsClient()
    made = client.post("http://testserver/label/", json={"name": "l"})
    assert (made.status_code, made.json()["name"]) == (201, "l")
    assert client.get("http://testserver/label/").json()["count"] == 1
    assert client.get("http://testserver/label/0/").json()["error"]["code"] == "not_found"
