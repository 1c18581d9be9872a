"""``success_response`` of the Bolt door: rows in it, and headers."""

from typing import Any

import pytest

from ironbolt.bolt import APIView, BoltAPI, Info
from ironbolt.bolt.views import action
from ironbolt.testing import TestClient
from tests.contract.tasks import BoltTasks
from tests.project.models import Task

pytestmark = pytest.mark.django_db


class Tasks(BoltTasks):
    """Tasks with actions that answer by rows."""

    @action(methods=["POST"], detail=True)
    def publish(self, request: Any, pk: int) -> Any:
        """Answer by one row."""
        return self.success_response(self.get_object(pk), "Published.", headers={"X-Seen": "1"})

    @action(methods=["POST"], detail=True)
    async def archive(self, request: Any, pk: int) -> Any:
        """Answer by one row, on the event loop."""
        return self.success_response(await self.get_object(pk), "Archived.")

    @action(methods=["GET"], detail=False)
    def open(self, request: Any) -> Any:
        """Answer by a queryset."""
        return self.success_response(self.get_queryset().filter(state="open"))

    @action(methods=["GET"], detail=False)
    def all(self, request: Any) -> Any:
        """Answer by a list of rows."""
        return self.success_response(list(self.get_queryset()))


@pytest.fixture
def client() -> TestClient:
    """Tasks below /tasks."""
    api = BoltAPI(info=Info(served=False), envelope=True)
    api.viewset("/tasks")(Tasks)
    return TestClient(api)


def test_rows_are_shown_by_the_struct_of_the_view(client: TestClient) -> None:
    """An object, a list or a queryset needs no words of its own, and is wrapped once."""
    task = Task.objects.create(title="a", code="A")
    shown = {"id": task.pk, "title": "a", "code": "A"}
    published = client.post(f"/tasks/{task.pk}/publish")
    assert (published.headers["x-seen"], published.json()) == ("1", {"message": "Published.", "data": shown})
    assert client.post(f"/tasks/{task.pk}/archive").json() == {"message": "Archived.", "data": shown}
    for name in ("open", "all"):
        assert client.get(f"/tasks/{name}").json() == {"message": "Success", "data": [shown]}


def test_rows_that_nobody_has_described(caplog: pytest.LogCaptureFixture) -> None:
    """A view without a Struct can't show rows: the client gets a clear error, the log the reason."""

    class View(APIView):
        def get(self) -> Any:
            return self.success_response(Task(title="a"))

    api = BoltAPI(info=Info(served=False))
    api.view("/task")(View)
    answer = TestClient(api).get("/task")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "improperly_configured")
    assert "Rows of Task are answered, and no Struct says how they look." in caplog.text
